"""Lists of duties: what harms a child soonest first, only what is the reader's to see, and from an index."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from sooner.access.commands import break_glass
from sooner.access.decide import visible
from sooner.access.models import RestrictedThread, User
from sooner.access.threads import Thread
from sooner.duties import queries
from sooner.duties.commands import tick
from sooner.duties.links import register_label
from sooner.duties.models import Duty
from sooner.errors import NotFound
from sooner.ledger import clock
from tests.factories.access import a_user
from tests.factories.duties import a_duty, happens, to_acknowledge

pytestmark = pytest.mark.django_db
REASON = "A child is said to be with the suspect tonight."


def shown(page: queries.DutyPage) -> list[int]:
    return [row.duty.pk for row in page.rows]


def everything(user: User, *, limit: int = 2) -> list[int]:
    found, after = [], ""
    while True:
        page = queries.my_work(user, after=after, limit=limit)
        found += shown(page)
        if page.after is None:
            return found
        after = page.after


def test_what_harms_a_child_soonest_comes_first(noon: datetime) -> None:
    a_duty("victim.identified")  # harm 3
    later = a_duty("child.identified", key="tell-social-care")  # harm 1, one hour
    with clock.standing_at(noon - timedelta(hours=2)):
        sooner = a_duty("child.identified", key="tell-social-care")
    harms = [row.duty.harm for row in queries.my_work(a_user("referral_officer")).rows]
    assert harms == sorted(harms)
    assert shown(queries.my_work(a_user("referral_officer")))[:2] == [sooner.pk, later.pk]


def test_each_sees_their_own() -> None:
    here, there = a_duty(unit="CN"), a_duty(unit="AS")
    theirs = to_acknowledge(unit="AS")
    for_role = a_duty("investigation.opened", key="allocate-investigation", unit="CN")
    Duty.objects.exclude(pk__in=[here.pk, there.pk, theirs.pk, for_role.pk]).delete()
    work = {
        role: set(everything(a_user(role, **facts)))
        for role, facts in (
            ("investigator", {"unit": "CN"}),
            ("supervisor", {"unit": "CN"}),
            ("referral_officer", {}),
            ("social_worker", {"authority": "E09000007"}),
            ("administrator", {}),
            ("training_lead", {}),
        )
    }
    assert work["investigator"] == {here.pk}
    assert work["supervisor"] == {here.pk, for_role.pk}
    assert {here.pk, there.pk} <= work["referral_officer"]
    assert not {theirs.pk, for_role.pk} & work["referral_officer"]
    assert theirs.pk in work["social_worker"]
    assert not {here.pk, there.pk, for_role.pk} & work["social_worker"]
    assert work["administrator"] == work["training_lead"] == set()


def test_another_authority_sees_nothing_of_it() -> None:
    to_acknowledge()
    assert everything(a_user("social_worker", authority="E09000012")) == []


def test_an_officer_sees_what_was_handed_to_them_from_another_unit() -> None:
    officer = a_user("investigator", unit="AS")
    mine = a_duty("victim.identified", unit="CN", officer=officer.pk)
    assert everything(officer) == [mine.pk]
    assert queries.duty_for(officer, mine.pk).owner == officer.name


def test_a_restricted_duty_is_seen_by_those_who_need_to_know_and_after_breaking_the_glass() -> None:
    RestrictedThread.objects.create(thread="referral:12", since=clock.now())
    hidden, officer = a_duty(thread="referral:12"), a_user("investigator")
    for reader in (officer, a_user("referral_officer"), a_user("duty_inspector")):
        assert hidden.pk not in everything(reader)
        with pytest.raises(NotFound):
            queries.duty_for(reader, hidden.pk)
    break_glass(user=officer, thread=Thread("referral", 12), reason=REASON)
    assert everything(officer) == [hidden.pk]


@pytest.mark.parametrize("role", ["duty_inspector", "supervisor"])
def test_whoever_hears_of_late_duties_sees_that_a_restricted_one_is_late_and_no_more(
    noon: datetime, role: str
) -> None:
    RestrictedThread.objects.create(thread="referral:12", since=clock.now())
    hidden, reader = a_duty(thread="referral:12", unit="CN"), a_user(role, unit="CN")
    assert hidden.pk not in everything(reader)
    with clock.standing_at(noon + timedelta(hours=25)):
        tick()
        assert shown(queries.late(reader)) == [hidden.pk]
        row = queries.duty_for(reader, hidden.pk)
        assert (row.outside, row.link, queries.history_of(reader, row.duty)) == (True, "", [])
        assert hidden.pk not in everything(a_user("referral_officer"))
        assert hidden.pk not in shown(queries.late(a_user(role, unit="AS"))) or role == "duty_inspector"


def test_named_managers_see_what_only_they_were_told() -> None:
    duty = to_acknowledge(named_managers_only=True)
    worker = a_user("social_worker", authority="E09000007")
    manager = a_user("social_worker", authority="E09000007", named_manager=True)
    assert duty.pk not in everything(worker)
    assert duty.pk in everything(manager)


def test_the_late_list_holds_what_is_late_and_how_many_of_each(noon: datetime) -> None:
    duties = [a_duty(unit=unit) for unit in ("CN", "CN", "AS")]
    with clock.standing_at(noon + timedelta(hours=25)):
        fresh = a_duty(unit="CN")
        tick()
        supervisor = a_user("supervisor", unit="CN")
        assert shown(queries.late(supervisor)) == [duties[0].pk, duties[1].pk]
        assert [(one.key, one.count) for one in queries.late_counts(supervisor)] == [("find-household", "2")]
        everybody = shown(queries.late(a_user("inspector_of_constabulary")))
    assert set(everybody) == {duty.pk for duty in duties}
    assert fresh.pk not in everybody


def test_counts_stop_at_a_thousand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "COUNTED", 3)
    for number in range(1, 6):
        a_duty(unit="CN")
        assert queries.my_open_count(a_user("supervisor", unit="CN")) == (str(number) if number < 4 else "3+")


@pytest.mark.parametrize("cursor", ["x", "1~2", "0~0~0 ", "-1~0~0", "1~1~9999999999999999999"])
def test_a_damaged_cursor_begins_anew(cursor: str) -> None:
    duty = a_duty(unit="CN")
    assert shown(queries.my_work(a_user("supervisor", unit="CN"), after=cursor)) == [duty.pk]


def test_a_list_asks_for_names_once_a_kind_and_never_once_a_row() -> None:
    register_label("referral", lambda ids, user: {pk: f"Referral R-{pk:06d}" for pk in ids})
    reader = a_user("supervisor", unit="CN")

    def asked() -> int:
        with CaptureQueriesContext(connection) as asked:
            queries.my_work(reader)
        return len(asked)

    a_duty(unit="CN")
    one = asked()
    for _ in range(10):
        a_duty(unit="CN")
    assert asked() == one


def test_the_first_duty_of_a_page_leads_to_what_it_is_about() -> None:
    duty = a_duty(unit="CN")
    row = queries.my_work(a_user("supervisor", unit="CN")).rows[0]
    assert row.about == f"Referral R-{duty.subject_id:06d}"
    assert row.link == f"/referrals/{duty.subject_id}/"


def test_a_duty_whose_row_left_policy_stands_and_says_so() -> None:
    duty = a_duty(unit="CN")
    Duty.objects.filter(pk=duty.pk).update(key="gone-from-policy")
    row = queries.my_work(a_user("supervisor", unit="CN")).rows[0]
    assert row.rule.title == "Gone from policy"
    assert "policy no longer has" in row.rule.why


READERS = (
    "referral_officer",
    "investigator",
    "supervisor",
    "examiner",
    "social_worker",
    "inspector_of_constabulary",
)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["CN", "AS"]),
        st.sampled_from(["", "", "E09000007"]),
        st.sampled_from(["", "", "supervisor", "referral_officer"]),
        st.booleans(),
        st.booleans(),
        st.booleans(),
        st.integers(1, 3),
        st.integers(0, 3),
        st.sampled_from(["referral:1", "referral:2"]),
    ),
    max_size=12,
)


class ListsAgreeWithVisibility(TestCase):
    """Invariant 5: a list shows exactly what the one filter lets through, each once, in order, page by page."""

    readers: list[User]

    @classmethod
    def setUpTestData(cls) -> None:
        places = {
            "social_worker": {"authority": "E09000007"},
            "referral_officer": {},
            "inspector_of_constabulary": {},
        }
        cls.readers = [a_user(role, **places.get(role, {"unit": "CN"})) for role in READERS]
        break_glass(user=cls.readers[1], thread=Thread("referral", 2), reason=REASON)

    @settings(max_examples=40, deadline=None)
    @given(ROWS)
    def test_a_list_is_the_visible_rows_in_order(
        self, rows: list[tuple[str, str, str, bool, bool, bool, int, int, str]]
    ) -> None:
        Duty.objects.all().delete()
        Duty.objects.bulk_create(self._duty(number, row) for number, row in enumerate(rows))
        for reader in self.readers:
            seen = visible(Duty.objects.filter(discharged_at=None), reader)
            expected = seen.filter(late_at__isnull=False).order_by("harm", "due_at", "pk")
            assert self._late(reader) == [duty.pk for duty in expected]
            mine = everything(reader)
            assert set(mine) <= set(seen.values_list("pk", flat=True))
            assert len(mine) == len(set(mine))
            places = {d.pk: (d.harm, d.due_at, d.pk) for d in seen}
            assert all(places[one] < places[other] for one, other in pairwise(mine))

    def _late(self, reader: User) -> list[int]:
        found, after = [], ""
        while True:
            page = queries.late(reader, after=after, limit=2)
            found += shown(page)
            if page.after is None:
                return found
            after = page.after

    def _duty(self, number: int, row: tuple[str, str, str, bool, bool, bool, int, int, str]) -> Duty:
        unit, authority, role, officer, restricted, late, harm, hours, thread = row
        due = datetime(2026, 6, 3, hours, tzinfo=UTC)
        return Duty(
            key="find-household",
            subject_kind="referral",
            subject_id=number,
            thread=thread,
            harm=harm,
            unit="" if authority else unit,
            authority=authority,
            role="" if authority else role,
            officer=self.readers[1] if officer and not authority else None,
            restricted=restricted,
            opened_at=due,
            opened_by=1,
            first_due_at=due,
            due_at=due,
            late_at=due if late else None,
        )


def test_a_done_duty_is_in_no_list() -> None:
    duty = a_duty(unit="CN")
    happens("household.found", duty.subject_id)
    reader = a_user("supervisor", unit="CN")
    assert everything(reader) == []
    assert queries.duties_of(reader, subject=("referral", duty.subject_id)) == []
    assert queries.duty_for(reader, duty.pk).duty.discharged_at is not None


def test_a_records_page_shows_its_open_duties_and_nothing_of_another() -> None:
    one, other = a_duty(thread="referral:1"), a_duty(thread="referral:2")
    reader = a_user("referral_officer")
    assert queries.duties_of(reader, threads=["referral:1"]) == [one]
    assert queries.duties_of(reader, subject=("referral", other.subject_id)) == [other]
    assert queries.duties_of(reader) == []
