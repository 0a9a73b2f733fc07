"""What a run of the reminders looks at in many practices at once: a fixed number of queries, however many they are."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Max

from practice_vetting.core import sources, summary
from practice_vetting.core.deadline import Deadline
from practice_vetting.core.models import Mail, MailKind, MailState, Membership, Practice, Reminder, Snooze
from practice_vetting.core.roles import Role

Key = tuple[str, str, date]


@dataclass(frozen=True)
class Facts:
    """What is known on one day of each practice, by its key; `told` and `heard` go by the keys of persons, too."""

    deadlines: dict[int, list[Deadline]]  # open ones until the first rung, and as far as the summary looks
    keeping: dict[int, list[Membership]]  # the active officers and owners
    silent: dict[int, dict[Key, date]]  # the day until which a deadline is snoozed, or was
    told: dict[tuple[int, str, str, date], int]  # the last rung that was made
    heard: dict[tuple[int, int], date]  # the last summary of practice and person
    tried: dict[int, set[int]]  # to whom the mail of the day went, or was tried
    sending: dict[int, set[int]]  # to whom a mail of some day is on its way this very moment


def facts_of(practices: Sequence[Practice], on: date) -> Facts:
    """What is known of them on that day."""
    deadlines = sources.deadlines_of_each({each: on + max(each.ladder.first, summary.AHEAD) for each in practices})
    keys = [each.pk for each in practices]
    silent: dict[int, dict[Key, date]] = defaultdict(dict)
    for snooze in Snooze.objects.filter(practice__in=keys).standing():
        silent[snooze.practice_id][snooze.key] = snooze.until
    tried, sending = _mails(keys, on)
    return Facts(deadlines, _keeping(keys, on), silent, _told(keys, deadlines), _heard(keys), tried, sending)


def _keeping(keys: Sequence[int], on: date) -> dict[int, list[Membership]]:
    members = Membership.objects.filter(practice__in=keys).active(on).select_related("person").order_by("id")
    found = defaultdict(list)
    for member in members.filter(role__in=[Role.OFFICER, Role.OWNER]):
        found[member.practice_id].append(member)
    return found


def _told(keys: Sequence[int], deadlines: dict[int, list[Deadline]]) -> dict[tuple[int, str, str, date], int]:
    days = {each.due_on for some in deadlines.values() for each in some}
    if not days:
        return {}
    made = Reminder.objects.filter(practice__in=keys, due_on__in=days).order_by()
    rows = made.values_list("person_id", "kind", "subject_uid", "due_on").annotate(Max("rung"))
    return {(person, kind, subject, due): rung for person, kind, subject, due, rung in rows}


def _heard(keys: Sequence[int]) -> dict[tuple[int, int], date]:
    made = Reminder.objects.filter(practice__in=keys, kind=summary.KIND).order_by()
    rows: Iterable[tuple[int, int, date]] = made.values_list("practice_id", "person_id").annotate(Max("due_on"))
    return {(practice, person): last for practice, person, last in rows}


def _mails(keys: Sequence[int], on: date) -> tuple[dict[int, set[int]], dict[int, set[int]]]:
    """Whose mail of the day has been tried, and to whom one is on its way."""
    mails = Mail.objects.filter(practice__in=keys, kind=MailKind.DAILY).order_by()
    tried, sending = defaultdict(set), defaultdict(set)
    for practice, person in (
        mails.filter(on=on).exclude(state=MailState.WAITING, attempts=0).values_list("practice_id", "person_id")
    ):
        tried[practice].add(person)
    for practice, person in mails.filter(state=MailState.SENDING).values_list("practice_id", "person_id"):
        sending[practice].add(person)
    return tried, sending
