"""Two ways to do a thing, measured side by side: in turns, again and again, so that both have the same weather."""

import gc
import os
import random
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.figure import Figure

Clock = Callable[[], float]

SHORTEST_SAMPLE = 0.05  # seconds; what takes less is done several times a sample
_TICK = os.sysconf("SC_CLK_TCK")

process_cpu: Clock = time.process_time  # all threads of this process
wall: Clock = time.perf_counter


def children_cpu() -> float:
    """Seconds of processor that the children took which have ended and been waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cpu_of(pid: int, *, children: bool = False) -> float:
    """Seconds of processor that a running process took, in steps of the kernel's tick (10 ms as a rule).

    With `children` those too of its children that ended and were waited for.
    """
    words = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, words[11 : 15 if children else 13])) / _TICK


def cpu_with_server(pid: int) -> Clock:
    """This process and that one together: `SELECT pg_backend_pid()` says who serves a connection."""
    return lambda: time.process_time() + cpu_of(pid)


@dataclass(frozen=True)
class Cost:
    """Seconds a call of ours and of the floor, a pair for each round."""

    ours: tuple[float, ...]
    floor: tuple[float, ...]

    @property
    def value(self) -> float:
        return statistics.median(self.ours)

    @property
    def least(self) -> float:
        return statistics.median(self.floor)

    @property
    def ratio(self) -> float:
        return self.value / self.least

    @property
    def noise(self) -> float:
        """Half the width of the 95 % interval of the ratio, by bootstrap: the same for the same rounds."""
        pairs = list(zip(self.ours, self.floor, strict=True))
        chance = random.Random(1)
        ratios = []
        for _ in range(400):
            drawn = chance.choices(pairs, k=len(pairs))
            ratios.append(statistics.median(a for a, _ in drawn) / statistics.median(b for _, b in drawn))
        ratios.sort()
        return (ratios[389] - ratios[10]) / 2

    @property
    def spread(self) -> float:
        """Half the width, in seconds, within which the median of ours lies in 95 of 100 runs like this one."""
        chance = random.Random(1)
        medians = sorted(statistics.median(chance.choices(self.ours, k=len(self.ours))) for _ in range(400))
        return (medians[389] - medians[10]) / 2

    def figure(self, name: str, *, floor_is: str, unit: str = "ms", goal: float | None = None, **more: Any) -> Figure:
        """As a line of the table; `unit` is "ms", "us" or "s" a call. The noise is that of what the goal bounds."""
        times = {"s": 1, "ms": 1_000, "us": 1_000_000}[unit]
        noise = self.spread * times if more.get("goal_is") == "value" else self.noise
        numbers = {"value": self.value * times, "floor": self.least * times, "rounds": len(self.ours)}
        return Figure(name, unit=unit, floor_is=floor_is, goal=goal, noise=noise, **numbers, **more)


def side_by_side(
    ours: Callable[[], object],
    floor: Callable[[], object],
    *,
    rounds: int = 15,
    clock: Clock = process_cpu,
    shortest: float = SHORTEST_SAMPLE,
) -> Cost:
    """What a call of each costs. Both are called once before, and then in turns; which goes first changes each round.

    A call that takes less than `shortest` seconds is repeated within its sample; 0 is for calls that take long.
    """
    turns = [(ours, _calls(ours, clock, shortest)), (floor, _calls(floor, clock, shortest))]
    samples: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        order = (0, 1) if number % 2 == 0 else (1, 0)
        for which in order:
            samples[which].append(_sample(*turns[which], clock))
    return Cost(tuple(samples[0]), tuple(samples[1]))


def _calls(function: Callable[[], object], clock: Clock, shortest: float) -> int:
    function()
    if not shortest:
        return 1
    calls, took = 1, _sample(function, 1, clock)
    while took * calls < shortest / 2 and calls < 10_000:
        calls *= 2
        took = _sample(function, calls, clock)
    return max(1, min(10_000, round(shortest / max(took, 1e-9))))


def _sample(function: Callable[[], object], calls: int, clock: Clock) -> float:
    gc.collect()
    began = clock()
    for _ in range(calls):
        function()
    return (clock() - began) / calls
