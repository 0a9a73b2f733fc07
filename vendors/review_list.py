"""All reviews of a vendor and all that made them due, as its page and its line on the vendor's page show them."""

from datetime import date
from typing import Any

from django.urls import reverse

from practice_vetting.core.templatetags.wording import day
from vendors.deadlines import review_due
from vendors.kinds import ReviewFinding
from vendors.models import Agreement, Review, Vendor
from vendors.review_points import point
from vendors.reviews_due import found_on
from vendors.topics import Topic


def reviews_of(vendor: Vendor) -> dict[str, Any]:
    """What is open, what was answered or set aside, and every review, the newest first. Four queries."""
    triggers = list(
        vendor.triggers.select_related(
            "tool", "noticed_by", "set_aside_by", "answered_by__by", "answered_by__agreement"
        )
    )
    reviews = list(Review.objects.filter(agreement__vendor=vendor).select_related("by", "agreement"))
    for review in reviews:
        review.agreement.vendor = vendor
    agreements = list(vendor.agreements.filter(ended_on=None).executed().with_last_finding())
    done = [each for each in triggers if each.answered_by_id or each.set_aside_at]
    return {
        "open_triggers": [each for each in triggers if each not in done],
        "done": sorted(done, key=lambda each: (each.on, each.pk), reverse=True),
        "reviews": [{"review": review, "points": _points(review)} for review in reviews],
        "agreements": agreements,
        "must_change": [each for each in agreements if found_on(each)],
    }


def why_due(agreement: Agreement) -> dict[str, Any]:
    """What its page says of the next review: the changes that made it due, and what the last review found."""
    due_on, executed_on = agreement.next_review_on, agreement.executed_on
    asked = agreement.vendor.triggers.open().filter(due_on__lte=due_on) if due_on and executed_on else ()
    last = agreement.reviews.first()
    return {
        "why_due": [each for each in asked if agreement.uid not in each.read],
        "must_change": last if last and last.finding == ReviewFinding.CHANGES else None,
    }


def reviews_topic(vendor: Vendor, on: date) -> Topic:
    """Its line on the vendor's page."""
    waiting = vendor.triggers.open().count()
    days = Agreement.objects.going_on(on).filter(vendor=vendor, next_review_on__isnull=False)
    due_on = min(days.values_list("next_review_on", flat=True), default=None)
    due = review_due(due_on, today=on)
    late = due_on is not None and due_on < on
    when = f"{'Due since' if late else 'Next on'} {day(due_on)}" if due_on else "None is due yet"
    says = f"{when}; {waiting} change{'s' if waiting > 1 else ''} to look at" if waiting else when
    tone = "failed" if due.tone == "late" and due_on else "open" if waiting or due_on and due.tone else ""
    return Topic("Reviews", reverse("vendors:reviews", args=[vendor.uid]), says, tone)


def _points(review: Review) -> list[dict[str, Any]]:
    """What the review found on each point; a point that is asked no more keeps its key as its name."""
    named = ((each, point(each["key"])) for each in review.points)
    return [{**each, "title": found.title if found else each["key"]} for each, found in named]
