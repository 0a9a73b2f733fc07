"""The clocks of a breach: a table of worked cases, each with the paragraph that it comes from."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practice_vetting.core.basis import Basis
from vendors.breach_clocks import BreachFacts, Clock, Delay, clocks, discovery, log_due_on

D = date
DISCOVERED = D(2026, 11, 5)
SIXTY_FROM_5_NOV = D(2027, 1, 4)
WRITTEN_SOON = Delay(D(2026, 11, 10), D(2026, 12, 1))
WRITTEN_LATE = Delay(D(2026, 11, 10), D(2027, 2, 15))
ORAL_EARLY, ORAL_LATE = Delay(D(2026, 11, 10)), Delay(D(2026, 12, 20))


def case(on: date = DISCOVERED, **facts: Any) -> BreachFacts:
    return BreachFacts(**{"known_on": on, "people": 12, "residents": {"CA": 12}, **facts})


#: what happened, the paragraph, the facts, the clock, its last day (None: no such notice, or no day is known)
CASES: list[tuple[str, str, BreachFacts, str, date | None]] = [
    (
        "the vendor tells within 60 days of its own discovery", "164.410(b)",
        case(vendor_discovered_on=D(2026, 10, 1)), "vendor", D(2026, 11, 30),
    ),
    ("nobody knows when the vendor discovered it", "164.410(b)", case(), "vendor", None),
    (
        "a delay asked of the practice gives the vendor no day more", "164.412",
        case(vendor_discovered_on=D(2026, 10, 1), delay=WRITTEN_LATE), "vendor", D(2026, 11, 30),
    ),
    ("people are told within 60 calendar days", "164.404(b)", case(), "people", SIXTY_FROM_5_NOV),
    ("one person is told like many", "164.404(b)", case(people=1, residents={"CA": 1}), "people", SIXTY_FROM_5_NOV),
    ("60 days over a leap day", "164.404(b)", case(D(2028, 2, 1)), "people", D(2028, 4, 1)),
    ("60 days over the end of February in a common year", "164.404(b)", case(D(2027, 2, 1)), "people", D(2027, 4, 2)),
    ("discovered on a leap day", "164.404(b)", case(D(2028, 2, 29)), "people", D(2028, 4, 29)),
    ("discovered on the last day of a year", "164.404(b)", case(D(2026, 12, 31)), "people", D(2027, 3, 1)),
    ("discovered on the first day of a year", "164.404(b)", case(D(2027, 1, 1)), "people", D(2027, 3, 2)),
    (
        "an agent's discovery is the practice's", "164.404(a)(2)",
        case(vendor_discovered_on=D(2026, 10, 1), vendor_is_agent=True), "people", D(2026, 11, 30),
    ),
    (
        "another vendor's discovery is not", "164.404(a)(2)",
        case(vendor_discovered_on=D(2026, 10, 1)), "people", SIXTY_FROM_5_NOV,
    ),
    (
        "an agent that discovered it later than the practice", "164.404(a)(2)",
        case(vendor_discovered_on=D(2026, 11, 9), vendor_is_agent=True), "people", SIXTY_FROM_5_NOV,
    ),
    (
        "an agent's discovery in the year before moves the log", "164.404(a)(2)",
        case(D(2027, 1, 5), vendor_discovered_on=D(2026, 12, 30), vendor_is_agent=True), "hhs-log", D(2027, 3, 1),
    ),
    (
        "501 residents of one state", "164.406(a)",
        case(people=501, residents={"TX": 501}), "media-tx", SIXTY_FROM_5_NOV,
    ),
    (
        "500 residents of one state are not more than 500", "164.406(a)",
        case(people=500, residents={"TX": 500}), "media", None,
    ),
    (
        "600 people of two states, neither over 500", "164.406(a)",
        case(people=600, residents={"TX": 300, "CA": 300}), "media", None,
    ),
    (
        "two states over 500: the first", "164.406(a)",
        case(people=1300, residents={"TX": 700, "CA": 600}), "media-ca", SIXTY_FROM_5_NOV,
    ),
    (
        "two states over 500: the second", "164.406(a)",
        case(people=1300, residents={"TX": 700, "CA": 600}), "media-tx", SIXTY_FROM_5_NOV,
    ),
    (
        "one state over 500, one not: only the first", "164.406(a)",
        case(people=701, residents={"TX": 501, "CA": 200}), "media-ca", None,
    ),
    (
        "the District counts as a jurisdiction", "164.406(a)",
        case(people=501, residents={"DC": 501}), "media-dc", SIXTY_FROM_5_NOV,
    ),
    ("many people, not counted by state", "164.406(a)", case(people=501, residents={}), "media", SIXTY_FROM_5_NOV),
    ("few enough that no state can be over 500", "164.406(a)", case(people=500, residents={}), "media", None),
    (
        "the uncounted could bring a state over 500", "164.406(a)",
        case(people=620, residents={"TX": 400, "CA": 100}), "media", SIXTY_FROM_5_NOV,
    ),
    (
        "one state over 500, and enough uncounted for another: the first", "164.406(a)",
        case(people=1300, residents={"TX": 600}), "media-tx", SIXTY_FROM_5_NOV,
    ),
    (
        "one state over 500, and enough uncounted for another: the uncounted", "164.406(a)",
        case(people=1300, residents={"TX": 600}), "media", SIXTY_FROM_5_NOV,
    ),
    (
        "one state over 500, and the uncounted bring a smaller one over 500", "164.406(a)",
        case(people=1101, residents={"TX": 600, "CA": 300}), "media", SIXTY_FROM_5_NOV,
    ),
    (
        "one state over 500, and the uncounted bring a smaller one to 500", "164.406(a)",
        case(people=1100, residents={"TX": 600, "CA": 300}), "media", None,
    ),
    (
        "one state over 500, too few uncounted for another", "164.406(a)",
        case(people=1100, residents={"TX": 600}), "media", None,
    ),
    ("499 people go on the log", "164.408(c)", case(people=499, residents={"CA": 499}), "hhs-log", D(2027, 3, 1)),
    ("499 people are not told to HHS at once", "164.408(b)", case(people=499, residents={"CA": 499}), "hhs", None),
    ("500 people are", "164.408(b)", case(people=500, residents={"CA": 500}), "hhs", SIXTY_FROM_5_NOV),
    ("500 people do not go on the log", "164.408(c)", case(people=500, residents={"CA": 500}), "hhs-log", None),
    (
        "501 people of two states: HHS at once, though no media", "164.408(b)",
        case(people=501, residents={"CA": 250, "TX": 251}), "hhs", SIXTY_FROM_5_NOV,
    ),
    ("nobody has counted: presumed large", "164.408(b)", case(people=None, residents={}), "hhs", SIXTY_FROM_5_NOV),
    (
        "nobody has counted: a state may be over 500", "164.406(a)",
        case(people=None, residents={}), "media", SIXTY_FROM_5_NOV,
    ),
    ("small, discovered in 2026", "164.408(c)", case(D(2026, 6, 15)), "hhs-log", D(2027, 3, 1)),
    (
        "small, discovered in 2027: the due year is a leap year", "164.408(c)",
        case(D(2027, 6, 15)), "hhs-log", D(2028, 2, 29),
    ),
    ("small, discovered on 31 December", "164.408(c)", case(D(2026, 12, 31)), "hhs-log", D(2027, 3, 1)),
    ("small, discovered on 1 January", "164.408(c)", case(D(2027, 1, 1)), "hhs-log", D(2028, 2, 29)),
    ("small, discovered on 29 February", "164.408(c)", case(D(2028, 2, 29)), "hhs-log", D(2029, 3, 1)),
    (
        "it happened the year before, and counts for the year of its discovery", "164.408(c)",
        case(D(2027, 1, 2), vendor_discovered_on=D(2026, 12, 1)), "hhs-log", D(2028, 2, 29),
    ),
    (
        "a written delay that ends before the 60 days moves nothing", "164.412(a)",
        case(delay=WRITTEN_SOON), "people", SIXTY_FROM_5_NOV,
    ),
    (
        "a written delay beyond the 60 days moves the last day to its date", "164.412(a)",
        case(delay=WRITTEN_LATE), "people", D(2027, 2, 15),
    ),
    (
        "an oral delay that ends before the 60 days moves nothing", "164.412(b)",
        case(delay=ORAL_EARLY), "people", SIXTY_FROM_5_NOV,
    ),
    (
        "an oral delay lasts for 30 days from the statement", "164.412(b)",
        case(delay=ORAL_LATE), "people", D(2027, 1, 19),
    ),
    (
        "a delay moves the media too", "164.412(a)",
        case(people=501, residents={"TX": 501}, delay=WRITTEN_LATE), "media-tx", D(2027, 2, 15),
    ),
    (
        "a delay beyond the day of the log", "164.412(a)",
        case(delay=Delay(D(2026, 11, 10), D(2027, 4, 1))), "hhs-log", D(2027, 4, 1),
    ),
    (
        "a delay asked for after the last day moves nothing", "164.412(a)",
        case(delay=Delay(D(2027, 1, 5), D(2027, 4, 1))), "people", SIXTY_FROM_5_NOV,
    ),
    (
        "a delay asked for on the last day moves it", "164.412(a)",
        case(delay=Delay(D(2027, 1, 4), D(2027, 4, 1))), "people", D(2027, 4, 1),
    ),
    (
        "a delay too late for the people still moves the log", "164.412(a)",
        case(delay=Delay(D(2027, 1, 5), D(2027, 4, 1))), "hhs-log", D(2027, 4, 1),
    ),
    (
        "once the people were told, HHS is due on that day", "164.408(b)",
        case(people=500, residents={"CA": 500}, people_told_on=D(2026, 11, 20)), "hhs", D(2026, 11, 20),
    ),
    (
        "people told too late give HHS no day more", "164.408(b)",
        case(people=500, residents={"CA": 500}, people_told_on=D(2027, 1, 9)), "hhs", SIXTY_FROM_5_NOV,
    ),
    (
        "the second report of a large breach goes out with them", "2.16(b)",
        case(part2=True, people=500, residents={"CA": 500}, people_told_on=D(2026, 11, 20)), "part2", D(2026, 11, 20),
    ),
    (
        "people told of a small breach leave it on the log", "164.408(c)",
        case(people_told_on=D(2026, 11, 20)), "hhs-log", D(2027, 3, 1),
    ),
    ("no substance-use records: no second report", "2.16(b)", case(), "part2", None),
    ("substance-use records of few people: with the log", "2.16(b)", case(part2=True), "part2", D(2027, 3, 1)),
    (
        "substance-use records of 500 people: within 60 days", "2.16(b)",
        case(part2=True, people=500, residents={"CA": 500}), "part2", SIXTY_FROM_5_NOV,
    ),
    (
        "a delay moves the second report", "164.412(a)",
        case(part2=True, people=500, residents={"CA": 500}, delay=WRITTEN_LATE), "part2", D(2027, 2, 15),
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("paragraph", "facts", "key", "last_on"), [each[1:] for each in CASES], ids=[each[0] for each in CASES]
)
def test_worked_case(paragraph: str, facts: BreachFacts, key: str, last_on: date | None):
    found = {each.key: each for each in clocks(facts)}
    if key not in found:
        assert last_on is None
        return
    clock = found[key]
    assert clock.last_on == last_on
    assert clock.why
    if paragraph.startswith("164.412"):
        assert clock.kind == "vendor" or f"45 CFR {paragraph}" in clock.why
    elif paragraph != "164.404(a)(2)":  # where discovery is told of, the clock itself has its own paragraph
        assert paragraph.startswith(clock.cite.partition(" CFR ")[2])


def test_each_clock_says_whom_the_rule_binds_and_on_what_it_rests():
    found = clocks(case(people=501, residents={"TX": 501}, part2=True))
    assert [(each.key, each.who, each.cite, each.basis) for each in found] == [
        ("vendor", "The vendor", "45 CFR 164.410(b)", Basis.RULE),
        ("people", "Your practice", "45 CFR 164.404(b)", Basis.RULE),
        ("media-tx", "Your practice", "45 CFR 164.406", Basis.RULE),
        ("hhs", "Your practice", "45 CFR 164.408(b)", Basis.RULE),
        ("hhs-log", "Your practice", "45 CFR 164.408(c)", Basis.RULE),
        ("part2", "Your practice", "42 CFR 2.16(b)", Basis.RULE_IF),
    ]


@pytest.mark.parametrize(
    ("facts", "on", "says"),
    [
        (case(), D(2026, 11, 5), "could have known"),
        (case(vendor_discovered_on=D(2026, 10, 1), vendor_is_agent=True), D(2026, 10, 1), "acts as your agent"),
        (case(vendor_discovered_on=D(2026, 10, 1)), D(2026, 11, 5), "That is our reading"),
    ],
)
def test_discovery_is_one_day_and_says_why(facts: BreachFacts, on: date, says: str):
    found = discovery(facts)
    assert (found.on, found.cite) == (on, "45 CFR 164.404(a)(2)")
    assert says in found.why


def test_nothing_goes_out_before_a_delay_is_over():
    before = {each.key: each.not_before for each in clocks(case(delay=ORAL_LATE))}
    assert (before["people"], before["vendor"]) == (D(2027, 1, 19), None)


@pytest.mark.parametrize(
    ("year", "due"), [(2023, D(2024, 2, 29)), (2024, D(2025, 3, 1)), (2026, D(2027, 3, 1)), (2027, D(2028, 2, 29))]
)
def test_the_log_is_due_60_days_after_its_year(year: int, due: date):
    """164.408(c). 2100 would be no leap year: it is computed, not remembered."""
    assert (log_due_on(year), log_due_on(2099)) == (due, D(2100, 3, 1))


DAYS = st.dates(D(2020, 1, 1), D(2060, 12, 31))


@given(on=DAYS, people=st.none() | st.integers(1, 2000), part2=st.booleans())
def test_hhs_is_told_in_one_way_and_people_always(on: date, people: int | None, part2: bool):
    found: dict[str, Clock] = {each.key: each for each in clocks(case(on, people=people, residents={}, part2=part2))}
    assert found["people"].last_on == on + timedelta(days=60)
    told = [found[key].last_on for key in ("hhs", "hhs-log") if found[key].last_on]
    assert len(told) == 1
    assert found["part2"].last_on == (told[0] if part2 else None)


@given(on=DAYS, asked=st.integers(0, 400), until=st.none() | st.integers(0, 400))
def test_a_delay_never_brings_a_notice_forward(on: date, asked: int, until: int | None):
    asked_on = on + timedelta(days=asked)
    delay = Delay(asked_on, asked_on + timedelta(days=until) if until is not None else None)
    plain = {each.key: each.last_on for each in clocks(case(on))}
    for clock in clocks(case(on, delay=delay)):
        was = plain[clock.key]
        assert (clock.last_on is None) if was is None else (clock.last_on is not None and clock.last_on >= was)
