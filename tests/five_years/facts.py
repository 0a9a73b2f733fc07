"""What the oracle knows of a vendor, and what follows from it on a day. Written anew from product.md and regulation.md.

Nothing here reads the product: two hands that agree by chance alone would find nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from tests.five_years.lives import year_later

DAY = timedelta(days=1)
GRACE = 30  # days that a review, or a memo, may be late (appendix C; product policy)

#: what has to be done: its kind, whom or what it is about, and the day by which
Key = tuple[str, str, date]


@dataclass
class Change:
    """Something that makes a review due before its year is over (appendix C)."""

    kind: str
    on: date
    due: date
    is_open: bool = True


@dataclass
class Paper:
    """A document on file. On those that are `trusted` (reports) we rely while nothing newer is there."""

    title: str
    trusted: bool
    until: date
    replaced: bool = False
    change: Change | None = None  # what its end gave rise to


@dataclass
class Spill:
    """Patient data where it should not be (section 4.4)."""

    known: date
    people: int | None = None
    residents: dict[str, int] = field(default_factory=dict)
    is_breach: bool = True  # presumed
    told: set[str] = field(default_factory=set)
    people_told: date | None = None

    def notices(self) -> Iterator[tuple[str, date]]:
        if not self.is_breach:
            return
        sixty = self.known + 60 * DAY
        large = self.people is None or self.people >= 500
        if "people" not in self.told:
            yield "people", sixty
        if self.people is None:
            yield "media", sixty
        for state, count in self.residents.items():
            if count > 500 and "media" not in self.told:
                yield f"media-{state.lower()}", sixty
        if "hhs" not in self.told:
            at_once = min(sixty, self.people_told or sixty)  # a large one when the people are told, 164.408(b)
            yield ("hhs", at_once) if large else ("hhs-log", _sixtieth_day(self.known.year + 1))


def _sixtieth_day(year: int) -> date:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return date(year, 2, 29) if leap else date(year, 3, 1)


@dataclass
class Known:
    """One vendor."""

    name: str
    place: int
    signed: date | None  # the agreement, by both
    ends: date | None = None
    memo: bool = False
    review: date | None = None
    regular: date | None = None
    ended_agreement: date | None = None
    ended: date | None = None
    under: list[Paper] = field(default_factory=list)  # the answers that were signed last
    papers: list[Paper] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    spill: Spill | None = None
    state: str = ""
    judged: date | None = None

    @property
    def open(self) -> list[Change]:
        return [each for each in self.changes if each.is_open]

    def in_force(self, on: date) -> bool:
        if self.signed is None or (self.ended_agreement and self.ended_agreement <= on):
            return False
        return self.ends is None or on <= self.ends

    def stands(self, on: date, memo: date | None) -> str:
        """Its standing; `memo` is the day on which the memo that it may rest on is asked for again."""
        if self.ended and self.ended <= on:
            return "ended"
        if self.signed is None:
            return "proposed"
        assert self.review
        late = on > self.review + GRACE * DAY
        expired = any(on > each.until for each in self.under if not each.trusted)
        unsaid = self.memo and (memo is None or on > memo + GRACE * DAY)
        return "lapsed" if late or expired or unsaid or not self.in_force(on) else "cleared"

    def add(self, change: Change) -> None:
        self.changes.append(change)
        if self.review and self.ended_agreement is None and self.review > change.due:
            self.review = change.due

    def reviewed(self, on: date) -> None:
        if self.signed is None or not self.in_force(on):
            return
        for each in self.changes:
            each.is_open = False
        self.review = self.regular = year_later(on)

    def set_aside(self) -> None:
        """The oldest change is nothing after all: the review is due when it was without it."""
        waiting = sorted(self.open, key=lambda each: each.due)
        if not waiting:
            return
        waiting[0].is_open = False
        if self.review == waiting[0].due and self.regular and self.ended_agreement is None:
            self.review = min([self.regular, *(each.due for each in waiting[1:])])

    def found(self, on: date) -> Iterator[Change]:
        """What the calendar alone brings by that day and has not brought yet."""
        if self.ended:
            return
        for paper in self.papers:
            if paper.trusted and not paper.replaced and paper.change is None and on > paper.until:
                paper.change = Change("expired", paper.until + DAY, paper.until + DAY)
                yield paper.change
        told = any(each.kind == "term_end" for each in self.changes)
        if self.ends and not self.ended_agreement and not told and on >= self.ends - 60 * DAY:
            yield Change("term_end", self.ends - 60 * DAY, self.ends - 30 * DAY)

    def to_do(self, on: date) -> Iterator[Key]:
        if not self.ended:
            yield from self._reviews(on)
            for paper in self.papers:
                answered = paper.change is not None and not paper.change.is_open
                if paper in self.under or (paper.trusted and not paper.replaced and not answered):
                    yield "evidence-expiry", f"{self.name}/{paper.title}", paper.until
        if self.spill:
            for kind, day in self.spill.notices():
                yield f"exposure-{kind}", self.name, day

    def _reviews(self, on: date) -> Iterator[Key]:
        reviewed = self.review is not None and self.in_force(on)
        if reviewed and self.review:
            yield "agreement-review", self.name, self.review
        for each in self.open:
            if not (reviewed and self.review and self.review <= each.due):
                yield "review-trigger", f"{self.name}/{each.kind}/{each.on}", each.due
