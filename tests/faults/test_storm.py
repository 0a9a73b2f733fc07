"""The storm: every part killed by SIGKILL at random moments, while twenty officers work for ten minutes."""

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from itertools import chain

import pytest

from tests.faults.conftest import Report
from tests.faults.installation import Installation
from tests.faults.officers import at_work, gather
from tests.faults.processes import Process

pytestmark = pytest.mark.faults
SECONDS = float(os.environ.get("STORM_SECONDS") or 600)
#: longer than a mail stays in the hands of a worker that died (delivery.LEASE)
MAILS_WITHIN = 400.0


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Four practices of five officers."""
    with Installation(tmp_path_factory.mktemp("storm")) as running:
        running.arrange(practices=4, officers=5)
        yield running


def kinds(site: Installation) -> dict[str, list[Process]]:
    return {
        "web": site.web,
        "worker": site.workers,
        "clock": site.clocks,
        "PostgreSQL": [site.postgresql],
        "Redis": [site.redis],
    }


def test_nothing_that_was_confirmed_is_lost_in_a_storm(site: Installation, report: Report, seed: int):
    report.fault("storm", f"{SECONDS:.0f} s of SIGKILL at random moments, under 20 officers")
    chance, killed = random.Random(seed), Counter[str]()
    officers = at_work(site, seed, dossier=1)
    over = time.monotonic() + SECONDS
    while time.monotonic() < over:
        time.sleep(chance.uniform(2, 12))
        kind = chance.choice([*kinds(site)])
        victim = chance.choice(kinds(site)[kind])
        victim.restart(pause=chance.uniform(0.2, 3))
        killed[kind] += 1
    report.counts |= {f"{kind} killed": killed[kind] for kind in kinds(site)}
    assert all(each.is_alive for each in chain(*kinds(site).values())), "what was started again has ended by itself"
    report.healing(site)
    report.holds(site, gather(officers), mails_within=MAILS_WITHIN)
