"""People who sign in, made by the product's own commands."""

from itertools import count
from typing import Any

from django.test import Client

from sooner.access import commands
from sooner.access.models import User
from sooner.ledger.work import SYSTEM
from sooner.policy.loader import get_policy

PASSWORD = "a quiet harbour at dusk"
_numbers = count(1)


def a_user(role: str = "supervisor", **facts: Any) -> User:
    """A user of that role, in the first unit or the first authority of policy where the role needs one."""
    policy = get_policy()
    scope = policy.roles[role].scope
    facts.setdefault("unit", next(iter(policy.units)) if scope in {"unit", "own"} else "")
    facts.setdefault("authority", next(iter(policy.authorities)) if scope == "authority" else "")
    username = facts.pop("username", f"{role.replace('_', '-')}-{next(_numbers)}")
    name = facts.pop("name", f"Invented {role.replace('_', ' ').title()}")
    return commands.create_user(
        actor=SYSTEM,
        username=username,
        password=PASSWORD,
        facts=commands.AccountFacts(name=name, role=role, **facts),
    )


def signed_in(user: User) -> Client:
    """A browser in which the user has signed in."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def a_key(user: User) -> str:
    """A working API key of the user."""
    return commands.issue_token(actor=SYSTEM, user=user, label="test machine", days=1).secret
