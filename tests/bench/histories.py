"""The last 50 changes among ten million, page by page and filter by filter; and how fast a chain is verified.

The rows are made by one statement: nobody writes ten million one by one. Their digests fit nothing, so the chain that
is verified (verifying.py) is another, made as the product makes it.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from practice_vetting.core import history, triggers
from practice_vetting.core.models import LedgerEntry, LedgerHead, Person, Practice
from tests import factories
from tests.bench import verifying
from tests.bench.clocks import Clock, cpu_with_server, process_cpu, side_by_side
from tests.bench.data import known_to_the_planner, multiply
from tests.bench.figure import Figure

MANY, FEW = 10_000_000, 10_000
FIRST = datetime(2020, 1, 1, tzinfo=UTC)
STEP = 20  # seconds between two entries: ten million are six years
VERBS = ("record.viewed", "vendor.changed", "answer.recorded", "agreement.recorded")
KINDS = ("vendor", "tool", "answer", "agreement")


def measure(quick: bool) -> Iterator[Figure]:
    count, few, times = (2_000, 500, 1) if quick else (MANY, FEW, 15)
    triggers.drop_all()  # they would look at each row
    large, small = (factories.make_practice(name=name) for name in ("Large", "Small"))
    person = factories.make_person(name="Dana Okafor", email="dana@ours.example")
    _fill(large, person, count)
    _fill(small, person, few)
    known_to_the_planner(LedgerEntry)
    yield from _pages(large, small, person, times)
    yield from verifying.figures(quick=quick)


# --- pages ----------------------------------------------------------------------------------------------


def _pages(large: Practice, small: Practice, person: Person, times: int) -> Iterator[Figure]:
    """What SQL alone takes for the page, a hundred entries of which are read, against the same of ten thousand."""
    count, few = (LedgerHead.objects.get(practice_uid=each.uid).seq for each in (large, small))
    middle = (FIRST + timedelta(seconds=STEP * count // 2)).date()
    asked: dict[str, tuple[dict[str, Any], int | None]] = {
        "the newest": ({}, None),
        "from the middle on": ({}, count // 2),
        "of one person": ({"person": person.uid}, None),
        "of nobody but the product": ({"person": history.OURSELVES}, None),
        "of one kind": ({"kind": "tool"}, None),
        "of a kind that is rare": ({"kind": "removal"}, None),
        "of one verb": ({"verb": "answer.recorded"}, None),
        "of a verb that is rare": ({"verb": "records.removed"}, None),
        "until a day long ago": ({"until": middle}, None),
        "of a person on one day": ({"person": person.uid, "since": middle, "until": middle}, None),
        "of a kind and a verb that never meet": ({"kind": "tool", "verb": "answer.recorded"}, None),
        "with a word that is everywhere": ({"words": "Record 1"}, None),
        "with a word that is nowhere": ({"words": "no such words"}, None),
    }
    for name, (filters, before) in asked.items():
        ours = _sql(lambda filters=filters, before=before: history.read(large, filters, before=before, after=None))
        fewer = _sql(lambda filters=filters: history.read(small, filters, before=None, after=None))
        cost = side_by_side(ours, fewer, rounds=times, clock=_clock(), shortest=0.05 if times > 1 else 0)
        words = f"a page of {count:,} entries, {name}: SQL alone"
        yield cost.figure(words, floor_is=f"the same of {few:,}", goal=5, goal_is="value")


def _sql(read: Callable[[], object]) -> Callable[[], object]:
    """The queries that it asks, asked again without Django."""
    with CaptureQueriesContext(connection) as heard:
        read()
    asked = [each["sql"] for each in heard.captured_queries]

    def again() -> None:
        with connection.cursor() as cursor:
            for each in asked:
                cursor.execute(each)
                cursor.fetchall()

    return again


# --- data -----------------------------------------------------------------------------------------------


def _entry(practice_uid: str, number: int) -> LedgerEntry:
    return LedgerEntry(
        practice_uid=practice_uid, seq=number, at=FIRST + timedelta(seconds=STEP * number), person_name="Dana Okafor",
        verb="vendor.changed", record_kind="vendor", record_uid="abcdefghjkmn", record_label=f"Record {number}",
        record_digest="0" * 64, detail={"changed": ["name", "summary"]},
        bound=[["vendor", "abcdefghjkmn", number, "0" * 64]], previous="0" * 64, digest="0" * 64,
    )  # fmt: skip


def _fill(practice: Practice, person: Person, count: int) -> None:
    """Entries of four kinds and verbs, nine of ten by one person; one rare kind and verb at the beginning."""
    first = _entry(practice.uid, 1)
    first.verb, first.record_kind = "records.removed", "removal"
    first.save()
    row = _entry(practice.uid, 2)
    row.save()
    moment = f"datetime('{FIRST:%Y-%m-%d %H:%M:%S}', '+' || (n * {STEP}) || ' seconds')"
    if connection.vendor == "postgresql":
        moment = f"timestamptz '{FIRST.isoformat()}' + n * interval '{STEP} seconds'"
    different = {
        "seq": "n + 1",
        "at": moment,
        "person_uid": f"CASE n % 10 WHEN 0 THEN '' ELSE '{person.uid}' END",
        "verb": _one_of(VERBS),
        "record_kind": _one_of(KINDS),
        "record_uid": "'uid' || (n / 40)",
        "record_label": "'Record ' || n",
    }
    multiply(row, count - 1, different)
    LedgerHead.objects.create(practice_uid=practice.uid, seq=count, digest="0" * 64)


def _one_of(values: tuple[str, ...]) -> str:
    cases = " ".join(f"WHEN {number} THEN '{value}'" for number, value in enumerate(values))
    return f"CASE n % {len(values)} {cases} END"


def _clock() -> Clock:
    if connection.vendor != "postgresql":
        return process_cpu
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [[pid]] = cursor.fetchall()
    return cpu_with_server(pid)
