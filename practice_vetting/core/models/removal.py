"""The removal of everything that was kept about one vendor: proposed by one person, approved by another."""

from django.db import models
from django.db.models import F, Q

from practice_vetting.core.models.record import Record


class RemovalState(models.TextChoices):
    PROPOSED = "proposed", "Waits for another owner"
    WITHDRAWN = "withdrawn", "Withdrawn"
    AT_WORK = "at_work", "At work"
    DONE = "done", "Removed"


_APPROVED = Q(approved_by__isnull=False, approved_at__isnull=False)


class Removal(Record):
    """One proposal, and what came of it. It outlives what it removed, so it names the vendor without a key.

    While a row is `at_work`, and at no other time, the database lets go of history, documents and signatures. The
    action sets it and leaves it in one transaction, so nobody else ever sees it.

    `counts` is what there was on that day: [["tools", 2], ...] in words. `years`, `source` and `kept_until` say which
    period was over, and `files` lists the SHA-256 of the bytes that went.
    """

    vendor_uid = models.CharField(max_length=12)
    vendor_label = models.CharField("vendor", max_length=200)
    state = models.CharField(max_length=10, choices=RemovalState, default=RemovalState.PROPOSED)
    reason = models.TextField(max_length=1000)
    years = models.PositiveSmallIntegerField("years kept")
    source = models.CharField(max_length=300)
    kept_until = models.DateField()
    counts = models.JSONField(default=list)
    proposed_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    approved_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=RemovalState.PROPOSED, approved_by=None, approved_at=None, withdrawn_by=None)
                | Q(state=RemovalState.WITHDRAWN, approved_by=None, withdrawn_by__isnull=False)
                | (
                    Q(state__in=[RemovalState.AT_WORK, RemovalState.DONE])
                    & _APPROVED
                    & ~Q(approved_by=F("proposed_by"))
                ),
                name="removal_by_two_persons",
            ),
            models.UniqueConstraint(
                fields=["practice", "vendor_uid"],
                condition=Q(state__in=[RemovalState.PROPOSED, RemovalState.AT_WORK]),
                name="one_open_removal_a_vendor",
            ),
        ]

    def __str__(self) -> str:
        return f"Removal of {self.vendor_label}"

    @property
    def is_open(self) -> bool:
        return self.state == RemovalState.PROPOSED
