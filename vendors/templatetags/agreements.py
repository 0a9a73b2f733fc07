"""How pages tell where an agreement stands, and when its review is due."""

from datetime import date

from django import template

from vendors import agreement_states, deadlines
from vendors.models import Agreement

register = template.Library()


@register.filter
def stands_on(agreement: Agreement, day: date) -> agreement_states.Stands:
    """Where the agreement stands on that day: `.label`, `.tone`, `.state`, and what moves it on in `.says`."""
    return agreement_states.stands(agreement.dates, on=day)


@register.filter
def review_on(agreement: Agreement, day: date) -> deadlines.ReviewDue:
    """How far away its next review is on that day: `.words` and `.tone`."""
    return deadlines.review_due(agreement.next_review_on, today=day)


@register.filter
def named(agreement: Agreement) -> str:
    """One agreement among several of a vendor: its kind, and when both had signed it."""
    return str(agreement.named)
