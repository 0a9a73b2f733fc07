"""The history as a spreadsheet: what a person takes away, and that they did."""

from collections.abc import Iterator
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Max, QuerySet

from practice_vetting.core import clock, history, ledger, spreadsheet
from practice_vetting.core.actions import action
from practice_vetting.core.models import LedgerEntry, Person, Practice

HEADER = [
    "Number", "Date", "Time", "Time zone", "Person", "What was done", "To what", "Kind of record", "Details", "Verb",
    "SHA-256 of the entry",
]  # fmt: skip
_AT_ONCE = 500  # entries: the file is written as it is sent, however long the history


@action("history.exported", says="exported the history of")
def export_history(*, practice: Practice, by: Person, filters: dict[str, Any]) -> QuerySet[LedgerEntry]:
    """Tell that the person takes these entries away, and return them, oldest first: those there were at that moment."""
    found = history.filtered(practice, filters)
    last = found.aggregate(last=Max("seq"))["last"] or 0
    taken = found.filter(seq__lte=last).order_by("seq")
    given = {name: str(value) for name, value in filters.items() if value}
    ledger.record(practice, filters=given, rows=taken.count())
    return taken


def as_file(practice: Practice, entries: QuerySet[LedgerEntry]) -> Iterator[bytes]:
    return spreadsheet.lines(HEADER, _rows(practice, entries))


def file_name(practice: Practice) -> str:
    return f"History of {practice.name}, {clock.today(practice.time_zone).isoformat()}.csv"


def _rows(practice: Practice, entries: QuerySet[LedgerEntry]) -> Iterator[list[Any]]:
    zone = ZoneInfo(practice.time_zone)
    waiting = entries.iterator(_AT_ONCE)
    while some := list(islice(waiting, _AT_ONCE)):
        for told in history.tell(practice, some):
            entry, at = told.entry, told.entry.at.astimezone(zone)
            moment = [at.date().isoformat(), at.time().isoformat("seconds"), practice.time_zone]
            what = [told.says, entry.record_label, entry.record_kind, " ".join(told.lines)]
            yield [entry.seq, *moment, entry.person_name, *what, entry.verb, entry.digest]
