"""Exposures: patient data that reached a vendor it should not have. The assessment, its decision and its notices."""

from django.db import models
from django.db.models import Q

from practice_vetting.core.models import Record


class Exposure(Record):
    """One exposure, from its discovery until every notice is recorded. Presumed a breach (45 CFR 164.402(2)).

    Days are calendar days of the practice. `discovered_on` starts the clocks (164.404(a)(2)). People are counted, never
    named: `people` in all (None while nobody knows), `residents` by state ({"TX": 12}). `factors` holds the four
    narratives of 164.402(2) by number. A decision is never computed: `decision` is what a named person decided, over
    exactly `snapshot`; while it is empty the breach is presumed.
    """

    vendor = models.ForeignKey("vendors.Vendor", on_delete=models.PROTECT, related_name="exposures")
    tool = models.ForeignKey("vendors.Tool", on_delete=models.PROTECT, null=True, blank=True, related_name="exposures")
    number = models.PositiveIntegerField(editable=False)
    found_how = models.CharField(
        max_length=10, choices=[("dates", "By its dates"), ("reported", "Somebody reported it")]
    )
    what_happened = models.TextField(max_length=4000)
    began_on = models.DateField("first day")
    last_on = models.DateField("last day", null=True, blank=True)
    discovered_on = models.DateField("discovered on")
    vendor_discovered_on = models.DateField("discovered by the vendor on", null=True, blank=True)
    vendor_is_agent = models.BooleanField("the vendor acts as your agent", default=False)
    stopped_on = models.DateField("use stopped on", null=True, blank=True)
    stopped_how = models.TextField("how it was stopped", max_length=1000, blank=True)
    data_kinds = models.JSONField("kinds of data", default=list, blank=True)
    part2 = models.BooleanField("substance-use records are among it", default=False)
    people = models.PositiveIntegerField("people in all", null=True, blank=True)
    residents = models.JSONField("people by state", default=dict, blank=True)
    factors = models.JSONField(default=dict, blank=True)
    delay_kind = models.CharField(max_length=10, blank=True, choices=[("written", "In writing"), ("oral", "Orally")])
    delay_asked_on = models.DateField(null=True, blank=True)
    delay_until = models.DateField(null=True, blank=True)
    decision = models.CharField(max_length=20, blank=True)
    decision_reason = models.TextField(max_length=4000, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_name = models.CharField("your full name", max_length=200, blank=True)
    statement = models.TextField(blank=True)
    statement_edition = models.CharField(max_length=20, blank=True)
    method = models.CharField(max_length=80, blank=True)
    snapshot = models.TextField(blank=True)
    snapshot_sha256 = models.CharField(max_length=64, blank=True)
    people_told_on = models.DateField("people told on", null=True, blank=True)
    media_told_on = models.DateField("media told on", null=True, blank=True)
    hhs_told_on = models.DateField("HHS told on", null=True, blank=True)
    part2_told_on = models.DateField("Part 2 report made on", null=True, blank=True)
    closed_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["-discovered_on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["practice", "number"], name="exposure_number_once"),
            models.CheckConstraint(
                condition=Q(decision="", decided_at=None, decided_by=None, snapshot_sha256="")
                | ~Q(decision="") & ~Q(snapshot_sha256="") & Q(decided_at__isnull=False, decided_by__isnull=False),
                name="exposure_decided_when_by_whom_over_what",
            ),
            models.CheckConstraint(
                condition=Q(closed_on=None) | ~Q(decision=""), name="exposure_closed_after_its_decision"
            ),
            models.CheckConstraint(
                condition=Q(last_on=None) | Q(last_on__gte=models.F("began_on")), name="exposure_ends_after_its_start"
            ),
        ]

    def __str__(self) -> str:
        return f"Exposure {self.label}, {self.vendor.name}"

    @property
    def label(self) -> str:
        return f"X-{self.number:02}"


class ExposureEvidence(Record):
    """A document under one of the four factors of an exposure's assessment."""

    exposure = models.ForeignKey(Exposure, on_delete=models.PROTECT, related_name="evidence")
    factor = models.PositiveSmallIntegerField()
    evidence = models.ForeignKey("vendors.Evidence", on_delete=models.PROTECT, related_name="exposures")

    class Meta:
        ordering = ["factor", "id"]
        constraints = [
            models.UniqueConstraint(fields=["exposure", "factor", "evidence"], name="exposure_evidence_once"),
            models.CheckConstraint(condition=Q(factor__range=(1, 4)), name="exposure_has_four_factors"),
        ]

    @classmethod
    def kind(cls) -> str:
        return "exposureevidence"

    def __str__(self) -> str:
        return f"{self.evidence} under factor {self.factor} of {self.exposure}"
