"""Signed checkpoints: what partners download and keep, so that a rewritten history is detected by somebody else."""

import os
from datetime import timedelta
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from django.conf import settings

from sooner.engines.merkle.checkpoint import Checkpoint as Signed
from sooner.engines.merkle.checkpoint import sign_checkpoint
from sooner.errors import SetupError
from sooner.ledger import clock
from sooner.ledger.models import Checkpoint
from sooner.ledger.sealing import sealed_size, stored_tree
from sooner.ledger.work import SYSTEM, Subject, unit_of_work
from sooner.policy.loader import get_policy

EVERY = timedelta(minutes=10)


@cache
def signing_key() -> Ed25519PrivateKey:
    """The force's ledger key: `SOONER_LEDGER_KEY` names a PEM file, else `ledger-key.pem` in the home, made on first use."""
    return load_key(Path(os.environ.get("SOONER_LEDGER_KEY") or settings.HOME / "ledger-key.pem"))


def load_key(path: Path) -> Ed25519PrivateKey:
    """The Ed25519 key in a PEM file, made on first use. Raises SetupError when the file holds another kind of key."""
    if not path.exists():
        _make_key(path)
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise SetupError(f"{path.name} is not a PEM key without a password: name another file.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SetupError(f"{path.name} is not an Ed25519 key: name another file.")
    return key


def _make_key(path: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_bytes(pem)
    try:
        os.link(draft, path)
    except FileExistsError:
        return  # another process made it first
    finally:
        draft.unlink()


def public_key() -> Ed25519PublicKey:
    """The key that partners verify with."""
    return signing_key().public_key()


def public_pem() -> str:
    """The public key as PEM, for a partner to keep."""
    return public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def origin() -> str:
    """The log's name on its checkpoints."""
    return f"sooner/{get_policy().force.code.lower()}/ledger"


def sign_now() -> Checkpoint | None:
    """Sign the tree as it stands; None when nothing was sealed since the last checkpoint."""
    size = sealed_size()
    if size == 0 or Checkpoint.objects.filter(size=size).exists():
        return None
    root = stored_tree().root(size)
    note = sign_checkpoint(Signed(origin(), size, root), name=origin(), key=signing_key())
    with unit_of_work(SYSTEM) as work:
        made = Checkpoint.objects.create(at=clock.now(), size=size, root=root, note=note)
        work.record("checkpoint.signed", subject=Subject("checkpoint", made.pk), thread="force", size=size)
    return made


def sign_due() -> Checkpoint | None:
    """Sign when the last checkpoint is old and more than its own entry was sealed since."""
    last = Checkpoint.objects.order_by("-size").first()
    if last and (clock.now() - last.at < EVERY or sealed_size() <= last.size + 1):
        return None
    return sign_now()
