"""A source of deadlines for the tests of reminders: settings.DEADLINES names `deadlines`."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from practice_vetting.core.deadline import Deadline
from practice_vetting.core.models import Practice, ReminderRound, Several
from practice_vetting.core.sources import Days

SOURCE = {"tests.core.deadlines_for_tests.deadlines": "tests.core.deadlines_for_tests.coming_up"}
DUE = date(2026, 11, 9)
OPEN: dict[str, list[Deadline]] = {}  # by the practice's uid


def deadlines(practice: Practice | Several, until: date) -> Iterator[Deadline]:
    for pk, uid in _homes(practice):
        yield from (replace(each, practice_id=pk) for each in OPEN.get(uid, []) if each.due_on <= until)


def coming_up(practices: Several, days: Days) -> set[int]:
    return {pk for pk, uid in _homes(practices) if {each.due_on for each in OPEN.get(uid, [])} & {*days.due_on}}


def _homes(practice: Practice | Several) -> Iterable[tuple[int, str]]:
    if isinstance(practice, Several):
        return Practice.objects.filter(pk__in=practice.keys).values_list("pk", "uid")
    return [(practice.pk, practice.uid)]


def set_deadline(practice: Practice, **columns: Any) -> Deadline:
    """One open deadline of the practice; it replaces those that were there."""
    vendor = columns.pop("vendor_name", "Notewell")
    defaults = {
        "kind": "agreement-review",
        "subject_kind": "agreement",
        "subject_uid": "abcdefghjkmn",
        "title": f"Business associate agreement with {vendor}",
        "vendor_name": vendor,
        "due_on": DUE,
        "url": "/agreements/abcdefghjkmn/",
        "action": f"Review the agreement with {vendor}",
    }
    deadline = Deadline(**{**defaults, **columns})
    OPEN[practice.uid] = [deadline]
    if practice.pk:
        ReminderRound.objects.filter(pk=practice.pk).delete()  # a real one would have its entry in the ledger
    return deadline
