"""The force's key for messages to authorities: `SOONER_MESSAGE_KEY` names a PEM file, else one is made in the home."""

import os
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from sooner.ledger.checkpoints import load_key
from sooner.policy.loader import get_policy


@cache
def message_key() -> Ed25519PrivateKey:
    """The Ed25519 key that signs messages to authorities."""
    return load_key(Path(os.environ.get("SOONER_MESSAGE_KEY") or settings.HOME / "message-key.pem"))


def key_id() -> str:
    """The name under which authorities know the key."""
    return f"{get_policy().force.code.lower()}-messages"
