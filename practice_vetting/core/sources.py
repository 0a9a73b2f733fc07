"""What is to be told: the deadlines that the apps of settings.DEADLINES name, and the kinds of news."""

from collections.abc import Iterator
from datetime import date

from django.conf import settings
from django.utils.module_loading import import_string

from practice_vetting.core.deadline import Deadline
from practice_vetting.core.models import Practice

#: kinds that tell what has happened. Every other kind is a deadline, and mailed only while that stands.
NEWS = frozenset(
    {"backup", "history", "quarantine", "removal_proposed", "removal_withdrawn", "removal_done", "standing", "virus"}
)


def deadlines_of(practice: Practice, until: date) -> Iterator[Deadline]:
    """What the apps want done in the practice by that day, late ones included."""
    for source in settings.DEADLINES:
        yield from import_string(source)(practice, until)
