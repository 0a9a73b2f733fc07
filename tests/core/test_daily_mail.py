"""The mail of the day: one a person, everything in it, the most urgent first."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from practice_vetting.core import clock, daily_words, delivery, reminders, summary
from practice_vetting.core.deadline import Deadline
from practice_vetting.core.models import LedgerEntry, Mail, MailKind, Practice, Reminder
from practice_vetting.core.roles import Role
from tests.conftest import Cast
from tests.core.deadlines_for_tests import DUE, OPEN, SOURCE, set_deadline
from tests.factories import arranging, change, make_vendor

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_source(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    settings.DEADLINES = SOURCE
    monkeypatch.setattr(summary, "is_open", lambda practice, day, on: False)
    OPEN.clear()
    yield
    OPEN.clear()


def several(practice: Practice, *days: int) -> list[Deadline]:
    """One deadline so many days after DUE for each of these."""
    OPEN[practice.uid] = [
        set_deadline(practice, subject_uid=f"s{n}", vendor_name=f"Vendor {n}", due_on=DUE + timedelta(days=day))
        for n, day in enumerate(days)
    ]
    return OPEN[practice.uid]


def at(day: date, hour: int = 9) -> Any:
    return clock.set_to(datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo("America/New_York")))


def daily(first: date, last: date) -> None:
    for day in range((last - first).days + 1):
        with at(first + timedelta(days=day)):
            reminders.send_all()


def to_officer(cast: Cast) -> list[Any]:
    return [message for message in mail.outbox if cast.officer.email in message.to[0]]


def test_everything_is_in_one_mail_the_late_first(cast: Cast):
    several(cast.practice, -7, 0, 7, 30)
    daily(DUE, DUE)
    [message] = to_officer(cast)
    assert message.subject == "1 late, 3 more by 9 December"
    assert message.body.splitlines()[0] == "Start with what is late: review the agreement with Vendor 0."
    order = ("LATE", "Vendor 0:", "DUE TODAY", "Vendor 1:", "IN THE NEXT 7 DAYS", "Vendor 2:", "LATER", "Vendor 3:")
    places = [message.body.index(words) for words in order]
    assert places == sorted(places)
    assert message.body.count("/reminders/agreement-review/s2/2026-11-16/") == 1
    html = message.alternatives[0][0]
    for each in ("s0/2026-11-02/#done", "s3/2026-12-09/#snooze", "Vendor 2", "http://localhost:8000/reminders/"):
        assert each in html


def test_one_thing_alone_has_its_own_subject(cast: Cast):
    several(cast.practice, 0)
    daily(DUE, DUE)
    assert [each.subject for each in mail.outbox] == ["Review the agreement with Vendor 0 today, 9 November"]


def test_who_got_the_mail_of_the_day_hears_of_what_comes_up_later_tomorrow(cast: Cast):
    several(cast.practice, 0)
    with at(DUE, 8):
        reminders.send_all()
    several(cast.practice, 0, 1)
    daily(DUE, DUE)
    assert len(to_officer(cast)) == 1
    daily(DUE + timedelta(days=1), DUE + timedelta(days=1))
    assert "Vendor 1 today" in to_officer(cast)[1].subject


@pytest.mark.parametrize("outage", [1, 40])
def test_after_an_outage_one_mail_has_the_latest_rung_of_each(cast: Cast, outage: int):
    several(cast.practice, -1, 0, 7, 30)
    daily(DUE, DUE)
    mail.outbox.clear()
    back = DUE + timedelta(days=outage + 1)
    daily(back, back)
    daily(back, back)
    assert [len(to_officer(cast)), len(mail.outbox)] == ([0, 1] if outage == 1 else [1, 2])
    keys = Reminder.objects.filter(person=cast.officer).values_list("subject_uid", "rung")
    assert len(set(keys)) == len(keys)
    if outage == 40:
        assert {uid: rung for uid, rung in keys.order_by("rung")} == {"s0": 42, "s1": 35, "s2": 28, "s3": 7}
        assert to_officer(cast)[0].subject == "4 late, the first since 8 November"


def test_no_day_brings_a_person_two_mails(cast: Cast):
    several(cast.practice, 3, 40, 41, 60)
    daily(DUE - timedelta(days=10), DUE + timedelta(days=75))
    days = list(Mail.objects.values_list("person", "on"))
    assert len(days) == len(set(days)) == len(mail.outbox)


def test_what_is_done_before_the_mail_leaves_is_left_out_and_an_empty_mail_stays(cast: Cast):
    several(cast.practice, 0, 0)
    with at(DUE):
        [plans] = reminders.due(cast.practice, DUE)
        reminders.make(cast.practice, plans, DUE)
        OPEN[cast.practice.uid].pop()
        assert delivery.deliver_waiting() == 1
    assert [each.subject for each in mail.outbox] == ["Review the agreement with Vendor 0 today, 9 November"]
    assert LedgerEntry.objects.filter(verb="reminder.dropped").count() == 1
    OPEN.clear()
    several(cast.practice, 1)
    with at(DUE + timedelta(days=1)):
        [plans] = reminders.due(cast.practice, DUE + timedelta(days=1))
        reminders.make(cast.practice, plans, DUE + timedelta(days=1))
        OPEN.clear()
        assert delivery.deliver_waiting() == 0
    assert Mail.objects.count() == 1


# --- news --------------------------------------------------------------------------------------------------


def standing_news(cast: Cast) -> int:
    vendor = make_vendor(practice=cast.practice)
    context = {
        "vendor_name": "Notewell",
        "state": "Lapsed",
        "path": f"/vendors/{vendor.uid}/",
        "line": "Lapsed. 3 of 5.",
    }
    return reminders.tell_now(
        practice=cast.practice, kind="standing", subject=vendor, roles=[Role.OFFICER], template="standing_changed",
        context=context,
    )  # fmt: skip


def test_what_the_clock_found_at_night_joins_the_mail_of_the_morning(cast: Cast):
    several(cast.practice, 0, 7)
    with at(DUE, 1):
        standing_news(cast)
        assert delivery.deliver_waiting() == 0
    with at(DUE, 7):
        assert reminders.send_all() == 2
    [message] = to_officer(cast)
    assert message.subject == "1 thing changed, 2 to do by 16 November"
    assert "No longer cleared since 9 November: Notewell\n  Lapsed. 3 of 5." in message.body


def test_news_of_the_night_go_in_the_morning_though_nothing_is_due(cast: Cast):
    with at(DUE, 1):
        standing_news(cast)
    daily(DUE, DUE)
    assert [each.subject for each in mail.outbox] == ["No longer cleared since 9 November: Notewell"]
    assert set(Mail.objects.values_list("kind", flat=True)) == {MailKind.DAILY}


def test_news_that_the_clock_finds_late_after_an_outage_join_the_mail_of_the_day(cast: Cast):
    several(cast.practice, 0, 7)
    with at(DUE, 15):
        standing_news(cast)
        assert delivery.deliver_waiting() == 0
        assert reminders.send_all() == 2
    assert len(to_officer(cast)) == 1


def test_news_after_the_mail_of_the_day_go_at_once(cast: Cast):
    several(cast.practice, 0)
    daily(DUE, DUE)
    with at(DUE, 15):
        standing_news(cast)
        assert delivery.deliver_waiting() == 1
    assert {each.kind for each in Mail.objects.filter(person=cast.officer)} == {MailKind.DAILY, MailKind.NEWS}


def test_what_a_person_did_is_told_at_once(cast: Cast):
    with at(DUE, 15), arranging(cast.owner):
        standing_news(cast)
        assert delivery.deliver_waiting() == 1
    assert set(Mail.objects.values_list("kind", flat=True)) == {MailKind.NEWS}


# --- the practice's own ladder, and how much the database is asked ---------------------------------------------


def test_the_practices_own_days_count(cast: Cast):
    change(cast.practice, remind_before=[21, 3], owners_after=4)
    several(cast.practice, 0)
    daily(DUE - timedelta(days=61), DUE + timedelta(days=8))
    told = Reminder.objects.order_by("id").values_list("person__name", "rung")
    assert list(told) == [("Dana Okafor", -21), ("Dana Okafor", -3), ("Maria Reyes", 4), ("Maria Reyes", 7),
                          ("Dana Okafor", 7)]  # fmt: skip


def queries_of_a_run(cast: Cast, deadlines: int, day: date) -> int:
    several(cast.practice, *[(day - DUE).days] * deadlines)
    with (
        at(day),
        CaptureQueriesContext(
            connection,
        ) as asked,
    ):
        assert reminders.send_all() == deadlines
    return len(asked)


def test_a_run_asks_the_database_as_often_for_fifty_deadlines_as_for_one(cast: Cast):
    one = queries_of_a_run(cast, 1, DUE)
    assert queries_of_a_run(cast, 50, DUE + timedelta(days=1)) <= one


# --- words ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "news", "words"),
    [
        ((-3, -1), 0, "2 late, the first since 6 November"),
        ((0, 5), 0, "2 things to do by 14 November, first by 9 November"),
        ((-3, 5, 200), 2, "2 things changed, 1 late, 2 more by 28 May 2027"),
        ((), 2, "2 things changed: 9 November"),
        ((-3,), 1, "1 thing changed, 1 late: 9 November"),
    ],
)
def test_the_subject_says_facts_and_a_date(days: tuple[int, ...], news: int, words: str):
    said = daily_words.subject(several(Practice(uid="x"), *days), news, DUE)
    assert (said, len(said) <= 70) == (words, True)


def test_the_moment_is_the_practices_own(cast: Cast):
    several(cast.practice, 0)
    with clock.set_to(datetime(2026, 11, 9, 11, 59, tzinfo=UTC)):  # 06:59 in New York
        assert reminders.send_all() == 0
