"""Patient data: a gentle word beside a text that saves itself, and whether a purged file is gone."""

from django import template

from practice_vetting.core.files import keeping
from practice_vetting.core.files.patient_data import look
from practice_vetting.core.models import StoredFile

register = template.Library()


@register.filter
def patient_data_in(text: str) -> str:
    """ "1 birth date, 2 patient or record numbers"; "" when nothing would stop a file either."""
    return ", ".join(each.words for each in look(text) if each.stops)


@register.filter
def is_being_removed(stored: StoredFile) -> bool:
    return keeping.is_being_removed(stored)
