"""Many duties changed in one statement: what the rules and the tick decide reaches the table at the cost of one round trip."""

import json
from collections.abc import Sequence
from datetime import datetime

from django.db import connection

Value = datetime | int | None
TYPES = {"late_at": "timestamptz", "next_tick_at": "timestamptz", "discharged_at": "timestamptz"}


def set_columns(columns: Sequence[str], rows: Sequence[tuple[int, *tuple[Value, ...]]]) -> None:
    """For each row `(pk, value, ...)`, set the columns to the values, in the order of `columns`."""
    if not rows:
        return
    said = json.dumps([[_plain(value) for value in row] for row in rows])
    assigned = ", ".join(f"{column} = n.{column}" for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE duties_duty SET {assigned} FROM ({_table(columns)}) AS n WHERE duties_duty.id = n.pk",  # noqa: S608  # names of this room
            [said],
        )


def _table(columns: Sequence[str]) -> str:
    if connection.vendor == "postgresql":
        values = [
            f"(r->>{n})::{TYPES.get(column, 'bigint')} AS {column}" for n, column in enumerate(columns, 1)
        ]
        return f"SELECT (r->>0)::bigint AS pk, {', '.join(values)} FROM jsonb_array_elements(%s::jsonb) AS r"  # noqa: S608  # names of this room
    values = [f"json_extract(value, '$[{n}]') AS {column}" for n, column in enumerate(columns, 1)]
    return f"SELECT json_extract(value, '$[0]') AS pk, {', '.join(values)} FROM json_each(%s)"  # noqa: S608  # names of this room


def _plain(value: Value) -> str | int | None:
    """A time as the database keeps it: SQLite compares times as text, so the text must be Django's own."""
    if not isinstance(value, datetime):
        return value
    kept = connection.ops.adapt_datetimefield_value(value)
    return kept.isoformat() if isinstance(kept, datetime) else str(kept)
