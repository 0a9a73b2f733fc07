"""A person's calendar address: made, ended, and read by whoever has it."""

import secrets
from datetime import timedelta

from django.conf import settings

from practice_vetting.core import clock, ics, ledger, sources
from practice_vetting.core.actions import action
from practice_vetting.core.models import CalendarFeed, Membership, Person, Practice
from practice_vetting.core.roles import may

AHEAD = timedelta(days=400)  # a year of reviews, and the month after


def feed_of(practice: Practice, person: Person) -> CalendarFeed | None:
    """The address that the person has in the practice, if any."""
    return CalendarFeed.objects.of(practice).filter(person=person, ended_at=None).first()


@action("calendar.made", says="made a calendar address:")
def make_feed(*, practice: Practice, by: Person) -> str:
    """The secret of a new calendar address for the person; an earlier one ends. It is shown once."""
    _end_open_ones(practice, by)
    token = secrets.token_urlsafe(24)
    feed = CalendarFeed(practice=practice, person=by, token_sha256=ledger.sha256(token))
    feed.save(force_insert=True)
    ledger.record(feed)
    return token


@action("calendar.ended", says="ended the calendar address:")
def end_feed(*, practice: Practice, by: Person) -> None:
    """End the person's calendar address: it leads nowhere from now on. Without one nothing changes."""
    ended = _end_open_ones(practice, by)
    ledger.record(ended[0] if ended else by, practice=practice, ended=len(ended))


def _end_open_ones(practice: Practice, person: Person) -> list[CalendarFeed]:
    found = list(
        CalendarFeed.objects.select_for_update(no_key=True).filter(practice=practice, person=person, ended_at=None)
    )
    for feed in found:
        feed.ended_at = clock.now()
        feed.save(update_fields=["ended_at"])
    return found


def read(token: str) -> bytes | None:
    """What is due, as a calendar, for the person whose address it is; None when it leads nowhere.

    It leads nowhere once it was ended, or when the person may no longer be reminded in the practice.
    """
    found = CalendarFeed.objects.select_related("practice", "person").filter(
        token_sha256=ledger.sha256(token), ended_at=None
    )
    feed = found.first()
    if feed is None:
        return None
    today = feed.practice.today()
    member = Membership.objects.of(feed.practice).active(today).filter(person=feed.person_id).first()
    if member is None or not may(member.role, "remind"):
        return None
    if feed.read_on != today:
        note_reading(feed=feed, by=feed.person)
    name = f"{feed.practice.name}: what is due"
    deadlines = sources.deadlines_of(feed.practice, today + AHEAD)
    return ics.calendar_of(deadlines, name=name, site=settings.SITE_URL, at=clock.now())


@action("calendar.read", says="had a calendar read, through the address:")
def note_reading(*, feed: CalendarFeed, by: Person) -> None:
    """Tell once a day that somebody fetched it, with the secret alone."""
    feed.read_on = feed.practice.today()
    feed.save(update_fields=["read_on"])
    ledger.record(feed)
