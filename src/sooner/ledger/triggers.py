"""Triggers that refuse to change or delete history inside the database itself, on SQLite and on PostgreSQL.

Somebody with the database's own powers can drop them; the partners' checkpoints then show what was changed.
"""

from typing import Any

from django.db import connections

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
]
_POSTGRESQL = [
    """CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'ledger_entry' THEN
           IF OLD.leaf_index IS NULL AND
              (to_jsonb(NEW) - 'leaf_index') IS NOT DISTINCT FROM (to_jsonb(OLD) - 'leaf_index') THEN
             RETURN NEW;
           END IF;
         END IF;
         RAISE EXCEPTION 'the ledger is never changed or deleted';
       END $$""",
    "DROP TRIGGER IF EXISTS ledger_entry_kept ON ledger_entry",
    """CREATE TRIGGER ledger_entry_kept BEFORE UPDATE OR DELETE ON ledger_entry
       FOR EACH ROW EXECUTE FUNCTION ledger_refuse()""",
    "DROP TRIGGER IF EXISTS ledger_checkpoint_kept ON ledger_checkpoint",
    """CREATE TRIGGER ledger_checkpoint_kept BEFORE UPDATE OR DELETE ON ledger_checkpoint
       FOR EACH ROW EXECUTE FUNCTION ledger_refuse()""",
]
_DROP = {
    "sqlite": [
        "DROP TRIGGER IF EXISTS ledger_entry_no_update",
        "DROP TRIGGER IF EXISTS ledger_entry_no_delete",
        "DROP TRIGGER IF EXISTS ledger_checkpoint_no_update",
        "DROP TRIGGER IF EXISTS ledger_checkpoint_no_delete",
    ],
    "postgresql": [
        "DROP TRIGGER IF EXISTS ledger_entry_kept ON ledger_entry",
        "DROP TRIGGER IF EXISTS ledger_checkpoint_kept ON ledger_checkpoint",
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
