"""Vendors and their tools."""

from datetime import date
from typing import Any, ClassVar

from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from practice_vetting.core.models import Record
from practice_vetting.core.models.record import RecordQuerySet
from vendors.kinds import DataClass


class Vendor(Record):
    """A company whose tools the practice uses or thinks of using.

    `data_gone_on` is the day by which an ended vendor had returned or destroyed the patient data that it held.
    """

    name = models.CharField(max_length=200)
    summary = models.CharField("what it does for you", max_length=300, blank=True)
    website = models.URLField(max_length=300, blank=True, validators=[URLValidator(schemes=["http", "https"])])
    contact_name = models.CharField("contact at the vendor", max_length=200, blank=True)
    contact_email = models.EmailField("their e-mail", blank=True)
    no_patient_data_reason = models.TextField(blank=True)
    no_patient_data_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    end_reason = models.TextField(blank=True)
    data_gone_on = models.DateField("patient data returned or destroyed on", null=True, blank=True)
    data_gone_reason = models.TextField("how that is known", max_length=1000, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("practice", Lower("name"), name="vendor_name_once"),
            models.CheckConstraint(
                condition=Q(data_gone_on=None, data_gone_reason="")
                | Q(data_gone_on__isnull=False, ended_on__isnull=False) & ~Q(data_gone_reason=""),
                name="data_gone_with_reason_after_the_end",
            ),
            models.CheckConstraint(
                condition=Q(no_patient_data_on=None, no_patient_data_reason="")
                | Q(no_patient_data_on__isnull=False) & ~Q(no_patient_data_reason=""),
                name="no_patient_data_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ToolQuerySet(RecordQuerySet):
    def in_use(self, on: date) -> "ToolQuerySet":
        return self.filter(Q(retired_on=None) | Q(retired_on__gt=on), in_use_since__lte=on)


class Tool(Record):
    """A product or AI feature of a vendor.

    `data_classes` lists DataClass values; empty means that it touches no patient data. `in_use_since` is the day the
    practice began to use it, `first_phi_on` the day the first patient data reached it, `retired_on` the first day
    without it.
    """

    vendor = models.ForeignKey(Vendor, on_delete=models.PROTECT, related_name="tools")
    name = models.CharField(max_length=200)
    purpose = models.CharField("what it does", max_length=300, blank=True)
    has_ai = models.BooleanField("AI is in it", default=False)
    data_classes = models.JSONField("patient data it touches", default=list, blank=True)
    part2 = models.BooleanField("substance-use records are among it", default=False)
    in_use_since = models.DateField(null=True, blank=True)
    first_phi_on = models.DateField("first patient data on", null=True, blank=True)
    use_reason = models.TextField("why it was marked in use before it was cleared", blank=True)
    retired_on = models.DateField(null=True, blank=True)

    objects: ClassVar[Any] = ToolQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint("vendor", Lower("name"), name="tool_name_once"),
            models.CheckConstraint(
                condition=Q(retired_on=None) | Q(in_use_since=None) | Q(retired_on__gte=models.F("in_use_since")),
                name="tool_retired_after_its_start",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def touches_patient_data(self) -> bool:
        return bool(self.data_classes)

    @property
    def holds_patient_data(self) -> bool:
        """Whether anything says that patient data reaches it, or once did."""
        return self.touches_patient_data or self.part2 or self.first_phi_on is not None

    @property
    def may_have_had_data(self) -> bool:
        """Whether patient data reached it, or was marked on it while it was in use."""
        return self.first_phi_on is not None or (self.in_use_since is not None and self.holds_patient_data)

    @property
    def last_start(self) -> date | None:
        """The later of its first use and its first patient data: it cannot be retired before that."""
        return max((day for day in (self.in_use_since, self.first_phi_on) if day), default=None)

    @property
    def data_labels(self) -> list[str]:
        return [DataClass(value).label for value in self.data_classes]

    def is_in_use(self, on: date) -> bool:
        started = self.in_use_since is not None and self.in_use_since <= on
        return started and (self.retired_on is None or self.retired_on > on)
