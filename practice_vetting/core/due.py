"""Everything that is open with a date, soonest first, and who was told of it when: the page of reminders."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Max, Q

from practice_vetting.core.daily_words import Group, group_of
from practice_vetting.core.deadline import Deadline
from practice_vetting.core.letters import page_of
from practice_vetting.core.models import Mail, MailState, Person, Practice, Reminder, Snooze
from practice_vetting.core.reminder_words import when_words
from practice_vetting.core.sources import deadlines_of

SHOWN = [("", "All"), ("late", "Late"), ("soon", "Next 30 days"), ("snoozed", "Snoozed")]
AHEAD, SOON = timedelta(days=366), timedelta(days=30)
MOST = 200  # rows of the page: who has more begins at the top
MAILS = 12


@dataclass
class Row:
    """One open deadline: its snooze if it has one, and the last reminder to each person."""

    deadline: Deadline
    when: str
    group: Group
    page: str
    snooze: Snooze | None = None
    told: list[Reminder] = field(default_factory=list)


def rows(practice: Practice, show: str = "") -> list[Row]:
    """The open deadlines of the next year that this filter shows, late ones included, soonest first."""
    today = practice.today()
    snoozed = {
        each.key: each for each in Snooze.objects.of(practice).standing().filter(until__gt=today).select_related("by")
    }
    found = sorted(deadlines_of(practice, today + AHEAD), key=lambda each: (each.due_on, each.action))
    shown = [each for each in found if _shows(show, each, today, each.key in snoozed)][:MOST]
    told = _told(practice, shown)
    return [
        Row(
            each, when_words(each.due_on, today), group_of(each.due_on, today), page_of(each), snoozed.get(each.key),
            told.get(each.key, []),
        )
        for each in shown
    ]  # fmt: skip


def _shows(show: str, deadline: Deadline, today: date, is_snoozed: bool) -> bool:
    if show == "late":
        return deadline.due_on < today
    if show == "soon":
        return today <= deadline.due_on <= today + SOON
    return is_snoozed if show == "snoozed" else True


def _told(practice: Practice, deadlines: Sequence[Deadline]) -> dict[tuple[str, str, date], list[Reminder]]:
    """The newest reminder to each person about each of these, the newest first."""
    if not deadlines:
        return {}
    made = Reminder.objects.filter(practice=practice, due_on__gte=deadlines[0].due_on, due_on__lte=deadlines[-1].due_on)
    newest = made.values("person", "kind", "subject_uid", "due_on").annotate(newest=Max("pk")).values("newest")
    found: dict[tuple[str, str, date], list[Reminder]] = {}
    for each in Reminder.objects.filter(pk__in=newest).select_related("person", "mail").order_by("-pk"):
        found.setdefault((each.kind, each.subject_uid, each.due_on), []).append(each)
    return found


def mails(practice: Practice) -> list[Mail]:
    """What has not arrived: refused, parked and waiting mails first, and then the last ones that went."""
    known = Mail.objects.filter(practice=practice).select_related("person").prefetch_related("reminders")
    stuck = known.exclude(state=MailState.SENT).order_by("-pk")[:MAILS]
    return [*stuck, *known.filter(state=MailState.SENT).order_by("-pk")[:MAILS]][:MAILS]


def refused(practice: Practice, people: Iterable[Person]) -> dict[int, Mail]:
    """By person: the last mail, where the server refused it and none arrived since."""
    over = Q(state__in=[MailState.SENT, MailState.FAILED])
    newest = Mail.objects.filter(over, practice=practice, person__in=people).values("person").annotate(newest=Max("pk"))
    found = Mail.objects.filter(pk__in=newest.values("newest"), state=MailState.FAILED).select_related("person")
    return {each.person_id: each for each in found}
