"""Data flows: which data goes from where to where, why, with what safeguard. The edges of the boundary map."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from practice_vetting.core.models import Record
from practice_vetting.core.models.record import RecordQuerySet
from vendors.kinds import KNOWN, FlowData, Known, PlaceKind


class DataFlowQuerySet(RecordQuerySet):
    def standing(self) -> "DataFlowQuerySet":
        """Those that were not ended."""
        return self.filter(ended_on=None)


class DataFlow(Record):
    """One arrow of the map. Each end is a tool or sub-processor of the vendor, or a place with a name of its own.

    `carries` lists DataClass values. `agreement` is the one it rests on, `method_evidence` the document that shows how
    data were de-identified (45 CFR 164.514). `logged`, `human_gate` and `consent` (42 CFR 2.31) are known, not, or
    nobody asked. `ended_on` is the first day without it.
    """

    vendor = models.ForeignKey("vendors.Vendor", on_delete=models.PROTECT, related_name="data_flows")
    from_kind = models.CharField("from", max_length=20, choices=PlaceKind.choices())
    from_name = models.CharField(max_length=200, blank=True)
    from_tool = models.ForeignKey("vendors.Tool", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    from_sub_processor = models.ForeignKey(
        "vendors.SubProcessor", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    to_kind = models.CharField("to", max_length=20, choices=PlaceKind.choices())
    to_name = models.CharField(max_length=200, blank=True)
    to_tool = models.ForeignKey("vendors.Tool", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    to_sub_processor = models.ForeignKey(
        "vendors.SubProcessor", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    data = models.CharField("what kind of data", max_length=20, choices=FlowData.choices())
    carries = models.JSONField("which patient data", default=list, blank=True)
    purpose = models.CharField("why", max_length=300)
    safeguard = models.CharField("what protects it", max_length=300, blank=True)
    region = models.CharField("where it is kept", max_length=200, blank=True)
    ai_output = models.BooleanField("it is output of AI", default=False)
    logged = models.CharField("a log tells of it", max_length=10, choices=KNOWN, default=Known.UNKNOWN)
    human_gate = models.CharField("a person checks it first", max_length=10, choices=KNOWN, default=Known.UNKNOWN)
    consent = models.CharField(
        "patients’ written consent covers it", max_length=10, choices=KNOWN, default=Known.UNKNOWN
    )
    agreement = models.ForeignKey(
        "vendors.Agreement", on_delete=models.PROTECT, null=True, blank=True, related_name="data_flows"
    )
    method_evidence = models.ForeignKey(
        "vendors.Evidence", on_delete=models.PROTECT, null=True, blank=True, related_name="data_flows"
    )
    ended_on = models.DateField("first day without it", null=True, blank=True)
    end_reason = models.TextField("why it ended", max_length=1000, blank=True)

    objects: ClassVar[Any] = DataFlowQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(from_kind="tool", from_tool__isnull=False, from_sub_processor=None)
                | Q(from_kind="sub_processor", from_tool=None, from_sub_processor__isnull=False)
                | ~Q(from_kind__in=["tool", "sub_processor"]) & Q(from_tool=None, from_sub_processor=None),
                name="data_flow_from_one_place",
            ),
            models.CheckConstraint(
                condition=Q(to_kind="tool", to_tool__isnull=False, to_sub_processor=None)
                | Q(to_kind="sub_processor", to_tool=None, to_sub_processor__isnull=False)
                | ~Q(to_kind__in=["tool", "sub_processor"]) & Q(to_tool=None, to_sub_processor=None),
                name="data_flow_to_one_place",
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None, end_reason="") | Q(ended_on__isnull=False), name="data_flow_ended_with_day"
            ),
        ]

    @classmethod
    def kind(cls) -> str:
        return "dataflow"

    def __str__(self) -> str:
        return f"{self.ends}, data flow of {self.vendor.name}"

    @property
    def ends(self) -> str:
        """Both ends in words: "Notewell Scribe → Patient record"."""
        named = (self.from_tool or self.from_sub_processor, self.to_tool or self.to_sub_processor)
        said = ((self.from_name, self.get_from_kind_display()), (self.to_name, self.get_to_kind_display()))
        return " → ".join(end.name if end else name or kind for end, (name, kind) in zip(named, said, strict=True))
