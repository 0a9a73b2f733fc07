"""The days on which a deadline is told."""

from datetime import date, timedelta

import pytest

from practice_vetting.core import ladder
from practice_vetting.core.ladder import Audience, Ladder
from practice_vetting.core.models import Practice

DUE = date(2026, 11, 9)
OFFICERS = frozenset({Audience.OFFICERS})
OWNERS = frozenset({Audience.OWNERS})
BOTH = OFFICERS | OWNERS


def latest_rung(due_on: date, on: date, audiences: frozenset[Audience], **given: date) -> int | None:
    return ladder.latest_rung(Ladder(), due_on, on, audiences, **given)


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


# --- the practice's own ladder ---------------------------------------------------------------------------


def test_a_practice_that_set_nothing_has_the_ladder_of_always():
    assert Practice().ladder == Ladder((60, 30, 14, 7, 1, 0), 1)


def test_every_day_of_the_usual_ladder_can_be_chosen():
    assert set(Ladder().before) <= set(ladder.BEFORE_CHOICES)


def own(before: tuple[int, ...], owners_after: int, audiences: frozenset[Audience]) -> list[int]:
    mine = Ladder(before, owners_after)
    seen = [ladder.latest_rung(mine, DUE, DUE + timedelta(days=day), audiences) for day in range(-100, 25)]
    return [rung for i, rung in enumerate(seen) if rung is not None and rung not in seen[:i]]


def test_a_practice_chooses_its_own_days():
    assert own((90, 21, 3), 10, OFFICERS) == [-90, -21, -3, 7, 14, 21]
    assert own((90, 21, 3), 10, OWNERS) == [10, 14, 21]
    assert own((7,), 3, BOTH) == [-7, 3, 7, 14, 21]


# --- a snooze ------------------------------------------------------------------------------------------------


def snoozed(until: int, audiences: frozenset[Audience], days: range) -> list[int]:
    seen = [
        latest_rung(DUE, DUE + timedelta(days=day), audiences, snoozed_until=DUE + timedelta(days=until))
        for day in days
    ]
    return [rung for i, rung in enumerate(seen) if rung is not None and rung not in seen[:i]]


def test_a_snooze_silences_the_officer_until_its_day_which_is_told():
    assert snoozed(-10, OFFICERS, range(-40, 8)) == [-10, -7, -1, 0, 7]


def test_a_snooze_that_ends_on_a_rung_is_told_once():
    assert snoozed(-7, OFFICERS, range(-40, 0)) == [-7, -1]


def test_owners_hear_once_that_it_is_late_whoever_snoozed_it():
    assert snoozed(20, OWNERS, range(-40, 29)) == [1, 20, 21, 28]
    assert snoozed(20, BOTH, range(-40, 29)) == [1, 20, 21, 28]


def test_owners_do_not_hear_of_a_snooze_that_ended_before_its_date():
    assert snoozed(-10, OWNERS, range(-40, 2)) == [1]
