"""F7 and F8: Redis is killed, comes back empty, is emptied, is away for minutes, or is full."""

import random
import time

import pytest

from tests.faults.conftest import Report
from tests.faults.installation import Installation
from tests.faults.officers import at_work, gather

pytestmark = pytest.mark.faults
AWAY = 150.0  # seconds


def holds_without_a_fault_page(site: Installation, report: Report, officers: list) -> None:
    report.healing(site)
    told = report.holds(site, gather(officers), mails_within=90)
    assert (told.counts["pages 500"], told.counts["pages 503"], told.counts["connections lost"]) == (0, 0, 0)


def test_a_queue_that_is_killed_and_comes_back_empty_loses_nothing(site: Installation, report: Report, seed: int):
    report.fault("F7", "Redis killed by SIGKILL five times, each time back empty")
    chance, officers = random.Random(seed), at_work(site, seed, dossier=2)
    for _ in range(5):
        time.sleep(chance.uniform(2, 6))
        site.redis.restart(pause=chance.uniform(0.2, 2))
    holds_without_a_fault_page(site, report, officers)


def test_a_queue_that_is_emptied_loses_nothing(site: Installation, report: Report, seed: int):
    report.fault("F7", "FLUSHALL ten times")
    chance, officers = random.Random(seed), at_work(site, seed, dossier=2)
    for _ in range(10):
        time.sleep(chance.uniform(1, 3))
        site.redis.ask("FLUSHALL")
    holds_without_a_fault_page(site, report, officers)


def test_people_work_on_while_the_queue_is_away(site: Installation, report: Report, seed: int):
    report.fault("F7", f"Redis away for {AWAY:.0f} seconds")
    officers = at_work(site, seed, dossier=1)
    time.sleep(5)
    site.redis.kill()
    time.sleep(AWAY)
    site.redis.start()
    holds_without_a_fault_page(site, report, officers)


def test_people_work_on_while_the_queue_is_full(site: Installation, report: Report, seed: int):
    report.fault("F8", "Redis full for 40 seconds (maxmemory 1mb, noeviction)")
    officers = at_work(site, seed, dossier=1)
    time.sleep(3)
    site.redis.ask("CONFIG", "SET", "maxmemory-policy", "noeviction")
    site.redis.ask("CONFIG", "SET", "maxmemory", "1mb")
    time.sleep(40)
    site.redis.ask("CONFIG", "SET", "maxmemory", "0")
    holds_without_a_fault_page(site, report, officers)
