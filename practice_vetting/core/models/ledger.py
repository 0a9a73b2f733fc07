"""The append-only list of what happened. Rows stand alone: labels and ids, no foreign keys."""

from django.db import models


class LedgerEntry(models.Model):
    """One thing that happened in one practice. `digest` binds every other column and the entry before it.

    `bound` names every row that was written with it and never changes, of history above all: a list of
    [kind of the record, its uid, primary key of the row, SHA-256 of the row].
    """

    practice_uid = models.CharField(max_length=12)
    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    person_uid = models.CharField(max_length=12, blank=True)
    person_name = models.CharField(max_length=200)
    verb = models.CharField(max_length=60)
    record_kind = models.CharField(max_length=40)
    record_uid = models.CharField(max_length=12)
    record_label = models.CharField(max_length=300)
    record_digest = models.CharField(max_length=64)
    detail = models.JSONField(default=dict)
    bound = models.JSONField(default=list)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["practice_uid", "seq"], name="ledger_seq_once")]
        indexes = [
            models.Index(fields=["practice_uid", "record_kind", "record_uid", "-seq"]),
            models.Index(fields=["practice_uid", "record_kind", "-seq"], name="ledger_newest_of_a_kind"),
            models.Index(fields=["practice_uid", "person_uid", "-seq"]),
            models.Index(fields=["practice_uid", "verb", "-seq"]),
            models.Index(fields=["practice_uid", "at"]),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.verb} {self.record_label}"


class LedgerHead(models.Model):
    """Where a practice's chain ends. The row is locked while an entry is appended, so that it never forks."""

    practice_uid = models.CharField(max_length=12, primary_key=True)
    seq = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.practice_uid} at {self.seq}"
