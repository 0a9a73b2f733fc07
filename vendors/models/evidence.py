"""Evidence: a file with what it is, how old it is and how long it counts."""

from django.db import models
from django.db.models import F, Q

from practice_vetting.core.models import Record
from vendors.kinds import EvidenceKind


class Evidence(Record):
    """A document on file for one vendor. `expires_on` is the last day on which it counts."""

    vendor = models.ForeignKey("vendors.Vendor", on_delete=models.PROTECT, related_name="evidence")
    number = models.PositiveIntegerField(editable=False)
    title = models.CharField(max_length=200)
    kind_of = models.CharField(
        "what it is", max_length=20, choices=EvidenceKind.choices(), default=EvidenceKind.OTHER
    )
    dated_on = models.DateField("date on the document", null=True, blank=True)
    expires_on = models.DateField("counts until", null=True, blank=True)
    pages_that_matter = models.CharField(max_length=100, blank=True)
    file = models.ForeignKey("core.StoredFile", on_delete=models.PROTECT, related_name="+", editable=False)
    file_name = models.CharField(max_length=255, editable=False)
    checked_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, related_name="+", editable=False)

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
