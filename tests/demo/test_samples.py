"""The small demonstration: every variety, in seconds, with what is broken beside what is whole."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sooner.demo.documents import KINDS
from sooner.demo.samples import Samples, write_samples
from sooner.engines.formats.errors import FormatError
from sooner.engines.formats.reader import read_documents

NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    return write_samples(tmp_path_factory.mktemp("samples"), now=NOW)


def test_every_variety_is_there(samples: Samples) -> None:
    kinds = {truth.kind for truth in samples.truth.values()}
    assert {*KINDS, "second-report", "new-version", "batch", "elsewhere", "broken"} == kinds
    assert 40 <= len(samples.documents) <= 60


def test_it_is_written_in_seconds(tmp_path: Path) -> None:
    begin = time.perf_counter()
    write_samples(tmp_path, now=NOW)
    assert time.perf_counter() - begin < 5


def test_the_same_moment_and_seed_write_the_same_files(samples: Samples, tmp_path: Path) -> None:
    again = write_samples(tmp_path, now=NOW)
    assert [path.name for path in again.documents] == [path.name for path in samples.documents]
    pairs = zip(again.documents, samples.documents, strict=True)
    assert all(one.read_bytes() == other.read_bytes() for one, other in pairs)


@pytest.mark.parametrize("day", [datetime(2026, 2, 28, tzinfo=UTC), datetime(2028, 2, 29, tzinfo=UTC)])
def test_it_can_be_written_on_any_day(tmp_path: Path, day: datetime) -> None:
    assert len(write_samples(tmp_path, now=day).documents) >= 40


def test_whole_documents_are_read_and_of_the_broken_most_are_not(samples: Samples) -> None:
    unread = []
    for path in samples.documents:
        try:
            read_documents(path.read_bytes())
        except FormatError:
            unread.append(samples.truth[path.name].kind)
    assert unread.count("broken") >= 4
    assert set(unread) == {"broken", "batch"}


def test_one_document_arrives_twice(samples: Samples) -> None:
    contents = [path.read_bytes() for path in samples.documents]
    assert len(contents) - len(set(contents)) == 1


def test_reports_of_known_suspects_have_children_to_find(samples: Samples) -> None:
    for name, truth in samples.truth.items():
        if truth.kind in KINDS and truth.suspect is not None:
            assert truth.children or truth.own_elsewhere, name


def test_every_extract_is_there_with_rows(samples: Samples) -> None:
    assert set(samples.extracts) == {
        "school-census",
        "social-care",
        "police-records",
        "child-health",
        "staff-positions",
    }
    assert all(path.stat().st_size > 5_000 for path in samples.extracts.values())
