"""Deadlines as iCalendar (RFC 5545): days without a time, so that no time zone moves them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from practice_vetting.core.deadline import Deadline
from practice_vetting.core.mail import one_line

_TITLE = 200  # characters of a vendor's name and the like: a calendar shows one line
READ_AGAIN = timedelta(hours=6)


def calendar_of(deadlines: Iterable[Deadline], *, name: str, site: str, at: datetime) -> bytes:
    """A calendar with one whole-day event a deadline, on its last day, as bytes with CRLF line ends.

    A deadline keeps its UID when its day moves, so that a calendar moves the event. `site` is the address of this
    installation, without a slash at its end.
    """
    from icalendar import Calendar  # a web process that starts need not wait for it

    found = Calendar()
    found.add("prodid", "-//Practice Vetting//EN")
    found.add("version", "2.0")
    found.add("method", "PUBLISH")
    found.add("x-wr-calname", one_line(name))
    found.add("refresh-interval", READ_AGAIN, parameters={"value": "DURATION"})
    found.add("x-published-ttl", READ_AGAIN)
    for each in deadlines:
        found.add_component(_event(each, site, at))
    return bytes(found.to_ical())


def _event(deadline: Deadline, site: str, at: datetime) -> Any:
    from icalendar import Event

    event = Event()
    event.add("uid", f"{deadline.kind}.{deadline.subject_uid}@practice-vetting.invalid")
    event.add("dtstamp", at)
    event.add("dtstart", deadline.due_on)
    event.add("dtend", deadline.due_on + timedelta(days=1))
    event.add("summary", one_line(deadline.action)[:_TITLE])
    event.add("description", f"{one_line(deadline.title)[:_TITLE]}\n{site}{deadline.url}")
    event.add("url", f"{site}{deadline.url}")
    event.add("transp", "TRANSPARENT")
    return event
