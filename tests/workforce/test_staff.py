"""Staff: what each is trained for, what each carries, who can take a piece of work."""

from datetime import UTC, date, datetime, timedelta

import pytest

from sooner.errors import AlreadyDone, NotAllowed, NotFound, Refused
from sooner.ledger import clock
from sooner.ledger.models import Entry
from sooner.workforce import queries
from sooner.workforce.commands import record_absence, record_competence, set_capacity
from tests.factories.access import a_user, signed_in

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 3)
NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _noon(noon: datetime) -> None:
    assert noon == NOON


def test_a_skill_lasts_as_long_as_policy_says() -> None:
    trainer, person = a_user("training_lead"), a_user("investigator", unit="CN")
    record_competence(trainer, person=person, skill="kirat", awarded_on=TODAY)
    record_competence(trainer, person=person, skill="pip2", awarded_on=TODAY)
    assert {c.skill: c.expires_on for c in queries.competences_of(person)} == {
        "kirat": date(2028, 6, 3),
        "pip2": None,
    }


def test_on_its_last_day_a_skill_is_valid_and_the_day_after_it_has_lapsed() -> None:
    trainer, person = a_user("training_lead"), a_user("investigator", unit="CN")
    record_competence(trainer, person=person, skill="kirat", awarded_on=TODAY)
    with clock.standing_at(datetime(2028, 6, 3, 12, tzinfo=UTC)):
        assert queries.members([person])[0].skills == {"kirat"}
    with clock.standing_at(datetime(2028, 6, 4, 12, tzinfo=UTC)):
        member = queries.members([person])[0]
        assert not member.skills
        assert member.lapsed == {"kirat"}


def test_a_renewal_takes_the_place_of_the_award_before() -> None:
    trainer, person = a_user("training_lead"), a_user("investigator", unit="CN")
    record_competence(trainer, person=person, skill="kirat", awarded_on=TODAY - timedelta(days=700))
    record_competence(trainer, person=person, skill="kirat", awarded_on=TODAY)
    assert [c.awarded_on for c in queries.competences_of(person)] == [TODAY]
    with pytest.raises(AlreadyDone):
        record_competence(trainer, person=person, skill="kirat", awarded_on=TODAY)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"skill": "juggling", "awarded_on": TODAY}, "no skill"),
        ({"skill": "pip2", "awarded_on": TODAY + timedelta(days=1)}, "future"),
        ({"skill": "pip2", "awarded_on": TODAY, "expires_on": TODAY - timedelta(days=1)}, "before the award"),
    ],
)
def test_an_award_that_cannot_be_is_refused(facts: dict[str, object], words: str) -> None:
    trainer, person = a_user("training_lead"), a_user("investigator", unit="CN")
    with pytest.raises(Refused, match=words):
        record_competence(trainer, person=person, **facts)  # type: ignore[arg-type]


def test_who_is_away_today_is_not_asked() -> None:
    trainer, person = a_user("training_lead"), a_user("investigator", unit="CN")
    record_absence(trainer, person=person, first_day=TODAY, last_day=TODAY)
    (fit,) = queries.who_fits(work=["lead-investigation"], unit="CN")
    assert "is away today" in fit.problems
    with clock.standing_at(NOON + timedelta(days=1)):
        (fit,) = queries.who_fits(work=["lead-investigation"], unit="CN")
        assert "is away today" not in fit.problems


def test_a_change_is_on_the_record_without_a_reason_for_absence() -> None:
    trainer, person = a_user("training_lead"), a_user("investigator", unit="CN")
    record_absence(trainer, person=person, first_day=TODAY, last_day=TODAY)
    facts = Entry.objects.filter(event="staff.changed").latest("pk").facts
    assert facts == {"what": "absence", "first": "2026-06-03", "until": "2026-06-03"}


def test_a_supervisor_changes_their_own_unit_only() -> None:
    supervisor = a_user("supervisor", unit="CN")
    own, other = a_user("investigator", unit="CN"), a_user("investigator", unit="NE")
    set_capacity(supervisor, person=own, capacity=3)
    assert queries.members([own])[0].capacity == 3
    with pytest.raises(Refused, match="another unit"):
        set_capacity(supervisor, person=other, capacity=3)
    with pytest.raises(NotFound):
        queries.member_for(supervisor, other.pk)


def test_an_investigator_changes_nobody() -> None:
    person = a_user("investigator", unit="CN")
    with pytest.raises(NotAllowed):
        set_capacity(person, person=person, capacity=1)


@pytest.mark.parametrize("capacity", [-1, 201])
def test_a_capacity_has_bounds(capacity: int) -> None:
    with pytest.raises(Refused, match="0 to 200"):
        set_capacity(a_user("training_lead"), person=a_user("investigator"), capacity=capacity)


def test_the_training_lead_sees_all_staff_and_their_pages() -> None:
    trainer = a_user("training_lead")
    person = a_user("investigator", unit="CN", name="Invented Person")
    client = signed_in(trainer)
    assert "Invented Person" in client.get("/staff/").content.decode()
    for page in ("", "capacity/", "skills/", "absence/"):
        assert client.get(f"/staff/{person.pk}/{page}").status_code == 200
    answer = client.post(f"/staff/{person.pk}/skills/", {"skill": "pip2", "awarded_on": "2026-06-01"})
    assert answer.status_code == 302
    assert "PIP level 2 investigator" in client.get(f"/staff/{person.pk}/").content.decode()
    answer = client.post(
        f"/staff/{person.pk}/absence/", {"first_day": "2026-06-02", "last_day": "2026-06-01"}
    )
    assert "before the first" in answer.content.decode()
