"""Where a vendor is now: a row that the judging above writes, and that lists read, sort and filter in SQL."""

from django.db import models

from practice_vetting.core.models import Record
from vendors.kinds import StandingState


class Standing(Record):
    """One row a vendor. Written in the same transaction as whatever changed it (checklists.standing).

    `seals` is a list of five {"number", "state", "short"}; `reasons` the findings that stand in the way, worst first,
    each {"requirement", "state", "sentence", "change", "url", "where"}. `changes_on` is the first day on which it may
    change by itself.
    """

    vendor = models.OneToOneField("vendors.Vendor", on_delete=models.PROTECT, related_name="standing")
    state = models.CharField(max_length=20, choices=StandingState.choices(), default=StandingState.PROPOSED)
    since = models.DateField()
    headline = models.CharField(max_length=200, blank=True)
    met_count = models.PositiveSmallIntegerField(default=0)
    seals = models.JSONField(default=list)
    reasons = models.JSONField(default=list)
    remediated = models.BooleanField(default=False)
    in_use_not_cleared = models.BooleanField(default=False)
    uncleared_since = models.DateField(null=True, blank=True)
    agreement_signed_on = models.DateField(null=True, blank=True)
    next_review_on = models.DateField(null=True, blank=True)
    changes_on = models.DateField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["practice", "state", "vendor"]),
            models.Index(fields=["practice", "next_review_on"]),
            models.Index(fields=["changes_on"], condition=models.Q(changes_on__isnull=False), name="standing_changes"),
            models.Index(fields=["practice"], condition=models.Q(in_use_not_cleared=True), name="standing_loudest"),
        ]

    def __str__(self) -> str:
        return f"Standing of {self.vendor.name}"
