"""A form that is sent twice makes one record."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from django.db import IntegrityError
from django.db.models import QuerySet

from practice_vetting.core.errors import Refused
from practice_vetting.core.models import Practice, Record

R = TypeVar("R", bound=Record)
_USED = "This form was used already. Load this page again, then send it once more."


def once(model: type[R], *, practice: Practice, form_id: str, make: Callable[[], R], about: Mapping[str, Any]) -> R:
    """The record that the form with this id made already, or what `make` makes now.

    Two sendings at the same moment end in one record too: the slower one meets the unique form id. `about` are the
    columns that say of what the record is, as the address of the form does: an id that was used at another door, or by
    another practice, makes nothing and tells nothing. Raises Refused for it.
    """
    made = cast("QuerySet[R]", model.objects.filter(practice=practice, form_id=form_id))
    if first := made.first():
        return _same(first, about)
    try:
        return make()
    except IntegrityError:
        if second := made.first():
            return _same(second, about)
        if model._base_manager.filter(form_id=form_id).exists():
            raise Refused(_USED) from None
        raise


def _same(made: R, about: Mapping[str, Any]) -> R:
    if any(getattr(made, column) != value for column, value in about.items()):
        raise Refused(_USED)
    return made
