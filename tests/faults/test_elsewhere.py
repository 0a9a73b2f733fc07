"""Faults that tests outside of this folder prove: each is run here too, so that it has its line in the report."""

import re
import subprocess
import sys

import pytest

from practice_vetting.core.supervisor import ROOT
from tests.faults.conftest import Report
from tests.services import environment_of_a_site

pytestmark = pytest.mark.faults

#: fault, what is done, the tests, and what they need besides: servers (PostgreSQL and Redis), every n-th call
ELSEWHERE: list[tuple[str, str, list[str], str]] = [
    ("F17", "the page is left, the session ends, or the answer is refused while a text is on its way (Chromium)",
     ["tests/e2e/test_every_page.py::test_what_was_typed_outlives_a_session",
      "tests/e2e/test_every_page.py::test_a_form_that_met_an_ended_session_is_put_back",
      "tests/e2e/test_idle_sign_out.py"], ""),
    ("F21", "prepare killed by SIGKILL in the middle, two at once, and a database that is behind",
     ["tests/core/test_prepare.py"], "servers"),
    ("F26", "the n-th statement or write of a file fails, each n, in twelve use cases",
     ["tests/integration/test_nth_call_fails.py"], "each"),
    ("F28", "an S3 storage that hangs, or is away", ["tests/core/test_s3_storage.py"], ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "what", "tests", "needs"), ELSEWHERE, ids=[f"{each[0]}-{each[1][:24]}" for each in ELSEWHERE]
)
def test_what_is_proved_elsewhere_holds(number: str, what: str, tests: list[str], needs: str, report: Report):
    report.fault(number, what)
    command = [
        sys.executable,
        *(["-m", "tests.services", sys.executable] if needs == "servers" else []),
        "-m",
        "pytest",
    ]
    more = {"NTH_CALL": "1"} if needs == "each" else {}
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", *tests], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**environment_of_a_site(), **more},
    )  # fmt: skip
    last = (done.stdout.strip().splitlines() or [done.stderr])[-1]
    report.counts |= {
        "proved by": ", ".join(f"`{each}`" for each in tests),
        "tests": re.sub(r" in [\d.]+s.*", "", last),
    }
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
