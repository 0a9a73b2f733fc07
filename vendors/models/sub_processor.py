"""The companies behind a vendor, and the lists by which it names them."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from practice_vetting.core.models import Record
from practice_vetting.core.models.record import RecordQuerySet
from vendors.kinds import PLAINLY_KNOWN, Known, ListSource, ListState, SubProcessorRole


class SubProcessorList(Record):
    """A list that the vendor gave, as it was brought in. It counts only once a named person has confirmed it.

    `rows` are the ones that could be read ([{"line", "place", "name", "does", "region", "role", "gets", "covered"}]),
    `refused` the others ([{"line", "place", "text", "reason"}]); `place` is the sheet of a workbook. The bytes of a
    file are not kept, unless the person asked for it: then they are the vendor's evidence. `changes` says in words
    what confirming it changed, `reason` why it was set aside.
    """

    vendor = models.ForeignKey("vendors.Vendor", on_delete=models.PROTECT, related_name="sub_processor_lists")
    received_on = models.DateField("date of the list")
    source = models.CharField("how it came", max_length=20, choices=ListSource.choices())
    file_name = models.CharField(max_length=255, blank=True)
    rows = models.JSONField(default=list)
    refused = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=10, choices=ListState.choices(), default=ListState.DRAFT)
    decided_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    changes = models.TextField("what it changed", blank=True)
    reason = models.TextField("why it was set aside", max_length=1000, blank=True)
    evidence = models.ForeignKey(
        "vendors.Evidence", on_delete=models.PROTECT, null=True, blank=True, related_name="sub_processor_lists"
    )

    class Meta:
        ordering = ["-received_on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["vendor"], condition=Q(state="draft"), name="one_list_waits_a_vendor"),
            models.CheckConstraint(
                condition=Q(state="draft", decided_by=None, decided_at=None)
                | ~Q(state="draft") & Q(decided_by__isnull=False, decided_at__isnull=False),
                name="list_decided_when_and_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(state="set_aside") & ~Q(reason="") | ~Q(state="set_aside") & Q(reason=""),
                name="list_set_aside_with_a_reason",
            ),
        ]

    @classmethod
    def kind(cls) -> str:
        return "subprocessorlist"

    def __str__(self) -> str:
        return f"Sub-processor list of {self.vendor.name}"


class SubProcessorQuerySet(RecordQuerySet):
    def standing(self) -> "SubProcessorQuerySet":
        """Those that the vendor still names."""
        return self.filter(removed_on=None)


class SubProcessor(Record):
    """A company behind the vendor. `covered` tells whether its own agreement covers patient data (flow-down).

    45 CFR 164.502(e)(1)(ii), 164.504(e)(5). `removed_on` is the first day on which the vendor no longer names it.
    """

    vendor = models.ForeignKey("vendors.Vendor", on_delete=models.PROTECT, related_name="sub_processors")
    name = models.CharField(max_length=200)
    role_of = models.CharField(
        "what kind it is", max_length=20, choices=SubProcessorRole.choices(), default=SubProcessorRole.OTHER
    )
    does = models.CharField("what it does", max_length=1000, blank=True)
    region = models.CharField("where", max_length=200, blank=True)
    gets_patient_data = models.CharField(max_length=10, choices=PLAINLY_KNOWN, default=Known.UNKNOWN)
    covered = models.CharField(
        "its own agreement covers patient data", max_length=10, choices=Known.choices(), default=Known.UNKNOWN
    )
    tools = models.ManyToManyField("vendors.Tool", related_name="sub_processors", blank=True)
    since = models.DateField("named since")
    removed_on = models.DateField(null=True, blank=True)
    _history_m2m_fields = ["tools"]

    objects: ClassVar[Any] = SubProcessorQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                "vendor", Lower("name"), condition=Q(removed_on=None), name="sub_processor_named_once"
            ),
            models.CheckConstraint(
                condition=Q(removed_on=None) | Q(removed_on__gte=models.F("since")),
                name="sub_processor_removed_after_its_start",
            ),
        ]

    @classmethod
    def kind(cls) -> str:
        return "subprocessor"

    def __str__(self) -> str:
        return f"{self.name}, behind {self.vendor.name}"
