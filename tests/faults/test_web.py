"""F1: a web process ends by SIGKILL while people save."""

import random
import signal
import time

import pytest

from tests.faults.conftest import Report
from tests.faults.installation import Installation
from tests.faults.officers import at_work, gather
from tests.faults.processes import children_of, kill

pytestmark = pytest.mark.faults


def test_a_web_process_that_is_killed_loses_no_save(site: Installation, report: Report, seed: int):
    report.fault("F1", "web workers and whole web processes killed by SIGKILL, ten times, under writes")
    chance, officers = random.Random(seed), at_work(site, seed, think=0.2, look=0)
    for turn in range(10):
        time.sleep(chance.uniform(0.5, 3))
        victim = chance.choice(site.web)
        if turn % 2:
            victim.restart(pause=0.5)
        else:
            kill(children_of(victim.pid)[:1], signal.SIGKILL)  # its parent starts another
    report.healing(site)
    report.holds(site, gather(officers))
