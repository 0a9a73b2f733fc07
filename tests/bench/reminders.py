"""A day's run over many deadlines, as far as it looks for what is due, against the bare SQL that finds them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from practice_vetting.core import clock, ladder, rounds
from practice_vetting.core.models import Membership, Person, Practice
from practice_vetting.core.roles import Role
from tests.bench import mailing
from tests.bench.clocks import Clock, cpu_with_server, process_cpu, side_by_side
from tests.bench.data import known_to_the_planner, multiply
from tests.bench.figure import Figure
from vendors.models import Agreement, Vendor

TODAY = date(2026, 11, 18)  # a Wednesday: the summary of the week went out on Monday


def measure(quick: bool) -> Iterator[Figure]:
    practices, each = (30, 50) if quick else (10_000, 100)
    with clock.set_to(datetime(TODAY.year, TODAY.month, TODAY.day, 17, tzinfo=UTC)):
        _fill(practices, each)
        yield from _scans(practices * each, 3 if quick else 9)
        yield from mailing.figures(TODAY, 30 if quick else 200, 4 if quick else 20, 2 if quick else 5, _clock())


# --- a day's run ----------------------------------------------------------------------------------------

#: the least that finds what comes up: by the days of the ladder, of agreements that go on
_BARE = """
    SELECT a.practice_id, a.uid, a.next_review_on FROM vendors_agreement a JOIN vendors_vendor v ON v.id = a.vendor_id
    WHERE a.next_review_on IN ({days}) AND a.ended_on IS NULL AND v.ended_on IS NULL
    AND (a.ends_on IS NULL OR a.ends_on >= {today}) AND (a.superseded_on IS NULL OR a.superseded_on > {today})
"""


def _scans(count: int, times: int) -> Iterator[Figure]:
    days = sorted(ladder.reached_after(Practice().ladder, TODAY - timedelta(days=1), TODAY))
    asked = _BARE.format(days=", ".join(["%s"] * len(days)), today="%s")

    def bare() -> int:
        with connection.cursor() as cursor:
            cursor.execute(asked, [*days, TODAY, TODAY])
            return len(cursor.fetchall())

    def ours() -> int:
        with transaction.atomic():
            found = sum(map(len, rounds.begin(TODAY).whole.values()))
            transaction.set_rollback(True)
        return found

    cost = side_by_side(ours, bare, rounds=times, clock=_clock())
    name = f"finding what is due among {count:,} deadlines of {Practice.objects.count():,} practices"
    yield cost.figure(name, floor_is="the bare SQL that finds them", goal=1.5)


# --- data -----------------------------------------------------------------------------------------------


def _fill(practices: int, each: int) -> None:
    """Practices with an owner, an officer, and agreements whose reviews lie evenly over a year, looked at yesterday."""
    homes = _written([Practice(name=f"Practice {number:05}") for number in range(practices)])
    roles = [(home, role) for home in homes for role in (Role.OWNER, Role.OFFICER)]
    people = _written([Person(email=f"{role}@{home.uid}.example", name=f"Person {home.pk}") for home, role in roles])
    pairs = zip(people, roles, strict=True)
    _written([Membership(practice=home, person=person, role=role) for person, (home, role) in pairs])
    rounds.looked({home.pk: 0 for home in homes}, TODAY - timedelta(days=1), set())
    vendors = _written([Vendor(practice=homes[0], name="A vendor")])
    number = "(n - 1)"
    home = f"{homes[0].pk} + {number} / {each}"
    multiply(vendors[0], practices * each, {"practice_id": home, "name": f"'Vendor ' || {number}"})
    known = Agreement(practice=homes[0], vendor=vendors[0], next_review_on=TODAY, regular_review_on=TODAY)
    [agreement] = _written([known])
    ahead = f"(1 + {number} * 7 % 365)"
    day = f"date('{TODAY}', '+' || {ahead} || ' days')"
    if connection.vendor == "postgresql":
        day = f"date '{TODAY}' + {ahead}::int"
    where = {"practice_id": home, "vendor_id": f"{vendors[0].pk} + {number}"}
    multiply(agreement, practices * each, where | {"next_review_on": day, "regular_review_on": day})
    known_to_the_planner(Practice, Vendor, Agreement, Membership)


def _written(rows: list[Any]) -> list[Any]:
    """The rows with their keys. A record refuses this, because it leaves no history: here none is wanted."""
    return QuerySet(type(rows[0])).bulk_create(rows, batch_size=5_000)


def _clock() -> Clock:
    if connection.vendor != "postgresql":
        return process_cpu
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [[pid]] = cursor.fetchall()
    return cpu_with_server(pid)
