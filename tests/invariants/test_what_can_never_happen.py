"""The invariants of the design, held against random sequences of commands, on whichever database the run has.

1 no child is dropped · 2 no clock is quietly stopped · 3 nothing received is lost · 4 everything is on the record ·
5 nobody sees what is not theirs · 6 no imagery · 7 software never lowers a guard
"""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sooner.access.decide import visible
from sooner.access.models import User
from sooner.duties import commands as duties
from sooner.duties.models import Duty, Extension
from sooner.engines.formats.reader import Kind, sniff
from sooner.errors import SoonerError
from sooner.intake.commands.read import bytes_of
from sooner.intake.commands.receive import receive_bytes
from sooner.intake.commands.settle import close_referral, settle_document
from sooner.intake.models import Document, Part, Referral
from sooner.investigations.commands.decide import restrict
from sooner.investigations.models import Investigation
from sooner.ledger import clock
from sooner.ledger.checkpoints import origin, public_key, sign_now
from sooner.ledger.models import Entry
from sooner.ledger.sealing import LEAF_FIELDS, leaf_bytes, seal
from sooner.ledger.verify import verify
from sooner.ledger.work import SYSTEM, Subject, unit_of_work
from sooner.people.commands.extracts import load_extract
from sooner.pipeline.models import Task
from sooner.pipeline.run import run_pending
from sooner.policy.loader import get_policy
from sooner.safeguarding.commands import authority as authority_side
from sooner.safeguarding.commands import children as decisions
from sooner.safeguarding.commands import overt_action, protection, strategy
from sooner.safeguarding.models import (
    Child,
    OvertAction,
    PoliceProtection,
    SafeguardingReferral,
    StrategyDiscussion,
)
from tests.factories.access import a_user
from tests.factories.intake import a_document, a_row

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
SUSPECTS = (
    ("Obi Okafor", "06/05/1988"),
    ("Alan Marsden", "01/02/1990"),
    ("Kim Young", "01/01/2012"),
    ("", ""),
)
HOMES = (("12 Orchard Road", "N8 7AB"), ("3 Mill Lane", "E8 1AA"), ("9 Bay Street", "CF11 8XX"), ("", ""))
CHILDREN = (("", ""), ("Amara Okafor", "04/03/2018"), ("Ben Marsden", "09/09/2014"), ("Una Known", ""))
BEGIN = datetime(2026, 6, 3, 9, tzinfo=UTC)
PICK = st.integers(0, 10_000)


class Force(RuleBasedStateMachine):
    """One force at work: whatever its people and machines do, in whatever order, the invariants hold after each step."""

    positions: Path

    @initialize()
    def begin(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.now = BEGIN
        self.standing = clock.standing_at(self.now)
        self.standing.__enter__()
        self.officers = [
            a_user("referral_officer", username="rosa"),
            a_user("supervisor", unit="NA", username="sue"),
            a_user("duty_inspector", username="dan"),
        ]
        self.others = [
            a_user("investigator", unit="CE", username="ida"),
            a_user("social_worker", authority="E09000014", username="wendy"),
            a_user("social_worker", authority="E09000012", username="walt"),
            a_user("inspector_of_constabulary", username="hope"),
            a_user("administrator", username="adam"),
            a_user("training_lead", username="tess"),
        ]
        load_extract(SYSTEM, mapping="staff-positions", path=self.positions)
        self.received: dict[str, bytes] = {}
        self.history: list[str] = []
        self.duties: set[int] = set()
        self.children: dict[int, str] = {}
        self.urgent: set[int] = set()
        self.ranks: dict[int, int] = {}

    def teardown(self) -> None:
        if hasattr(self, "atomic"):
            self.standing.__exit__(None, None, None)
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    def attempt(self, command: Any) -> None:
        """People try things that a rule refuses; a refusal changes nothing and says why in a sentence."""
        try:
            with transaction.atomic():
                command()
        except SoonerError as refusal:
            told = str(refusal)
            if not told.rstrip().endswith((".", "!")):
                raise AssertionError(told) from refusal

    def one(self, rows: Any, pick: int) -> Any:
        found = list(rows.order_by("pk")[:50])
        return found[pick % len(found)] if found else None

    # What arrives

    @rule(
        suspect=st.sampled_from(SUSPECTS),
        home=st.sampled_from(HOMES),
        child=st.sampled_from(CHILDREN),
        number=st.integers(1, 4),
        trusted=st.booleans(),
        priority=st.sampled_from(["", "E"]),
        crashed=st.booleans(),
    )
    def a_referral_arrives(
        self,
        suspect: tuple[str, str],
        home: tuple[str, str],
        child: tuple[str, str],
        number: int,
        trusted: bool,
        priority: str,
        crashed: bool,
    ) -> None:
        data = a_document(a_row(
            reference=f"T-{number}", suspect_name=suspect[0], suspect_date_of_birth=suspect[1], priority=priority,
            suspect_address_line_1=home[0], suspect_postcode=home[1], child_name=child[0], child_date_of_birth=child[1],
            works_with_children="yes" if trusted else "", role_with_children="Coach" if trusted else "",
        ))  # fmt: skip
        self.receive(data)
        if not crashed:
            run_pending()

    @rule(data=st.sampled_from([b"Dear colleague.", b"<report>", b"{", PICTURE, b""]))
    def something_else_arrives(self, data: bytes) -> None:
        self.receive(data)

    def receive(self, data: bytes) -> None:
        receipts = receive_bytes(SYSTEM, name="arrival", data=data, via="api")
        assert len(receipts) == 1
        self.received[hashlib.sha256(data).hexdigest()] = data

    @rule(seconds=st.sampled_from([0.0001, 5]))
    def the_main_job_runs(self, seconds: float) -> None:
        run_pending(seconds=seconds)

    @rule()
    def a_command_dies_half_way(self) -> None:
        before = Entry.objects.count()
        with pytest.raises(ZeroDivisionError), unit_of_work(SYSTEM) as work:  # noqa: PT012  # the block is the command
            Referral.objects.update(urgent=False)
            work.record("children.searched", subject=Subject("referral", 1), thread="referral:1")
            raise ZeroDivisionError
        assert Entry.objects.count() == before

    # Time

    @rule(minutes=st.sampled_from([1, 59, 60 * 5, 60 * 24, 60 * 24 * 4]))
    def time_passes(self, minutes: int) -> None:
        self.standing.__exit__(None, None, None)
        self.now += timedelta(minutes=minutes)
        self.standing = clock.standing_at(self.now)
        self.standing.__enter__()
        duties.tick()
        overt_action.note_slipped()

    @rule()
    def the_ledger_is_sealed(self) -> None:
        seal()
        sign_now()

    # People

    @rule(
        pick=PICK,
        who=PICK,
        what=st.sampled_from(["confirm", "rule-out", "put-back"]),
        reason=st.sampled_from(["", "Checked."]),
    )
    def a_person_decides_about_a_child(self, pick: int, who: int, what: str, reason: str) -> None:
        child, user = self.one(Child.objects, pick), self.officers[who % len(self.officers)]
        command = {
            "confirm": decisions.confirm_child, "rule-out": decisions.rule_out_child, "put-back": decisions.reinstate_child,
        }[what]  # fmt: skip
        if child is not None:
            self.attempt(lambda: command(user, child=child, reason=reason))

    @rule(pick=PICK, who=PICK)
    def an_officer_adds_a_child(self, pick: int, who: int) -> None:
        referral = self.one(Referral.objects.exclude(unit=""), pick)
        new = decisions.NewChild(
            "Zoe", "Example", "A neighbour said so.", line1="12 Orchard Road", postcode="N8 7AB"
        )
        if referral is not None:
            self.attempt(lambda: decisions.add_child(self.officers[who % 3], referral=referral, new=new))

    @rule(pick=PICK, what=st.sampled_from(["acknowledge", "decide", "pass-on", "by-hand"]))
    def an_authority_or_police_act_on_what_was_told(self, pick: int, what: str) -> None:
        row = self.one(SafeguardingReferral.objects, pick)
        if row is None:
            return
        worker = next((u for u in self.others if u.authority == row.authority), self.others[1])
        {
            "acknowledge": lambda: self.attempt(lambda: authority_side.acknowledge(worker, row=row)),
            "decide": lambda: self.attempt(
                lambda: authority_side.decide(
                    worker, row=row, decision="strategy-discussion", reason="Significant harm."
                )
            ),
            "pass-on": lambda: self.attempt(
                lambda: authority_side.pass_on(worker, row=row, authority="E09000008", reason="Lives there.")
            ),
            "by-hand": lambda: self.attempt(
                lambda: authority_side.record_sent_by_hand(
                    self.officers[2], row=row, to_whom="Duty team", how="020 7946 0001"
                )
            ),
        }[what]()

    @rule(pick=PICK, hours=st.integers(-1, 48), section_47=st.booleans())
    def a_strategy_discussion_is_held(self, pick: int, hours: int, section_47: bool) -> None:
        child = self.one(Child.objects.select_related("referral"), pick)
        inspector = self.officers[2]
        if child is None:
            return

        def hold() -> None:
            made = strategy.arrange_discussion(inspector, children=[child], arranged_for=self.now)
            plan = strategy.Plan("Search and arrest", self.now + timedelta(hours=hours))
            people = [strategy.Attendee("Dan", "police"), strategy.Attendee("Wendy", "social-care")]
            outcome = strategy.Outcome(people, "Act together.", section_47, "Nothing yet.", plan)
            strategy.record_discussion(inspector, discussion=made, outcome=outcome)

        self.attempt(hold)

    @rule(pick=PICK)
    def the_overt_action_is_taken(self, pick: int) -> None:
        plan = self.one(OvertAction.objects, pick)
        if plan is not None:
            self.attempt(
                lambda: overt_action.record_taken(self.officers[2], plan=plan, what_happened="Arrested.")
            )

    @rule(pick=PICK, end=st.booleans())
    def police_protection_begins_or_ends(self, pick: int, end: bool) -> None:
        child, held = self.one(Child.objects, pick), self.one(PoliceProtection.objects, pick)
        if end and held is not None:
            self.attempt(
                lambda: protection.end_protection(
                    self.officers[2], protection=held, reason="With foster carers."
                )
            )
        elif child is not None:
            taken = protection.Taken(self.now, "Likely significant harm.", "Hospital")
            self.attempt(lambda: protection.take_into_protection(self.officers[2], child=child, taken=taken))

    @rule(
        pick=PICK,
        who=PICK,
        hours=st.integers(-50, 500),
        reason=st.sampled_from(["", "Agreed with the partner."]),
    )
    def somebody_tries_to_extend_a_duty(self, pick: int, who: int, hours: int, reason: str) -> None:
        duty, people = self.one(Duty.objects, pick), [*self.officers, *self.others]
        if duty is not None:
            until = duty.due_at + timedelta(hours=hours)
            self.attempt(
                lambda: duties.extend(people[who % len(people)], duty=duty, until=until, reason=reason)
            )

    @rule(pick=PICK)
    def somebody_tries_to_close_a_referral(self, pick: int) -> None:
        referral = self.one(Referral.objects.filter(closed_at=None), pick)
        if referral is not None:
            self.attempt(
                lambda: close_referral(self.officers[2], referral=referral, reason="Nothing more to do.")
            )

    @rule(pick=PICK)
    def an_unreadable_document_is_settled(self, pick: int) -> None:
        document = self.one(Document.objects.filter(state="unreadable"), pick)
        if document is not None:
            self.attempt(lambda: settle_document(self.officers[0], document=document, note="Sent again."))

    @precondition(lambda self: Investigation.objects.filter(restricted=False).exists())
    @rule(pick=PICK)
    def an_investigation_is_restricted(self, pick: int) -> None:
        one = self.one(Investigation.objects.filter(restricted=False, closed_at=None), pick)
        if one is not None:
            self.attempt(
                lambda: restrict(
                    self.officers[2], investigation=one, people=[self.officers[2]], reason="An officer."
                )
            )

    # What can never happen

    @invariant()
    def no_child_is_dropped(self) -> None:
        if not hasattr(self, "received"):
            return
        for child in Child.objects.exclude(state="ruled-out").select_related("referral"):
            told = SafeguardingReferral.objects.filter(child=child, sent_at__isnull=False).exists()
            open_duty = Duty.objects.filter(
                subject_kind="child", subject_id=child.pk, key="tell-social-care", discharged_at=None
            ).exists()
            assert told or open_duty, f"{child.reference} is neither told about nor somebody's duty"
        assert not Referral.objects.filter(closed_at__isnull=False, children__state="at-risk",
                                           children__safeguarding_referrals__isnull=True).exists()  # fmt: skip

    @invariant()
    def no_clock_is_quietly_stopped(self) -> None:
        if not hasattr(self, "received"):
            return
        policy = get_policy()
        here = {duty.pk: duty for duty in Duty.objects.all()}
        assert self.duties <= set(here), "a duty was deleted"
        self.duties = set(here)
        events = dict(Entry.objects.values_list("pk", "event"))
        for duty in here.values():
            rule_ = policy.duties[duty.key]
            assert events[duty.opened_by] in rule_.opens_on
            assert (duty.discharged_at is None) == (duty.discharged_by is None)
            if duty.discharged_by is not None:
                assert events[duty.discharged_by] in rule_.discharged_by
            last = Extension.objects.filter(duty=duty).order_by("-pk").first()
            assert duty.due_at == (last.until if last else duty.first_due_at)
            if last:
                assert rule_.extension is not None
                assert last.until <= duty.first_due_at + timedelta(hours=rule_.extension.max_hours)
                assert last.reason
                assert last.by.role in rule_.extension.by
        assert not Extension.objects.filter(
            duty__key__in=["tell-social-care", "end-police-protection"]
        ).exists()
        assert not PoliceProtection.objects.exclude(expires_at=models_plus_72()).exists()

    @invariant()
    def nothing_received_is_lost(self) -> None:
        if not hasattr(self, "received"):
            return
        for digest, data in self.received.items():
            document = Document.objects.get(sha256=digest) if data else Document.objects.get(size=0)
            assert document.state != "attachment", "a file by itself goes before a person"
            if sniff(data) not in {
                Kind.BINARY,
                Kind.PAGE,
            }:  # these may hold pictures: their fingerprint alone is kept
                assert bytes_of(document) == data
            if document.state == "unreadable":
                assert Duty.objects.filter(
                    subject_kind="document", subject_id=document.pk, discharged_at=None
                ).exists()
            if document.state == "received":
                assert Task.objects.filter(step="read", subject_id=document.pk).exists()
        assert Document.objects.count() == len(self.received)

    @invariant()
    def everything_is_on_the_record(self) -> None:
        if not hasattr(self, "received"):
            return
        rows = [
            hashlib.sha256(leaf_bytes(*row)).hexdigest()
            for row in Entry.objects.order_by("pk").values_list(*LEAF_FIELDS)
        ]
        assert rows[: len(self.history)] == self.history, "history was changed"
        self.history = rows
        verdict = verify(keys={origin(): public_key()})
        assert verdict.holds, verdict.problems
        decided = Child.objects.filter(decided_at__isnull=False)
        for child in decided:
            assert Entry.objects.filter(subject_kind="child", subject_id=child.pk, actor_kind="user").exists()

    @invariant()
    def nobody_sees_what_is_not_theirs(self) -> None:
        if not hasattr(self, "received"):
            return
        ida, wendy, walt, hope, adam, tess = self.others
        for user in (adam, tess):
            for model in (Referral, Child, SafeguardingReferral, Investigation, StrategyDiscussion, Duty):
                assert not visible(model._default_manager.all(), user).exists()
        for worker in (wendy, walt):
            rows = visible(SafeguardingReferral.objects.all(), worker)
            assert {row.authority for row in rows} <= {worker.authority}
            assert not any(row.restricted for row in rows), "only named managers see restricted referrals"
            assert not visible(Referral.objects.all(), worker).exists()
            assert not visible(Child.objects.all(), worker).exists()
            assert {d.authority for d in visible(Duty.objects.all(), worker)} <= {worker.authority}
        assert {r.unit for r in visible(Referral.objects.all(), ida)} <= {"CE"}
        for user in (ida, hope, self.officers[0], self.officers[1]):
            assert not any(r.restricted for r in visible(Referral.objects.all(), user)), (
                "restricted, and no need to know"
            )
            assert not any(d.restricted and d.late_at is None for d in visible(Duty.objects.all(), user))
            restricted = [
                c.pk for c in visible(Child.objects.select_related("referral"), user) if c.referral.restricted
            ]
            assert not restricted

    @invariant()
    def no_imagery_is_held(self) -> None:
        if not hasattr(self, "received"):
            return
        kept = [bytes(part) for part in Part.objects.values_list("data", flat=True)]
        assert not any(PICTURE[:8] in part or PICTURE[20:60] in part for part in kept)

    @invariant()
    def software_never_lowers_a_guard(self) -> None:
        if not hasattr(self, "received"):
            return
        for child in Child.objects.all():
            if self.children.get(child.pk) == "sure":
                assert child.certainty == "sure"
            self.children[child.pk] = child.certainty
            if child.state == "ruled-out":
                assert child.reason
                assert User.objects.filter(name=child.decided_by).exists()
        urgent = set(Referral.objects.filter(urgent=True).values_list("pk", flat=True))
        assert self.urgent <= urgent, "an urgent referral became less urgent"
        self.urgent = urgent
        for one in Investigation.objects.all():
            assert one.band_rank <= self.ranks.get(one.pk, 99), "a priority was lowered by software"
            self.ranks[one.pk] = one.band_rank


def models_plus_72() -> Any:
    """72 hours after it began, as the database computes it."""
    from django.db.models import DateTimeField, ExpressionWrapper, F

    return ExpressionWrapper(F("taken_at") + timedelta(hours=72), output_field=DateTimeField())


POSITIONS = """staff_ref,full_name,born,home_addr,home_postcode,role,organisation,la_code,works_with_children
T1,Alan Marsden,1990-02-01,3 Mill Lane,E8 1AA,Social worker,Haringey Council,E09000014,yes
"""


@pytest.mark.django_db
def test_the_invariants_hold_whatever_people_and_machines_do(tmp_path: Path) -> None:
    Force.positions = tmp_path / "positions.csv"
    Force.positions.write_text(POSITIONS, encoding="utf-8")
    run_state_machine_as_test(
        Force,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
