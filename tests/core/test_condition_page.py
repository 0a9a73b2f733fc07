"""The page that says how the installation is doing: a plain word for each part, and nothing of other practices."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from practice_vetting.core import clock, condition, figures, health
from practice_vetting.core.condition import State, long
from practice_vetting.core.models import ClockTurn, HistoryCheck, JobState, MailState, Membership
from tests.conftest import Cast
from tests.core.document_kinds import make_job
from tests.factories import make_mail

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def states(cast: Cast, *, at: datetime = NOON) -> dict[str, State]:
    with clock.set_to(at):
        return {part.name: part.state for part in condition.parts(figures.read())}


@pytest.fixture
def running(cast: Cast) -> None:
    """A worker looked at noon, and the reminders were looked through."""
    with clock.set_to(NOON):
        health.worker_looked()
    ClockTurn.objects.create(task="core.send_reminders", turn="2026-11-22T12:00:00")


def test_what_runs_is_well(cast: Cast, running: None):
    told = states(cast)
    assert {told[name] for name in ("Web server", "Database", "Worker and clock", "Documents", "Mail")} == {State.WELL}
    assert "Redis" not in told


def test_a_worker_that_stopped_is_away_and_what_it_did_is_late(cast: Cast, running: None):
    officer = Membership.objects.get(person=cast.officer)
    make_job(subject=officer, requested_at=NOON, next_try_at=NOON)
    make_mail(practice=cast.practice, person=cast.officer, state=MailState.WAITING, trying_since=NOON)
    HistoryCheck.objects.create(practice=cast.practice, checked_at=NOON - timedelta(days=3))
    told = states(cast, at=NOON + timedelta(hours=2))
    late = ("Documents", "Reminders", "Mail", "Nightly check of the history")
    assert [told["Worker and clock"], {told[name] for name in late}] == [State.AWAY, {State.LATE}]


def test_a_history_that_does_not_fit_is_the_worst(cast: Cast, running: None):
    HistoryCheck.objects.create(practice=cast.practice, checked_at=NOON, problem="Row 4 does not fit.")
    assert states(cast)["Nightly check of the history"] == State.MISFIT


def test_redis_that_is_away_is_said_where_it_is_set_up(cast: Cast, running: None, settings: Any):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert states(cast)["Redis"] == State.AWAY


def test_others_are_counted_and_never_named(cast: Cast, strangers: Cast, browse: Any):
    ended = {"state": JobState.FAILED, "finished_at": clock.now(), "last_error": "It broke."}
    ours = make_job(subject=Membership.objects.get(person=cast.officer), key="1", **ended)
    theirs = make_job(subject=Membership.objects.get(person=strangers.officer), key="2", **ended)
    type(theirs).objects.filter(pk=theirs.pk).update(subject_label="Notewell of the others")
    page = browse(cast.owner).get("/practice/installation/").content.decode()
    assert "2 could not be made in the last 24 hours" in page
    assert [ours.uid in page, theirs.uid in page, "of the others" in page] == [True, False, False]
    assert strangers.practice.name not in page


SAID = {0.4: "0 seconds", 60: "1 minute", 5400: "1 hour", 90_000: "25 hours", 200_000: "2 days"}


@pytest.mark.parametrize("seconds", SAID)
def test_times_are_said_in_words(seconds: float):
    assert long(seconds) == SAID[seconds]
