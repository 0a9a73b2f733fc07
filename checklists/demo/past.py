"""The days behind us, and the steps that fill them: each is done at its own moment, the oldest first."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = "America/Los_Angeles"
_NINE_O_CLOCK = timedelta(hours=9)
_A_STEP = timedelta(minutes=2)


def day(today: date, days_ago: int) -> date:
    return today - timedelta(days=days_ago)


def workday(today: date, days_ago: int) -> date:
    """The day so many days ago; the Friday before it when it is a Saturday or Sunday."""
    found = day(today, days_ago)
    return found - timedelta(days=max(0, found.weekday() - 4))


@dataclass(frozen=True)
class Step:
    """Something that the person called `who` did at `at` (aware). Without `who` the product does it by itself."""

    at: datetime
    who: str
    do: Callable[[], object]


@dataclass
class Diary:
    """The steps of one story. Those of one day follow each other, two minutes apart, from the story's own minute.

    `place` is the story's number, from 0 on: it keeps the moments of all stories apart, down to the second.
    """

    today: date
    place: int
    steps: list[Step] = field(default_factory=list)
    _next: dict[date, datetime] = field(default_factory=dict)

    def note(self, days_ago: int, who: str, do: Callable[[], object]) -> None:
        """Somebody does something, on the workday so many days ago; the product itself works on every day."""
        on = workday(self.today, days_ago) if who else day(self.today, days_ago)
        at = self._next.get(on) or self._first(on)
        self._next[on] = at + _A_STEP
        self.steps.append(Step(at, who, do))

    def _first(self, on: date) -> datetime:
        midnight = datetime.combine(on, time(), tzinfo=ZoneInfo(ZONE))
        return midnight + _NINE_O_CLOCK + timedelta(minutes=9 * self.place, seconds=5 * self.place)


def in_order(diaries: Iterable[Diary]) -> list[Step]:
    return sorted((step for diary in diaries for step in diary.steps), key=lambda step: step.at)


def first_of_each_day(steps: Iterable[Step]) -> Iterator[Step]:
    """Each person's first step of each day, of steps that are in order."""
    seen: set[tuple[str, date]] = set()
    for step in steps:
        key = (step.who, step.at.date())
        if step.who and key not in seen:
            seen.add(key)
            yield step
