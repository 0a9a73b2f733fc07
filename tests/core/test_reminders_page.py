"""The page of everything that is open, who was told, and what did not arrive; and the practice's own ladder."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from practice_vetting.core import clock, delivery, reminders
from practice_vetting.core.models import LedgerEntry, Mail, MailState, Practice
from tests.conftest import Cast
from tests.core.deadlines_for_tests import OPEN, SOURCE, set_deadline
from tests.factories import make_mail

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
Browse = Callable[..., Client]


@pytest.fixture(autouse=True)
def _own_source(settings: Any) -> Any:
    settings.DEADLINES = SOURCE
    OPEN.clear()
    yield
    OPEN.clear()


def several(practice: Practice, *days: int) -> None:
    today = practice.today()
    OPEN[practice.uid] = [
        set_deadline(practice, subject_uid=f"s{n}", vendor_name=f"Vendor {n}", due_on=today + timedelta(days=day))
        for n, day in enumerate(days)
    ]


def shown(client: Client, show: str = "") -> list[str]:
    html = client.get(reverse("core:reminders"), {"show": show} if show else {}).content.decode()
    found = [(html.index(words), n) for n in range(9) if (words := f"agreement with Vendor {n}</a>") in html]
    return [f"Vendor {n}" for _, n in sorted(found)]


def test_everything_open_stands_there_the_soonest_first(cast: Cast, browse: Browse):
    several(cast.practice, 300, -3, 10)
    client = browse(cast.owner)
    assert shown(client) == ["Vendor 1", "Vendor 2", "Vendor 0"]
    assert [shown(client, each) for each in ("late", "soon", "snoozed")] == [["Vendor 1"], ["Vendor 2"], []]


def test_it_tells_who_heard_when(cast: Cast, browse: Browse):
    several(cast.practice, -3)
    reminders.send_all(cast.practice.today())
    html = browse(cast.auditor).get(reverse("core:reminders")).content.decode()
    assert "Maria Reyes: <span" in html
    assert "Dana Okafor: <span" in html
    assert "Try again" not in html


def test_it_asks_the_database_as_often_for_ten_as_for_one(
    cast: Cast, browse: Browse, django_assert_max_num_queries: Any
):
    client = browse(cast.owner)
    several(cast.practice, -3)
    reminders.send_all(cast.practice.today())
    client.get(reverse("core:reminders"))
    for count in (1, 10):
        several(cast.practice, *range(-3, count - 3))
        with django_assert_max_num_queries(16):
            client.get(reverse("core:reminders"))


def test_a_refused_address_is_told_with_what_to_do_here_and_at_the_person(cast: Cast, browse: Browse):
    make_mail(practice=cast.practice, person=cast.officer, last_error="The mail server refused this address.")
    client = browse(cast.owner)
    for name in ("core:reminders", "core:people"):
        html = client.get(reverse(name)).content.decode()
        assert "The mail server refused this address." in html
    make_mail(practice=cast.practice, person=cast.officer, state=MailState.SENT, on=cast.practice.today())
    assert "do not arrive" not in client.get(reverse("core:people")).content.decode()


def test_try_again_lets_it_go_with_the_next_mail(cast: Cast, browse: Browse):
    several(cast.practice, 0)
    reminders.send_all(cast.practice.today())
    Mail.objects.update(state=MailState.FAILED)
    mail.outbox.clear()
    mine = Mail.objects.get(person=cast.officer)
    url = reverse("core:mail_again", args=[mine.uid])
    client = browse(cast.officer)
    client.post(url)
    assert LedgerEntry.objects.filter(verb="reminder.retried").count() == 1
    with clock.set_to(clock.now() + timedelta(seconds=1)):
        assert delivery.deliver_waiting() == 1
    assert len(mail.outbox) == 1
    client.post(url)
    assert LedgerEntry.objects.filter(verb="reminder.retried").count() == 1


# --- the practice's own ladder -----------------------------------------------------------------------------------

SETTINGS = {
    "version": "1",
    "remind_before": ["30", "7"],
    "owners_after": "5",
    "summary_weekday": "3",
    "snooze_days": "14",
}


def test_an_owner_sets_the_days(cast: Cast, browse: Browse):
    assert browse(cast.owner).post(reverse("core:reminder_settings"), SETTINGS).status_code == 302
    practice = Practice.objects.get(pk=cast.practice.pk)
    assert (practice.ladder.before, practice.ladder.owners_after, practice.summary_weekday, practice.snooze_days) == (
        (30, 7), 5, 3, 14,
    )  # fmt: skip
    told = LedgerEntry.objects.get(verb="practice.reminders_set").detail
    assert told == {"remind_before": [30, 7], "owners_after": 5, "summary_weekday": 3, "snooze_days": 14}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"remind_before": []}, "Mark at least one day."),
        ({"remind_before": ["3", "1", "0"]}, "Mark a day that is at least 7 days before"),
        ({"owners_after": "31"}, "Write a number of days from 1 to 30."),
        ({"snooze_days": "365"}, "Write a number of days from 7 to 90."),
        ({"summary_weekday": "7"}, "Choose a day of the week."),
    ],
)
def test_what_would_help_nobody_is_refused(cast: Cast, browse: Browse, wrong: dict[str, Any], sentence: str):
    answer = browse(cast.owner).post(reverse("core:reminder_settings"), {**SETTINGS, **wrong})
    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)


def test_two_who_set_it_at_once_see_both(cast: Cast, browse: Browse):
    client = browse(cast.owner)
    client.post(reverse("core:reminder_settings"), SETTINGS)
    answer = client.post(reverse("core:reminder_settings"), {**SETTINGS, "owners_after": "9"})
    assert (answer.status_code, "Somebody else changed this" in answer.content.decode()) == (409, True)


def test_the_page_begins_with_our_own_choice(cast: Cast, browse: Browse):
    form = browse(cast.owner).get(reverse("core:reminder_settings")).context["form"]
    assert form.initial == {
        "version": 1, "remind_before": [60, 30, 14, 7, 1, 0], "owners_after": 1, "summary_weekday": 0,
        "summary_when_quiet": False, "snooze_days": 28,
    }  # fmt: skip
