"""What ends by itself is told a week before it does: no snooze hides it."""

from datetime import date, timedelta

import pytest
import time_machine

from practice_vetting.core.snoozes import bound
from practice_vetting.core.sources import deadlines_of
from tests.factories import make_evidence, make_exposure, make_part2_memo, make_standing, make_vendor
from vendors.actions.triggers import raise_trigger
from vendors.kinds import TriggerKind

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

TODAY = date(2026, 11, 21)
WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def _in_november():
    with time_machine.travel("2026-11-21T18:00:00Z", tick=False):
        yield


def memo(cast, vendor):
    return make_part2_memo(practice=cast.practice, by=cast.owner, signed_on=date(2025, 11, 1), ask_again_on=TODAY)


def change(cast, vendor):
    return raise_trigger(vendor=vendor, by=None, kind_of=TriggerKind.OWNERSHIP, on=TODAY, what="They were sold.")


def report(cast, vendor):
    return make_evidence(vendor=vendor, checked_by=cast.officer, kind_of="report", expires_on=date(2026, 12, 21))


def notice(cast, vendor):
    return make_exposure(vendor=vendor, people=12, residents={"CA": 12}, discovered_on=date(2026, 10, 23))


@pytest.mark.parametrize("kind", [memo, change, report, notice])
def test_it_is_told_again_a_week_before_it_lapses(cast, kind):
    vendor = make_vendor(practice=cast.practice)
    make_standing(vendor=vendor)
    made = kind(cast, vendor)
    due = next(each for each in deadlines_of(cast.practice, date(2026, 12, 31)) if each.subject_uid == made.uid)
    assert due.lapses_on == date(2026, 12, 22) + timedelta(days=1 if kind is notice else 0)
    assert bound(cast.practice, due).last == min(due.lapses_on - WEEK, TODAY + timedelta(days=30))
