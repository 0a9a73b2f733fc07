"""How long the records about a vendor are kept, and what holds them longer. Pure: no Django, no clock.

    until = kept_until(day when the last of them was in effect, the longest of three periods)

Federal law asks for six years from the making of a record or from the day when it was last in effect, whichever is
later (45 CFR 164.316(b)(2)(i), 164.530(j)(2)). States speak of clinical records, which are not kept here; taking the
longest of all three is our own policy, and pages say so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from practice_vetting.core.basis import Basis, Citation, public_address
from vendors.record_periods import state_periods

FEDERAL_YEARS = 6
#: A vendor whose records may go within so many days is shown as one that may go soon.
SOON = timedelta(days=60)

_FEDERAL = ("45 CFR 164.316(b)(2)(i)", "45 CFR 164.530(j)(2)")


class Origin(StrEnum):
    """Who asks for a period."""

    FEDERAL = "federal"
    STATE = "state"
    PRACTICE = "practice"


@dataclass(frozen=True, slots=True)
class Period:
    """A number of years, who asks for it, and where that can be checked."""

    years: int
    origin: Origin
    label: str
    note: str
    basis: Basis
    citations: tuple[Citation, ...] = ()
    checked: str = ""
    checked_on: date | None = None

    @property
    def source(self) -> str:
        """The number's source in a line: "California: Business and Professions Code 4989.51"."""
        cited = ", ".join(each.label for each in self.citations)
        return f"{self.label}: {cited}" if cited else self.label


def periods(states: Iterable[str], own_years: int) -> list[Period]:
    """Every period that speaks of this practice: federal law, its states as far as they are known, its own figure."""
    known = state_periods()
    found = [_federal()]
    for code in states:
        if code in known:
            each = known[code]
            source = (each.citations, each.source_status.label, each.checked_on)
            found.append(Period(each.years, Origin.STATE, each.name, each.note, Basis.STATE, *source))
    return [*found, _own(own_years)]


def longest(found: Iterable[Period]) -> Period:
    """The period that decides. Of several as long, the first: law is named before the practice's own choice."""
    return max(found, key=lambda each: each.years)  # max keeps the first of equals


def years_after(day: date, years: int) -> date:
    """The same day so many years later; 1 March where a leap day has none: never a day too short."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


@dataclass(frozen=True, slots=True)
class InEffect:
    """A day until which something of the vendor counted, and what that was."""

    day: date
    what: str


def last_in_effect(days: Iterable[InEffect]) -> InEffect:
    """The latest of the days; of several on one day, the first. Raises ValueError without any."""
    return max(days, key=lambda each: each.day)


@dataclass(frozen=True, slots=True)
class Kept:
    """How long one vendor's records are kept: counted from `last`, by the period that decides, and what holds them."""

    last: InEffect
    period: Period
    holds: tuple[str, ...]

    @property
    def until(self) -> date:
        """The last day on which they must be kept."""
        return years_after(self.last.day, self.period.years)

    @property
    def first_day(self) -> date:
        """The first day on which they may go, when nothing else holds them."""
        return self.until + timedelta(days=1)

    def may_go(self, on: date) -> bool:
        return not self.holds and on > self.until

    def may_go_soon(self, on: date) -> bool:
        """Whether the period ends within 60 days, or has ended; something may hold them all the same."""
        return on + SOON > self.until

    def refusal(self, on: date) -> str:
        """Why nothing may go on that day, as the sentence a person reads; "" when it may."""
        if self.holds:
            return self.holds[0]
        return "" if self.may_go(on) else f"We keep these records until {_words(self.until)}."


def _words(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"


def _federal() -> Period:
    cited = tuple(Citation(label, public_address(label)) for label in _FEDERAL)
    note = "Six years from the making of a record, or from the day when it was last in effect."
    return Period(FEDERAL_YEARS, Origin.FEDERAL, "Federal law (HIPAA)", note, Basis.RULE, cited)


def _own(years: int) -> Period:
    note = "The figure in your settings: your own choice, or what you found out about your state."
    return Period(years, Origin.PRACTICE, "Your practice’s own figure", note, Basis.PRODUCT_POLICY)
