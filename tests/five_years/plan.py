"""Five made-up years of 200 vendors, as plain data: what people do on which day. Nothing of the product is read."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from tests.five_years.lives import LONG, SHORT, Act, lives

FIRST, LAST = date(2026, 1, 1), date(2030, 12, 31)
DAY = timedelta(days=1)

#: it begins again after the morning, so that all that was missed is found in the light of day
BACK = time(18)

#: days that go by hour by hour: both changes of the clock each year, leap days, turns of the year, after outages
SLOW = {
    date(2026, 3, 8), date(2026, 11, 1), date(2027, 3, 14), date(2027, 11, 7), date(2028, 2, 29), date(2028, 3, 1),
    date(2028, 3, 12), date(2028, 11, 5), date(2029, 3, 11), date(2029, 11, 4), date(2030, 3, 10), date(2030, 11, 3),
    *(date(year, 12, 31) for year in range(2026, 2030)), *(date(year, 1, 1) for year in range(2027, 2031)),
    SHORT[1] + DAY, LONG[1] + DAY,
}  # fmt: skip
NIGHT, LIGHT, ACTS, AFTER = time(10, 30), time(18), time(20), time(20, 15)  # UTC: the same day in both places


@dataclass(frozen=True)
class Place:
    """A practice: where it is, and how it wants to be reminded."""

    name: str
    zone: str
    before: tuple[int, ...]
    owners_after: int
    weekday: int
    share: int  # of a hundred vendors
    officers: int = 1


PLACES = (
    Place("Harbor Light Counseling", "America/New_York", (60, 30, 14, 7, 1, 0), 1, 0, 60),
    Place("Reef House Practice", "Pacific/Honolulu", (30, 7, 0), 5, 2, 40, officers=0),
)


@dataclass(frozen=True)
class Moment:
    """The beat runs both tasks every quarter of an hour; most of these moments bring nothing and are left out."""

    at: datetime
    acts: tuple[Act, ...]
    judges: bool
    sends: bool


@dataclass(frozen=True)
class Plan:
    acts: dict[date, list[Act]]

    def moments(self) -> list[Moment]:
        """In their order: what people do at each, and which of its two tasks the beat then runs."""
        found: list[Moment] = []
        day = FIRST
        while day <= LAST:
            acts = self.acts.get(day, [])
            if acts:
                found.append(Moment(_at(day, ACTS), tuple(acts), judges=False, sends=False))
            full = day in SLOW
            found += [
                Moment(_at(day, each), (), judges=full or each == NIGHT, sends=full or each != NIGHT)
                for each in _beats(day, bool(acts) and day.day % 3 == 0)
            ]
            day += DAY
        return sorted(found, key=lambda each: each.at)


def _at(day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, UTC)


def _beats(day: date, busy: bool) -> list[time]:
    if SHORT[0] <= day <= SHORT[1] or LONG[0] <= day <= LONG[1]:
        return []
    beats = [NIGHT, *(time(hour) for hour in range(11, 18)), LIGHT] if day in SLOW else [NIGHT, LIGHT]
    if day == LONG[1] + DAY:
        beats = [each for each in beats if each >= BACK]
    return [*beats, *([AFTER] if busy else []), *([time(21), time(23, 45)] if day in SLOW else [])]


def made() -> Plan:
    """The plan, always the same."""
    by_day: dict[date, list[Act]] = {}
    memos = (date(2026, 1, 5), date(2026, 12, 20), date(2028, 2, 29), date(2029, 4, 10), date(2030, 4, 10))
    for act in [*(Act(day, "", "memo") for day in memos), *lives(Random(5))]:
        if act.on <= LAST:
            by_day.setdefault(act.on, []).append(act)
    return Plan(by_day)


def place_of(vendor: str) -> int:
    """In which of the practices the vendor is; the memo about a whole practice is in the second."""
    number = int(vendor[-3:] or 0) % 100 if vendor else 99
    return 0 if number < PLACES[0].share else 1
