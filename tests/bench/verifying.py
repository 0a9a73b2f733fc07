"""What a night's comparison costs: entries a second with the rows that they name, and that its memory stays flat."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from practice_vetting.core import ledger
from practice_vetting.core.models import LedgerEntry, Practice
from tests import factories
from tests.bench.clocks import side_by_side
from tests.bench.compared import compare
from tests.bench.data import known_to_the_planner
from tests.bench.figure import Figure
from tests.bench.processes import fresh
from vendors.models import Vendor

MANY, FEW = 100_000, 5_000
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
BATCH = 2_000


def figures(*, quick: bool) -> Iterator[Figure]:
    count, few, times = (200, 20, 1) if quick else (MANY, FEW, 5)
    large, small = (factories.make_practice(name=name) for name in ("Kept long", "Kept briefly"))
    _live(large, count)
    _live(small, few)
    known_to_the_planner(LedgerEntry, Vendor.history.model)
    yield _chain(large, count, times)
    yield from _all_of_it(large, small, count)


def _chain(practice: Practice, count: int, times: int) -> Figure:
    """The links alone, in this process."""
    texts = [ledger.content_of(each) for each in LedgerEntry.objects.filter(practice_uid=practice.uid, seq__lte=1_000)]

    def ours() -> None:
        assert sum(not problem for _, problem in ledger.walk(practice.uid)) == count

    def floor() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM core_ledgerentry WHERE practice_uid = %s ORDER BY seq", [practice.uid])
            for number, _ in enumerate(iter(cursor.fetchone, None)):
                text = texts[number % len(texts)]
                hashlib.sha256(hashlib.sha256(text.encode()).hexdigest().encode()).hexdigest()

    cost = side_by_side(ours, floor, rounds=times, shortest=0)
    least = "its rows read, and two hashes over text that is there"
    name = "entries of a chain followed a second"
    return Figure(name, count / cost.value, "a second", count / cost.least, least, better="more", rounds=times)


def _all_of_it(large: Practice, small: Practice, count: int) -> Iterator[Figure]:
    """Everything that verify_history compares of a practice, each in a process of its own."""
    few, many = (fresh(compare, each.uid) for each in (small, large))
    assert (few.answer[1], many.answer) == (0, [count, 0]), "what was just made does not fit"
    spent = max(many.cpu - few.cpu, 0.001) / (count - few.answer[0])
    name = "entries verified a second, each with the row of history that it names"
    yield Figure(name, 1 / spent, "a second", better="more")
    name = f"memory of verifying {count:,} entries"
    floor_is = f"that of {few.answer[0]:,}"
    yield Figure(name, many.megabytes, "MB", few.megabytes, floor_is, 1.15)


# --- data -----------------------------------------------------------------------------------------------


def _live(practice: Practice, count: int) -> None:
    """One vendor that was changed so many times, each change with its row of history and its entry."""
    history = Vendor.history.model
    vendor = factories.make_vendor(practice=practice, name="Notewell")
    own = [practice.history.get(), vendor.history.get()]
    said = {field.attname: getattr(vendor, field.attname) for field in history.tracked_fields if not field.many_to_many}
    for first in range(0, count, BATCH):
        numbers = range(first, min(first + BATCH, count))
        rows = own if first == 0 else []
        made = history.objects.bulk_create(
            history(history_date=FIRST + timedelta(seconds=each), history_type="~", **said)
            for each in list(numbers)[len(rows) :]
        )
        entries = [_entry(practice.uid, number, row) for number, row in zip(numbers, [*rows, *made], strict=True)]
        ledger._extend(practice.uid, entries)


def _entry(practice_uid: str, number: int, row: Any) -> LedgerEntry:
    kind = ledger.kind_of(row.instance_type)
    return LedgerEntry(
        practice_uid=practice_uid, at=FIRST + timedelta(seconds=number), person_name="Dana Okafor",
        verb="vendor.changed", record_kind=kind, record_uid=row.uid, record_label=row.name,
        record_digest="0" * 64, detail={"changed": ["name", "summary"]},
        bound=[[kind, row.uid, row.pk, ledger.digest_of(row)]],
    )  # fmt: skip
