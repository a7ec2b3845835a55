"""Texts written in bulk come back as they were, on either database."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sooner.ledger import clock
from sooner.pipeline.models import Task

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@pytest.mark.django_db
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(["", "null", "NULL", '{"a": "b\\"c"}', "\\", '"', '\\"', "a,b", "{}", "\u2003", "\n", " a "])
@given(st.lists(TEXT, min_size=2, max_size=20))
def test_texts_written_in_bulk_come_back_as_they_were(texts: list[str]) -> None:
    Task.objects.all().delete()
    now = clock.now()
    Task.objects.bulk_create(
        Task(step="read", rank=0, subject_id=number, thread="", error=text, created_at=now, run_at=now)
        for number, text in enumerate(texts)
    )
    assert list(Task.objects.order_by("subject_id").values_list("error", flat=True)) == texts
