"""Reviewing an agreement: a dated re-reading, which sets the day of the next."""

from datetime import date

from practice_vetting.core import ledger
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import Person
from vendors.actions.agreements import locked
from vendors.deadlines import a_year_after
from vendors.kinds import ReviewFinding
from vendors.models import Agreement, Review
from vendors.standing import rejudge


@action("agreement.reviewed", says="reviewed the")
def add_review(
    *,
    agreement: Agreement,
    by: Person,
    on: date,
    finding: str,
    notes: str = "",
    next_review_on: date | None = None,
    form_id: str | None = None,
) -> Review:
    """Record that the person read the agreement again on that day. The next is due a year later by default.

    A review older than the last one on file is kept, and moves no date. Raises Refused for what cannot be.
    """
    current = locked(agreement)
    next_review_on = next_review_on or a_year_after(on)
    _refuse_what_cannot_be(current, on, next_review_on)
    if finding == ReviewFinding.CHANGES and not notes.strip():
        raise Refused("Say what must change.", field="notes")
    latest = not Review.objects.filter(agreement=current, on__gt=on).exists()
    review = Review(practice=current.practice, agreement=current, on=on, by=by, finding=finding, form_id=form_id)
    review.notes, review.next_review_on = notes.strip(), next_review_on
    review.save(force_insert=True)
    if latest:
        current.next_review_on = next_review_on
        current.version += 1
        current.save(update_fields=["next_review_on", "version"])
    ledger.record(review, label=str(current), on=on, finding=finding, next_review_on=current.next_review_on)
    rejudge(current.vendor)
    return review


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
