"""The packaged policy holds what the design asks, and every fault of a policy is told with file, row and field."""

from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from sooner.policy.loader import FILES, PolicyError, load

POLICY = load()


def test_telling_social_care_can_never_be_extended() -> None:
    assert POLICY.duties["tell-social-care"].extension is None


def test_police_protection_can_never_be_extended() -> None:
    assert POLICY.duties["end-police-protection"].extension is None


def test_police_protection_lasts_as_long_as_the_act_allows_and_no_longer() -> None:
    limit = POLICY.police_protection
    assert (limit.longest, limit.source) == (timedelta(hours=72), "Children Act 1989 s.46(6)")


def test_every_duty_has_a_source_and_says_what_to_do() -> None:
    for duty in POLICY.duties.values():
        assert duty.source, duty.key
        assert duty.do.endswith("."), duty.key
        assert duty.why.endswith("."), duty.key


def test_every_duty_tells_somebody_when_it_is_late() -> None:
    assert [duty.key for duty in POLICY.duties.values() if not duty.escalates] == []


def test_the_twelve_units_cover_the_thirty_two_boroughs() -> None:
    boroughs = [
        a for a in POLICY.authorities.values() if a.code.startswith("E09") and a.name != "City of London"
    ]
    assert len(boroughs) == 32
    assert {borough.unit for borough in boroughs} == {
        unit.code for unit in POLICY.units.values() if not unit.central
    }
    assert sum(not unit.central for unit in POLICY.units.values()) == 12


def test_an_administrator_sees_no_case_data() -> None:
    case = ("referral.view", "child.view", "person.view", "investigation.view", "duty.view", "ledger.view")
    assert not any("administrator" in POLICY.capabilities[name].roles for name in case)


def test_the_inspector_only_reads() -> None:
    changing = (
        "decide",
        "receive",
        "close",
        "record",
        "allocate",
        "extend",
        "restrict",
        "manage",
        "correct",
        "settle",
    )
    for capability in POLICY.capabilities.values():
        if capability.key.rpartition(".")[2] in changing:
            assert "inspector_of_constabulary" not in capability.roles, capability.key


def test_every_role_must_have_a_second_factor() -> None:
    assert all(role.signs_in_second_factor for role in POLICY.roles.values())


def packaged(name: str) -> str:
    return files("sooner.policy").joinpath("data", f"{name}.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "before", "after", "told"),
    [
        ("duties", "harm = 1", 'harm = "very"', ("duties.toml, row 2", "harm")),
        ("duties", "harm = 1", "harm = 9", ("duties.toml", "harm", "9")),
        (
            "duties",
            'opens_on = ["child.identified"',
            'opens_on = ["child.idenified"',
            ("duties.toml", "opens_on", "child.idenified"),
        ),
        ("duties", "due = { hours = 4 }", "due = { hours = 4, minutes = 1 }", ("duties.toml", "due", "exactly one")),
        ("duties", 'owner = "unit"', 'owner = "somebody"', ("duties.toml", "owner", "somebody")),
        ("access", 'scope = "force"', 'scope = "world"', ("access.toml", "scope", "world")),
        ("authorities", 'unit = "EA"', 'unit = "XX"', ("authorities.toml", "unit", "XX")),
        ("postcodes", 'E1 = ["E09000030"]', 'E1 = ["E09999999"]', ("postcodes.toml", "E1", "E09999999")),
        ("force", 'jurisdiction = "england"', 'jurisdiction = "narnia"', ("force.toml", "jurisdiction", "narnia")),
        ("force", "break_glass_hours = 1", "", ("force.toml", "break_glass_hours", "missing")),
        ("force", "sessions_at_once = 3", "sessions_at_once = 0", ("force.toml", "sessions_at_once", "at least 1")),
        ("events", 'key = "document.received"', 'key = "document.received', ("events.toml", "not valid TOML")),
        ("limits", "hours = 72", "hours = 0", ("limits.toml", "police-protection", "hours")),
        ("limits", "hours = 72", 'hours = "three days"', ("limits.toml, row 1", "hours", "whole number")),
        ("limits", 'source = "Children Act 1989 s.46(6)"', 'source = ""', ("limits.toml", "source", "which law")),
        ("limits", 'key = "police-protection"', 'key = "other"', ("limits.toml", "police-protection", "missing")),
        (
            "duties",
            'due = { fact = "expires_at" }',
            'due = { fact = "expires_at" }\nextension = { max_hours = 1, by = ["supervisor"] }',
            ("duties.toml", "end-police-protection", "extension"),
        ),
        ("extracts", 'purposes = ["finding-children-at-risk"]\n', "", ("extracts.toml, row 1", "purposes", "missing")),
        ("extracts", 'purposes = ["finding-children-at-risk"]', "purposes = []", ("school-census", "purposes", "none")),
        ("extracts", '"finding-children-at-risk"]', '"finding-children"]', ("school-census", "no purpose 'finding-children'")),
        ("extracts", '"finding-children-at-risk"]', '"answering-subject-access"]', ("school-census", "statute")),
        ("extracts", 'retention_days = 400\n', "", ("extracts.toml, row 1", "retention_days", "missing")),
        ("extracts", "retention_days = 400", "retention_days = 0", ("school-census", "retention_days", "0")),
        ("extracts", 'retention_source = "(design) one', 'retention_source = "" # "', ("retention_source", "empty")),
        ("extracts", "expires = 2036-08-31", 'expires = "2036-08-31"', ("extracts.toml, row 1", "agreement", "not a date")),
        ("extracts", "expires = 2036-08-31", "expires = 2025-01-01", ("school-census", "agreement", "ends on or before")),
        ("extracts", ", expires = 2036-08-31", "", ("extracts.toml, row 1", "agreement", "a part is missing")),
        ("extracts", 'sex = "gender"', 'shoe_size = "shoe"', ("school-census", "columns, shoe_size", "no purpose", "'shoe'")),
        ("extracts", 'exemptions = ["education"', 'exemptions = ["whim"', ("school-census", "exemptions", "whim")),
        ("lawfulness", '"phone", "email", "same_address"]', '"email", "same_address"]', ("relations, phone", "parent1_phone")),
        ("skills", 'title = "PIP level 2 investigator"', 'titel = "PIP"', ("skills.toml, row 1", "titel", "no such field")),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_file_row_and_field(
    tmp_path: Path, file: str, before: str, after: str, told: tuple[str, ...]
) -> None:
    text = packaged(file)
    assert before in text
    (tmp_path / f"{file}.toml").write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load(tmp_path)
    assert any(all(part in problem for part in told) for problem in caught.value.problems), (
        caught.value.problems
    )


def test_every_problem_is_told_not_only_the_first(tmp_path: Path) -> None:
    text = packaged("access").replace('scope = "force"', 'scope = "world"')
    (tmp_path / "access.toml").write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load(tmp_path)
    assert len(caught.value.problems) == text.count('scope = "world"')


def test_a_force_s_file_replaces_the_packaged_one_and_leaves_the_others(tmp_path: Path) -> None:
    text = packaged("force").replace('code = "GLD"', 'code = "XYZ"')
    (tmp_path / "force.toml").write_text(text, encoding="utf-8")
    changed = load(tmp_path)
    assert changed.force.code == "XYZ"
    assert changed.duties == POLICY.duties


def test_a_folder_that_is_not_there_is_told() -> None:
    with pytest.raises(PolicyError, match="SOONER_POLICY_DIR"):
        load(Path("/no/such/folder"))


def test_every_file_of_the_policy_is_packaged() -> None:
    for name in FILES:
        assert packaged(name)
