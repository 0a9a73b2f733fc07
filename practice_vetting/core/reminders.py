"""Which reminders are due, and making them: each once, whatever the clock does. core.delivery mails them.

A made reminder is a row: to whom, about what, which rung of the ladder. Its unique key `reminder_once` decides between
two runs at the same moment. What is due to one person on one day travels in one mail, the mail of the day.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction

from practice_vetting.core import (
    actions,
    alone,
    clock,
    delivery,
    ladder,
    ledger,
    mail,
    rounds,
    sources,
    summary,
    webhooks,
)
from practice_vetting.core.actions import action
from practice_vetting.core.deadline import Deadline
from practice_vetting.core.ladder import WEEK, Audience
from practice_vetting.core.models import Mail, MailKind, MailState, Membership, Person, Practice, Record, Reminder
from practice_vetting.core.reminder_facts import Facts, facts_of
from practice_vetting.core.reminder_words import subject_words
from practice_vetting.core.roles import Role

log = logging.getLogger(__name__)

_AT_ONCE = 100  # practices that are looked at together
#: news that can wait for the mail of the day where the clock finds them: of a night, or of an outage, all in one
CAN_WAIT = frozenset({"standing"})


@dataclass(frozen=True)
class Planned:
    """One thing that a person is to be told in the mail of the day: the rung of a deadline."""

    person: Person
    role: Role
    deadline: Deadline
    rung: int
    subject: str


def send_all(today: date | None = None) -> int:
    """Make and mail what is due in every practice, and tell how many reminders were made.

    `today` stands for every practice's own day; without it a practice is left alone before its morning.
    """
    made, begun = 0, rounds.begin(today)
    for on, found in begun.whole.items():
        whole = sorted(found)
        for first in range(0, len(whole), _AT_ONCE):
            made += _look_together(whole[first : first + _AT_ONCE], on, begun.left_over)
    release(begun.days)
    delivery.deliver_waiting(today)
    return made


def _look_together(keys: Sequence[int], on: date, left_over: set[int]) -> int:
    """Look at these together; at each alone where that breaks, so that one stops no other."""
    try:
        return _look(keys, on, left_over)
    except Exception as problem:  # noqa: BLE001 - whatever it is, it is met again below, and logged there
        log.warning("Reminders of %d practices together broke: %s", len(keys), type(problem).__name__)
    made = 0
    for pk, uid in Practice.objects.filter(pk__in=keys).order_by("pk").values_list("pk", "uid"):
        with alone.in_practice(uid, "making its reminders"):
            made += _look([pk], on, left_over)
    return made


def _look(keys: Sequence[int], on: date, left_over: set[int]) -> int:
    """Make all that is due in these practices, and keep that they were looked at whole, if nothing was in the way."""
    practices = [*Practice.objects.filter(pk__in=keys).order_by("pk")]
    ends = rounds.ends_of_ledgers(practices)
    for practice in practices:
        if practice.pk in left_over:
            carry_over(practice, on)
    facts = facts_of(practices, on)
    made, waiting = 0, set()
    for practice in practices:
        found = _by_person(practice, on, facts)
        tried, sending = facts.tried.get(practice.pk, set()), facts.sending.get(practice.pk, set())
        told = [make(practice, found[person], on) for person in found if person not in tried | sending]
        made += sum(told)
        if not all(told) or found.keys() & sending:
            del ends[practice.pk]  # the next run looks again
        if found.keys() & tried:
            waiting.add(practice.pk)
    rounds.looked(ends, on, waiting)
    return made


# --- planning -------------------------------------------------------------------------------------------


def due(practice: Practice, on: date) -> list[list[Planned]]:
    """What the mails of that day are to carry and none carries yet, by person. Who got the day's mail waits a day."""
    facts = facts_of([practice], on)
    busy = facts.tried.get(practice.pk, set()) | facts.sending.get(practice.pk, set())
    return [plans for person, plans in _by_person(practice, on, facts).items() if person not in busy]


def _by_person(practice: Practice, on: date, facts: Facts) -> dict[int, list[Planned]]:
    found: dict[int, list[Planned]] = {}
    for plan in [*_planned(practice, on, facts), *_summary_planned(practice, on, facts)]:
        found.setdefault(plan.person.pk, []).append(plan)
    return found


def planned(practice: Practice, on: date) -> Iterator[Planned]:
    """What is due in the practice on that day and was not made yet, without making it."""
    return _planned(practice, on, facts_of([practice], on))


def _planned(practice: Practice, on: date, facts: Facts) -> Iterator[Planned]:
    until, silent = on + practice.ladder.first, facts.silent.get(practice.pk, {})
    people = list(_audiences(facts.keeping.get(practice.pk, [])))
    for deadline in facts.deadlines[practice.pk]:
        for member, audiences in people if deadline.due_on <= until else ():
            snoozed = silent.get(deadline.key)
            rung = ladder.latest_rung(practice.ladder, deadline.due_on, on, audiences, snoozed)
            last = facts.told.get((member.person_id, *deadline.key))
            if rung is not None and (last is None or last < rung):
                subject = subject_words(deadline, on)
                yield Planned(member.person, Role(member.role), deadline, rung, subject)


def _summary_planned(practice: Practice, on: date, facts: Facts) -> Iterator[Planned]:
    """The summary of the week for each owner: on its weekday, or on the first day after that we run again."""
    day = on - timedelta(days=(on.weekday() - practice.summary_weekday) % WEEK)
    owners = [
        each
        for each in facts.keeping.get(practice.pk, [])
        if each.role == Role.OWNER and (day - facts.heard.get((practice.pk, each.person_id), date.min)).days >= WEEK
    ]
    if not owners or not summary.is_open(practice, day, on):
        return
    week = summary.week(practice, on, facts.deadlines[practice.pk])
    if week.is_quiet and not practice.summary_when_quiet:
        summary.close(practice, day)
        return
    for member in owners:
        yield Planned(member.person, Role.OWNER, summary.deadline(practice, day), 0, week.subject)


def _audiences(keeping: Sequence[Membership]) -> Iterator[tuple[Membership, frozenset[Audience]]]:
    """The active officers and owners. Without an officer, the owners hear what the officer would."""
    no_officer = all(member.role == Role.OWNER for member in keeping)
    for member in keeping:
        if member.role == Role.OFFICER:
            yield member, frozenset({Audience.OFFICERS})
        else:
            yield member, frozenset(Audience) if no_officer else frozenset({Audience.OWNERS})


# --- making ---------------------------------------------------------------------------------------------


def carry_over(practice: Practice, on: date) -> None:
    """Let a mail that could not leave on its own day become the mail of this day: nobody gets two at once.

    Where the server may have taken it, it leaves under a new Message-ID, because it will say other things.
    """
    held = Mail.objects.filter(practice=practice, kind=MailKind.DAILY, on__lt=on).order_by("person_id", "-on")
    late = held.filter(delivery.unsent())
    for _, some in groupby(late, key=lambda each: each.person_id):
        newest, *older = some
        if not Mail.objects.filter(practice=practice, person=newest.person_id, on=on, kind=MailKind.DAILY).exists():
            delivery.move(newest, older, on)


def make(practice: Practice, plans: Sequence[Planned], on: date) -> int:
    """Make one person's reminders of the day, unless another run was faster, and tell how many it made."""
    rows = [
        Reminder(
            practice=practice, person=plan.person, kind=plan.deadline.kind, subject_kind=plan.deadline.subject_kind,
            subject_uid=plan.deadline.subject_uid, due_on=plan.deadline.due_on, rung=plan.rung, subject=plan.subject,
            path=plan.deadline.url,
        )
        for plan in plans
    ]  # fmt: skip
    try:
        with transaction.atomic():
            letter = _of_the_day(practice, plans[0].person, on, clock.now())
            if letter is None:
                return 0
            for row in rows:
                row.mail = letter
            _keep(reminders=rows, practice=practice, by=None)
    except IntegrityError:
        if _was_made(practice, plans[0].person, rows, on):
            return 0  # another run was faster
        raise
    return len(rows)


def release(days: dict[str, date]) -> None:
    """It is morning in these time zones: what waited for that day may leave."""
    waiting = Mail.objects.filter(kind=MailKind.DAILY, state=MailState.WAITING, attempts=0, next_try_at__gt=clock.now())
    found = waiting.filter(on__in=set(days.values())).values_list("pk", "practice__time_zone", "on")
    keys = [pk for pk, zone, on in found if days.get(zone) == on]
    if keys:
        waiting.filter(pk__in=keys).update(next_try_at=clock.now())


def _of_the_day(practice: Practice, person: Person, on: date, next_try_at: datetime) -> Mail | None:
    """The person's mail of that day, made now when there is none; None when it has been tried already."""
    key = {"practice": practice, "person": person, "on": on, "kind": MailKind.DAILY}
    made = Mail.objects.select_for_update(no_key=True).filter(**key).first()
    if made is None:
        return Mail.objects.create(**key, message_id=mail.new_message_id(), next_try_at=next_try_at)
    return made if made.state == MailState.WAITING and not made.attempts else None


def _was_made(practice: Practice, person: Person, rows: list[Reminder], on: date) -> bool:
    if Mail.objects.filter(practice=practice, person=person, on=on, kind=MailKind.DAILY).exists():
        return True
    keys = [(row.kind, row.subject_uid, row.due_on, row.rung) for row in rows]
    known = Reminder.objects.filter(person=person, due_on__in={row.due_on for row in rows})
    return any(key in keys for key in known.values_list("kind", "subject_uid", "due_on", "rung"))


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

    Call it inside the action that did it: the mails exist if and only if that is kept, and leave after its commit. What
    can wait, and was found by the clock, joins the mail of the day while that has not gone. `context` has "path", the
    page to open, and may have "line", what happened in one sentence. Raises KeyError for a kind not in sources.NEWS.
    """
    if kind not in sources.NEWS:
        raise KeyError(f"{kind} is no kind of news.")
    today = practice.today()
    waits = kind in CAN_WAIT and actions.person_at_work() is None
    members = Membership.objects.of(practice).active(today).filter(role__in=[*roles]).select_related("person")
    made = 0
    for member in members.order_by("id"):
        news = Reminder(
            practice=practice, person=member.person, kind=kind, subject_kind=subject.kind(), subject_uid=subject.uid,
            due_on=today, rung=0, path=context["path"], line=context.get("line", "")[:500],
        )  # fmt: skip
        told = {**context, "practice": practice, "role": Role(member.role), "today": today}
        made += _told_once(news, template, told, waits=waits)
    if made and not waits:
        transaction.on_commit(delivery.wake)
    return made


def _told_once(news: Reminder, template: str, context: dict[str, Any], *, waits: bool) -> bool:
    """Make the news of this unique key with the words that the template says; False when it is there."""
    key = {name: getattr(news, name) for name in ("person", "kind", "subject_uid", "due_on", "rung")}
    known = Reminder.objects.filter(**key)
    if known.exists():
        return False
    news.subject, news.text, news.html = mail.render(template, context)
    try:
        with transaction.atomic():
            news.mail = (waits and _of_the_morning(news)) or _at_once(news)
            _keep(reminders=[news], practice=news.practice, by=None)
    except IntegrityError:
        if known.exists():
            return False  # another run was faster
        raise
    return True


def _of_the_morning(news: Reminder) -> Mail | None:
    """The mail of the day, which the run of the morning lets go with all that is due then."""
    midnight = datetime.combine(news.due_on + timedelta(days=1), time.min, ZoneInfo(news.practice.time_zone))
    return _of_the_day(news.practice, news.person, news.due_on, midnight)


def _at_once(news: Reminder) -> Mail:
    key = {"practice": news.practice, "person": news.person, "on": news.due_on}
    return Mail.objects.create(**key, kind=MailKind.NEWS, message_id=mail.new_message_id())


@action("reminder.made", says="made ready the reminder")
def _keep(*, reminders: list[Reminder], practice: Practice, by: None) -> None:
    Reminder.objects.bulk_create(reminders)
    for each in reminders:
        ledger.record(each, practice=practice, label=delivery.label(each), rung=each.rung, **delivery.about(each))
    webhooks.tell(practice, [_fact(each) for each in reminders])


def _fact(reminder: Reminder) -> webhooks.Fact:
    """What the practice's webhook is told of it: once, to however many people it was made."""
    key = f"{reminder.kind}:{reminder.subject_uid}:{reminder.due_on}:{reminder.rung}"
    told = {
        "about": reminder.subject_kind,
        "uid": reminder.subject_uid,
        "due_on": reminder.due_on.isoformat(),
        "says": reminder.subject,
        "url": settings.SITE_URL + reminder.path,
    }
    return webhooks.Fact(reminder.kind, key, told)


def of(record: Record, limit: int = 20) -> list[Reminder]:
    """The newest reminders about a record, for the fragment core/_reminders.html."""
    about = Reminder.objects.filter(practice=record.practice, subject_kind=record.kind(), subject_uid=record.uid)
    return list(about.select_related("person", "mail").order_by("-id")[:limit])
