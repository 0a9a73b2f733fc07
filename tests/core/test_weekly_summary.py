"""The summary of the week: to owners, on its day, as part of that day's mail."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail

from practice_vetting.core import clock, reminders, snoozes, summary
from practice_vetting.core.models import Mail, Reminder
from tests.conftest import Cast
from tests.core.deadlines_for_tests import DUE, OPEN, SOURCE, set_deadline
from tests.factories import change

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
MONDAY = DUE
assert MONDAY.weekday() == 0


@pytest.fixture(autouse=True)
def _own_source(settings: Any, cast: Cast) -> Any:
    settings.DEADLINES = SOURCE
    change(cast.practice, created_at=datetime(2026, 1, 5, tzinfo=ZoneInfo("UTC")))
    OPEN.clear()
    yield
    OPEN.clear()


def at(day: date, hour: int = 9) -> Any:
    return clock.set_to(datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo("America/New_York")))


def run(day: date) -> list[Any]:
    """The mails that the owner got on that day."""
    mail.outbox.clear()
    with at(day):
        reminders.send_all()
        reminders.send_all()
    return [message for message in mail.outbox if "owner@" in message.to[0]]


def after(days: int) -> date:
    return MONDAY + timedelta(days=days)


def test_it_comes_on_its_day_and_not_on_others(cast: Cast):
    set_deadline(cast.practice, due_on=after(20))
    assert [len(run(after(days))) for days in range(9)] == [1, 0, 0, 0, 0, 0, 0, 1, 0]


def test_what_is_due_on_the_day_itself_is_said_first_though_nothing_is_late(cast: Cast):
    set_deadline(cast.practice, due_on=MONDAY)
    assert summary.week(cast.practice, MONDAY).first_line == "Due today: review the agreement with Notewell."
    assert "need not" in summary.week(cast.practice, MONDAY - timedelta(days=1)).first_line


def test_it_tells_what_comes_and_says_that_nothing_is_asked(cast: Cast):
    set_deadline(cast.practice, due_on=after(20))
    [message] = run(MONDAY)
    assert message.subject == "Your week: 0 late, 1 due by 9 December"
    assert message.body.splitlines()[0] == "Nothing is late. You need not do anything today."
    assert "- Review the agreement with Notewell (by 29 Nov 2026)" in message.body
    assert "Your week" in message.alternatives[0][0]


def test_it_is_a_section_of_the_mail_of_that_day(cast: Cast):
    set_deadline(cast.practice, due_on=after(-7))
    run(after(-3))
    [message] = run(MONDAY)
    assert message.subject == "1 late, the first since 2 November"
    assert "LATE" in message.body
    assert "YOUR WEEK AT HARBOR LIGHT COUNSELING" in message.body
    assert Mail.objects.filter(person=cast.owner, on=MONDAY).count() == 1


def test_a_quiet_week_brings_none_unless_the_practice_wants_it(cast: Cast):
    assert run(MONDAY) == []
    set_deadline(cast.practice, due_on=after(25))
    assert run(after(3)) == []  # the week was quiet on its day: this is told in the next
    OPEN.clear()
    change(cast.practice, summary_when_quiet=True)
    [message] = run(after(7))
    assert message.subject == "Your week: nothing to do by 16 December"
    assert "There is nothing to do." in message.body


def test_after_an_outage_it_comes_on_the_first_day_back_and_once(cast: Cast):
    set_deadline(cast.practice, due_on=after(20))
    run(MONDAY)
    assert [len(run(after(days))) for days in (8, 9, 13)] == [1, 0, 0]
    assert [len(run(after(days))) for days in (48, 49)] == [1, 1]  # 48: late, and the summary; 49: the next week's
    assert list(Reminder.objects.filter(kind="summary").values_list("due_on", flat=True)) == [
        MONDAY, after(7), after(42), after(49),
    ]  # fmt: skip


def test_another_day_of_the_week_never_brings_two_in_one(cast: Cast):
    set_deadline(cast.practice, due_on=after(25))
    run(MONDAY)
    change(cast.practice, summary_weekday=2)
    assert [len(run(after(days))) for days in (2, 9)] == [0, 1]


def test_it_tells_what_was_snoozed_by_whom_and_why(cast: Cast):
    deadline = set_deadline(cast.practice, due_on=after(25))
    with at(after(-2)):
        snoozes.snooze(
            practice=cast.practice, deadline=deadline, by=cast.officer, until=after(10), reason="They answer next week"
        )
    [message] = run(MONDAY)
    assert "until 19 Nov 2026 by Dana Okafor, because: They answer next week" in message.body


def test_officers_get_none(cast: Cast):
    set_deadline(cast.practice, due_on=after(20))
    run(MONDAY)
    assert set(Reminder.objects.filter(kind="summary").values_list("person", flat=True)) == {cast.owner.pk}
