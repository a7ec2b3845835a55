"""Each referral gets its investigation: one per suspect, with a priority and a team, in any order."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sooner.intake.commands.resolve import resolve_people
from sooner.intake.models import Party, Referral
from sooner.investigations.commands.open import open_for, reprioritise_for
from sooner.investigations.models import Investigation, JoinedReferral
from sooner.ledger.models import Entry
from sooner.ledger.work import SYSTEM, unit_of_work
from sooner.safeguarding.commands.identify import identify
from sooner.safeguarding.models import Child
from tests.factories.investigations import (
    HACKNEY,
    a_child,
    a_new_version,
    a_referral,
    a_suspect,
    an_investigation,
    run_job,
)

pytestmark = pytest.mark.django_db


def events(name: str) -> list[Entry]:
    return list(Entry.objects.filter(event=name).order_by("pk"))


def open_again(*referrals: Referral) -> None:
    with unit_of_work(SYSTEM) as work:
        open_for(work, [referral.pk for referral in referrals])


def test_a_referral_opens_an_investigation_of_its_suspect() -> None:
    referral = a_referral(a_suspect())
    run_job(referral)
    one = Investigation.objects.get()
    assert one.suspect == Party.objects.get(role="suspect").person
    opened = events("investigation.opened")[0]
    assert (opened.subject_id, opened.thread) == (one.pk, f"investigation:{one.pk}")
    assert opened.facts["referral"] == referral.pk
    assert opened.facts["suspect"] == one.suspect_id
    assert opened.facts["unit"] == one.unit
    assert opened.facts["band"] == one.band


def test_a_later_report_about_the_same_suspect_joins() -> None:
    suspect = a_suspect()
    first, second = a_referral(suspect), a_referral(suspect)
    run_job(first)
    run_job(second)
    one = Investigation.objects.get()
    assert set(one.joined.values_list("referral", flat=True)) == {first.pk, second.pk}
    assert [entry.facts["referral"] for entry in events("investigation.joined")] == [second.pk]


def test_several_reports_about_a_new_suspect_in_one_batch_make_one_investigation() -> None:
    suspect = a_suspect()
    run_job(a_referral(suspect), a_referral(suspect), a_referral(suspect))
    assert Investigation.objects.get().joined.count() == 3
    assert len(events("investigation.opened")) == 1
    assert len(events("investigation.joined")) == 2


def test_a_report_that_names_two_suspects_belongs_to_two_investigations() -> None:
    run_job(a_referral(a_suspect("Alan Invented"), a_suspect("Carol Imagined")))
    assert Investigation.objects.count() == 2
    assert JoinedReferral.objects.count() == 2


def test_a_report_without_a_known_suspect_has_an_investigation_of_its_own() -> None:
    run_job(a_referral(a_child()), a_referral(a_child("Dana Imagined")))
    assert list(Investigation.objects.values_list("suspect", flat=True)) == [None, None]


def test_when_the_suspect_becomes_known_the_investigation_learns_it() -> None:
    referral = a_referral(a_child())
    run_job(referral)
    a_new_version(referral, a_child(), a_suspect())
    one = Investigation.objects.get()
    assert one.suspect == Party.objects.get(role="suspect", current=True).person


def test_running_twice_changes_nothing() -> None:
    first, second = a_referral(a_suspect(), a_child()), a_referral(a_child("Dana Imagined"))
    run_job(first, second)
    before = (list(Investigation.objects.values()), Entry.objects.count())
    open_again(first, second)
    assert (list(Investigation.objects.values()), Entry.objects.count()) == before


def test_a_closed_investigation_is_not_opened_again_by_software() -> None:
    referral = a_referral(a_suspect())
    run_job(referral)
    Investigation.objects.update(closed_at=datetime.now(UTC))
    open_again(referral)
    assert Investigation.objects.count() == 1


def test_a_new_report_about_the_suspect_of_a_closed_investigation_opens_a_new_one() -> None:
    suspect = a_suspect()
    run_job(a_referral(suspect))
    Investigation.objects.update(closed_at=datetime.now(UTC))
    run_job(a_referral(suspect))
    assert Investigation.objects.filter(closed_at=None).count() == 1


def test_a_child_who_comes_to_light_after_closing_opens_a_new_investigation() -> None:
    referral = a_referral(a_suspect())
    run_job(referral)
    Investigation.objects.update(closed_at=datetime.now(UTC))
    a_new_version(referral, a_suspect(), a_child())
    assert Investigation.objects.get(closed_at=None).band == "child-at-risk"


def test_the_queries_of_a_batch_do_not_grow_with_it() -> None:
    def queries(*names: str) -> int:
        referrals = [
            a_referral(
                a_suspect(f"{name} {name}son", born=date(1960 + ord(name[0]) % 30, 5, 1)),
                a_child(f"{name[::-1]} {name}by", born=date(2010, 1 + ord(name[0]) % 12, 3)),
            )
            for name in names
        ]
        ids = [referral.pk for referral in referrals]
        for step in (resolve_people, identify):
            with unit_of_work(SYSTEM) as work:
                step(work, ids)
        with unit_of_work(SYSTEM) as work, CaptureQueriesContext(connection) as seen:
            open_for(work, ids)
        return len(seen)

    assert queries("Ada", "Bea") == queries("Cleo", "Dot", "Eve", "Fay", "Gus", "Hal", "Ida") <= 20


def test_the_suspects_home_decides_the_team() -> None:
    one = an_investigation(a_suspect(postcode=HACKNEY))
    assert one.unit == "CE"
    assert one.routed_because == "The suspect's home is in Hackney"


def test_without_the_suspects_home_a_childs_home_decides() -> None:
    one = an_investigation(a_suspect(postcode=""), a_child(postcode=HACKNEY))
    assert one.unit == "CE"
    assert one.routed_because.startswith("A child at risk lives in Hackney")


def test_without_any_place_the_central_unit_takes_it() -> None:
    one = an_investigation(a_suspect(postcode=""))
    assert one.unit == "CENTRAL"
    assert one.routed_because.startswith("No address in the force's area is known")


def test_live_streaming_goes_to_the_central_unit_by_rule() -> None:
    one = an_investigation(a_suspect(), flags=("liveStreaming",))
    assert one.unit == "CENTRAL"
    assert one.routed_because.startswith("Live streaming is reported")


def test_a_restricted_referral_makes_its_investigation_restricted() -> None:
    suspect = a_suspect()
    run_job(a_referral(suspect))
    assert not Investigation.objects.get().restricted
    run_job(a_referral(suspect, restricted=True))
    assert Investigation.objects.get().restricted


def test_a_new_version_may_raise_the_priority() -> None:
    suspect = a_suspect()
    referral = a_referral(suspect)
    run_job(referral)
    before = Investigation.objects.get()
    a_new_version(referral, suspect, flags=("sextortion",), escalation="please hurry")
    after = Investigation.objects.get()
    assert after.score > before.score
    assert {"sextortion", "urgent"} <= {row["indicator"] for row in after.reasons}
    assert events("investigation.prioritised")[-1].facts["how"] == "policy"


def test_ruling_a_child_out_does_not_lower_the_priority_by_itself() -> None:
    referral = a_referral(a_suspect(), a_child())
    run_job(referral)
    assert Investigation.objects.get().band == "child-at-risk"
    Child.objects.update(state="ruled-out")
    with unit_of_work(SYSTEM) as work:
        reprioritise_for(work, [referral.pk])
    assert Investigation.objects.get().band == "child-at-risk"
