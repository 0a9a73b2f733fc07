"""How each made-up vendor's years go: who reviews it when, what changes, what expires, how it ends."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

FIRST, LAST = date(2026, 1, 5), date(2030, 12, 31)
VENDORS = 200

#: one day on which nothing runs while people go on; and forty, over a change of the clock, on which nobody can work
SHORT = (date(2027, 6, 16), date(2027, 6, 16))
LONG = (date(2029, 2, 10), date(2029, 3, 21))

#: so many days after its day each review is made; None: never
HABITS = (-20, -3, 0, 0, 10, 30, 31, 45, None)
PROFILES = ("plain", "changes", "expiring", "term", "exposed", "snoozed", "proposed", "memo", "gains")
KINDS = ("sub_processor", "model", "terms", "ownership", "law", "complaint", "incident")
#: what goes on when the vendor has ended
AFTERWARDS = ("count", "decide", "tell")
#: signed on days of the calendar that are easily got wrong
ODD_DAYS = (
    date(2028, 2, 29), date(2026, 12, 31), date(2027, 12, 31), date(2027, 1, 1), date(2026, 3, 8), date(2027, 11, 7),
    date(2028, 2, 28), date(2028, 3, 1), date(2026, 2, 28), date(2027, 3, 14),
)  # fmt: skip


@dataclass(frozen=True)
class Act:
    """What somebody does on a day: `verb` names it, `facts` say with what."""

    on: date
    vendor: str
    verb: str
    facts: dict[str, Any] = field(default_factory=dict)


def year_later(day: date, years: int = 1) -> date:
    leap = day.month == 2 and day.day == 29
    return date(day.year + years, day.month, 28 if leap else day.day)


def moved(day: date) -> date:
    """What falls into the forty days comes soon after them, in its order."""
    return LONG[1] + timedelta(days=2 + (day - LONG[0]).days // 4) if LONG[0] <= day <= LONG[1] else day


def lives(rolls: Random) -> Iterator[Act]:
    for number in range(VENDORS):
        signed = FIRST + timedelta(days=rolls.randrange(1200))
        if number < 3 * len(ODD_DAYS):
            signed = ODD_DAYS[number % len(ODD_DAYS)]
        profile = PROFILES[number % len(PROFILES)]
        life = Life(rolls, f"Vendor {number:03}", signed, rolls.choice(HABITS), profile)
        yield from life.acts()


@dataclass
class Life:
    rolls: Random
    name: str
    signed: date
    late: int | None
    profile: str
    told: list[Act] = field(default_factory=list)

    def acts(self) -> list[Act]:
        """In the order of their days, none after the end of the vendor, no reading of what has ended."""
        signed, memo = self.profile != "proposed", self.profile == "memo"
        self._say(self.signed, "add", signed=signed, signed_on=self.signed, memo=memo)
        if self.profile != "proposed":
            self._reviews(year_later(self.signed))
        getattr(self, f"_{self.profile}")()
        if self.late is None and self.profile != "proposed":
            self._say(year_later(self.signed) + timedelta(days=self.rolls.randrange(20, 150)), "end")
        elif self.rolls.random() < 0.4:
            self._say(self.signed + timedelta(days=self.rolls.randrange(100, 1400)), "end")
        kept, verbs = [], set()
        for act in sorted(self.told, key=lambda each: each.on):
            if act.verb in AFTERWARDS and "expose" not in verbs:
                continue
            over = "end" in verbs and act.verb not in AFTERWARDS
            if over or ("end_agreement" in verbs and act.verb in ("review", "gain", "snooze")):
                continue
            verbs.add(act.verb)
            kept.append(act)
        return kept

    def _say(self, on: date, verb: str, **facts: Any) -> None:
        self.told.append(Act(moved(on), self.name, verb, facts))

    def _after(self, least: int, most: int) -> date:
        return self.signed + timedelta(days=self.rolls.randrange(least, most))

    def _reviews(self, due: date) -> None:
        while self.late is not None and due <= LAST:
            made = due + timedelta(days=self.late)
            self._say(made, "review")
            due = year_later(made)

    def _plain(self) -> None:
        pass

    def _changes(self) -> None:
        """People report changes; a review answers them soon, late, or a person sets one aside."""
        for count in range(3):
            on = self._after(20 + 400 * count, 380 + 400 * count)
            self._say(on, "report", kind=self.rolls.choice(KINDS), before=self.rolls.randrange(3))
            wait = self.rolls.choice((0, 1, 8, 29, 31, 34))
            self._say(on + timedelta(days=wait), self.rolls.choice(("review", "review", "set_aside")))

    def _expiring(self) -> None:
        """A report that nothing but trust rests on, and a log under an answer; new ones early, late or never."""
        first = self.told[0].facts
        first["report"], first["papers"] = self._after(100, 400), self._after(150, 500)
        if self.rolls.random() < 0.4:
            self._say(first["report"] + timedelta(days=self.rolls.choice((-10, 0, 1, 20))), "newer",
                      report=year_later(first["report"]))  # fmt: skip
        if self.rolls.random() < 0.3:
            self._say(first["papers"] + timedelta(days=self.rolls.randrange(20, 90)), "end")
        else:
            on = first["papers"] + timedelta(days=self.rolls.choice((-30, -1, 0, 1, 2, 25)))
            while on <= LAST:
                self._say(on, "evaluate", papers=year_later(on), report=year_later(on))
                on = year_later(on) + timedelta(days=self.rolls.choice((-70, -20, 0, 1, 12)))

    def _term(self) -> None:
        """An agreement with a last day: ended by a person before it, after it, or by nobody."""
        ends = self._after(200, 700)
        self.told[0].facts["ends"] = ends
        if self.rolls.random() < 0.6:
            self._say(ends + timedelta(days=self.rolls.choice((-40, -5, 0, 1, 40))), "end_agreement")
        self._say(ends + timedelta(days=self.rolls.randrange(30, 120)), "end")

    def _exposed(self) -> None:
        """Patient data where it should not be: small or large, counted or not, told or not."""
        on = self.rolls.choice((date(2027, 12, 31), date(2028, 2, 29), date(2026, 12, 31), self._after(5, 500)))
        on = max(on, self.signed + timedelta(days=7))
        small = {"people": 12, "residents": {"NY": 12}}
        large = {"people": 900, "residents": {"NY": 501, "NJ": 399}}
        edges = ({"people": 500, "residents": {"NY": 500}}, {"people": 499, "residents": {"CA": 499}})
        counted = self.rolls.choice((small, small, large, *edges, None))
        self._say(on, "expose", before=self.rolls.choice((0, 0, 2)))
        if counted:
            self._say(on + timedelta(days=self.rolls.randrange(1, 9)), "count", **counted)
        later, breach = on + timedelta(days=self.rolls.randrange(10, 20)), self.rolls.random() < 0.8
        self._say(later, "decide", breach=breach)
        people = later + timedelta(days=self.rolls.choice((3, 47, 60)))
        if breach:
            self._say(people, "tell", what="people")
        if breach:
            self._say(people + timedelta(days=self.rolls.randrange(5, 90)), "tell", what="hhs")
        if breach and self.rolls.random() < 0.8:
            self._say(people + timedelta(days=self.rolls.randrange(5, 90)), "tell", what="media")

    def _snoozed(self) -> None:
        """The first yearly review is silenced for a while, then made."""
        due = year_later(self.signed)
        self.told, self.late = self.told[:1], self.late or 0
        begun = due + timedelta(days=self.rolls.choice((-20, -5, -1, 1, 3)))
        until = min(begun + timedelta(days=self.rolls.randrange(5, 25)), due + timedelta(days=20))
        if moved(begun) == begun:
            self._say(begun, "snooze", until=until)
        made = due + timedelta(days=26)
        self._say(made, "review")
        self._reviews(year_later(made))

    def _proposed(self) -> None:
        """Nothing is signed: what changes waits by itself."""
        on = self._after(10, 200)
        self._say(on, "report", kind="ownership", before=0)
        if self.rolls.random() < 0.6:
            self._say(on + timedelta(days=self.rolls.randrange(1, 40)), "set_aside")
        else:
            self._say(on + timedelta(days=self.rolls.randrange(60, 120)), "end")

    def _memo(self) -> None:
        """Its fifth answer rests on the practice's memo about Part 2 (see plan.place_of)."""

    def _gains(self) -> None:
        """Its tool touches more than before."""
        on = self._after(30, 300)
        self._say(on, "gain", data="audio")
        self._say(on + timedelta(days=self.rolls.choice((2, 20, 40))), "review")
