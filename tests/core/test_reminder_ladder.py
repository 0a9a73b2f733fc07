"""The days on which a deadline is told."""

from datetime import date, timedelta

import pytest

from practice_vetting.core.ladder import Audience, latest_rung

DUE = date(2026, 11, 9)
OFFICERS = frozenset({Audience.OFFICERS})
OWNERS = frozenset({Audience.OWNERS})
BOTH = OFFICERS | OWNERS


def rungs(audiences: frozenset[Audience], days: range) -> list[int]:
    """Each rung that somebody who looks every day sees for the first time, in order."""
    seen = [latest_rung(DUE, DUE + timedelta(days=day), audiences) for day in days]
    return [rung for i, rung in enumerate(seen) if rung is not None and rung not in seen[:i]]


def test_the_officer_is_told_two_months_before_and_then_ever_closer():
    assert rungs(OFFICERS, range(-70, 1)) == [-60, -30, -14, -7, -1, 0]


def test_the_officer_is_told_weekly_once_it_is_late():
    assert rungs(OFFICERS, range(1, 30)) == [0, 7, 14, 21, 28]


def test_the_owner_hears_of_it_from_the_day_it_is_late():
    assert rungs(OWNERS, range(-70, 30)) == [1, 7, 14, 21, 28]


def test_who_stands_in_for_the_officer_gets_both_ladders():
    assert rungs(BOTH, range(-70, 15)) == [-60, -30, -14, -7, -1, 0, 1, 7, 14]


@pytest.mark.parametrize(
    ("day", "rung"), [(-61, None), (-60, -60), (-31, -60), (-13, -14), (-2, -7), (-1, -1), (6, 0), (400, 399)]
)
def test_after_an_outage_only_the_latest_rung_counts(day: int, rung: int | None):
    assert latest_rung(DUE, DUE + timedelta(days=day), OFFICERS) == rung


def test_nobody_is_told_without_an_audience():
    assert latest_rung(DUE, DUE, frozenset()) is None


def test_a_leap_day_is_a_day_like_any_other():
    assert latest_rung(date(2028, 3, 1), date(2028, 2, 29), OFFICERS) == -1
