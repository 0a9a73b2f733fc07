"""The bytes of a file, kept once a practice and named by their SHA-256."""

from enum import StrEnum
from typing import Any, ClassVar

from django.db import models

from practice_vetting.core import clock
from practice_vetting.core.models.record import History, Kept, RecordQuerySet, new_uid


class ScanState(StrEnum):
    """What the virus scanner said of the bytes."""

    NONE = "none"  # no scanner was set up
    WAITING = "waiting"  # it was away, or the file is too large for it; the sweep asks again
    CLEAN = "clean"
    INFECTED = "infected"  # found after the file was kept; nobody gets these bytes any more


_WORDS = {
    ScanState.NONE: "Not scanned: no scanner is set up",
    ScanState.WAITING: "Waiting for the scanner",
    ScanState.CLEAN: "Scanned: nothing found",
    ScanState.INFECTED: "Contains a virus",
}


class StoredFile(Kept):
    """Bytes exactly as they came. Never changed; the same bytes twice are one row."""

    UNKEPT: ClassVar[frozenset[str]] = frozenset({"scan_state", "scanned_at", "scan_tried_at", "virus"})

    uid = models.CharField(max_length=12, unique=True, default=new_uid, editable=False)
    practice = models.ForeignKey("core.Practice", on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    content_type = models.CharField(max_length=100)
    pages = models.PositiveIntegerField(null=True)
    scan_state = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in ScanState], default=ScanState.NONE
    )
    scanned_at = models.DateTimeField(null=True)
    scan_tried_at = models.DateTimeField(null=True)  # when the scanner last gave no judgement
    virus = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    purged_at = models.DateTimeField(null=True, editable=False)
    purged_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, null=True, related_name="+", editable=False)
    purge_reason = models.TextField(max_length=1000, blank=True, editable=False)

    history = History(excluded_fields=sorted(UNKEPT))
    objects: ClassVar[Any] = RecordQuerySet.as_manager()

    class Meta:
        verbose_name = "file"
        constraints = [
            models.UniqueConstraint(fields=["practice", "sha256"], name="stored_file_once"),
            models.CheckConstraint(
                condition=models.Q(scan_state__in=[ScanState.NONE, ScanState.WAITING], scanned_at=None)
                | models.Q(scan_state__in=[ScanState.CLEAN, ScanState.INFECTED], scanned_at__isnull=False),
                name="stored_file_scanned_when",
            ),
            models.CheckConstraint(
                condition=models.Q(purged_at=None, purged_by=None, purge_reason="")
                | models.Q(purged_at__isnull=False, purged_by__isnull=False) & ~models.Q(purge_reason=""),
                name="purged_when_by_whom_and_why",
            ),
        ]
        indexes = [
            models.Index(
                fields=["scan_tried_at", "id"],
                condition=models.Q(scan_state__in=[ScanState.NONE, ScanState.WAITING]),
                name="stored_file_to_scan",
            )
        ]

    def __str__(self) -> str:
        return f"{self.content_type}, {self.sha256[:16]}"

    @classmethod
    def kind(cls) -> str:
        """The noun that names it in the ledger."""
        return "storedfile"

    @property
    def path(self) -> str:
        """Where the bytes lie in the file storage: by practice and hash, never by a name a person gave."""
        return f"{self.practice.uid}/{self.sha256[:2]}/{self.sha256}"

    @property
    def is_infected(self) -> bool:
        return self.scan_state == ScanState.INFECTED

    @property
    def scan_words(self) -> str:
        """What the scanner said, in words; the page adds the day."""
        return _WORDS[ScanState(self.scan_state)]
