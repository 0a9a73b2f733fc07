"""Evidence: a file with what it is, how old it is and how long it counts."""

import re
from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import Count, F, Q

from practice_vetting.core.models import Record
from practice_vetting.core.models.record import RecordQuerySet
from vendors.evidence_age import EXPIRES_SOON
from vendors.kinds import EvidenceKind


class EvidenceQuerySet(RecordQuerySet):
    """Lists of evidence. Days are calendar days of the practice."""

    def expired(self, on: date) -> "EvidenceQuerySet":
        return self.filter(expires_on__lt=on)

    def expiring(self, on: date) -> "EvidenceQuerySet":
        """What still counts on the day and will stop within 30 days."""
        return self.filter(expires_on__gte=on, expires_on__lte=on + EXPIRES_SOON)

    def matching(self, text: str) -> "EvidenceQuerySet":
        """By words of the title, the file name or the vendor, or by its number as pages show it: "E-07"."""
        if number := re.fullmatch(r"[eE]-?0*([0-9]{1,6})", text.strip()):
            return self.filter(number=int(number[1]))
        found = self
        for word in text.split():
            said = Q(title__icontains=word) | Q(file_name__icontains=word) | Q(vendor__name__icontains=word)
            found = found.filter(said)
        return found

    def with_uses(self) -> "EvidenceQuerySet":
        """With `used_in`: under how many answers it stands."""
        return self.annotate(used_in=Count("citations"))


class Evidence(Record):
    """A document on file for one vendor. `expires_on` is the last day on which it counts.

    `checked_by` said at `created_at` that it contains no patient information.
    """

    vendor = models.ForeignKey("vendors.Vendor", on_delete=models.PROTECT, related_name="evidence")
    number = models.PositiveIntegerField(editable=False)
    title = models.CharField(max_length=200)
    kind_of = models.CharField("what it is", max_length=20, choices=EvidenceKind.choices(), default=EvidenceKind.OTHER)
    dated_on = models.DateField("date on the document", null=True, blank=True)
    expires_on = models.DateField("counts until", null=True, blank=True)
    pages_that_matter = models.CharField(max_length=100, blank=True)
    file = models.ForeignKey("core.StoredFile", on_delete=models.PROTECT, related_name="+", editable=False)
    file_name = models.CharField(max_length=255, editable=False)
    checked_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, related_name="+", editable=False)

    objects: ClassVar[Any] = EvidenceQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        verbose_name_plural = "evidence"
        constraints = [
            models.UniqueConstraint(fields=["vendor", "number"], name="evidence_number_once"),
            models.UniqueConstraint(fields=["vendor", "file"], name="evidence_file_once"),
            models.CheckConstraint(
                condition=Q(expires_on=None) | Q(dated_on=None) | Q(expires_on__gte=F("dated_on")),
                name="evidence_expires_after_its_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.title}"

    @property
    def label(self) -> str:
        return f"E-{self.number:02}"
