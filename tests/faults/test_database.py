"""F2, F3, F4: PostgreSQL restarts, is away, has no connection left, or holds a lock for long."""

import random
import time
from contextlib import ExitStack, suppress

import psycopg
import pytest

from tests.faults.conftest import Report
from tests.faults.installation import Installation
from tests.faults.journal import Page, joined
from tests.faults.officers import at_work, gather
from tests.faults.servers import FAST, IMMEDIATE

pytestmark = pytest.mark.faults
AWAY = 60.0  # seconds
ANSWERS_WITHIN = 5.0  # seconds, however little the database does


def slowest(pages: list[Page]) -> float:
    return max((page.seconds for page in pages), default=0.0)


@pytest.mark.parametrize(("mode", "words"), [(IMMEDIATE, "immediate"), (FAST, "fast")], ids=["immediate", "fast"])
def test_a_restart_of_the_database_loses_no_save(mode: int, words: str, site: Installation, report: Report, seed: int):
    report.fault("F2", f"PostgreSQL restarted six times ({words}) in the middle of saves")
    chance, officers = random.Random(seed), at_work(site, seed, think=0.2, look=0)
    for _ in range(6):
        time.sleep(chance.uniform(2, 6))
        site.postgresql.stop(mode)
        site.postgresql.start()
    report.healing(site)
    report.holds(site, gather(officers))


def test_a_database_that_is_away_is_said_in_a_friendly_page(site: Installation, report: Report, seed: int):
    report.fault("F3", f"PostgreSQL stopped for {AWAY:.0f} seconds")
    officers = at_work(site, seed)
    time.sleep(5)
    site.postgresql.stop(FAST)
    began = time.monotonic()
    time.sleep(AWAY)
    site.postgresql.start()
    report.healing(site)
    assert time.monotonic() - began >= AWAY
    journals = gather(officers)
    told = report.holds(site, journals)
    report.counts["slowest 503"] = f"{slowest(answered(journals, 503)):.1f} s"
    assert told.counts["pages 503"] > 0


def answered(journals: list, status: int) -> list[Page]:
    return [page for page in joined(journals).pages if page.status == status]


def hold_every_connection(site: Installation, seconds: float) -> int:
    """Take all connections that the server gives, and those of the site as well; tell how many were held."""
    over = time.monotonic() + seconds
    mine = ("SELECT pg_terminate_backend(pid) FROM pg_stat_activity", "application_name <> 'greedy'")
    ends = f"{mine[0]} WHERE {mine[1]} AND backend_type = 'client backend'"
    with ExitStack() as held:
        connections: list[psycopg.Connection] = []
        while time.monotonic() < over:
            with suppress(psycopg.OperationalError):
                while True:
                    greedy = psycopg.connect(site.postgresql.url, application_name="greedy", autocommit=True)
                    connections.append(held.enter_context(greedy))
            connections[0].execute(ends.encode())
        return len(connections)


def test_a_server_without_a_connection_left_is_answered_quickly(site: Installation, report: Report, seed: int):
    report.fault("F4", "every connection of PostgreSQL held by another for 30 seconds, and the site's own ended")
    officers = at_work(site, seed)
    time.sleep(3)
    report.counts["connections held"] = hold_every_connection(site, 30)
    report.healing(site)
    journals = gather(officers)
    report.holds(site, journals)
    report.counts["slowest 503"] = f"{slowest(answered(journals, 503)):.1f} s"
    assert answered(journals, 503) != []
    assert slowest(answered(journals, 503)) < 2 * ANSWERS_WITHIN


def test_a_table_that_is_locked_for_long_is_answered_quickly(site: Installation, report: Report, seed: int):
    report.fault("F4", "the table of answers locked by another for 40 seconds")
    officers = at_work(site, seed, think=0.2, look=0)
    time.sleep(3)
    with psycopg.connect(site.postgresql.url) as other:
        other.execute("LOCK TABLE checklists_answer IN ACCESS EXCLUSIVE MODE")
        time.sleep(40)
    report.healing(site)
    journals = gather(officers)
    report.holds(site, journals)
    pages = joined(journals).pages
    report.counts["slowest page"] = f"{slowest(pages):.1f} s"
    report.counts["slowest 503"] = f"{slowest(answered(journals, 503)):.1f} s"
    assert answered(journals, 503) != []
    assert slowest(answered(journals, 503)) < 2 * ANSWERS_WITHIN
