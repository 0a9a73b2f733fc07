"""What is due in a person's own calendar: a secret address, shown once, ended at any time."""

import logging
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from practice_vetting.core import calendar_feeds, ics, reminders
from practice_vetting.core.deadline import Deadline
from practice_vetting.core.log_filter import HideSecretAddresses
from practice_vetting.core.models import CalendarFeed, LedgerEntry
from tests.conftest import Cast
from tests.factories import change, make_agreement, make_tool, make_vendor

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
Browse = Callable[..., Client]


def deadline(**given: Any) -> Deadline:
    facts: dict[str, Any] = {
        "kind": "agreement-review", "subject_kind": "agreement", "subject_uid": "abc", "title": "BAA with Notewell",
        "vendor_name": "Notewell", "due_on": date(2028, 2, 29), "url": "/agreements/abc/",
        "action": "Review the agreement with Notewell",
    }  # fmt: skip
    return Deadline(**(facts | given))


def events(content: bytes) -> list[Any]:
    return [each for each in Calendar.from_ical(content).walk("VEVENT")]


def made(*deadlines: Deadline) -> bytes:
    return ics.calendar_of(deadlines, name="Harbor Light: what is due", site="https://vetting.example", at=NOW)


def test_a_deadline_is_a_whole_day():
    event = events(made(deadline()))[0]

    assert (event.decoded("dtstart"), event.decoded("dtend")) == (date(2028, 2, 29), date(2028, 3, 1))
    assert event["summary"] == "Review the agreement with Notewell"
    assert event["url"] == "https://vetting.example/agreements/abc/"


def test_a_moved_day_moves_the_event():
    first, then = (events(made(deadline(due_on=day)))[0] for day in (date(2027, 1, 1), date(2027, 3, 1)))

    assert first["uid"] == then["uid"]


def test_a_name_cannot_add_lines():
    wicked = 'Evil\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:Pay; now, "here"\\n'
    found = events(made(deadline(action=wicked, title=wicked)))

    assert [str(event["summary"]) for event in found] == ['Evil END:VEVENT BEGIN:VEVENT SUMMARY:Pay; now, "here"\\n']


def test_lines_are_folded_and_end_as_the_format_asks():
    lines = made(deadline(action="ß" * 300)).split(b"\r\n")

    assert max(len(line) for line in lines) <= 75
    assert b"\n" not in b"".join(lines)


@pytest.fixture
def due(cast: Cast) -> Any:
    vendor = make_vendor(practice=cast.practice)
    tool = make_tool(vendor=vendor)
    day = cast.practice.today() + timedelta(days=90)
    signed = cast.practice.today() - timedelta(days=275)
    return make_agreement(
        vendor=vendor, tools=[tool], practice_signed_on=signed, vendor_signed_on=signed, next_review_on=day
    )


def address_on(page: Any) -> str:
    found = re.search(r'value="([^"]+\.ics)"', page.content.decode())
    assert found
    return found[1].removeprefix(settings.SITE_URL)


def make(client: Client) -> str:
    return address_on(client.post(reverse("core:make_calendar")))


def test_an_officer_makes_an_address_and_a_calendar_reads_it(cast: Cast, browse: Browse, due: Any, client: Client):
    read = client.get(make(browse(cast.officer)))

    assert read["Content-Type"] == "text/calendar; charset=utf-8"
    assert [each.decoded("dtstart") for each in events(read.content)] == [due.next_review_on]


def test_the_address_is_shown_once_and_only_its_hash_is_kept(cast: Cast, browse: Browse):
    officer = browse(cast.officer)
    token = make(officer).rsplit("/", 1)[1].removesuffix(".ics")

    assert token not in officer.get(reverse("core:calendar")).content.decode()
    assert token not in str(CalendarFeed.objects.values()) + str(LedgerEntry.objects.values())


def test_a_new_address_ends_the_old_one(cast: Cast, browse: Browse, client: Client):
    officer = browse(cast.officer)
    old, new = make(officer), make(officer)

    assert (client.get(old).status_code, client.get(new).status_code) == (410, 200)


def test_an_ended_address_and_a_guess_lead_nowhere(cast: Cast, browse: Browse, client: Client):
    officer = browse(cast.officer)
    address = make(officer)
    officer.post(reverse("core:end_calendar"))

    ended, guessed = client.get(address), client.get(reverse("core:read_calendar", args=["guess"]))
    assert (ended.status_code, guessed.status_code) == (410, 410)
    assert "no longer valid" in ended.content.decode()


def test_it_ends_with_the_access_of_the_person(cast: Cast, browse: Browse, client: Client):
    address = make(browse(cast.officer))
    change(cast.officer.memberships.get(), ended_on=cast.practice.today())

    assert client.get(address).status_code == 410


def test_it_ends_with_a_role_that_is_not_reminded(cast: Cast, browse: Browse, client: Client):
    address = make(browse(cast.officer))
    change(cast.officer.memberships.get(), role="staff")

    assert client.get(address).status_code == 410


def test_nothing_of_another_practice_is_in_it(cast: Cast, strangers: Cast, browse: Browse, due: Any, client: Client):
    assert events(client.get(make(browse(strangers.officer))).content) == []


def test_the_ledger_tells_once_a_day_that_it_was_read(cast: Cast, browse: Browse, client: Client):
    with time_machine.travel(NOW) as clock:
        address = make(browse(cast.officer))
        for _ in range(3):
            client.get(address)
        clock.shift(timedelta(days=1))
        client.get(address)

    told = LedgerEntry.objects.filter(practice_uid=cast.practice.uid, verb="calendar.read")
    assert told.count() == 2


def test_ending_what_is_not_there_changes_nothing(cast: Cast):
    calendar_feeds.end_feed(practice=cast.practice, by=cast.owner)

    assert CalendarFeed.objects.count() == 0


def test_the_mail_of_the_day_carries_what_is_due(cast: Cast, due: Any, mailoutbox: list[Any]):
    reminders.send_all(due.next_review_on - timedelta(days=30))

    carried = [
        each for mail in mailoutbox for each in mail.attachments if mail.to[0].endswith(f"<{cast.officer.email}>")
    ]
    assert [(each[0], each[2]) for each in carried] == [("due.ics", "text/calendar")]
    assert [event.decoded("dtstart") for event in events(carried[0][1].encode())] == [due.next_review_on]


@pytest.mark.parametrize(
    "place", ["/calendar/s3cret.ics", "/calendar/s3cret", "/calendar/s3cret.ICS", "/calendar/s3cret%2Eics"]
)
def test_the_log_never_holds_the_secret(place: str):
    record = logging.LogRecord("vendors.x", logging.WARNING, "", 0, "Gone: %s", (place,), None)
    HideSecretAddresses().filter(record)

    assert "s3cret" not in record.getMessage()
