"""Entries, the Merkle tiles over them, and signed checkpoints. Nothing here is ever changed or deleted:
triggers in the database refuse it, and the checkpoints that partners keep would show it."""

import json
from typing import Any

from django.db import models


class Entry(models.Model):
    """One fact of history: who did what to which record, when."""

    at = models.DateTimeField()
    event = models.CharField(max_length=60)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=120)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField(null=True)
    thread = models.CharField(max_length=60)
    body = models.TextField()
    """Canonical JSON: {"facts": {...}, "effects": [...]}; text, so that the database never reorders it."""
    leaf_index = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["thread", "id"], name="entry_thread"),
            models.Index(fields=["subject_kind", "subject_id", "id"], name="entry_subject"),
            models.Index(fields=["event", "id"], name="entry_event"),
            models.Index(fields=["actor_id", "id"], name="entry_actor"),
            models.Index(fields=["id"], condition=models.Q(leaf_index__isnull=True), name="entry_unsealed"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["leaf_index"], condition=models.Q(leaf_index__isnull=False), name="entry_leaf"
            ),
        ]

    @property
    def facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads(self.body)["facts"]
        return facts

    @property
    def effects(self) -> list[dict[str, Any]]:
        effects: list[dict[str, Any]] = json.loads(self.body)["effects"]
        return effects


class Tile(models.Model):
    """Up to 256 hashes of one level of the Merkle tree, 32 bytes each, in order."""

    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hashes = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="tile_place")]


class Checkpoint(models.Model):
    """The tree's size and root at a moment, signed; the text is what partners download and keep."""

    at = models.DateTimeField()
    size = models.BigIntegerField(unique=True)
    root = models.BinaryField()
    note = models.TextField()
