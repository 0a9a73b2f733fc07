"""Reviewing an agreement: a dated re-reading, which answers what happened and sets the day of the next."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TypedDict

from practice_vetting.core import ledger
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import Person
from vendors.actions.agreements import locked
from vendors.actions.triggers import move, open_days, release
from vendors.agreement_states import Act
from vendors.deadlines import a_year_after
from vendors.kinds import ReviewFinding
from vendors.models import Agreement, Review, ReviewTrigger
from vendors.review_points import due_with, point, problems
from vendors.standing import rejudge


class PointFound(TypedDict):
    """What a review found on one point of vendors.review_points: whether it is still so, and what changed."""

    key: str
    still: bool
    note: str


@action("agreement.reviewed", says="reviewed the")
def add_review(
    *,
    agreement: Agreement,
    by: Person,
    on: date,
    finding: str,
    notes: str = "",
    points: Sequence[PointFound] = (),
    triggers: Iterable[ReviewTrigger] = (),
    next_review_on: date | None = None,
    form_id: str | None = None,
) -> Review:
    """Record that the person read the agreement again on that day, and which of the open triggers that answers.

    The next is due a year later by default, or when the earliest trigger is that stays open. A review older than the
    last one on file is kept, and moves no date. Raises Refused for what cannot be.
    """
    current = locked(agreement, act=Act.REVIEW)
    next_review_on = next_review_on or a_year_after(on)
    _refuse_what_cannot_be(current, on, next_review_on)
    answers = _open_ones(current, triggers, on)
    _refuse_points(points)
    if finding == ReviewFinding.CHANGES and not notes.strip():
        raise Refused("Say what must change.", field="notes")
    latest = not Review.objects.filter(agreement=current, on__gt=on).exists()
    review = Review(practice=current.practice, agreement=current, on=on, by=by, finding=finding, form_id=form_id)
    review.notes, review.next_review_on, review.points = notes.strip(), next_review_on, list(points)
    review.save(force_insert=True)
    for trigger in answers:
        trigger.answered_by = review
        trigger.version += 1
        trigger.save(update_fields=["answered_by", "version"])
    if latest:
        move(current, due_with(next_review_on, open_days(current.vendor)))
    release(current.vendor, answers)
    ledger.record(
        review, label=str(current), on=on, finding=finding, next_review_on=_next(current),
        **({"answered": [each.uid for each in answers]} if answers else {}),
    )  # fmt: skip
    rejudge(current.vendor)
    return review


def _next(agreement: Agreement) -> date | None:
    return Agreement.objects.values_list("next_review_on", flat=True).get(pk=agreement.pk)


def _open_ones(agreement: Agreement, triggers: Iterable[ReviewTrigger], on: date) -> list[ReviewTrigger]:
    """The triggers, locked. Raises Refused for one that is no longer open, or that the reader could not know of."""
    asked = [each.pk for each in triggers]
    found = ReviewTrigger.objects.select_for_update(of=("self",)).filter(vendor=agreement.vendor, pk__in=asked).open()
    rows = list(found.order_by("pk"))
    if len(rows) != len(asked):
        raise Refused("One of these was answered or set aside meanwhile. Load the page again.", field="triggers")
    if any(each.on > on for each in rows):
        raise Refused("One of these happened after the day on which you read it. Check the day.", field="triggers")
    return rows


def _refuse_points(points: Sequence[PointFound]) -> None:
    for key, sentence in problems([{**each} for each in points]).items():
        raise Refused(sentence, field=f"note_{key}")
    if unknown := [each["key"] for each in points if point(each["key"]) is None]:
        raise Refused(f"Nobody asks about “{unknown[0]}”.")


def _refuse_what_cannot_be(agreement: Agreement, on: date, next_review_on: date) -> None:
    if agreement.executed_on is None:
        raise Refused("Both sides must have signed before it can be reviewed. Record the signatures first.")
    if on > agreement.practice.today():
        raise Refused("This day has not come yet. Choose the day on which you read it.", field="on")
    if on < agreement.executed_on:
        raise Refused("It was not signed yet on this day. Check the date.", field="on")
    if next_review_on <= on:
        raise Refused("The next review must come after this one.", field="next_review_on")
    if next_review_on > a_year_after(agreement.practice.today()):
        raise Refused("An agreement is read again at least once a year. Choose an earlier day.", field="next_review_on")
