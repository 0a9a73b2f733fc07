"""Who must be told what on which day of the five years, and what must change: by its own arithmetic."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from tests.five_years.facts import DAY, Change, Key, Known, Paper, Spill
from tests.five_years.lives import Act, year_later
from tests.five_years.plan import PLACES, Place, Plan, place_of

MORNING = 7
#: who hears, item by item: kind, what it is about, its day, and the rung of the ladder
Item = tuple[str, str, date, int]
#: one mail: when, to whom, and all that it tells
Sent = tuple[datetime, str, frozenset[Item]]


@dataclass
class Told:
    """Everything that comes in the five years."""

    mails: list[Sent] = field(default_factory=list)
    standings: list[tuple[date, str, str, str]] = field(default_factory=list)  # day, vendor, before, after
    changes: set[tuple[date, str, str, date, date]] = field(default_factory=set)  # day found, vendor, kind, on, due


@dataclass
class Person:
    name: str
    hears_early: bool
    hears_late: bool
    is_owner: bool
    last: dict[Key, int] = field(default_factory=dict)
    mailed: date | None = None
    waiting: list[Item] = field(default_factory=list)  # for the mail of the day
    at_once: list[Item] = field(default_factory=list)
    week: date | None = None

    def rung(self, place: Place, days: int, silent_to: int | None) -> int | None:
        """The last mark that these days, counted from the due date, have reached; `silent_to` counts as they do."""
        if silent_to is not None and days < silent_to:
            return place.owners_after if self.hears_late and days >= place.owners_after else None
        marks = self._marks(place, days)
        if silent_to is not None and self._marks(place, silent_to):
            marks.append(silent_to)
        return max(marks, default=None)

    def _marks(self, place: Place, days: int) -> list[int]:
        weekly = list(range(7, days + 1, 7))
        marks = [-each for each in place.before if -each <= days] + weekly if self.hears_early else []
        if self.hears_late and days >= place.owners_after:
            marks += [place.owners_after, *(each for each in weekly if each > place.owners_after)]
        return marks


class Oracle:
    def __init__(self, plan: Plan) -> None:
        self.plan, self.told = plan, Told()
        self.vendors: dict[str, Known] = {}
        self.memo: dict[int, tuple[date, date]] = {}  # place -> signed on, asked again on
        self.silent: dict[Key, tuple[date, date]] = {}  # until, since
        self.people = [list(_people(number, place)) for number, place in enumerate(PLACES)]
        self.quiet: dict[int, date] = {}
        self.moved: dict[int, date] = {}  # place -> the last day on which a standing changed

    def run(self) -> Told:
        for moment in self.plan.moments():
            for act in moment.acts:
                self._act(act, _local(moment.at, place_of(act.vendor)).date())
            if moment.judges:
                self._judged(moment.at)
            if moment.sends:
                self._sent(moment.at)
        return self.told

    # --- what the clock does ---------------------------------------------------------------------------

    def _judged(self, moment: datetime) -> None:
        for number in range(len(PLACES)):
            local = _local(moment, number)
            for vendor in self._of(number):
                for change in vendor.found(local.date()):
                    self._change(vendor, change, local.date())
                if vendor.judged != local.date():
                    self._judge(vendor, local.date(), by_clock=True)

    def _sent(self, moment: datetime) -> None:
        for number in range(len(PLACES)):
            local = _local(moment, number)
            if local.hour >= MORNING:
                self._morning(moment, number, local.date())
        for people in self.people:
            for person in people:
                self.told.mails += [(moment, person.name, frozenset({item})) for item in person.at_once]
                person.at_once = []

    def _of(self, number: int) -> Iterator[Known]:
        return (each for each in self.vendors.values() if each.place == number)

    def _change(self, vendor: Known, change: Change, on: date) -> None:
        vendor.add(change)
        vendor.judged = None
        self.told.changes.add((on, vendor.name, change.kind, change.on, change.due))

    def _judge(self, vendor: Known, on: date, *, by_clock: bool) -> None:
        memo = self.memo.get(vendor.place)
        before, vendor.judged = vendor.state, on
        vendor.state = vendor.stands(on, memo[1] if memo else None)
        if vendor.state == before:
            return
        self.told.standings.append((on, vendor.name, before, vendor.state))
        if before:
            self.moved[vendor.place] = on
        if before == "cleared" and vendor.state != "ended":
            for person in self.people[vendor.place]:
                item = ("standing", vendor.name, on, 0)
                known = person.waiting if by_clock and person.mailed != on else person.at_once
                known.append(item)

    def _morning(self, moment: datetime, number: int, on: date) -> None:
        keys = [key for vendor in self._of(number) for key in vendor.to_do(on)]
        if number in self.memo:
            signed, again = self.memo[number]
            keys.append(("part2-memo", f"memo {signed}", again))
        summary = self._summary(number, on, keys)
        for person in self.people[number]:
            if person.mailed == on:
                continue
            items = [*person.waiting, *self._due(person, PLACES[number], keys, on)]
            if summary and person.is_owner and (person.week is None or (summary - person.week).days >= 7):
                items.append(("summary", PLACES[number].name, summary, 0))
                person.week = summary
            if items:
                person.mailed, person.waiting = on, []
                self.told.mails.append((moment, person.name, frozenset(items)))

    def _due(self, person: Person, place: Place, keys: list[Key], on: date) -> Iterator[Item]:
        for key in keys:
            silent = self.silent.get(key)
            rung = person.rung(place, (on - key[2]).days, (silent[0] - key[2]).days if silent else None)
            if rung is not None and rung > person.last.get(key, -999):
                person.last[key] = rung
                yield *key, rung

    def _summary(self, number: int, on: date, keys: list[Key]) -> date | None:
        """The day whose summary is told today to owners who had none; None while nothing is worth telling."""
        day = on
        while day.weekday() != PLACES[number].weekday:
            day -= DAY
        if day < date(2026, 1, 1) or self.quiet.get(number, date.min) >= day:
            return None
        if all(each.week and (day - each.week).days < 7 for each in self.people[number] if each.is_owner):
            return None
        coming = any(due <= on + 30 * DAY for _, _, due in keys)
        moved = number in self.moved and self.moved[number] >= on - 7 * DAY
        names = {each.name for each in self._of(number)}
        snoozed = any(
            until > on and since >= on - 7 * DAY and key[1] in names for key, (until, since) in self.silent.items()
        )
        if not (coming or moved or snoozed):
            self.quiet[number] = day
            return None
        return day

    # --- what people do --------------------------------------------------------------------------------

    def _act(self, act: Act, on: date) -> None:
        if act.verb == "memo":
            self.memo[1] = (on, year_later(on))
            touched = list(self._of(1))
        else:
            getattr(self, f"_do_{act.verb}")(act, on)
            touched = [self.vendors[act.vendor]]
        for vendor in touched:
            self._judge(vendor, on, by_clock=False)

    def _do_add(self, act: Act, on: date) -> None:
        facts, number = act.facts, place_of(act.vendor)
        signed = facts["signed_on"] if facts["signed"] else None
        vendor = Known(act.vendor, number, signed, facts.get("ends"), facts["memo"] and number == 1)
        vendor.review = vendor.regular = year_later(signed) if signed else None
        self.vendors[act.vendor] = vendor
        if signed:  # the agreement alone proves nothing yet
            vendor.state = "proposed"
            self.told.standings.append((on, vendor.name, "", "proposed"))
        self._file(vendor, facts)

    def _file(self, vendor: Known, facts: dict[str, date]) -> None:
        vendor.under = []
        for name, trusted in (("papers", False), ("report", True)):
            if facts.get(name):
                vendor.under.append(self._paper(vendor, name, facts[name], trusted=trusted))

    def _paper(self, vendor: Known, name: str, until: date, *, trusted: bool) -> Paper:
        same = [each for each in vendor.papers if each.trusted is trusted]
        for each in same:
            each.replaced = True
        vendor.papers.append(Paper(f"{name} {len(same) + 1}", trusted, until))
        return vendor.papers[-1]

    def _do_review(self, act: Act, on: date) -> None:
        self.vendors[act.vendor].reviewed(on)

    def _do_set_aside(self, act: Act, on: date) -> None:
        self.vendors[act.vendor].set_aside()

    def _do_report(self, act: Act, on: date) -> None:
        change = Change(act.facts["kind"], on - act.facts["before"] * DAY, on)
        self._change(self.vendors[act.vendor], change, on)

    def _do_gain(self, act: Act, on: date) -> None:
        self._change(self.vendors[act.vendor], Change("data_class", on, on), on)

    def _do_newer(self, act: Act, on: date) -> None:
        self._paper(self.vendors[act.vendor], "report", act.facts["report"], trusted=True)

    def _do_evaluate(self, act: Act, on: date) -> None:
        self._file(self.vendors[act.vendor], act.facts)

    def _do_end_agreement(self, act: Act, on: date) -> None:
        vendor = self.vendors[act.vendor]
        if vendor.in_force(on):
            vendor.ended_agreement = on

    def _do_end(self, act: Act, on: date) -> None:
        self.vendors[act.vendor].ended = on

    def _do_expose(self, act: Act, on: date) -> None:
        vendor, known = self.vendors[act.vendor], on - act.facts["before"] * DAY
        vendor.spill = Spill(known)
        self._change(vendor, Change("incident", known, on), on)

    def _do_count(self, act: Act, on: date) -> None:
        spill = self.vendors[act.vendor].spill
        assert spill
        spill.people, spill.residents = act.facts["people"], act.facts["residents"]

    def _do_decide(self, act: Act, on: date) -> None:
        spill = self.vendors[act.vendor].spill
        assert spill
        spill.is_breach = act.facts["breach"]

    def _do_tell(self, act: Act, on: date) -> None:
        spill = self.vendors[act.vendor].spill
        assert spill
        spill.told.add(act.facts["what"])
        if act.facts["what"] == "people":
            spill.people_told = on

    def _do_snooze(self, act: Act, on: date) -> None:
        review = self.vendors[act.vendor].review
        assert review
        self.silent["agreement-review", act.vendor, review] = (act.facts["until"], on)


def _people(number: int, place: Place) -> Iterator[Person]:
    if place.officers:
        yield Person(f"officer {number}", True, False, False)
    yield Person(f"owner {number}", not place.officers, True, True)


def _local(moment: datetime, number: int) -> datetime:
    return moment.astimezone(ZoneInfo(PLACES[number].zone))
