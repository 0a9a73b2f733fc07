"""Silencing a deadline for a while: with a reason, within bounds, and taken back."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from practice_vetting.core import clock, reminders, snoozes, snoozing, summary
from practice_vetting.core.deadline import Deadline
from practice_vetting.core.errors import Refused
from practice_vetting.core.forms import new_form_id
from practice_vetting.core.models import LedgerEntry, Reminder, Snooze
from tests.conftest import Cast
from tests.core.deadlines_for_tests import DUE, OPEN, SOURCE, set_deadline
from tests.factories import change

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
Browse = Callable[..., Client]


@pytest.fixture(autouse=True)
def _own_source(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    settings.DEADLINES = SOURCE
    monkeypatch.setattr(summary, "is_open", lambda practice, day, on: False)
    OPEN.clear()
    yield
    OPEN.clear()


def on(days: int) -> Any:
    """14:00 UTC, so many days after DUE."""
    moment = DUE + timedelta(days=days)
    return clock.set_to(datetime(moment.year, moment.month, moment.day, 14, tzinfo=UTC))


def silence(cast: Cast, deadline: Deadline, until: date) -> Snooze:
    return snoozes.snooze(practice=cast.practice, deadline=deadline, by=cast.officer, until=until, reason="They answer")


def told(cast: Cast, days: range) -> list[tuple[str, int]]:
    for day in days:
        with on(day):
            reminders.send_all()
    return list(Reminder.objects.order_by("id").values_list("person__name", "rung"))


# --- how long: pure ------------------------------------------------------------------------------------------

LAPSES = DUE + timedelta(days=31)


@pytest.mark.parametrize(
    ("today", "lapses_on", "longest", "last"),
    [
        (-40, LAPSES, 28, -12),  # the practice's own bound
        (-5, LAPSES, 90, 24),  # a week before it lapses
        (20, LAPSES, 28, 24),
        (24, LAPSES, 28, None),
        (30, LAPSES, 28, None),
        (-40, None, 90, -1),  # nothing known to lapse: told before it is due
        (-1, None, 28, None),
        (3, None, 28, 10),  # late: a week
    ],
)
def test_the_last_day_leaves_a_warning(today: int, lapses_on: date | None, longest: int, last: int | None):
    deadline = Deadline("kind", "agreement", "x", "T", "V", DUE, "/", "Act", lapses_on)
    bound = snoozing.bound(deadline, DUE + timedelta(days=today), longest)
    assert bound.last == (None if last is None else DUE + timedelta(days=last))


# --- what it does ----------------------------------------------------------------------------------------------


def test_nobody_is_told_until_its_day_and_then_at_once(cast: Cast):
    deadline = set_deadline(cast.practice)
    with on(-40):
        silence(cast, deadline, DUE - timedelta(days=20))
    assert told(cast, range(-40, -13)) == [("Dana Okafor", -20), ("Dana Okafor", -14)]


def test_the_owner_hears_once_that_it_is_late(cast: Cast):
    deadline = set_deadline(cast.practice, lapses_on=LAPSES)
    with on(-2):
        silence(cast, deadline, DUE + timedelta(days=20))
    assert told(cast, range(-2, 20)) == [("Maria Reyes", 1)]
    assert told(cast, range(20, 21))[1:] == [("Maria Reyes", 20), ("Dana Okafor", 20)]


def test_a_mail_that_waits_leaves_out_what_was_snoozed_meanwhile(cast: Cast):
    deadline = set_deadline(cast.practice)
    with on(-30):
        [plans] = reminders.due(cast.practice, DUE - timedelta(days=30))
        reminders.make(cast.practice, plans, DUE - timedelta(days=30))
        silence(cast, deadline, DUE - timedelta(days=10))
        reminders.send_all()
    assert (mail.outbox, LedgerEntry.objects.get(verb="reminder.dropped").detail["reason"]) == (
        [], "It was snoozed meanwhile.",
    )  # fmt: skip


def test_taken_back_it_is_told_as_ever(cast: Cast):
    deadline = set_deadline(cast.practice)
    with on(-40):
        snoozes.end_snooze(snooze=silence(cast, deadline, DUE - timedelta(days=20)), by=cast.owner)
    assert told(cast, range(-40, -29)) == [("Dana Okafor", -60), ("Dana Okafor", -30)]
    with pytest.raises(Refused, match="taken back already"):
        snoozes.end_snooze(snooze=Snooze.objects.get(), by=cast.owner)


def test_a_second_snooze_replaces_the_first(cast: Cast):
    deadline = set_deadline(cast.practice)
    with on(-40):
        first = silence(cast, deadline, DUE - timedelta(days=30))
        second = silence(cast, deadline, DUE - timedelta(days=20))
    assert list(Snooze.objects.standing()) == [second]
    assert Snooze.objects.get(pk=first.pk).ended_by == cast.officer


@pytest.mark.parametrize(
    ("until", "words"), [(-40, "Choose a day after today."), (-11, "Choose 28 Oct 2026 or an earlier day.")]
)
def test_a_day_outside_of_the_bounds_is_refused(cast: Cast, until: int, words: str):
    deadline = set_deadline(cast.practice)
    with on(-40), pytest.raises(Refused, match=words):
        silence(cast, deadline, DUE + timedelta(days=until))


# --- the page ----------------------------------------------------------------------------------------------------


def page(name: str, due_on: date) -> str:
    return reverse(name, args=["agreement-review", "abcdefghjkmn", due_on])


@pytest.fixture
def soon(cast: Cast) -> Deadline:
    """Due in 40 days, whatever day it is."""
    due_on = cast.practice.today() + timedelta(days=40)
    return set_deadline(cast.practice, due_on=due_on, lapses_on=due_on + timedelta(days=31))


def test_the_link_of_the_mail_shows_a_button_and_changes_nothing(cast: Cast, browse: Browse, soon: Deadline):
    html = browse(cast.officer).get(page("core:reminder", soon.due_on)).content.decode()
    assert ">Snooze</button>" in html
    assert f'href="{soon.url}"' in html
    assert "It lapses on" in html
    assert (Snooze.objects.count(), LedgerEntry.objects.filter(record_kind="snooze").count()) == (0, 0)


def test_a_week_is_one_click_and_a_reason(cast: Cast, browse: Browse, soon: Deadline):
    sent = {"form_id": new_form_id(), "length": "1", "until": "", "reason": "They answer next week"}
    client = browse(cast.officer)
    assert [client.post(page("core:snooze", soon.due_on), sent).status_code for _ in range(2)] == [302, 302]
    made = Snooze.objects.get()
    assert (made.until, made.by, made.reason) == (
        cast.practice.today() + timedelta(days=7), cast.officer, "They answer next week",
    )  # fmt: skip
    listed = client.get(reverse("core:reminders") + "?show=snoozed").content.decode()
    assert "They answer next week" in listed
    client.post(reverse("core:end_snooze", args=[made.uid]))
    assert not Snooze.objects.standing().exists()
    verbs = LedgerEntry.objects.filter(record_kind="snooze").order_by("seq").values_list("verb", flat=True)
    assert list(verbs) == ["snooze.begun", "snooze.ended"]


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"length": "1"}, "Say why it can wait."),
        ({"reason": "x"}, "Choose until when."),
        ({"length": "day", "reason": "x"}, "Choose the day until which it can wait."),
        ({"length": "day", "until": "soon", "reason": "x"}, "This is not a date."),
        ({"length": "day", "until": "2099-01-01", "reason": "x"}, "or an earlier day."),
    ],
)
def test_what_is_missing_stands_beside_its_field(
    cast: Cast, browse: Browse, soon: Deadline, sent: dict[str, str], sentence: str
):
    answer = browse(cast.officer).post(page("core:snooze", soon.due_on), {"form_id": new_form_id(), **sent})
    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)
    assert Snooze.objects.count() == 0


def test_an_old_link_says_that_nothing_is_left_to_do(cast: Cast, browse: Browse, soon: Deadline):
    with on(-30):
        deadline = set_deadline(cast.practice)
        reminders.send_all()
    OPEN.clear()
    answer = browse(cast.officer).get(page("core:reminder", deadline.due_on))
    assert (answer.status_code, "Nothing left to do" in answer.content.decode()) == (200, True)
    assert browse(cast.officer).get(page("core:reminder", date(2020, 1, 1))).status_code == 404


def test_a_practice_that_allows_less_offers_less(cast: Cast, browse: Browse, soon: Deadline):
    change(cast.practice, snooze_days=14)
    html = browse(cast.officer).get(page("core:reminder", soon.due_on)).content.decode()
    assert ["2 weeks:" in html, "4 weeks:" in html] == [True, False]
