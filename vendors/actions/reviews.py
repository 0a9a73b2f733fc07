"""Reviewing an agreement: a dated re-reading, for what happened or once a year, which sets the day of the next."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, TypedDict

from practice_vetting.core import ledger
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import Person
from practice_vetting.core.templatetags.wording import day as day_words
from vendors.actions.agreements import locked
from vendors.actions.review_days import set_next, settle
from vendors.agreement_states import Act
from vendors.deadlines import a_year_after
from vendors.kinds import ReviewFinding
from vendors.models import Agreement, Review, ReviewTrigger
from vendors.review_points import asks_everything, keys_of, latest_next, point, problems, year_is_over
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
    also: Iterable[Agreement] = (),
    next_review_on: date | None = None,
    form_id: str | None = None,
) -> Review:
    """Record that the person read the agreement again on that day, and for which of the open triggers.

    `also` are other agreements of the vendor that the person read for these triggers: each gets a review of its own.
    What was not read stays due. The next yearly review is a year later; a review that asked only what changed
    leaves it where it is, and one that finds something must change brings it within 30 days. A review older than the
    last one on file is kept, and moves no date. Raises Refused for what cannot be.
    """
    current = locked(agreement, act=Act.REVIEW)
    answers = _open_ones(current, triggers, on)
    _refuse_what_cannot_be(current, on)
    _refuse_points(points)
    if finding == ReviewFinding.CHANGES and not notes.strip():
        raise Refused("Say what must change.", field="notes")
    found = {"on": on, "by": by, "finding": finding, "notes": notes.strip()}
    day = _next_regular(current, found, whole=asks_everything(each["key"] for each in points), given=next_review_on)
    review = _read(current, answers, {**found, "points": list(points), "form_id": form_id}, day)
    with_it = [_read_also(each, answers, points, found) for each in also]
    for trigger in answers:
        trigger.version += 1
        trigger.save(update_fields=["read", "version"])
    settle(current.vendor)
    ledger.record(
        review, label=str(current), on=on, finding=finding, next_review_on=_next(current),
        **({"answered": [each.uid for each in answers]} if answers else {}),
        **({"also": [each.agreement.uid for each in with_it]} if with_it else {}),
    )  # fmt: skip
    rejudge(current.vendor)
    return review


def _read(agreement: Agreement, answers: list[ReviewTrigger], found: dict[str, Any], day: date) -> Review:
    """The review of one agreement, as what it was read for remembers it too."""
    latest = not Review.objects.filter(agreement=agreement, on__gt=found["on"]).exists()
    review = Review(practice=agreement.practice, agreement=agreement, next_review_on=day, **found)
    review.save(force_insert=True)
    for trigger in answers:
        trigger.read = {**trigger.read, agreement.uid: review.uid}
    if latest:
        agreement.regular_review_on = day
        set_next(agreement)
        agreement.version += 1
        agreement.save(update_fields=["regular_review_on", "next_review_on", "version"])
    return review


def _read_also(
    agreement: Agreement, answers: list[ReviewTrigger], points: Sequence[PointFound], found: dict[str, Any]
) -> Review:
    """The review of another agreement for the same triggers, and for nothing else. Raises Refused."""
    other, on = locked(agreement, act=Act.REVIEW), found["on"]
    if not answers:
        raise Refused("Mark above what you read them for.", field="also")
    if any(each.vendor_id != other.vendor_id for each in answers):
        raise Refused("One of these is with another vendor.", field="also")
    if year_is_over(other.regular_review_on, other.practice.today()):
        raise Refused("The yearly review of one of these is due too. Review that one by itself.", field="also")
    if other.executed_on is None or on < other.executed_on:
        raise Refused("One of these was not signed yet on this day. Check the day.", field="also")
    keys = {key for each in answers for key in keys_of(each.kind_of)}
    asked = [each for each in points if each["key"] in keys]
    return _read(other, answers, {**found, "points": asked}, _next_regular(other, found, whole=False))


def _next_regular(agreement: Agreement, found: dict[str, Any], *, whole: bool, given: date | None = None) -> date:
    """The day of the next regular review: the one that the person gave, if it may be so late. Raises Refused."""
    on, regular = found["on"], agreement.regular_review_on
    must_change = found["finding"] == ReviewFinding.CHANGES
    if not whole and regular and regular <= on:
        raise Refused("Its yearly review is due as well. Ask everything.")
    if given and given <= on:
        raise Refused("The next review must come after this one.", field="next_review_on")
    if given and given > a_year_after(agreement.practice.today()):
        raise Refused("An agreement is read again at least once a year. Choose an earlier day.", field="next_review_on")
    last = latest_next(on, regular, whole=whole, must_change=must_change)
    if given and given > last and must_change:
        raise Refused(f"Something must change, so look again by {day_words(last)}. Our policy.", field="next_review_on")
    if given and given > last and not whole:
        raise Refused(
            f"Only what changed was asked, so the yearly review stays on {day_words(last)}.", field="next_review_on"
        )
    return given or last


def _next(agreement: Agreement) -> date | None:
    return Agreement.objects.values_list("next_review_on", flat=True).get(pk=agreement.pk)


def _open_ones(agreement: Agreement, triggers: Iterable[ReviewTrigger], on: date) -> list[ReviewTrigger]:
    """The triggers, locked. Raises Refused for one that is no longer open, or that the reader could not know of."""
    asked = [each.pk for each in triggers]
    found = (
        ReviewTrigger.objects.select_for_update(no_key=True, of=("self",))
        .filter(vendor=agreement.vendor, pk__in=asked)
        .open()
    )
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


def _refuse_what_cannot_be(agreement: Agreement, on: date) -> None:
    if agreement.executed_on is None:
        raise Refused("Both sides must have signed before it can be reviewed. Record the signatures first.")
    if on > agreement.practice.today():
        raise Refused("This day has not come yet. Choose the day on which you read it.", field="on")
    if on < agreement.executed_on:
        raise Refused("It was not signed yet on this day. Check the date.", field="on")
