"""Long texts in bulk inserts to PostgreSQL: the driver escapes a list of texts mark by mark, this does it text by text.

Django inserts many rows as one array a column, and the ledger's bodies and the reports are JSON, full of quotation marks:
escaping them was a fifth of the main job's time. It must never change what is stored.
"""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper


def quicken_lists(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Teach a new PostgreSQL connection the quicker way; the driver is an optional extra, so it is met only here."""
    if connection.vendor != "postgresql":
        return
    connection.connection.adapters.register_dumper(list, _text_list_dumper())


def _text_list_dumper() -> type:
    from psycopg.types.array import ListDumper

    class TextListDumper(ListDumper):
        """A flat list of texts, every one quoted; any other list is the driver's to write."""

        def dump(self, obj: list[Any]) -> Any:
            if not obj or not all(isinstance(item, str) for item in obj):
                return super().dump(obj)
            texts = '","'.join(item.replace("\\", "\\\\").replace('"', '\\"') for item in obj)
            written = f'{{"{texts}"}}'.encode()
            return super().dump(obj) if b"\0" in written else written

    return TextListDumper
