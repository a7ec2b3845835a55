"""`sooner linkage` as a person at a terminal uses it: a run, a model trained and adopted, and the quality by group."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from sooner.cli.linkage import linkage
from sooner.demo.extracts import NO_FAULTS, write_extracts
from sooner.demo.population import households
from sooner.errors import Refused, SoonerError
from sooner.ledger import clock
from sooner.ledger.work import SYSTEM
from sooner.people.assess import labels
from sooner.people.commands.extracts import load_extract
from sooner.people.models import Link, LinkageModel, LinkageRun, Record

pytestmark = pytest.mark.django_db


@pytest.fixture
def a_force(tmp_path: Path) -> None:
    """Extracts of a few hundred invented people, loaded."""
    for key, path in write_extracts(tmp_path, households(700, seed=11), seed=11, faults=NO_FAULTS).items():
        load_extract(SYSTEM, mapping=key, path=path)


def sooner(*arguments: str) -> str:
    result = CliRunner().invoke(linkage, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def decided(*, same: bool, pairs: list[tuple[int, int]]) -> None:
    Link.objects.bulk_create(
        Link(
            record_id=min(p),
            other_id=max(p),
            same=same,
            via="review",
            reason="",
            by_label="x",
            at=clock.now(),
        )
        for p in pairs
    )


def pairs_of_one_pupil() -> list[tuple[int, int]]:
    """The census and clinic records of each pupil, by the name and birth date that both give without a fault."""
    rows = Record.objects.filter(listed=True, dob__isnull=False)
    census = {
        (r.given_names, r.family_name, r.dob): r.pk for r in rows.filter(source__key="extract:school-census")
    }
    health = {
        (r.given_names, r.family_name, r.dob): r.pk for r in rows.filter(source__key="extract:child-health")
    }
    return [(census[key], health[key]) for key in sorted(set(census) & set(health), key=str)]


def test_a_run_says_what_it_did_and_a_second_only_weighs_what_changed(a_force: None) -> None:
    assert f"{Record.objects.count():,} records weighed against all" in sooner("run")
    assert "0 records weighed against all" in sooner("run")
    assert f"{Record.objects.count():,} records weighed" in sooner("run", "--all")
    assert list(LinkageRun.objects.order_by("pk").values_list("incremental", flat=True)) == [
        False,
        True,
        False,
    ]


def test_too_few_records_train_no_model_and_say_so() -> None:
    with pytest.raises(Refused, match="needs 2,000"):
        sooner("train")
    assert "The model that ships is in force" in sooner("models")


def test_a_trained_model_is_in_force_once_somebody_adopts_it(tmp_path: Path) -> None:
    for key, path in write_extracts(tmp_path, households(1800, seed=12), seed=12).items():
        load_extract(SYSTEM, mapping=key, path=path)
    assert "puts it in force" in sooner("train")
    (made,) = LinkageModel.objects.all()
    assert "The model that ships is in force" in sooner("models")
    assert f"Model {made.pk} is in force" in sooner("adopt", str(made.pk))
    assert "in force since" in sooner("models")
    sooner("run")
    assert "the force's own records" in LinkageRun.objects.get().model


def test_the_quality_is_said_by_group(a_force: None) -> None:
    decided(same=True, pairs=pairs_of_one_pupil()[:60])
    said = sooner("assess")
    assert "everybody" in said
    assert "at one address" in said
    assert "names in plain Latin letters" in said
    assert "60 labelled pairs" in said


def test_a_group_that_is_found_too_seldom_fails_the_assessment(a_force: None) -> None:
    right = pairs_of_one_pupil()[:60]
    strangers = [
        (one, other) for (one, _), (_, other) in zip(right, reversed(right), strict=True) if one != other
    ]
    decided(same=True, pairs=strangers[:28] + right)
    with pytest.raises(SoonerError, match="Recall lies below 95%"):
        sooner("assess")


def test_labels_come_from_a_file_too_and_a_bad_line_is_named(a_force: None, tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    one, other = pairs_of_one_pupil()[0]
    path.write_text(f"record,other,same\n{one},{other},yes\n")
    assert "1 labelled pair." in sooner("assess", "--labels", str(path))
    path.write_text(f"record,other,same\n{one},{other},perhaps\n")
    with pytest.raises(SoonerError, match="line 2"):
        sooner("assess", "--labels", str(path))
    assert labels() == []


def test_without_a_label_the_assessment_says_where_to_make_some() -> None:
    with pytest.raises(SoonerError, match="/linkage/review/"):
        sooner("assess")


def test_a_spark_cluster_needs_a_folder_that_its_machines_share() -> None:
    with pytest.raises(SoonerError, match="--folder"):
        sooner("run", "--spark", "spark://example.invalid:7077")
