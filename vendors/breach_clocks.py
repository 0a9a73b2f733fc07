"""Who must be told of a breach, and by which day (45 CFR 164.404 to 164.412, 42 CFR 2.16(b)). Pure: no Django.

Days are calendar days. Each last day is an outer limit: every notice goes out "without unreasonable delay" before it.
A breach is presumed until somebody decides otherwise, and whatever nobody has counted is presumed to be large.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from practice_vetting.core.basis import Basis

#: 164.404(b), 164.406(b), 164.410(b): no later than 60 calendar days after discovery
LIMIT = timedelta(days=60)
#: 164.412(b): an oral statement delays for 30 days at most, unless a written one follows
ORAL_DELAY = timedelta(days=30)
#: 164.408(b): with so many people or more, HHS is told when they are
LARGE = 500
#: 164.406(a): with MORE than so many residents of one state or jurisdiction, the media there are told
MEDIA_OVER = 500

VENDOR, PEOPLE, MEDIA, HHS, HHS_LOG, PART2 = "vendor", "people", "media", "hhs", "hhs-log", "part2"


@dataclass(frozen=True, slots=True)
class Delay:
    """What a law-enforcement official asked for (164.412): in writing `until` a day, or orally on `asked_on`."""

    asked_on: date
    until: date | None = None

    @property
    def last_on(self) -> date:
        """The last day of the delay. Orally it lasts for 30 days from the statement, whatever was said."""
        return self.until or self.asked_on + ORAL_DELAY

    @property
    def cite(self) -> str:
        return "45 CFR 164.412(a)" if self.until else "45 CFR 164.412(b)"


@dataclass(frozen=True, slots=True)
class Discovery:
    """The day that starts the practice's clocks, and why it is that day."""

    on: date
    why: str
    cite: str


@dataclass(frozen=True, slots=True)
class BreachFacts:
    """What the clocks are computed from. `people` is None while nobody has counted; `residents` counts by state.

    `known_on` is the first day on which anybody at the practice knew, or would have known with reasonable diligence.
    Once the people were told, on `people_told_on`, HHS is due on that day too, where it is told at once.
    """

    known_on: date
    vendor_discovered_on: date | None = None
    vendor_is_agent: bool = False
    people: int | None = None
    residents: Mapping[str, int] = field(default_factory=dict)
    part2: bool = False
    delay: Delay | None = None
    people_told_on: date | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """One notice: by whom, and until when. `last_on` is None where none is asked for, or no day can be told: see `why`.

    `not_before` is the last day of a law-enforcement delay: nothing goes out until it is over. `state` is the state or
    jurisdiction of a notice to the media.
    """

    kind: str
    notice: str
    who: str
    last_on: date | None
    why: str
    cite: str
    basis: Basis = Basis.RULE
    state: str = ""
    not_before: date | None = None

    @property
    def key(self) -> str:
        """What names it among the clocks of one exposure: "media-tx"."""
        return f"{self.kind}-{self.state.lower()}" if self.state else self.kind


_NO_AGENT = "The vendor is not your agent, so the day you learned of it counts. That is our reading of the rule."


def discovery(facts: BreachFacts) -> Discovery:
    """When the practice counts as having discovered it (164.404(a)(2)).

    What an agent of the practice discovers, the practice has discovered. Any other vendor starts the practice's clock
    only on the day when it tells the practice; that this follows is our reading of the rule.
    """
    cite, vendor = "45 CFR 164.404(a)(2)", facts.vendor_discovered_on
    if vendor is None or vendor >= facts.known_on:
        return Discovery(facts.known_on, "The first day that your practice knew, or could have known with care.", cite)
    if facts.vendor_is_agent:
        return Discovery(vendor, "The vendor acts as your agent, so the day it discovered this counts as yours.", cite)
    return Discovery(facts.known_on, _NO_AGENT, cite)


def log_due_on(year: int) -> date:
    """The last day to send HHS the small breaches discovered in that calendar year: 60 days after its end."""
    return date(year, 12, 31) + LIMIT


def clocks(facts: BreachFacts) -> list[Clock]:
    """Every notice of a breach with these facts, in the order of the rule, those not asked for too."""
    return [_with_the_people(_delayed(each, facts.delay), facts) for each in _clocks(facts)]


def is_large(facts: BreachFacts) -> bool:
    """Whether HHS is told at once: 500 people or more, or nobody has counted (164.408(b))."""
    return facts.people is None or facts.people >= LARGE


def _clocks(facts: BreachFacts) -> Iterator[Clock]:
    found = discovery(facts)
    last_on = found.on + LIMIT
    yield _vendor(facts)
    yield Clock(PEOPLE, "Each person concerned", "Your practice", last_on, _sixty(found.on), "45 CFR 164.404(b)")
    yield from _media(facts, last_on, found.on)
    hhs = list(_hhs(facts, last_on, found.on))
    yield from hhs
    yield _part2(facts, next((each.last_on for each in hhs if each.last_on), None))


def _vendor(facts: BreachFacts) -> Clock:
    told = Clock(VENDOR, "Your practice, told by the vendor", "The vendor", None, "", "45 CFR 164.410(b)")
    if facts.vendor_discovered_on is None:
        return _with(told, None, "Nobody knows yet when the vendor discovered it. Ask the vendor.")
    on = facts.vendor_discovered_on
    return _with(told, on + LIMIT, f"60 days after the vendor discovered it on {_day(on)}.")


def _media(facts: BreachFacts, last_on: date, discovered_on: date) -> Iterator[Clock]:
    """A notice for each state or jurisdiction with more than 500 residents; one for what is not counted yet."""
    told = Clock(MEDIA, "The media", "Your practice", None, "", "45 CFR 164.406")
    over = sorted(state for state, count in facts.residents.items() if count > MEDIA_OVER)
    for state in over:
        why = f"{facts.residents[state]:,} residents of {state}, more than 500. {_sixty(discovered_on)}"
        yield _with(told, last_on, why, state)
    if _may_hide_a_large_state(facts):
        which, whom = ("another state", "all of them") if over else ("one state", "them")
        why = f"Nobody has counted {whom} by state yet, and {which} may have more than 500. {_sixty(discovered_on)}"
        yield _with(told, last_on, why)
    elif not over:
        yield _with(told, None, "No state or jurisdiction has more than 500 of these people.")


def _may_hide_a_large_state(facts: BreachFacts) -> bool:
    """Whether those not counted by state could bring one of them over 500, beside those that are."""
    if facts.people is None:
        return True
    uncounted = max(facts.people - sum(facts.residents.values()), 0)
    most = max((count for count in facts.residents.values() if count <= MEDIA_OVER), default=0)
    return uncounted > 0 and most + uncounted > MEDIA_OVER


def _hhs(facts: BreachFacts, last_on: date, discovered_on: date) -> Iterator[Clock]:
    """The notice to the Secretary of HHS: at once, or on the yearly log. Always one of the two."""
    large = Clock(HHS, "HHS, at once", "Your practice", None, "", "45 CFR 164.408(b)")
    small = Clock(HHS_LOG, "HHS, on the yearly log", "Your practice", None, "", "45 CFR 164.408(c)")
    if is_large(facts):
        counted = "500 people or more." if facts.people else "Nobody has counted yet, so 500 or more are presumed."
        yield _with(large, last_on, f"{counted} It goes out together with the notice to the people.")
        yield _with(small, None, "Only a breach of fewer than 500 people goes on the log.")
    else:
        yield _with(large, None, "Fewer than 500 people: it goes on the yearly log.")
        year = discovered_on.year
        yield _with(small, log_due_on(year), f"60 days after the end of {year}, the calendar year of its discovery.")


def _part2(facts: BreachFacts, hhs_on: date | None) -> Clock:
    told = Clock(PART2, "HHS, a separate Part 2 report", "Your practice", None, "", "42 CFR 2.16(b)", Basis.RULE_IF)
    if not facts.part2:
        return _with(told, None, "No substance-use records are among the data.")
    return _with(told, hhs_on, "Records under Part 2 are reported a second time, by the same day as the report to HHS.")


def _delayed(clock: Clock, delay: Delay | None) -> Clock:
    """The same clock under a law-enforcement delay: nothing goes out before it is over.

    What was asked for after the last day holds the notice back too, but the notice was late before that, and stays so.
    """
    if delay is None or clock.last_on is None or clock.kind == VENDOR:  # the official spoke to the practice
        return clock
    if delay.asked_on > clock.last_on:
        late = f"{clock.why} An official asked only on {_day(delay.asked_on)} to wait, after the last day"
        return replace(clock, why=f"{late} ({delay.cite}).", not_before=delay.last_on)
    why = f"{clock.why} An official asked to wait until {_day(delay.last_on)} ({delay.cite})."
    return replace(clock, last_on=max(clock.last_on, delay.last_on), why=why, not_before=delay.last_on)


def _with_the_people(clock: Clock, facts: BreachFacts) -> Clock:
    """The same clock once the people were told: HHS is told of a large breach contemporaneously (164.408(b))."""
    told_on = facts.people_told_on
    at_once = clock.kind == HHS or (clock.kind == PART2 and is_large(facts))
    if not at_once or told_on is None or clock.last_on is None or told_on >= clock.last_on:
        return clock
    return replace(clock, last_on=told_on, why=f"{clock.why} The people were told on {_day(told_on)}.")


def _with(clock: Clock, last_on: date | None, why: str, state: str = "") -> Clock:
    notice = f"{clock.notice} in {state}" if state else clock.notice
    return replace(clock, notice=notice, last_on=last_on, why=why, state=state)


def _sixty(on: date) -> str:
    return f"60 days after the discovery on {_day(on)}."


def _day(on: date) -> str:
    return f"{on.day} {on:%b %Y}"
