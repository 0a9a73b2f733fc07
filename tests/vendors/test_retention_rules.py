"""How long records are kept: the longest of three periods, counted from the day when the last was in effect."""

from datetime import date
from pathlib import Path

import pytest

from practice_vetting.core.literate import CatalogueError
from practice_vetting.core.states import STATES
from vendors.record_periods import load, state_periods, unchecked
from vendors.retention_rules import (
    InEffect,
    Kept,
    Origin,
    last_in_effect,
    longest,
    periods,
    years_after,
)


@pytest.mark.parametrize(
    ("states", "own", "years", "origin"),
    [
        (["OR"], 6, 6, Origin.FEDERAL),
        (["NV", "PA"], 6, 6, Origin.FEDERAL),  # five years are less than the floor
        (["NY"], 6, 6, Origin.FEDERAL),  # as long: the federal rule is named
        (["CA"], 6, 7, Origin.STATE),
        (["CA"], 7, 7, Origin.STATE),  # as long: law is named before the practice's own choice
        (["OR"], 7, 7, Origin.PRACTICE),
        (["CA", "NY"], 10, 10, Origin.PRACTICE),
        ([], 7, 7, Origin.PRACTICE),
    ],
)
def test_the_longest_period_counts(states: list[str], own: int, years: int, origin: Origin):
    found = longest(periods(states, own))
    assert (found.years, found.origin) == (years, origin)


def test_every_number_stands_beside_its_source():
    told = [(each.years, each.basis.label, each.source) for each in periods(["CA", "OR"], 7)]
    assert told == [
        (6, "Required by rule", "Federal law (HIPAA): 45 CFR 164.316(b)(2)(i), 45 CFR 164.530(j)(2)"),
        (7, "State law", "California: Business and Professions Code 4989.51"),
        (7, "Our policy", "Your practice’s own figure"),
    ]


@pytest.mark.parametrize(
    ("day", "years", "then"),
    [
        (date(2024, 2, 29), 6, date(2030, 3, 1)),  # never a day too short
        (date(2024, 2, 29), 8, date(2032, 2, 29)),
        (date(2024, 3, 1), 6, date(2030, 3, 1)),
        (date(2023, 2, 28), 1, date(2024, 2, 28)),
        (date(2096, 2, 29), 4, date(2100, 3, 1)),
    ],
)
def test_years_are_counted_by_the_calendar(day: date, years: int, then: date):
    assert years_after(day, years) == then


def test_it_counts_from_the_last_of_all_days():
    days = [InEffect(date(2020, 5, 1), "one"), InEffect(date(2021, 5, 1), "two"), InEffect(date(2019, 5, 1), "three")]
    assert last_in_effect(days).what == "two"


@pytest.mark.parametrize(
    ("on", "holds", "may_go", "soon"),
    [
        (date(2026, 5, 1), (), False, True),  # the last day on which it is kept
        (date(2026, 5, 2), (), True, True),
        (date(2026, 5, 2), ("A legal hold is on it.",), False, True),
        (date(2026, 3, 2), (), False, False),
        (date(2026, 3, 3), (), False, True),
    ],
)
def test_it_may_go_when_its_last_day_is_over_and_nothing_holds_it(on: date, holds, may_go: bool, soon: bool):
    kept = Kept(InEffect(date(2020, 5, 1), "it ended"), longest(periods([], 6)), holds)
    assert (kept.until, kept.may_go(on), kept.may_go_soon(on)) == (date(2026, 5, 1), may_go, soon)
    assert (kept.refusal(on) == "") == may_go


def test_only_checked_states_are_on_the_list_each_with_its_source_and_day():
    found = {code: (each.years, each.source_status.value) for code, each in state_periods().items()}
    assert found == {
        "AZ": (6, "V2"), "CA": (7, "V2"), "CT": (7, "V2"), "NC": (7, "V2"), "NV": (5, "V2"), "NY": (6, "V2"),
        "PA": (5, "V2"), "TN": (7, "V2"),
    }  # fmt: skip
    assert all(each.citations and each.checked_on >= date(2026, 1, 1) for each in state_periods().values())


def test_the_others_are_named_so_that_the_practice_looks_them_up():
    assert unchecked(["CA", "OR", "WA"]) == ["Oregon", "Washington"]
    assert len(unchecked(code for code, _ in STATES)) == len(STATES) - 8


@pytest.mark.parametrize(
    ("line", "instead", "why"),
    [
        ('source_status = "V"', 'source_status = "M"', "nobody has checked"),
        ('code = "OR"', 'code = "XX"', "is not a state"),
        ("checked_on = 2026-11-21", "", "is missing"),
        ("citations = [", "citations = [] # [", "needs a citation"),
    ],
)
def test_a_list_that_is_not_sound_is_refused(tmp_path: Path, line: str, instead: str, why: str):
    sound = (
        'code = "2026-9"\n[[state]]\ncode = "OR"\nyears = 7\nnote = "Seven years."\n'
        'citations = [{ label = "A law", url = "https://law.example/" }]\n'
        'source_status = "V"\nchecked_on = 2026-11-21\n'
    )
    path = tmp_path / "2026-9.toml"
    path.write_text(sound)
    assert load(path)["OR"].years == 7
    path.write_text(sound.replace(line, instead))
    with pytest.raises(CatalogueError, match=why):
        load(path)
