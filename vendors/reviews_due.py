"""Reviews of agreements, and what happened that none of them answers, as deadlines (settings.DEADLINES)."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Greatest
from django.urls import reverse

from practice_vetting.core.deadline import Deadline
from practice_vetting.core.models import Practice, Several
from practice_vetting.core.sources import Days
from practice_vetting.core.templatetags.wording import day
from vendors.deadlines import lapses_on
from vendors.kinds import AgreementKind, ReviewFinding, TriggerKind
from vendors.models import Agreement, ReviewTrigger
from vendors.review_points import because, in_short


def deadlines(practice: Practice | Several, until: date) -> Iterator[Deadline]:
    """The reviews of the practice due on `until` or before, late ones included, the earliest first.

    An agreement that is over or was superseded, or whose vendor has ended, asks for no review.
    """
    open_ones = Agreement.objects.of(practice).asking_for_review(practice.today()).filter(vendor__ended_on=None)
    due = open_ones.with_last_finding().filter(next_review_on__lte=until).select_related("vendor")
    reasons = Reasons(practice, until)
    yield from (_of_agreement(agreement, reasons) for agreement in due.order_by("next_review_on", "id").iterator(1000))
    yield from (_of_trigger(trigger) for trigger in uncarried(practice).filter(due_on__lte=until).iterator(1000))


def coming_up(practices: Several, days: Days) -> Iterator[int]:
    """The practices with a review due on such a day, or where a trigger has just lost the agreement that carried it."""
    on = practices.today()
    asked = Agreement.objects.of(practices).asking_for_review(on).filter(vendor__ended_on=None)
    yield from asked.filter(next_review_on__in=days.due_on).order_by().values_list("practice_id", flat=True)
    waiting = uncarried(practices).filter(due_on__in=days.due_on).select_related(None).order_by()
    yield from waiting.values_list("practice_id", flat=True)
    over = Agreement.objects.over(on).going_on(days.since)
    triggers = ReviewTrigger.objects.of(practices).open().filter(Exists(over.filter(vendor=OuterRef("vendor"))))
    yield from triggers.order_by().values_list("practice_id", flat=True)


class Reasons:
    """Why reviews are due before their year is over: the open triggers of a practice by vendor. One query."""

    def __init__(self, practice: Practice | Several, until: date) -> None:
        self._of: dict[int, list[tuple[date, str, dict[str, str]]]] = defaultdict(list)
        rows = ReviewTrigger.objects.of(practice).open().filter(due_on__lte=until).order_by("due_on", "id")
        for vendor, due_on, kind, read in rows.values_list("vendor_id", "due_on", "kind_of", "read"):
            self._of[vendor].append((due_on, kind, read))

    def of(self, agreement: Agreement) -> str:
        """ "new sub-processor, changed terms"; "" for a review that is due because its year is over."""
        return in_short(self._kinds(agreement))

    def because(self, agreement: Agreement) -> str:
        """The same as the end of a sentence: "a sub-processor is new and the terms changed"."""
        return because(self._kinds(agreement))

    def _kinds(self, agreement: Agreement) -> list[str]:
        due_on = agreement.next_review_on
        asked = (row for row in self._of[agreement.vendor_id] if due_on and row[0] <= due_on)
        return [kind for _, kind, read in asked if agreement.uid not in read]


def uncarried(practice: Practice | Several) -> "QuerySet[ReviewTrigger]":
    """Open triggers whose vendor has no agreement that is to be reviewed for them: they wait by themselves."""
    asked_on = Greatest(OuterRef("due_on"), "practice_signed_on", "vendor_signed_on")
    carrying = Agreement.objects.going_on(practice.today()).executed()
    carrying = carrying.filter(vendor=OuterRef("vendor"), next_review_on__lte=asked_on)
    found = ReviewTrigger.objects.of(practice).open().filter(~Exists(carrying), vendor__ended_on=None)
    return found.select_related("vendor").order_by(F("due_on"), "id")


def found_on(agreement: Agreement) -> date | None:
    """When its last review found something that must change; None when it stands. See `with_last_finding`."""
    found: date | None = getattr(agreement, "last_read_on", None)
    return found if getattr(agreement, "last_finding", "") == ReviewFinding.CHANGES else None


def agreement_in_words(kind: str) -> str:
    """ "BAA (business associate agreement)": the short name explained, in the middle of a sentence."""
    label = AgreementKind(kind).label
    long, _, short = label.removesuffix(")").partition(" (")
    long = long if long.startswith("Part 2") else long[:1].lower() + long[1:]
    return f"{short} ({long})" if short else long


def short_name(kind: str) -> str:
    """ "BAA", "QSOA", "Part 2 rider": for the subject of a mail."""
    given = AgreementKind(kind)
    return given.name if given in (AgreementKind.BAA, AgreementKind.QSOA) else given.label.partition(" to ")[0]


def action_words(vendor_name: str, reason: str, found: date | None = None, kind: str = AgreementKind.BAA) -> str:
    """What to do, with the reason where one is known; `found` is the day of a review that something must change."""
    named = short_name(kind)
    named = named if named.isupper() or named.startswith("Part 2") else named.lower()
    do = f"Review the {named} with {vendor_name}"
    if found:
        do = f"Change what the review of {day(found)} found at {vendor_name}, or evaluate anew"
    return do + (f": {reason}" if reason else "")


def _of_agreement(agreement: Agreement, reasons: Reasons) -> Deadline:
    assert agreement.next_review_on is not None, "the query asks for it"
    return Deadline(
        kind="agreement-review",
        subject_kind=Agreement.kind(),
        subject_uid=agreement.uid,
        title=str(agreement),
        vendor_name=agreement.vendor.name,
        due_on=agreement.next_review_on,
        url=reverse("vendors:agreement", args=[agreement.uid]),
        action=action_words(agreement.vendor.name, reasons.of(agreement), found_on(agreement), agreement.kind_of),
        lapses_on=lapses_on(agreement.next_review_on),
        practice_id=agreement.practice_id,
    )


def _of_trigger(trigger: ReviewTrigger) -> Deadline:
    return Deadline(
        kind="review-trigger",
        subject_kind=ReviewTrigger.kind(),
        subject_uid=trigger.uid,
        title=TriggerKind(trigger.kind_of).label,
        vendor_name=trigger.vendor.name,
        due_on=trigger.due_on,
        url=reverse("vendors:reviews", args=[trigger.vendor.uid]),
        action=f"Look at {trigger.vendor.name} again: {in_short([trigger.kind_of])}",
        lapses_on=lapses_on(trigger.due_on),
        practice_id=trigger.practice_id,
    )
