"""Exposures: patient data that reached a vendor it should not have. The assessment, its decision and its notices."""

from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from practice_vetting.core.models import Record
from practice_vetting.core.models.record import RecordQuerySet
from vendors.breach_clocks import LARGE, VENDOR, BreachFacts, Clock, Delay, Discovery, clocks, discovery
from vendors.exposure_states import Assessment, Decision, Exclusion, ExposureState, Told, told_on
from vendors.kinds import DataClass

_YES_NO = [("yes", "Yes"), ("no", "No")]
_DECIDED = [ExposureState.DECIDED.value, ExposureState.CLOSED.value]


class ExposureQuerySet(RecordQuerySet):
    def open(self) -> "ExposureQuerySet":
        """Those that nobody has closed."""
        return self.exclude(state=ExposureState.CLOSED)

    def running(self) -> "ExposureQuerySet":
        """Those of which a clock may still run: a breach that is presumed, or decided and not told to everybody."""
        presumed = Q(state__in=[ExposureState.REPORTED, ExposureState.ASSESSED])
        return self.filter(presumed | Q(decision=Decision.BREACH))


class Exposure(Record):
    """One exposure, from its discovery until every notice is recorded. Presumed a breach (45 CFR 164.402(2)).

    Days are calendar days of the practice. `discovered_on` starts the clocks (164.404(a)(2)). People are counted, never
    named: `people` in all (None while nobody knows), `residents` by state ({"TX": 12}). `was_phi` to `exclusion` are
    the questions that come first, `factors` holds the four narratives of 164.402(2) by number. No decision is computed:
    `decision` is what a named person decided, over exactly `snapshot`; while it is empty the breach is presumed.
    `media_told` has the day of each notice by state ({"TX": "2026-12-01"}).
    """

    vendor = models.ForeignKey("vendors.Vendor", on_delete=models.PROTECT, related_name="exposures")
    tool = models.ForeignKey("vendors.Tool", on_delete=models.PROTECT, null=True, blank=True, related_name="exposures")
    number = models.PositiveIntegerField(editable=False)
    state = models.CharField(
        max_length=10, choices=[(each.value, each.label) for each in ExposureState], default=ExposureState.ASSESSED
    )
    reported_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
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
    was_phi = models.CharField("it was patient data", max_length=3, blank=True, choices=_YES_NO)
    was_unsecured = models.CharField("it was unsecured", max_length=3, blank=True, choices=_YES_NO)
    not_permitted = models.CharField("the rule did not permit it", max_length=3, blank=True, choices=_YES_NO)
    exclusion = models.CharField(max_length=20, blank=True, choices=[(each.value, each.label) for each in Exclusion])
    screening_reason = models.TextField("why", max_length=4000, blank=True)
    factors = models.JSONField("the four factors", default=dict, blank=True)
    delay_kind = models.CharField(max_length=10, blank=True, choices=[("written", "In writing"), ("oral", "Orally")])
    delay_asked_on = models.DateField(null=True, blank=True)
    delay_until = models.DateField(null=True, blank=True)
    decision = models.CharField(max_length=20, blank=True, choices=[(each.value, each.label) for each in Decision])
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
    media_told = models.JSONField("media told, by state", default=dict, blank=True)
    hhs_told_on = models.DateField("HHS told on", null=True, blank=True)
    part2_told_on = models.DateField("Part 2 report made on", null=True, blank=True)
    closed_on = models.DateField(null=True, blank=True)

    objects: ClassVar[Any] = ExposureQuerySet.as_manager()

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
                condition=Q(state__in=_DECIDED) & ~Q(decision="") | ~Q(state__in=_DECIDED) & Q(decision=""),
                name="exposure_is_in_the_state_of_its_decision",
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_on__isnull=False) | ~Q(state="closed") & Q(closed_on=None),
                name="exposure_closed_on_a_day",
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

    @property
    def stage(self) -> ExposureState:
        return ExposureState(self.state)

    @property
    def is_open(self) -> bool:
        return self.state != ExposureState.CLOSED

    @property
    def data_labels(self) -> list[str]:
        return [DataClass(each).label for each in self.data_kinds]

    @property
    def decision_label(self) -> str:
        return Decision(self.decision).label if self.decision else ""

    @property
    def delay(self) -> Delay | None:
        """What a law-enforcement official asked for, or None."""
        if not self.delay_kind or self.delay_asked_on is None:
            return None
        return Delay(self.delay_asked_on, self.delay_until if self.delay_kind == "written" else None)

    @property
    def facts(self) -> BreachFacts:
        return BreachFacts(
            known_on=self.discovered_on,
            vendor_discovered_on=self.vendor_discovered_on,
            vendor_is_agent=self.vendor_is_agent,
            people=self.people,
            residents=self.residents,
            part2=self.part2,
            delay=self.delay,
            people_told_on=self.people_told_on,
        )

    @property
    def assessment(self) -> Assessment:
        return Assessment(
            was_phi=self.was_phi,
            was_unsecured=self.was_unsecured,
            not_permitted=self.not_permitted,
            exclusion=self.exclusion,
            reason=self.screening_reason,
            factors=self.factors,
        )

    @property
    def discovery(self) -> Discovery:
        return discovery(self.facts)

    @property
    def told(self) -> Told:
        """The notices that are recorded."""
        media = {state: date.fromisoformat(day) for state, day in self.media_told.items()}
        return Told(self.people_told_on, media, self.hhs_told_on, self.part2_told_on)

    @property
    def clocks(self) -> list[Clock]:
        """Every clock of it, those that ask for nothing too. None at all once somebody decided that it is no breach."""
        return clocks(self.facts) if self.decision in ("", Decision.BREACH) else []

    @property
    def running_clocks(self) -> list[Clock]:
        """The notices of the practice that are owed and not recorded yet, the next first.

        What the vendor owes is not among them: nobody here can send it.
        """
        told = self.told
        owed = [each for each in self.clocks if each.last_on and each.kind != VENDOR and told_on(each, told) is None]
        return sorted(owed, key=lambda each: (each.last_on, each.key))

    @property
    def is_on_log(self) -> bool:
        """Whether it stands on the yearly log: a breach of fewer than 500 people (164.408(c)), told to HHS or not."""
        return self.decision == Decision.BREACH and self.people is not None and self.people < LARGE


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
