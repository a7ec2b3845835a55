"""What is held, and by what right, as the pages, the API and the command line say it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from typer.testing import CliRunner

from sooner.cli.load import load as command_line
from sooner.ledger import clock
from sooner.ledger.work import SYSTEM
from sooner.people.commands.extracts import load_extract
from sooner.people.holdings import holding_of
from sooner.people.models import Record
from tests.factories.access import a_key, a_user, signed_in
from tests.factories.policy import extract_row, extract_with, packaged, policy_of

pytestmark = pytest.mark.django_db
HEALTH = "nhs,family_name,given_name,born,gender,addr,pcode,mother_name,gp_practice,secret\n"
AMARA = "9990000001,Okafor,Amara,2018-03-04,F,12 Orchard Road,N8 7AB,,Example Surgery,not for us\n"


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    path = tmp_path / "child-health.csv"
    path.write_text(HEADER_AND_ROW, encoding="utf-8")
    return path


HEADER_AND_ROW = HEALTH + AMARA


def ends(in_days: int) -> dict[str, str]:
    """A policy under which child health's agreement ends in so many days."""
    last = (datetime.now(UTC) + timedelta(days=in_days)).date().isoformat()
    return {"extracts": extract_with("child-health", ("expires = 2036-08-31", f"expires = {last}"))}


def page(client: Client, path: str) -> str:
    return " ".join(client.get(path).content.decode().split())


def test_the_list_shows_basis_purposes_agreement_retention_and_how_many(clinic: Path) -> None:
    load_extract(SYSTEM, mapping="child-health", path=clinic)
    shown = page(signed_in(a_user("administrator")), "/extracts/")
    for words in (
        "Children Act 2004 s.11",
        "Finding children at risk",
        "ISA-2025-03",
        "31 August 2036",
        "400 days",
    ):
        assert words in shown
    assert "govuk-warning-text" not in shown
    assert "Okafor" not in shown


@pytest.mark.parametrize(("days", "tag", "words"), [(12, "Ends soon", "ends on"), (-1, "Over", "ended on")])
def test_an_agreement_that_ends_or_ended_is_warned_about_on_both_pages(
    clinic: Path, days: int, tag: str, words: str
) -> None:
    made, client = (
        load_extract(SYSTEM, mapping="child-health", path=clinic),
        signed_in(a_user("administrator")),
    )
    with policy_of(**ends(days)):
        for path in ("/extracts/", f"/extracts/{made.pk}/"):
            shown = page(client, path)
            assert "govuk-warning-text" in shown
            assert tag in shown
            assert words in shown
            assert ("Deletion due" in shown) == (days < 0)


def test_an_extract_that_the_policy_no_longer_names_is_said_to_be_unused(clinic: Path) -> None:
    made = load_extract(SYSTEM, mapping="child-health", path=clinic)
    with policy_of(extracts=packaged("extracts").replace(extract_row("child-health"), "")):
        for path in ("/extracts/", f"/extracts/{made.pk}/"):
            assert "its records are not used" in page(signed_in(a_user("administrator")), path)


def test_the_page_of_a_loading_names_the_columns_left_unread(clinic: Path) -> None:
    made = load_extract(SYSTEM, mapping="child-health", path=clinic)
    assert "secret: no purpose needs them" in page(
        signed_in(a_user("administrator")), f"/extracts/{made.pk}/"
    )


def test_the_api_says_the_same(clinic: Path) -> None:
    load_extract(SYSTEM, mapping="child-health", path=clinic)
    headers = {"Authorization": f"Bearer {a_key(a_user('administrator'))}"}
    with policy_of(**ends(12)):
        rows: list[dict[str, Any]] = Client().get("/api/holdings", headers=headers).json()
    one = next(row for row in rows if row["key"] == "child-health")
    assert (one["records"], one["agreement_state"], one["purposes"]) == (
        1,
        "ending",
        ["finding-children-at-risk"],
    )
    assert one["next_expiry"] == (datetime.now(UTC) + timedelta(days=13)).date().isoformat()


def test_the_next_expiry_is_the_sooner_of_age_and_agreement(clinic: Path) -> None:
    then = datetime(2026, 1, 1, 12, tzinfo=UTC)
    with clock.standing_at(then):
        load_extract(SYSTEM, mapping="child-health", path=clinic, as_of=then)
        held = holding_of("extract:child-health")
        assert held is not None
        assert held.next_expiry == (then + timedelta(days=400)).date()
        assert not held.is_due


def sooner(*arguments: str) -> str:
    done = CliRunner().invoke(command_line, list(arguments), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


def test_at_the_command_line_loading_warns_and_expiry_rehearses_then_deletes(clinic: Path) -> None:
    with policy_of(**ends(12)):
        said = sooner("extract", "child-health", str(clinic))
        assert "Left unread, because no purpose needs them: secret." in said
        assert "Warning: The sharing agreement ISA-2025-03" in said
        assert "Nothing is due" in sooner("expire")
    with policy_of(**ends(-1)):
        assert "Child health information: 1 records would be deleted" in sooner("expire", "--dry-run")
        assert Record.objects.exists()
        assert "1 records deleted (the sharing agreement is over), with 1 persons" in sooner("expire")
    assert not Record.objects.exists()
