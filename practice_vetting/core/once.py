"""A form that is sent twice makes one record."""

from collections.abc import Callable
from typing import TypeVar, cast

from django.db import IntegrityError
from django.db.models import QuerySet

from practice_vetting.core.errors import Refused
from practice_vetting.core.models import Practice, Record

R = TypeVar("R", bound=Record)


def once(model: type[R], *, practice: Practice, form_id: str, make: Callable[[], R]) -> R:
    """The record that the form with this id made already, or what `make` makes now.

    Two sendings at the same moment end in one record too: the slower one meets the unique form id. An id that a form
    of another practice used makes nothing and tells nothing. Raises Refused for it.
    """
    made = cast("QuerySet[R]", model.objects.filter(practice=practice, form_id=form_id))
    if first := made.first():
        return first
    try:
        return make()
    except IntegrityError:
        if second := made.first():
            return second
        if model._base_manager.filter(form_id=form_id).exists():
            raise Refused("This form was used already. Load this page again, then send it once more.") from None
        raise
