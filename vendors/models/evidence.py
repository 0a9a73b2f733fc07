"""Evidence: a file with what it is, how old it is and how long it counts."""

import re
from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import Count, F, Q

from practice_vetting.core.files.patient_data import counted
from practice_vetting.core.models import Record
from practice_vetting.core.models.record import RecordQuerySet
from vendors.evidence_age import EXPIRES_SOON
from vendors.kinds import EvidenceKind, TextRead


class EvidenceQuerySet(RecordQuerySet):
    """Lists of evidence. Days are calendar days of the practice."""

    def expired(self, on: date) -> "EvidenceQuerySet":
        return self.filter(expires_on__lt=on)

    def expiring(self, on: date) -> "EvidenceQuerySet":
        """What still counts on the day and will stop within 30 days."""
        return self.filter(expires_on__gte=on, expires_on__lte=on + EXPIRES_SOON)

    def unreplaced(self) -> "EvidenceQuerySet":
        """What no newer document has taken the place of."""
        return self.filter(replaced_by=None)

    def usable(self) -> "EvidenceQuerySet":
        """What is neither quarantined nor purged."""
        return self.filter(quarantined_at=None, file__purged_at=None)

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

    `checked_by` said at `created_at` that it contains no patient information. `patient_data_found` counts what looked
    like some ([{"kind", "count"}], never a value), and `patient_data_reason` says why it is none. While quarantined,
    and once the bytes of its file are purged, it is not shown and proves nothing. `replaces` is the older document
    whose place it takes: nobody is asked for a newer one of that any more.
    """

    vendor = models.ForeignKey("vendors.Vendor", on_delete=models.PROTECT, related_name="evidence")
    number = models.PositiveIntegerField(editable=False)
    title = models.CharField(max_length=200)
    kind_of = models.CharField("what it is", max_length=20, choices=EvidenceKind.choices(), default=EvidenceKind.OTHER)
    dated_on = models.DateField("date on the document", null=True, blank=True)
    expires_on = models.DateField("counts until", null=True, blank=True)
    pages_that_matter = models.CharField(max_length=100, blank=True)
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by", editable=False
    )
    file = models.ForeignKey("core.StoredFile", on_delete=models.PROTECT, related_name="+", editable=False)
    file_name = models.CharField(max_length=255, editable=False)
    checked_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, related_name="+", editable=False)

    text_read = models.CharField(max_length=10, blank=True, choices=TextRead.choices(), editable=False)
    patient_data_found = models.JSONField(default=list, blank=True, editable=False)
    patient_data_reason = models.TextField("why it is no patient data", max_length=1000, blank=True, editable=False)
    quarantined_at = models.DateTimeField(null=True, blank=True, editable=False)
    quarantined_by = models.ForeignKey(
        "core.Person", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    quarantine_reason = models.TextField(max_length=1000, blank=True, editable=False)

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
            models.CheckConstraint(
                condition=Q(quarantined_at=None, quarantined_by=None, quarantine_reason="")
                | Q(quarantined_at__isnull=False, quarantined_by__isnull=False) & ~Q(quarantine_reason=""),
                name="quarantined_when_by_whom_and_why",
            ),
        ]
        indexes = [models.Index(fields=["expires_on"], condition=Q(quarantined_at=None), name="evidence_expires")]

    def __str__(self) -> str:
        return f"{self.label} {self.title}"

    @property
    def label(self) -> str:
        return f"E-{self.number:02}"

    @property
    def is_usable(self) -> bool:
        """False while it is quarantined, and once it was purged."""
        return self.quarantined_at is None and self.file.purged_at is None

    @property
    def found_words(self) -> list[str]:
        """What looked like patient data when it came, counted: "2 birth dates"."""
        return [counted(each["kind"], each["count"]) for each in self.patient_data_found]
