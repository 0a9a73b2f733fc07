"""Silencing a deadline until a day, with a reason, and taking that back."""

from datetime import date

from practice_vetting.core import clock, ledger, snoozing, sources
from practice_vetting.core.actions import action
from practice_vetting.core.deadline import Deadline
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import Person, Practice, Snooze
from practice_vetting.core.templatetags.wording import day


def until(practice: Practice) -> dict[tuple[str, str, date], date]:
    """Deadline -> the day until which it is, or was, silent."""
    return {each.key: each.until for each in Snooze.objects.of(practice).standing()}


def bound(practice: Practice, deadline: Deadline) -> snoozing.Bound:
    return snoozing.bound(deadline, practice.today(), practice.snooze_days)


@action("snooze.begun", says="snoozed the reminders to")
def snooze(
    *, practice: Practice, deadline: Deadline, by: Person, until: date, reason: str, form_id: str | None = None
) -> Snooze:
    """Tell nobody of this deadline before that day. An earlier snooze of it is replaced. Raises Refused.

    Owners still hear once when it is late, and of each snooze in the summary of the week.
    """
    limit = bound(practice, deadline)
    if limit.last is None:
        raise Refused(f"This cannot be snoozed. {limit.why}", field="until")
    if until <= practice.today():
        raise Refused("Choose a day after today.", field="until")
    if until > limit.last:
        raise Refused(f"Choose {day(limit.last)} or an earlier day. {limit.why}", field="until")
    key = {"deadline_kind": deadline.kind, "subject_uid": deadline.subject_uid, "due_on": deadline.due_on}
    for earlier in Snooze.objects.of(practice).standing().select_for_update(no_key=True).filter(**key):
        _end(earlier, by)
    made = Snooze(
        practice=practice, **key, subject_kind=deadline.subject_kind, action=deadline.action[:300], until=until,
        reason=reason.strip(), by=by, form_id=form_id,
    )  # fmt: skip
    made.save()
    about = [deadline.subject_kind, deadline.subject_uid]
    ledger.record(made, until=until, due_on=deadline.due_on, reason=made.reason, about=about)
    return made


@action("snooze.ended", says="took back the snooze of the reminders to")
def end_snooze(*, snooze: Snooze, by: Person) -> None:
    """Let the deadline be told again as the ladder says. Raises Refused when that was done before."""
    current = Snooze.objects.select_for_update(no_key=True).get(pk=snooze.pk)
    if current.ended_at is not None:
        raise Refused("This snooze was taken back already.")
    _end(current, by)
    ledger.record(current, until=current.until, about=[current.subject_kind, current.subject_uid])


def _end(snooze: Snooze, by: Person) -> None:
    snooze.ended_at, snooze.ended_by = clock.now(), by
    snooze.version += 1
    snooze.save(update_fields=["ended_at", "ended_by", "version"])


def standing_deadline(practice: Practice, kind: str, uid: str, due_on: date) -> Deadline | None:
    """The deadline of this name, while it is open."""
    key = (kind, uid, due_on)
    return next((each for each in sources.deadlines_of(practice, due_on) if each.key == key), None)
