"""How the age of evidence is put into words on pages."""

from datetime import date

from django import template

from vendors.evidence_age import Age, age

register = template.Library()


@register.filter
def age_on(expires_on: date | None, today: date) -> Age:
    """{% with age=evidence.expires_on|age_on:today %}: its tone ("late", "soon" or "") and words."""
    return age(expires_on, today)
