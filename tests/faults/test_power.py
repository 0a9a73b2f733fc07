"""F22: the power goes, and everything of the installation ends at one moment."""

import os
import random
import time

import pytest

from tests.faults.conftest import Report
from tests.faults.installation import Installation
from tests.faults.officers import at_work, gather

pytestmark = pytest.mark.faults
CUTS = int(os.environ.get("POWER_CUTS") or 5)


def test_nothing_that_was_confirmed_is_lost_when_the_power_goes(site: Installation, report: Report, seed: int):
    report.fault("F22", f"SIGKILL to every process at once, PostgreSQL and Redis too, {CUTS} times")
    chance, officers = random.Random(seed), at_work(site, seed, think=0.2, dossier=1)
    for _ in range(CUTS):
        time.sleep(chance.uniform(4, 12))
        site.power_cut()
        time.sleep(chance.uniform(0.5, 2))
        site.power_back()
        report.healing(site)
    report.holds(site, gather(officers), mails_within=400)
