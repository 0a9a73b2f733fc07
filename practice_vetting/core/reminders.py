"""Which reminders are due, and making them: each once, whatever the clock does. core.delivery mails them.

A made reminder is a row that says everything: to whom, about what, the rung of the ladder, the mail itself.
The unique key `reminder_once` decides between two runs at the same moment.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import Max

from practice_vetting.core import clock, delivery, ladder, ledger, mail
from practice_vetting.core.actions import action
from practice_vetting.core.deadline import Deadline
from practice_vetting.core.ladder import Audience
from practice_vetting.core.models import Membership, Person, Practice, Record, Reminder
from practice_vetting.core.reminder_words import subject_words
from practice_vetting.core.roles import Role

SENT_FROM_HOUR = 7  # local time of the practice: nobody is woken by a reminder


@dataclass(frozen=True)
class Planned:
    """One mail that is due: the rung of a deadline for one person."""

    person: Person
    role: Role
    deadline: Deadline
    rung: int
    subject: str


def send_all(today: date | None = None) -> int:
    """Make and mail what is due in every practice, and tell how many were made.

    `today` stands for every practice's own day; without it a practice is left alone before its morning.
    """
    made = 0
    for practice in Practice.objects.order_by("id"):
        on = today or _its_day(practice)
        made += sum(make(practice, each, on) for each in planned(practice, on)) if on else 0
    delivery.deliver_waiting()
    return made


def _its_day(practice: Practice) -> date | None:
    """The day whose reminders may go out in the practice now, or None early in its morning."""
    now = clock.now().astimezone(ZoneInfo(practice.time_zone))
    return now.date() if now.hour >= SENT_FROM_HOUR else None


def planned(practice: Practice, on: date) -> Iterator[Planned]:
    """What is due in the practice on that day and was not made yet, without making it."""
    deadlines = list(delivery.deadlines_of(practice, on + ladder.FIRST))
    people = list(_audiences(practice, on))
    told = _told(practice, deadlines)
    for deadline in deadlines:
        for member, audiences in people:
            rung = ladder.latest_rung(deadline.due_on, on, audiences)
            last = told.get((member.person_id, deadline.kind, deadline.subject_uid, deadline.due_on))
            if rung is not None and (last is None or last < rung):
                subject = subject_words(deadline, on)
                yield Planned(member.person, Role(member.role), deadline, rung, subject)


def _audiences(practice: Practice, on: date) -> Iterator[tuple[Membership, frozenset[Audience]]]:
    """The active officers and owners. Without an officer, the owners hear what the officer would."""
    members = Membership.objects.of(practice).active(on).select_related("person").order_by("id")
    keeping = [member for member in members if member.role in (Role.OFFICER, Role.OWNER)]
    no_officer = all(member.role == Role.OWNER for member in keeping)
    for member in keeping:
        if member.role == Role.OFFICER:
            yield member, frozenset({Audience.OFFICERS})
        else:
            yield member, frozenset(Audience) if no_officer else frozenset({Audience.OWNERS})


def _told(practice: Practice, deadlines: Sequence[Deadline]) -> dict[tuple[int, str, str, date], int]:
    """The last rung that was made, by person and deadline."""
    if not deadlines:
        return {}
    made = Reminder.objects.filter(practice=practice, due_on__gte=min(each.due_on for each in deadlines))
    rows = made.values_list("person_id", "kind", "subject_uid", "due_on").annotate(Max("rung"))
    return {(person, kind, subject, due): rung for person, kind, subject, due, rung in rows}


def make(practice: Practice, plan: Planned, on: date) -> bool:
    """Make the reminder, unless another run was faster. Whether it was made now."""
    deadline = plan.deadline
    key = _key(practice, plan.person, deadline.kind, deadline.subject_kind, deadline.subject_uid)
    context = {
        "practice": practice,
        "role": plan.role,
        "deadline": deadline,
        "path": deadline.url,
        "subject": plan.subject,
        "late": on > deadline.due_on,
        "on_the_day": on == deadline.due_on,
    }
    return _made_once({**key, "due_on": deadline.due_on, "rung": plan.rung}, "reminder", context)


def _key(practice: Practice, person: Person, kind: str, subject_kind: str, subject_uid: str) -> dict[str, Any]:
    return {
        "practice": practice,
        "person": person,
        "kind": kind,
        "subject_kind": subject_kind,
        "subject_uid": subject_uid,
    }


def tell_now(
    *,
    practice: Practice,
    kind: str,
    subject: Record | Practice,
    roles: Iterable[Role],
    template: str,
    context: dict[str, Any],
) -> int:
    """Tell people of these roles today of something that has happened, once a day, and how many were told.

    Call it inside the action that did it: the mails exist if and only if that is kept, and leave after its
    commit. `context` has "path", the page to open. Raises KeyError for a kind that is not in delivery.NEWS.
    """
    if kind not in delivery.NEWS:
        raise KeyError(f"{kind} is no kind of news.")
    today = practice.today()
    members = Membership.objects.of(practice).active(today).filter(role__in=[*roles]).select_related("person")
    made = 0
    for member in members.order_by("id"):
        key = _key(practice, member.person, kind, subject.kind(), subject.uid)
        told = {**context, "practice": practice, "role": Role(member.role), "today": today}
        made += _made_once({**key, "due_on": today, "rung": 0}, template, told)
    if made:
        transaction.on_commit(delivery.wake)
    return made


def _made_once(key: dict[str, Any], template: str, context: dict[str, Any]) -> bool:
    """Make the reminder of this unique key with the mail that the template says; False when it is there."""
    known = Reminder.objects.filter(**key)
    if known.exists():
        return False
    subject, text, html = mail.render(template, context)
    reminder = Reminder(subject=subject, text=text, html=html, message_id=mail.new_message_id(), **key)
    try:
        _keep(reminder=reminder, by=None)
    except IntegrityError:
        if known.exists():
            return False  # another run was faster
        raise
    return True


@action("reminder.made", says="made ready the reminder")
def _keep(*, reminder: Reminder, by: None) -> None:
    reminder.save(force_insert=True)
    ledger.record(reminder, label=delivery.label(reminder), rung=reminder.rung, **delivery.about(reminder))


def of(record: Record, limit: int = 20) -> list[Reminder]:
    """The newest reminders about a record, for the fragment core/_reminders.html."""
    about = Reminder.objects.filter(practice=record.practice, subject_kind=record.kind(), subject_uid=record.uid)
    return list(about.select_related("person").order_by("-id")[:limit])
