"""Counts for Prometheus, where METRICS_TOKEN is set; without it nothing is counted and nothing is imported.

Requests are counted by the processes that answer them. All else is read from the rows when somebody asks: they are the
truth whichever machine the worker runs on. No label holds an id or a name of anybody's.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings

PREFIX = "practice_vetting_"
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client reads it when it is imported, see core.metrics_files


@dataclass(frozen=True)
class _Instruments:
    requests: Any
    seconds: Any


@cache
def _instruments() -> _Instruments:
    from prometheus_client import Counter, Histogram, disable_created_metrics, values

    if FOLDER in os.environ:
        from practice_vetting.core import metrics_files

        values.MmapedDict = metrics_files.with_room()  # type: ignore[misc]  # its name is that of a class
    disable_created_metrics()  # they double what is sent
    route = ("route", "method")
    return _Instruments(
        requests=Counter(PREFIX + "requests", "Answers given", (*route, "status"), registry=None),
        seconds=Histogram(PREFIX + "request_seconds", "Time to an answer", route, buckets=BUCKETS, registry=None),
    )


def answered(route: str, method: str, status: int, seconds: float) -> None:
    """Count one answer: "2xx" for 200 to 299 and so on. While the disk has no room for counts, nothing is counted."""
    if settings.METRICS_TOKEN:
        with suppress(OSError):  # what was answered is done and kept: it must reach its person
            found = _instruments()
            found.requests.labels(route, method, f"{status // 100}xx").inc()
            found.seconds.labels(route, method).observe(seconds)


class _Rows:
    """What is read when somebody asks."""

    def describe(self) -> list[Any]:
        return []  # else it would be read once more, to learn its names

    def collect(self) -> Iterator[Any]:
        from practice_vetting.core import measured

        yield from measured.families()


def exposition() -> bytes:
    """All counts of this server, in the text format of Prometheus: of every process of it, where there are several."""
    from prometheus_client import CollectorRegistry, generate_latest

    rows = CollectorRegistry()
    rows.register(_Rows())
    return _of_requests() + generate_latest(rows)


def _of_requests() -> bytes:
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    if FOLDER not in os.environ:
        registry.register(_instruments().requests)
        registry.register(_instruments().seconds)
        return generate_latest(registry)
    from practice_vetting.core import metrics_files

    MultiProcessCollector(registry)
    with metrics_files.in_turn():
        return generate_latest(registry)
