"""What is to be told: the deadlines that the apps of settings.DEADLINES name, and the kinds of news."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.utils.module_loading import import_string

from practice_vetting.core.deadline import Deadline
from practice_vetting.core.models import Practice, Several

#: kinds that tell what has happened. Every other kind is a deadline, and mailed only while that stands.
NEWS = frozenset(
    {"backup", "history", "quarantine", "removal_proposed", "removal_withdrawn", "removal_done", "standing", "virus"}
)


@dataclass(frozen=True)
class Days:
    """Days on which something may come up: a deadline on one of `due_on`, or what changes by itself after `since`.

    `due_on` are those of which a rung was reached after `since`.
    """

    since: date
    due_on: Collection[date]


def deadlines_of(practice: Practice, until: date) -> Iterator[Deadline]:
    """What the apps want done in the practice by that day, late ones included."""
    for source in settings.DEADLINES:
        yield from import_string(source)(practice, until)


def deadlines_of_each(untils: dict[Practice, date]) -> dict[int, list[Deadline]]:
    """The same of many practices, each until its own day, by their keys: as many queries as for one."""
    groups = defaultdict(list)
    for practice, until in untils.items():
        groups[practice.today(), until].append(practice.pk)
    found: dict[int, list[Deadline]] = {practice.pk: [] for practice in untils}
    for (on, until), keys in groups.items():
        for source in settings.DEADLINES:
            for deadline in import_string(source)(Several(tuple(keys), on), until):
                found[deadline.practice_id].append(deadline)
    return found


def coming_up(practices: Several, days: Days) -> set[int]:
    """Which of these practices have a deadline that may come up on such a day, by what SQL can tell of it.

    Each source names a second function for it, and may name a practice too many, but none too few.
    """
    found: set[int] = set()
    for asked in settings.DEADLINES.values():
        found.update(import_string(asked)(practices, days))
    return found
