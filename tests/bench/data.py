"""Rows in bulk for the benchmarks: plain keyword-only functions that write as fast as the database takes them.

No history and no ledger is written, so none of it may be asked what happened to it.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import Model, QuerySet

from practice_vetting.core.models import Practice
from vendors.kinds import StandingState
from vendors.models import Standing, Tool, Vendor

BATCH = 5_000
_FIRST = ["Harbor", "Cedar", "Quiet", "Bright", "North", "Open", "Silver", "Willow", "Clear", "Amber", "Stone", "Blue"]
_SECOND = ["Note", "Scribe", "Billing", "Intake", "Chart", "Relay", "Voice", "Ledger", "Schedule", "Portal", "Claims"]
_STATES = [
    StandingState.CLEARED, StandingState.CLEARED, StandingState.CLEARED, StandingState.CLEARED,
    StandingState.IN_EVALUATION, StandingState.IN_EVALUATION, StandingState.PROPOSED, StandingState.LAPSED,
    StandingState.STOPPED, StandingState.NO_PATIENT_DATA,
]  # fmt: skip
_DAY = date(2026, 1, 1)
_REASON = {
    "requirement": 2,
    "state": "open",
    "sentence": "The vendor has not said in writing which companies behind it receive patient data.",
    "change": "Ask question 4 again, and put the list of sub-processors under the answer.",
    "url": "/evaluations/aaaaaaaaaaaa/#question-4",
    "where": "Question 4",
}


def many_vendors(practice: Practice, count: int) -> None:
    """So many vendors with a tool each and a standing, of all states; one in 500 is in use without being cleared."""
    for numbers in _batches(iter(range(count))):
        vendors = _written([_vendor(practice, number) for number in numbers])
        _written([_tool(vendor, number) for vendor, number in zip(vendors, numbers, strict=True)])
        _written([_standing(vendor, number) for vendor, number in zip(vendors, numbers, strict=True)])
    known_to_the_planner(Vendor, Tool, Standing)


def name_of(number: int) -> str:
    """The name of the vendor of that number: no two are alike, and none lies beside the one before."""
    return f"{_FIRST[number * 7 % len(_FIRST)]} {_SECOND[number * 5 % len(_SECOND)]} {number * 7919 % 1_000_003:06}"


def multiply(row: Model, count: int, different: dict[str, str]) -> None:
    """So many rows like this one, by one statement: `different` says in SQL what `n`, from 2 to the count, changes."""
    names = [field.column for field in row._meta.concrete_fields]
    uid = "substr(md5(random()::text), 1, 12)" if connection.vendor == "postgresql" else "hex(randomblob(6))"
    key = row._meta.pk.column
    changed = {key: f"{row.pk} + n - 1", "uid": uid, **different}
    columns = ", ".join(changed.get(name, f'r."{name}"') for name in names)
    table, into = row._meta.db_table, ", ".join(f'"{name}"' for name in names)
    numbers = f"WITH RECURSIVE numbers(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})"
    source = f"SELECT {columns} FROM numbers, {table} r WHERE r.{key} = {row.pk} AND n <= {count}"
    if connection.vendor == "postgresql":
        asked = f"{numbers} INSERT INTO {table} ({into}) {source}"
    else:
        asked = f"INSERT INTO {table} ({into}) {numbers} {source}"
    with connection.cursor() as cursor:
        cursor.execute(asked)


def known_to_the_planner(*models: type[Model]) -> None:
    """Let PostgreSQL count anew what was written, as it does by itself after a while; SQLite is never asked to."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")


def _vendor(practice: Practice, number: int) -> Vendor:
    return Vendor(practice=practice, name=name_of(number), summary="Writes the notes of a session from its sound")


def _tool(vendor: Vendor, number: int) -> Tool:
    named = {"name": f"Tool of {vendor.name}", "purpose": "Drafts notes", "has_ai": number % 2 == 0}
    return Tool(practice=vendor.practice, vendor=vendor, data_classes=["notes"], **named)


def _standing(vendor: Vendor, number: int) -> Standing:
    state = _STATES[number % len(_STATES)]
    met = 5 if state is StandingState.CLEARED else number % 5
    told: dict[str, Any] = {}
    if state not in (StandingState.PROPOSED, StandingState.NO_PATIENT_DATA):
        seals = [{"number": each, "state": "met" if each <= met else "open"} for each in range(1, 6)]
        told = {"seals": seals, "met_count": met, "reasons": [_REASON] * (5 - met)}
        told |= {"agreement_signed_on": _DAY - timedelta(days=number % 700)}
        told |= {"next_review_on": _DAY + timedelta(days=300 + number % 400)}
    if number % 500 == 7:
        told |= {"in_use_not_cleared": True, "uncleared_since": _DAY - timedelta(days=number % 90)}
    since, headline = _DAY - timedelta(days=number % 365), f"{met} of 5 documented"
    return Standing(practice=vendor.practice, vendor=vendor, state=state, since=since, headline=headline, **told)


def _batches(numbers: Iterator[int]) -> Iterator[list[int]]:
    while batch := list(islice(numbers, BATCH)):
        yield batch


def _written(rows: list[Any]) -> list[Any]:
    """The rows with their keys. A record refuses this, because it leaves no history: here none is wanted."""
    return QuerySet(type(rows[0])).bulk_create(rows, batch_size=BATCH)
