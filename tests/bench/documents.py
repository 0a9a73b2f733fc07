"""What a dossier costs: laid out, tagged, PDF/A-3 and sealed, against WeasyPrint alone on the same HTML.

It is the dossier of a vendor with a signed evaluation; a longer one has its agreements, evidence, reminders and history
several times. In a worker it is made by a child of the warm parent, as core.limited does it for every document.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

from checklists import documents, dossier
from practice_vetting.core import clock, limited
from practice_vetting.core.documents import issue
from practice_vetting.core.documents.produce import produce
from tests.bench import paper_floor, sealing
from tests.bench.clocks import Cost, cpu_of, side_by_side
from tests.bench.figure import Figure
from tests.bench.processes import fresh
from tests.checklists import paper

MADE = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
FLOOR = "WeasyPrint alone on the same HTML, style sheet and fonts: no tags, no archive format, no attachments, no seal"
LONGER = (7, 33)  # how often its agreements, evidence, reminders and history stand in those of some 45 and 180 pages
PRODUCE = "practice_vetting.core.documents.produce:produce"


def measure(quick: bool) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        short = order_of(1, folder)
        yield warm(short, rounds=1 if quick else 9)
        if not quick:
            yield from first_and_later(short)
            long = [order_of(times, folder) for times in LONGER]
            yield growth(*long)
            yield from memory([short, *long])
            yield an_hour(short)
    yield from sealing.measure(quick)


def order_of(times: int, folder: Path) -> Path:
    """What a worker hands to the child that makes the dossier, as a file; and the HTML in it beside, for the floor."""
    build = dossier.build

    def grown(*arguments: Any, **named: Any) -> dict[str, Any]:
        content = build(*arguments, **named)
        for name in ("agreements", "evidence", "reminders"):
            content[name] = content[name] * times
        content["history"]["lines"] *= times
        return content

    def keep(_target: str, payload: bytes, **_limits: Any) -> bytes:
        path.write_bytes(payload)
        raise StopIteration

    path = folder / f"{times}.json"
    with paper.undone():
        story = paper.told()
        with clock.set_to(MADE), mock.patch.object(dossier, "build", grown):
            job = paper.job_for("dossier", story.vendor, story.cast.owner)
            told = documents.dossier(job)
            with mock.patch.object(issue, "run_limited", keep), suppress(StopIteration):
                issue.make(job, told, folder)
    return path


def html_of(order: Path) -> str:
    html: str = json.loads(order.read_bytes())["html"]
    return html


def warm(order: Path, rounds: int) -> Figure:
    payload, html = order.read_bytes(), html_of(order)
    cost = side_by_side(lambda: produce(payload), lambda: paper_floor.alone(html), rounds=rounds, shortest=0)
    return cost.figure("dossier of 12 pages or so, tagged, PDF/A-3, sealed", floor_is=FLOOR, goal=1.35)


def first_and_later(order: Path) -> Iterator[Figure]:
    """CPU of the warm parent with all its children, in workers that were just started."""
    firsts, laters = [], []
    for _ in range(3):
        first, *later = fresh(in_a_worker, str(order), 3).answer
        firsts.append(first)
        laters.append(statistics.median(later))
    cost = Cost(tuple(firsts), tuple(laters))
    yield cost.figure("first dossier of a worker", floor_is="a later one of the same worker", goal=1.25)


def in_a_worker(order: str, times: int) -> list[float]:
    """CPU seconds of each of so many documents, the reading of the libraries included where it falls on one."""
    payload = Path(order).read_bytes()
    with limited.read_ahead(PRODUCE) as reading:
        reading.recv(1)
    used = [of_warm_parent()]
    for _ in range(times):
        limited.run_limited(PRODUCE, payload, seconds=60, megabytes=1500)
        used.append(of_warm_parent())
    return [after - before for before, after in zip(used, used[1:], strict=False)]


def of_warm_parent() -> float:
    (process,) = limited._processes
    return cpu_of(process.pid, children=True)


def growth(short: Path, long: Path) -> Figure:
    pages: dict[Path, int] = {}

    def make(order: Path) -> Callable[[], None]:
        payload = order.read_bytes()

        def again() -> None:
            pages[order] = json.loads(produce(payload))["pages"]

        return again

    cost = side_by_side(make(long), make(short), rounds=3, shortest=0)
    a_page = Cost(tuple(each / pages[long] for each in cost.ours), tuple(each / pages[short] for each in cost.floor))
    return a_page.figure(f"a page of {pages[long]}", floor_is=f"a page of {pages[short]}", goal=1.25)


def memory(orders: list[Path]) -> Iterator[Figure]:
    for order in orders:
        made, alone = fresh(paper_floor.memory_of, str(order)), fresh(paper_floor.memory_alone, str(order))
        name = f"most memory while a dossier of {made.answer} pages is made"
        goal = 90 + 1.8 * made.answer
        yield Figure(name, made.megabytes, "MB", alone.megabytes, FLOOR, goal=goal, goal_is="value")


def an_hour(order: Path) -> Figure:
    """Wall time, because waiting is the point: two workers against one."""
    payload = order.read_bytes()

    def make(_: int) -> None:
        limited.run_limited(PRODUCE, payload, seconds=60, megabytes=1500)

    def of(workers: int) -> float:
        with ThreadPoolExecutor(workers) as pool:
            began = time.perf_counter()
            list(pool.map(make, range(4)))
            return 4 * 3600 / (time.perf_counter() - began)

    of(2)
    two, one = zip(*[(of(2), of(1)) for _ in range(2)], strict=True)
    name = "dossiers an hour with two workers"
    return Figure(
        name, statistics.median(two), "an hour", statistics.median(one), "one worker", better="more", rounds=3
    )
