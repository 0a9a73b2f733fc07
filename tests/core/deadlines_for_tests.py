"""A source of deadlines for the tests of reminders: settings.DEADLINES names `deadlines`."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from practice_vetting.core.deadline import Deadline
from practice_vetting.core.models import Practice

SOURCE = ["tests.core.deadlines_for_tests.deadlines"]
DUE = date(2026, 11, 9)
OPEN: dict[str, list[Deadline]] = {}  # by the practice's uid


def deadlines(practice: Practice, until: date) -> Iterator[Deadline]:
    return (each for each in OPEN.get(practice.uid, []) if each.due_on <= until)


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
    return deadline
