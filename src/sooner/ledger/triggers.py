"""Triggers that refuse to change or delete history inside the database itself, on SQLite and on PostgreSQL.

Somebody with the database's own powers can drop them; the partners' checkpoints then show what was changed.
"""

from typing import Any

from django.db import connections

_TABLES = ("ledger_entry", "ledger_checkpoint", "ledger_tile")
_SQLITE = [
    """CREATE TRIGGER IF NOT EXISTS ledger_entry_no_update BEFORE UPDATE ON ledger_entry
       WHEN OLD.leaf_index IS NOT NULL OR NEW.id IS NOT OLD.id OR NEW.at IS NOT OLD.at OR NEW.event IS NOT OLD.event
         OR NEW.actor_kind IS NOT OLD.actor_kind OR NEW.actor_id IS NOT OLD.actor_id
         OR NEW.actor_label IS NOT OLD.actor_label OR NEW.subject_kind IS NOT OLD.subject_kind
         OR NEW.subject_id IS NOT OLD.subject_id OR NEW.thread IS NOT OLD.thread OR NEW.body IS NOT OLD.body
       BEGIN SELECT RAISE(ABORT, 'the ledger is never changed'); END""",
    """CREATE TRIGGER IF NOT EXISTS ledger_entry_no_delete BEFORE DELETE ON ledger_entry
       BEGIN SELECT RAISE(ABORT, 'the ledger is never deleted'); END""",
    """CREATE TRIGGER IF NOT EXISTS ledger_checkpoint_no_update BEFORE UPDATE ON ledger_checkpoint
       BEGIN SELECT RAISE(ABORT, 'checkpoints are never changed'); END""",
    """CREATE TRIGGER IF NOT EXISTS ledger_checkpoint_no_delete BEFORE DELETE ON ledger_checkpoint
       BEGIN SELECT RAISE(ABORT, 'checkpoints are never deleted'); END""",
    """CREATE TRIGGER IF NOT EXISTS ledger_tile_only_grows BEFORE UPDATE ON ledger_tile
       WHEN NEW.level IS NOT OLD.level OR NEW."index" IS NOT OLD."index"
         OR substr(NEW.hashes, 1, length(OLD.hashes)) IS NOT OLD.hashes
       BEGIN SELECT RAISE(ABORT, 'the ledger''s tree only grows'); END""",
    """CREATE TRIGGER IF NOT EXISTS ledger_tile_no_delete BEFORE DELETE ON ledger_tile
       BEGIN SELECT RAISE(ABORT, 'the ledger''s tree is never deleted'); END""",
]
_POSTGRESQL = [
    """CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'ledger_entry' THEN
           IF OLD.leaf_index IS NULL AND
              (to_jsonb(NEW) - 'leaf_index') IS NOT DISTINCT FROM (to_jsonb(OLD) - 'leaf_index') THEN
             RETURN NEW;
           END IF;
         ELSIF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'ledger_tile' THEN
           IF NEW.level = OLD.level AND NEW."index" = OLD."index"
              AND substr(NEW.hashes, 1, length(OLD.hashes)) = OLD.hashes THEN
             RETURN NEW;
           END IF;
         END IF;
         RAISE EXCEPTION 'the ledger is never changed or deleted';
       END $$""",
    *(
        statement
        for table in _TABLES
        for statement in (
            f"DROP TRIGGER IF EXISTS {table}_kept ON {table}",
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION ledger_refuse()",
            f"DROP TRIGGER IF EXISTS {table}_not_emptied ON {table}",
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table} EXECUTE FUNCTION ledger_refuse()",
        )
    ),
]
_DROP = {
    "sqlite": [
        "DROP TRIGGER IF EXISTS ledger_entry_no_update",
        "DROP TRIGGER IF EXISTS ledger_entry_no_delete",
        "DROP TRIGGER IF EXISTS ledger_checkpoint_no_update",
        "DROP TRIGGER IF EXISTS ledger_checkpoint_no_delete",
        "DROP TRIGGER IF EXISTS ledger_tile_only_grows",
        "DROP TRIGGER IF EXISTS ledger_tile_no_delete",
    ],
    "postgresql": [
        f"DROP TRIGGER IF EXISTS {table}_{name} ON {table}"
        for table in _TABLES
        for name in ("kept", "not_emptied")
    ],
}


def install(using: str = "default", **_: Any) -> None:
    """Put the triggers in place; run after every migrate."""
    connection = connections[using]
    if "ledger_entry" not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        for statement in _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE:
            cursor.execute(statement)


def remove(using: str = "default") -> None:
    """Take the triggers away, as an intruder would: for tests of what the checkpoints then show."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for statement in _DROP[connection.vendor]:
            cursor.execute(statement)
