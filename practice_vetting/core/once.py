"""A form that is sent twice makes one record."""

from collections.abc import Callable
from typing import TypeVar, cast

from django.db import IntegrityError
from django.db.models import QuerySet

from practice_vetting.core.models import Practice, Record

R = TypeVar("R", bound=Record)


def once(model: type[R], *, practice: Practice, form_id: str, make: Callable[[], R]) -> R:
    """The record that the form with this id made already, or what `make` makes now.

    Two sendings at the same moment end in one record too: the slower one meets the unique form id.
    """
    made = cast("QuerySet[R]", model.objects.filter(practice=practice, form_id=form_id))
    if first := made.first():
        return first
    try:
        return make()
    except IntegrityError:
        if second := made.first():
            return second
        raise
