"""A copy of what is held on a person: complete, a draft, without other people's names, and on the ledger with its reason."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sooner.access.models import User
from sooner.cli.people import people as command_line
from sooner.errors import NotAllowed, NotFound, Refused
from sooner.investigations.commands.decide import restrict
from sooner.investigations.models import Investigation
from sooner.ledger.models import Entry
from sooner.ledger.work import SYSTEM
from sooner.people.commands.export import export_all, export_for
from sooner.people.commands.extracts import load_extract
from sooner.people.commands.link import decide_link
from sooner.people.models import Person, Record
from sooner.people.subject_access import Draft
from sooner.safeguarding.models import Child, SafeguardingReferral
from tests.factories.access import a_user, signed_in
from tests.factories.intake import a_referral
from tests.factories.policy import census_for_statistics, policy_of

pytestmark = pytest.mark.django_db
HEALTH = "nhs,family_name,given_name,born,gender,addr,pcode,mother_name,gp_practice\n"
AMARA = "9990000001,Okafor,Amara,2018-03-04,F,12 Orchard Road,N8 7AB,Grace Adeyemi,Example Surgery\n"
CENSUS = (
    "upn,surname,forename,dob,gender,address_1,address_2,postcode,school_name,la_code,"
    "parent1_name,parent1_relationship,parent1_phone,parent1_email\n"
)
PUPIL = "A1,Mensah,Efua,2017-02-01,F,12 Orchard Road,,N8 7AB,Oak Primary,E09000014,Ama Boateng,Mother,07700 900777,\n"
REASON = "Request SAR-2026-17."


@pytest.fixture
def amara(tmp_path: Path) -> Person:
    """A child whom a clinic knows with her mother, who is named in a referral, and about whom social care was told."""
    for key, text in (("child-health", HEALTH + AMARA), ("school-census", CENSUS + PUPIL)):
        path = tmp_path / f"{key}.csv"
        path.write_text(text, encoding="utf-8")
        load_extract(SYSTEM, mapping=key, path=path)
    a_user("social_worker", authority="E09000014", username="wendy")
    a_referral(with_child=True)
    return Child.objects.get(person__name="Amara Okafor").person


def inspector() -> User:
    return a_user("duty_inspector")


def rows(draft: Draft, title: str) -> list[dict[str, str]]:
    return [dict(one) for section in draft.held.sections if section.title == title for one in section.rows]


def test_every_record_stands_with_its_source_basis_purpose_and_time(amara: Person) -> None:
    draft = export_for(inspector(), person=amara, reason=REASON)
    said = {row["Source"]: row for row in rows(draft, "What each source says")}
    assert len(said) == Record.objects.filter(person=amara).count() == 2
    clinic = said["Child health information"]
    assert clinic["NHS number"] == clinic["Number at the source"] == "9990000001"
    assert clinic["GP"] == "Example Surgery"
    assert "Children Act 2004" in clinic["Lawful basis"]
    assert clinic["Purpose"] == "Finding children at risk"
    assert clinic["Agreement"].startswith("ISA-2025-03")
    assert clinic["As of"]
    assert clinic["Kept until"]


def test_addresses_ties_decisions_looks_and_sharing_are_all_there(amara: Person) -> None:
    officer = a_user("supervisor", unit="NA")
    other = Person.objects.get(name="Efua Mensah")
    decide_link(officer, person=amara, other=other, same=False, reason="Efua is a neighbour's girl.")
    signed_in(inspector()).get(f"/people/{amara.pk}/")
    draft = export_for(inspector(), person=amara, reason=REASON)
    assert any("12 Orchard Road" in row["Address"] for row in rows(draft, "Addresses"))
    (mother,) = rows(draft, "Family and others")[:1]
    assert mother["Relationship"] == "Another person (name withheld) is parent of this person"
    decision = rows(draft, "Whether records are of this person")[0]
    assert (decision["Decided"], decision["By"]) == ("Two people", "A member of staff")
    looks = {(row["What"], row["By"]) for row in rows(draft, "Who looked, and what was done")}
    assert any("duty inspector" in by for _, by in looks)
    told = SafeguardingReferral.objects.get(child__person=amara)
    (shared,) = rows(draft, "With whom this was shared")
    assert (shared["Shared"], shared["With"], shared["About"]) == (told.reference, "Haringey", "This person")
    assert rows(draft, "Where this person is a child at risk")
    assert rows(draft, "Referrals that speak of this person")


@pytest.mark.parametrize("form", ["json", "page"])
def test_no_name_of_anybody_else_and_of_no_member_of_staff_is_in_it(amara: Person, form: str) -> None:
    officer = a_user("supervisor", unit="NA", name="Osgood Featherstone")
    other = Person.objects.get(name="Efua Mensah")
    reason = "Grace ADEYEMI, her mother, says that Efua Mensah is a friend of Obi."
    decide_link(officer, person=amara, other=other, same=False, reason=reason)
    answer = signed_in(inspector()).post(f"/people/{amara.pk}/export/", {"reason": REASON, "form": form})
    assert answer.status_code == 200
    text = answer.content.decode()
    text = text if form == "json" else text.split('id="main-content"')[1]
    assert "Amara Okafor" in text
    for name in ("Grace", "Adeyemi", "ADEYEMI", "Efua", "Mensah", "Obi ", "Featherstone", "Osgood"):
        assert name not in text, name
    assert "[the person&#x27;s parent]" in text or "[the person's parent]" in text
    assert "900777" not in text, "another person's phone"


def test_a_relative_mentioned_in_a_child_s_row_does_not_get_the_child_s_number(amara: Person) -> None:
    mother = Person.objects.get(name="Grace Adeyemi")
    text = json.dumps(export_all(SYSTEM, reference=f"P-{mother.pk:06d}", reason=REASON).as_json)
    assert "9990000001" not in text
    assert "Amara" not in text
    assert "Mentioned in the row of another person" in text


def test_a_suspect_s_copy_says_with_whom_it_was_shared_and_names_no_child(amara: Person) -> None:
    suspect = Investigation.objects.get().suspect
    assert suspect is not None
    draft = export_for(inspector(), person=suspect, reason=REASON)
    shared = rows(draft, "With whom this was shared")
    assert {row["About"] for row in shared} == {"A child (name withheld); this person as the suspect"}
    assert len(shared) == Child.objects.count() == 2
    text = json.dumps(draft.as_json)
    assert not any(name in text for name in ("Amara", "Efua", "Mensah"))


def test_it_is_a_draft_with_every_exemption_left_for_a_person_to_decide(amara: Person) -> None:
    said = export_for(inspector(), person=amara, reason=REASON).as_json
    assert "Not for release" in said["status"]
    by_title = {one["exemption"]: one for one in said["exemptions_to_decide"]}
    assert {
        "Prevention and detection of crime",
        "Child abuse data",
        "Health data",
        "Rights of other people",
    } <= set(by_title)
    assert all(one["decision"] == one["decided_by"] == "" for one in by_title.values())
    assert "Sch 3 Part 5" in by_title["Child abuse data"]["source"]
    assert "What each source says" in by_title["Health data"]["weigh_in"]


def test_it_is_on_the_ledger_with_its_reason_and_refused_without_one(amara: Person) -> None:
    user = inspector()
    with pytest.raises(Refused, match="Give the reason"):
        export_for(user, person=amara, reason="  ")
    assert not Entry.objects.filter(event="person.exported").exists()
    export_for(user, person=amara, reason=REASON)
    entry = Entry.objects.get(event="person.exported")
    assert (entry.subject_id, entry.actor_id, entry.facts["reason"]) == (amara.pk, user.pk, REASON)
    assert "Amara" not in entry.body


@pytest.mark.parametrize(
    "role", ["investigator", "referral_officer", "administrator", "inspector_of_constabulary"]
)
def test_whoever_has_not_the_capability_draws_up_nothing(amara: Person, role: str) -> None:
    with pytest.raises(NotAllowed):
        export_for(a_user(role), person=amara, reason=REASON)


def test_another_unit_s_supervisor_finds_no_such_person(amara: Person) -> None:
    elsewhere = signed_in(a_user("supervisor", unit="CE"))
    assert elsewhere.get(f"/people/{amara.pk}/export/").status_code == 404


def test_what_the_drafter_need_not_know_is_counted_and_not_shown(amara: Person) -> None:
    one, knows = Investigation.objects.get(), inspector()
    restrict(knows, investigation=one, people=[knows], reason="The suspect works here.")
    suspect: Any = one.suspect
    shown = export_for(a_user("supervisor", unit=one.unit), person=suspect, reason=REASON)
    assert shown.held.hidden >= 2
    assert not rows(shown, "Investigations of this person")
    assert one.reference not in json.dumps(shown.as_json)
    everything = export_all(SYSTEM, reference=f"P-{suspect.pk}", reason=REASON)
    assert everything.held.hidden == 0
    assert rows(everything, "Investigations of this person")


def test_an_agreement_never_takes_a_person_s_access_away(amara: Person) -> None:
    other = Person.objects.get(name="Efua Mensah")
    with policy_of(**census_for_statistics()):
        draft = export_all(SYSTEM, reference=f"P-{other.pk}", reason=REASON)
    assert [row["Purpose"] for row in rows(draft, "What each source says")] == ["Counting pupils"]


def test_at_the_command_line_both_files_are_written_for_the_asker_only(amara: Person, tmp_path: Path) -> None:
    to = tmp_path / "draft.json"
    arguments = ["export", f"P-{amara.pk:06d}", "--to", str(to), "--reason", REASON]
    done = CliRunner().invoke(command_line, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    assert json.loads(to.read_text(encoding="utf-8"))["about"] == f"P-{amara.pk:06d}"
    page = to.with_suffix(".html").read_text(encoding="utf-8")
    assert "Not for release" in page
    assert "<style>" in page
    assert stat.S_IMODE(to.stat().st_mode) == 0o600
    again = CliRunner().invoke(command_line, arguments)
    assert "exists already" in str(again.exception)
    assert Entry.objects.filter(event="person.exported").count() == 1


@pytest.mark.parametrize(("reference", "error"), [("X-1", Refused), ("P-999999", NotFound), ("", Refused)])
def test_a_wrong_number_is_said_in_a_line(reference: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        export_all(SYSTEM, reference=reference, reason=REASON)
