"""What the faults share: one installation a file, and a report that is kept whatever comes of it."""

import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.faults import results
from tests.faults.desk import signed_in
from tests.faults.installation import HEALS_WITHIN, Installation
from tests.faults.invariants import Told, check
from tests.faults.journal import Journal
from tests.faults.officers import Officer

OUTCOME = pytest.StashKey[pytest.CallInfo]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Any:
    report = yield
    if call.when == "call":
        item.stash[OUTCOME] = call
    return report


@pytest.fixture(autouse=True)
def _own_folders() -> None:
    """Nothing of these runs in this process: no settings to set."""


@pytest.fixture(autouse=True, scope="session")
def _tables_can_be_emptied() -> None:
    """No test here touches a database of its own process."""


@pytest.fixture
def seed() -> int:
    """What decides all that is random: FAULTS_SEED, or a new one each time. It stands in the report."""
    chosen = int(os.environ.get("FAULTS_SEED") or secrets.randbelow(1_000_000))
    print(f"FAULTS_SEED={chosen}")  # noqa: T201 - shown when the test fails
    return chosen


@dataclass
class Report:
    """What one fault is told as: report.fault("F1", "a web process is killed under writes")."""

    test: str
    seed: int
    number: str = ""
    what: str = ""
    counts: dict[str, Any] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    healed: float | None = None

    def fault(self, number: str, what: str) -> None:
        self.number, self.what = number, what

    def healing(self, site: Installation, within: float = HEALS_WITHIN) -> None:
        """Wait until all is well again, and keep the longest that this took."""
        self.healed = max(self.healed or 0.0, site.heals(within))

    def holds(self, site: Installation, journals: list[Journal], **options: Any) -> Told:
        """Check the seven invariants; raise AssertionError with what does not hold."""
        told = check(site, journals, **options)
        self.counts |= told.counts
        self.broken += [f"{name}: {sentence}"[:300] for name, some in told.broken.items() for sentence in some[:2]]
        assert told.broken == {}
        return told


@pytest.fixture
def report(request: pytest.FixtureRequest, seed: int) -> Iterator[Report]:
    told, began = Report(request.node.name, seed), time.time()
    yield told
    call = request.node.stash.get(OUTCOME, None)
    problem = str(call.excinfo.value)[:300] if call and call.excinfo else ""
    broken = told.broken or ([problem] if problem else [])
    results.keep(
        {
            "test": told.test,
            "fault": told.number,
            "what": told.what,
            "passed": bool(call and not call.excinfo),
            "broken": broken,
            "counts": told.counts,
            "healed": told.healed,
            "seed": told.seed,
            "seconds": round(time.time() - began),
            "on": time.strftime("%Y-%m-%d"),
        }
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Two web processes, three workers and two clocks, with two practices of three officers."""
    with Installation(tmp_path_factory.mktemp("site")) as running:
        running.arrange(practices=2, officers=3)
        yield running


@pytest.fixture(scope="session")
def small_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One of each, and one practice of three officers: for faults that leave nothing behind."""
    with Installation(tmp_path_factory.mktemp("small"), web=1, workers=1, clocks=1) as running:
        running.arrange(practices=1, officers=3)
        yield running


@pytest.fixture(scope="session")
def _signed_in(small_site: Installation) -> list[Officer]:
    return signed_in(small_site, 1)


@pytest.fixture
def desk(_signed_in: list[Officer]) -> list[Officer]:
    """Its officers, signed in, with journals that begin with this test."""
    for each in _signed_in:
        each.journal = Journal()
    return _signed_in


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Whoever does not ask for the faults gets the tests of the harness alone: each fault takes minutes."""
    if "faults" not in config.option.markexpr:
        slow = [item for item in items if item.get_closest_marker("faults")]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]
