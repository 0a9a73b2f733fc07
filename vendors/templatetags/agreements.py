"""How pages tell where an agreement stands, and when its review is due."""

from datetime import date

from django import template

from vendors import deadlines
from vendors.models import Agreement

register = template.Library()


@register.filter
def force_on(agreement: Agreement, day: date) -> deadlines.Force:
    """Where the agreement stands on that day: `.label` and `.tone`."""
    return deadlines.force(agreement.dates, on=day)


@register.filter
def review_on(agreement: Agreement, day: date) -> deadlines.ReviewDue:
    """How far away its next review is on that day: `.words` and `.tone`."""
    return deadlines.review_due(agreement.next_review_on, today=day)
