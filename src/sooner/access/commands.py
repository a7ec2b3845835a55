"""What changes accounts, keys, need-to-know and break-glass. Each is one unit of work and on the record."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from sooner.access.decide import Reader, actor_for, require
from sooner.access.models import ApiToken, BreakGlass, Grant, User
from sooner.access.threads import Thread
from sooner.errors import AlreadyDone, NotAllowed, NotFound, Refused
from sooner.ledger import clock
from sooner.ledger.work import Actor, Subject, UnitOfWork, unit_of_work
from sooner.policy.loader import get_policy

TOKEN_PREFIX = "sooner_"  # noqa: S105  # how a leaked key is recognised, not a key
LONGEST_TOKEN_DAYS = 366
NOTED_EVERY = timedelta(minutes=5)
CHANGEABLE = ("name", "email", "role", "unit", "authority", "named_manager")


@dataclass(frozen=True)
class AccountFacts:
    """What an administrator says of a user; `role` is a key of access.toml, bound by unit or authority."""

    name: str
    role: str
    email: str = ""
    unit: str = ""
    authority: str = ""
    named_manager: bool = False


@dataclass(frozen=True)
class IssuedToken:
    """A new key; `secret` is shown once and kept nowhere."""

    token: ApiToken
    secret: str


def create_user(*, actor: Actor, username: str, password: str, facts: AccountFacts) -> User:
    """Make an account. Refused for a taken name, a weak password, a role without its unit or authority."""
    _check_account(facts)
    if User.objects.filter(username__iexact=username).exists():
        raise Refused(f"The user name {username} is taken. Choose another.")
    with unit_of_work(actor) as work:
        user = User(username=username, **_columns(facts))
        set_password(user=user, password=password)
        user.save()
        _say(
            work,
            "user.created",
            user,
            role=user.role,
            unit=user.unit or None,
            authority=user.authority or None,
        )
    return user


def set_password(*, user: User, password: str) -> None:
    """Give a user a password that the rules accept (unsaved). Refused with the rules' own words."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error
    user.set_password(password)


def change_user(*, actor: Actor, pk: int, facts: AccountFacts) -> User:
    """Change name, role, unit or authority. The entry says which, and role and unit before and after."""
    _check_account(facts)
    with unit_of_work(actor) as work:
        user = _locked_user(pk)
        before = {name: getattr(user, name) for name in CHANGEABLE}
        changed = [name for name, value in _columns(facts).items() if before[name] != value]
        if not changed:
            return user
        for name, value in _columns(facts).items():
            setattr(user, name, value)
        user.save(update_fields=changed)
        _say(work, "user.changed", user, changed=changed, **_codes_changed(before, user))
    return user


def reset_password(*, actor: Actor, pk: int, password: str) -> None:
    """An administrator gives a new password: open sessions end, because Django ties them to the old one."""
    with unit_of_work(actor) as work:
        user = _locked_user(pk)
        set_password(user=user, password=password)
        user.save(update_fields=["password"])
        _say(work, "user.changed", user, changed=["password"])


def remove_second_factor(*, actor: Actor, pk: int) -> None:
    """For somebody who lost phone and codes: they must set up another before they see anything again."""
    with unit_of_work(actor) as work:
        user = _locked_user(pk)
        removed, _ = Authenticator.objects.filter(user=user).delete()
        if removed:
            _say(work, "user.changed", user, changed=["second-factor"], factor="removed")


def deactivate_user(*, actor: Actor, pk: int) -> None:
    """Close an account: no sign-in, no open session, no key works from this moment. Nothing is deleted."""
    if actor.id == pk:
        raise Refused("You cannot close your own account. Ask another administrator.")
    _set_active(actor=actor, pk=pk, active=False)


def reactivate_user(*, actor: Actor, pk: int) -> None:
    """Open a closed account again; its keys stay revoked."""
    _set_active(actor=actor, pk=pk, active=True)


def _set_active(*, actor: Actor, pk: int, active: bool) -> None:
    with unit_of_work(actor) as work:
        user = _locked_user(pk)
        if user.is_active == active:
            return
        user.is_active = active
        user.save(update_fields=["is_active"])
        if not active:
            user.tokens.filter(revoked_at__isnull=True).update(revoked_at=work.now)
        _say(work, "user.changed", user, changed=["is_active"], active=active)


def issue_token(*, actor: Actor, user: User, label: str, days: int) -> IssuedToken:
    """Make a key that acts as `user` for `days` days. Only its SHA-256 is kept: random bits need no salt."""
    if not 1 <= days <= LONGEST_TOKEN_DAYS:
        raise Refused(f"A key lives between 1 and {LONGEST_TOKEN_DAYS} days.")
    if not user.is_active:
        raise Refused("The account is closed. A key would not work.")
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    with unit_of_work(actor) as work:
        token = ApiToken.objects.create(
            user=user,
            label=label,
            digest=digest_of(secret),
            created_at=work.now,
            expires_at=work.now + timedelta(days=days),
        )
        _say(work, "token.created", user, token=token.pk, expires_at=token.expires_at.isoformat())
    return IssuedToken(token, secret)


def revoke_token(*, actor: Actor, user: User, pk: int) -> None:
    """End a key of `user` now. Doing it twice changes nothing."""
    with unit_of_work(actor) as work:
        token = user.tokens.select_for_update().filter(pk=pk).first()
        if token is None:
            raise NotFound("There is no such key.")
        if token.revoked_at is None:
            token.revoked_at = work.now
            token.save(update_fields=["revoked_at"])
            _say(work, "token.revoked", user, token=token.pk)


def use_token(secret: str) -> User | None:
    """Whose key this is, when it works; its last use is noted every five minutes, outside the ledger."""
    now = clock.now()
    token = (
        ApiToken.objects.select_related("user")
        .filter(digest=digest_of(secret), revoked_at__isnull=True, expires_at__gt=now, user__is_active=True)
        .first()
    )
    if token is None:
        return None
    if token.last_used_at is None or now - token.last_used_at >= NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token.user


def digest_of(secret: str) -> str:
    """The form in which a key is kept and looked up: SHA-256 in hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()


def grant_need_to_know(*, by: User, user: User, thread: Thread, reason: str) -> Grant:
    """Let `user` see a restricted record; done by somebody who manages need-to-know and is inside it."""
    require_control(by, thread)
    if not reason.strip():
        raise Refused("Say why this person needs to know.")
    with unit_of_work(actor_for(by)) as work:
        # The user's row is the lock: of two people who grant at once, the second finds the first's grant.
        _locked_user(user.pk)
        held = Grant.objects.filter(user=user, thread=str(thread), withdrawn_at__isnull=True).first()
        if held is not None:
            return held
        grant = Grant.objects.create(
            user=user, thread=str(thread), granted_by=by, granted_at=work.now, reason=reason.strip()
        )
        _tell(work, "need-to-know.granted", thread, user=user.pk, grant=grant.pk, reason=grant.reason)
    return grant


def withdraw_need_to_know(*, by: User, pk: int, thread: Thread) -> None:
    """End a grant. Doing it twice changes nothing."""
    require_control(by, thread)
    with unit_of_work(actor_for(by)) as work:
        grant = Grant.objects.select_for_update().filter(pk=pk, thread=str(thread)).first()
        if grant is None:
            raise NotFound("There is no such grant.")
        if grant.withdrawn_at is None:
            grant.withdrawn_at = work.now
            grant.save(update_fields=["withdrawn_at"])
            _tell(work, "need-to-know.withdrawn", thread, user=grant.user_id, grant=grant.pk)


def require_control(by: User, thread: Thread) -> None:
    """Raise NotAllowed unless `by` manages need-to-know and is inside the compartment, or has force scope."""
    require(by, "need-to-know.grant")
    reader = Reader(by)
    if reader.scope != "force" and str(thread) not in reader.known_threads:
        raise NotAllowed("You do not see this record yourself. Ask the duty inspector.")


def break_glass(*, user: User, thread: Thread, reason: str) -> BreakGlass:
    """Open a restricted record at once, for a limited time, in an emergency: loud, and reviewed.

    A second use while the first lasts gives the first. Refused without a reason.
    """
    require(user, "break-glass.use")
    if len(reason.strip()) < 10:
        raise Refused(
            "Say why you need to see this now, in a sentence. The person who reviews it reads this."
        )
    with unit_of_work(actor_for(user)) as work:
        _locked_user(user.pk)
        lasting = BreakGlass.objects.filter(user=user, thread=str(thread), expires_at__gt=work.now)
        held = lasting.first()
        return held or _broken(work, user=user, thread=thread, reason=reason.strip())


def _broken(work: UnitOfWork, *, user: User, thread: Thread, reason: str) -> BreakGlass:
    used = BreakGlass.objects.create(
        user=user,
        thread=str(thread),
        reason=reason,
        used_at=work.now,
        expires_at=work.now + timedelta(hours=get_policy().force.break_glass_hours),
    )
    work.record(
        "break-glass.used",
        subject=Subject("break-glass", used.pk),
        thread=str(thread),
        user=user.pk,
        unit=user.unit or None,
        reason=reason,
        expires_at=used.expires_at.isoformat(),
        **{thread.kind: thread.id},
    )
    return used


def review_break_glass(*, reviewer: User, pk: int, justified: bool, finding: str) -> BreakGlass:
    """Say whether an emergency sight was justified, and why. Nobody reviews their own, and none twice."""
    require(reviewer, "break-glass.review")
    if not finding.strip():
        raise Refused("Say what you found.")
    with unit_of_work(actor_for(reviewer)) as work:
        used = BreakGlass.objects.select_for_update().filter(pk=pk).first()
        _check_reviewable(used, reviewer=reviewer)
        assert used is not None  # noqa: S101  # _check_reviewable raised otherwise
        used.reviewed_at, used.reviewed_by = work.now, reviewer
        used.justified, used.finding = justified, finding.strip()
        used.save(update_fields=["reviewed_at", "reviewed_by", "justified", "finding"])
        work.record(
            "break-glass.reviewed",
            subject=Subject("break-glass", used.pk),
            thread=used.thread,
            justified=justified,
            reason=used.finding,
        )
    return used


def _check_reviewable(used: BreakGlass | None, *, reviewer: User) -> None:
    if used is None:
        raise NotFound("There is no such use of break-glass.")
    if used.user_id == reviewer.pk:
        raise NotAllowed("Nobody reviews their own use of break-glass. Ask another reviewer.")
    if used.reviewed_at is not None:
        raise AlreadyDone("This was reviewed before; the finding stands.")


def _check_account(facts: AccountFacts) -> None:
    policy = get_policy()
    role = policy.roles.get(facts.role)
    if role is None:
        raise Refused(f"There is no role {facts.role!r} in access.toml.")
    if facts.unit and facts.unit not in policy.units:
        raise Refused(f"There is no unit {facts.unit!r} in units.toml.")
    if facts.authority and facts.authority not in policy.authorities:
        raise Refused(f"There is no authority {facts.authority!r} in the list of authorities.")
    if role.scope == "authority" and not facts.authority:
        raise Refused(f"A {role.title} belongs to a local authority. Choose which.")
    if role.scope == "unit" and not facts.unit:
        raise Refused(f"A {role.title} belongs to a unit. Choose which.")


def _columns(facts: AccountFacts) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in CHANGEABLE}


def _codes_changed(before: dict[str, Any], user: User) -> dict[str, Any]:
    """Codes only, before and after: a ledger entry never holds a name or an address."""
    codes = [name for name in ("role", "unit", "authority") if before[name] != getattr(user, name)]
    return {name: {"from": before[name], "to": getattr(user, name)} for name in codes}


def _locked_user(pk: int) -> User:
    user = User.objects.select_for_update().filter(pk=pk).first()
    if user is None:
        raise NotFound("There is no such user.")
    return user


def _say(work: UnitOfWork, event: str, user: User, **facts: Any) -> None:
    work.record(event, subject=Subject("user", user.pk), thread=f"user:{user.pk}", **facts)


def _tell(work: UnitOfWork, event: str, thread: Thread, **facts: Any) -> None:
    work.record(event, subject=Subject(thread.kind, thread.id), thread=str(thread), **facts)
