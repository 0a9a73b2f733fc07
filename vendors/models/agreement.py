"""Agreements, the reading of their clauses, and their reviews."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import Case, F, OuterRef, Q, Subquery, Value, When

from practice_vetting.core.models import Record
from practice_vetting.core.models.record import RecordQuerySet
from vendors.agreement_states import AgreementState
from vendors.clauses import CURRENT, ReadingStatus
from vendors.deadlines import REVIEW_ASKED_AHEAD, REVIEW_GRACE, AgreementDates
from vendors.kinds import AgreementKind, Environment, ReviewFinding


class AgreementQuerySet(RecordQuerySet):
    """The same questions that vendors.agreement_states answers for one agreement, asked of many in SQL."""

    def over(self, on: date) -> "AgreementQuerySet":
        return self.filter(_over(on))

    def going_on(self, on: date) -> "AgreementQuerySet":
        """Those that are not over: drafts too."""
        return self.exclude(_over(on))

    def in_force(self, on: date) -> "AgreementQuerySet":
        started = Q(effective_on=None) | Q(effective_on__lte=on)
        return self.exclude(_over(on)).filter(started, practice_signed_on__lte=on, vendor_signed_on__lte=on)

    def standing(self, state: AgreementState, on: date) -> "AgreementQuerySet":
        """Those in this state on that day, as vendors.agreement_states.state_of says it of each."""
        if state.over:
            return self.over(on).filter(_SUPERSEDED if state is AgreementState.SUPERSEDED else ~_SUPERSEDED)
        if state.in_force:
            return self.in_force(on).filter(_REVIEW[state](on))
        executed = Q(practice_signed_on__lte=on, vendor_signed_on__lte=on)
        if state is AgreementState.EXECUTED:
            return self.going_on(on).filter(executed, effective_on__gt=on)
        out = Q(sent_on__lte=on) | Q(practice_signed_on__lte=on) | Q(vendor_signed_on__lte=on)
        return self.going_on(on).exclude(executed).filter(out if state is AgreementState.OUT else ~out)

    def next_review_first(self, on: date) -> "AgreementQuerySet":
        """In the order of their next reviews, those without one after them, and what is over last."""
        last = Case(When(_over(on), then=Value(1)), default=Value(0))
        return self.order_by(last, F("next_review_on").asc(nulls_last=True), "id")

    def asking_for_review(self, on: date) -> "AgreementQuerySet":
        """Those whose review somebody has to make, some day: neither over nor superseded before it is due."""
        newer = Q(superseded_on=None) | Q(superseded_on__gt=on) & Q(superseded_on__gt=F("next_review_on"))
        goes_on = Q(ends_on=None) | Q(ends_on__gte=on)
        return self.filter(newer, goes_on, ended_on=None, next_review_on__isnull=False)

    def with_last_finding(self) -> "AgreementQuerySet":
        """Each with `last_finding` and `last_read_on` of its last review."""
        last = Review.objects.filter(agreement=OuterRef("pk"))
        return self.annotate(
            last_finding=Subquery(last.values("finding")[:1]), last_read_on=Subquery(last.values("on")[:1])
        )

    def executed(self) -> "AgreementQuerySet":
        """Those that both sides have signed."""
        return self.filter(practice_signed_on__isnull=False, vendor_signed_on__isnull=False)

    def review_due(self, on: date) -> "AgreementQuerySet":
        """Those in force whose review comes within 60 days, or is today."""
        return self.in_force(on).filter(next_review_on__range=(on, on + REVIEW_ASKED_AHEAD))


def _over(on: date) -> Q:
    # each part is never unknown, so that NOT of it is right where a day is empty
    return (
        Q(ended_on__isnull=False, ended_on__lte=on)
        | Q(ends_on__isnull=False, ends_on__lt=on)
        | Q(superseded_on__isnull=False, superseded_on__lte=on)
    )


#: of those that are over: a newer version came before any other end, or on the same day
_SUPERSEDED = (
    Q(superseded_on__isnull=False)
    & (Q(ended_on=None) | Q(superseded_on__lte=F("ended_on")))
    & (Q(ends_on=None) | Q(superseded_on__lte=F("ends_on") + timedelta(days=1)))
)
#: of those in force: how late the review is
_REVIEW: dict[AgreementState, Callable[[date], Q]] = {
    AgreementState.IN_FORCE: lambda on: Q(next_review_on=None) | Q(next_review_on__gt=on),
    AgreementState.REVIEW_DUE: lambda on: Q(next_review_on__range=(on - REVIEW_GRACE, on)),
    AgreementState.LAPSED: lambda on: Q(next_review_on__lt=on - REVIEW_GRACE),
}


class Agreement(Record):
    """A BAA, QSOA, rider or amendment. Executed when both sides have signed; `ends_on` is its last day in force.

    `ended_on`, when set, is the first day on which it no longer counts, whatever its end date says. `replaces` is the
    version whose place it takes once it is in force itself, `amends` the agreement that it changes in part.
    `superseded_on` is the day on which a newer version came into force, or will: the actions keep it in line with
    that version's dates (vendors.actions.versions). `environments` lists Environment values.

    `regular_review_on` is the yearly day of its next review, or the one that a person set. `next_review_on` follows
    from it and from what changed meanwhile (vendors.actions.review_days).
    """

    vendor = models.ForeignKey("vendors.Vendor", on_delete=models.PROTECT, related_name="agreements")
    kind_of = models.CharField("kind", max_length=10, choices=AgreementKind.choices(), default=AgreementKind.BAA)
    vendor_party = models.CharField("name of the vendor's company in it", max_length=200, blank=True)
    plan = models.CharField("plan or edition it covers", max_length=200, blank=True)
    environments = models.JSONField("where it covers them", default=list, blank=True)
    sent_on = models.DateField("sent out for signature on", null=True, blank=True)
    practice_signed_on = models.DateField("signed by the practice on", null=True, blank=True)
    vendor_signed_on = models.DateField("signed by the vendor on", null=True, blank=True)
    effective_on = models.DateField("in force from", null=True, blank=True)
    ends_on = models.DateField("in force until", null=True, blank=True)
    regular_review_on = models.DateField("next yearly review", null=True, blank=True)
    next_review_on = models.DateField("next review", null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    end_reason = models.TextField("why it ended", max_length=1000, blank=True)
    superseded_on = models.DateField(null=True, blank=True, editable=False)
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by")
    amends = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="amendments")
    clause_list = models.CharField(max_length=20, default=CURRENT, editable=False)
    tools = models.ManyToManyField("vendors.Tool", related_name="agreements", blank=True)
    evidence = models.ForeignKey(
        "vendors.Evidence", on_delete=models.PROTECT, null=True, blank=True, related_name="agreements"
    )
    _history_m2m_fields = ["tools"]

    objects: ClassVar[Any] = AgreementQuerySet.as_manager()

    class Meta:
        ordering = ["-vendor_signed_on", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(effective_on=None) | Q(ends_on__gte=F("effective_on")),
                name="agreement_ends_after_its_start",
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None)
                | (
                    (Q(practice_signed_on=None) | Q(ends_on__gte=F("practice_signed_on")))
                    & (Q(vendor_signed_on=None) | Q(ends_on__gte=F("vendor_signed_on")))
                ),
                name="agreement_signed_before_its_end",
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None, end_reason="") | Q(ended_on__isnull=False) & ~Q(end_reason=""),
                name="agreement_ended_with_reason",
            ),
            models.UniqueConstraint(
                fields=["replaces"], condition=Q(replaces__isnull=False), name="agreement_replaced_once"
            ),
        ]
        indexes = [models.Index(fields=["next_review_on"], condition=Q(ended_on=None), name="agreement_review_due")]

    def __str__(self) -> str:
        return f"{AgreementKind(self.kind_of).label.split(' (')[0]} with {self.vendor.name}"

    @property
    def dates(self) -> AgreementDates:
        return AgreementDates(
            sent_on=self.sent_on,
            practice_signed_on=self.practice_signed_on,
            vendor_signed_on=self.vendor_signed_on,
            effective_on=self.effective_on,
            ends_on=self.ends_on,
            next_review_on=self.next_review_on,
            ended_on=self.ended_on,
            superseded_on=self.superseded_on,
        )

    @property
    def executed_on(self) -> date | None:
        """The day of the later signature, or None while one side has not signed."""
        return self.dates.executed_on

    @property
    def named(self) -> str:
        """One agreement among several of a vendor: its kind, and when both had signed it."""
        signed = self.executed_on
        when = f"signed {signed.day} {signed:%b %Y}" if signed else "not signed by both"
        return f"{AgreementKind(self.kind_of).label}, {when}"

    @property
    def environment_labels(self) -> list[str]:
        return [Environment(value).label for value in self.environments]


class ClauseReading(Record):
    """What a named person found when reading one clause: B01 to B56 of the agreement's clause list."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="readings")
    code = models.CharField(max_length=5)
    status = models.CharField(max_length=20, choices=[(status.value, status.label) for status in ReadingStatus])
    days = models.PositiveSmallIntegerField("days that it gives", null=True, blank=True)
    page = models.CharField(max_length=30, blank=True)
    quote = models.TextField(max_length=2000, blank=True)
    reason = models.TextField("why it does not apply", max_length=1000, blank=True)
    read_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, related_name="+")
    read_on = models.DateField()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "code"], name="clause_read_once"),
            models.CheckConstraint(
                condition=~Q(status=ReadingStatus.DOES_NOT_APPLY) | ~Q(reason=""),
                name="clause_left_out_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} of the {self.agreement}"


class Review(Record):
    """A dated re-reading of an agreement.

    `points` are the things it asked about, each with what was found ([{"key", "still", "note"}]).
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="reviews")
    on = models.DateField()
    by = models.ForeignKey("core.Person", on_delete=models.PROTECT, related_name="+")
    finding = models.CharField(max_length=10, choices=ReviewFinding.choices())
    notes = models.TextField("what you found", max_length=4000, blank=True)
    points = models.JSONField(default=list, blank=True)
    next_review_on = models.DateField()

    class Meta:
        ordering = ["-on", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(next_review_on__gt=F("on")), name="next_review_after_this_one")
        ]

    def __str__(self) -> str:
        return f"Review of the {self.agreement}"
