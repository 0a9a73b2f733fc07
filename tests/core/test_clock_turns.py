"""What the clock asks for is done once a turn, whoever asks and however often."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from practice_vetting.core import clock, tasks
from practice_vetting.core.clock_turns import DAY, QUARTER, name_of, once
from practice_vetting.core.models import ClockTurn, HistoryCheck
from tests.conftest import Cast

NOON = datetime(2027, 1, 15, 12, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def times_done(*moments: datetime, every: timedelta = QUARTER, lease: timedelta = HOUR) -> int:
    done: list[int] = []
    for moment in moments:
        with time_machine.travel(moment, tick=False):
            once("a task", lambda: done.append(1), every=every, lease=lease)
    return len(done)


def test_turns_are_named_by_their_beginning() -> None:
    assert (name_of(NOON, QUARTER), name_of(NOON, DAY)) == ("2027-01-15T12:00:00", "2027-01-15T00:00:00")


@pytest.mark.django_db
def test_a_second_clock_in_the_same_turn_does_nothing() -> None:
    assert times_done(NOON, NOON + timedelta(minutes=7), NOON + timedelta(minutes=13)) == 1


@pytest.mark.django_db
def test_the_next_turn_is_a_new_one_and_so_is_one_of_a_clock_that_went_back() -> None:
    assert times_done(NOON, NOON + timedelta(minutes=15), NOON - timedelta(days=40), every=DAY) == 2
    assert times_done(NOON + timedelta(minutes=15)) == 1


@pytest.mark.django_db
def test_work_that_broke_is_free_for_the_next_who_asks() -> None:
    def breaks() -> None:
        raise ValueError("half done")

    with time_machine.travel(NOON, tick=False):
        with pytest.raises(ValueError, match="half done"):
            once("a task", breaks, every=DAY, lease=HOUR)
        assert once("a task", lambda: None, every=DAY, lease=HOUR)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("lease_until", "taken"),
    [
        (HOUR / 2, False),
        (HOUR + timedelta(seconds=2), False),
        (-timedelta(seconds=1), True),
        (timedelta(days=40), True),
    ],
    ids=[
        "somebody is at it",
        "somebody whose clock is ahead is at it",
        "who was at it is dead",
        "written by a clock that was wrong",
    ],
)
def test_who_died_at_it_is_followed_when_the_lease_is_out(lease_until: timedelta, taken: bool) -> None:
    turn = name_of(NOON, DAY)
    ClockTurn.objects.create(task="a task", turn=turn, claim="somebody", lease_until=NOON + lease_until)
    assert times_done(NOON, every=DAY) == taken


@pytest.mark.django_db(transaction=True)
def test_of_eight_at_the_same_moment_one_does_the_work() -> None:
    at_once = 8 if connection.vendor == "postgresql" else 1  # SQLite in memory has one connection only
    together, done = threading.Barrier(at_once), []

    def ask() -> None:
        together.wait()
        once("a task", lambda: done.append(clock.now()), every=DAY, lease=HOUR)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 1
    held = ClockTurn.objects.get()
    assert (held.claim, held.lease_until) == ("", None)


@pytest.mark.django_db
def test_all_history_is_compared_once_a_night(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []
    monkeypatch.setattr(tasks.check, "keep_all", lambda: compared.append(1))
    for hour in (3, 4, 9):
        with time_machine.travel(NOON.replace(hour=hour), tick=False):
            tasks.check_history()
    assert compared == [1]
    assert not HistoryCheck.objects.exists()
