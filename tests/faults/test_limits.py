"""F6: a document that never ends, or eats all memory."""

import time
from collections.abc import Iterator

import pytest

from tests.faults.conftest import Report
from tests.faults.installation import Installation
from tests.faults.officers import at_work, gather
from tests.services import wait_until

pytestmark = pytest.mark.faults
SECONDS, MEGABYTES = 15, 300


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation that gives no document more than 15 seconds and 300 MB."""
    limits = {"FAULTS_JOB_SECONDS": str(SECONDS), "FAULTS_JOB_MEGABYTES": str(MEGABYTES)}
    with Installation(tmp_path_factory.mktemp("site"), **limits) as running:
        running.arrange(practices=2, officers=3)
        yield running


def states(site: Installation, kind: str) -> list[tuple[str, str]]:
    query = "SELECT state, last_error FROM core_job WHERE kind = %s ORDER BY id"
    return [(str(state), str(error)) for state, error in site.postgresql.ask(query, kind)]


def given_up(site: Installation) -> bool:
    """Whether both are. The gaps between their five tries are left out: they are minutes long."""
    both = "kind IN ('endless', 'hungry')"
    hurry = f"UPDATE core_job SET next_try_at = now() WHERE state = 'queued' AND {both} RETURNING 1"
    site.postgresql.ask(hurry)
    time.sleep(2)
    return site.postgresql.ask(f"SELECT count(*) FROM core_job WHERE state = 'failed' AND {both}") == [(2,)]


def test_a_document_that_nobody_can_make_holds_up_nobody(site: Installation, report: Report, seed: int):
    report.fault("F6", f"one document that never ends and one of a million cells ({SECONDS} s, {MEGABYTES} MB)")
    for kind in ("endless", "hungry"):
        site.run("tests.faults.ask", kind, "1", check=True)
    officers = at_work(site, seed, dossier=4)
    wait_until(lambda: given_up(site), "both are given up", 600)
    report.healing(site)
    told = report.holds(site, gather(officers))
    [(first, too_long)], [(second, too_large)] = states(site, "endless"), states(site, "hungry")
    report.counts |= {"said of the endless one": too_long, "of the hungry one": too_large}
    assert (first, second) == ("failed", "failed")
    assert "longer than" in too_long or "time it may take" in too_long
    assert "more memory" in too_large
    assert told.counts["documents"] > 3
