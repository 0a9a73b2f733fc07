"""Legal holds: while one is on a vendor, nothing of it may go."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from practice_vetting.core.models import Record
from practice_vetting.core.models.record import RecordQuerySet


class LegalHoldQuerySet(RecordQuerySet):
    def standing(self) -> "LegalHoldQuerySet":
        """Those that nobody has lifted."""
        return self.filter(lifted_at=None)


class LegalHold(Record):
    """A dispute, an inquiry or a lawyer's letter for which the records of a vendor must be kept, whatever their age."""

    vendor = models.ForeignKey("vendors.Vendor", on_delete=models.PROTECT, related_name="legal_holds")
    reason = models.TextField(max_length=1000)
    since = models.DateField()
    placed_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    lift_reason = models.TextField("why it was lifted", max_length=1000, blank=True)

    objects: ClassVar[Any] = LegalHoldQuerySet.as_manager()

    class Meta:
        ordering = ["since", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_by=None, lift_reason="")
                | Q(lifted_at__isnull=False, lifted_by__isnull=False) & ~Q(lift_reason=""),
                name="hold_lifted_when_by_whom_and_why",
            ),
        ]

    @classmethod
    def kind(cls) -> str:
        return "hold"

    def __str__(self) -> str:
        return f"Legal hold on {self.vendor.name}"
