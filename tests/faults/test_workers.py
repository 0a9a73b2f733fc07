"""F5: a worker dies in the middle of a document."""

import random
import time

import pytest

from tests.faults.conftest import Report
from tests.faults.installation import LEASE, Installation
from tests.services import wait_until

pytestmark = pytest.mark.faults


def states(site: Installation, kind: str) -> list[tuple[str, str]]:
    query = "SELECT state, last_error FROM core_job WHERE kind = %s ORDER BY id"
    return [(str(state), str(error)) for state, error in site.postgresql.ask(query, kind)]


def test_a_worker_that_is_killed_in_the_middle_of_a_document(site: Installation, report: Report, seed: int):
    report.fault("F5", "every worker killed by SIGKILL within two seconds after a document was begun, three times")
    chance, slowest = random.Random(seed), 0.0
    for turn in range(3):
        site.run("tests.faults.ask", "long_letter", str(turn), check=True)
        wait_until(lambda: ("running", "") in states(site, "long_letter"), "a worker has begun", 60)
        time.sleep(chance.uniform(0.2, 2))
        for each in site.workers:
            each.kill()
        began = time.monotonic()
        for each in site.workers:
            each.start()
        site.rests(within=120)
        slowest = max(slowest, time.monotonic() - began)
    report.healing(site)
    report.counts["slowest to be made after all"] = f"{slowest:.0f} s, with a lease of {LEASE} s"
    assert states(site, "long_letter") == [("done", "")] * 3
    report.holds(site, [])
