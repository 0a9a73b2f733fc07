"""Mailing what was made: once, however many workers look, and again only when the server did not take it.

A worker claims a row by a conditional update, mails it, and marks it while the claim is its own. When it
dies in between, the lease ends and another worker mails the same Message-ID, which lets a receiver drop the
second copy.
"""

import logging
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused
from typing import Any

from celery import current_app
from django.conf import settings
from django.db.models import F, Q
from django.utils.module_loading import import_string
from kombu.exceptions import OperationalError

from practice_vetting.core import clock, ledger, mail
from practice_vetting.core.actions import action
from practice_vetting.core.deadline import Deadline
from practice_vetting.core.models import Membership, Practice, Reminder, ReminderState
from practice_vetting.core.roles import Role

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)  # longer than a stalled server can hold a worker (settings.EMAIL_TIMEOUT a step)
GAPS = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60)]  # then hourly
GIVEN_UP_AFTER = timedelta(days=3)
A_RUN = 200  # mails

#: kinds that tell what has happened. Every other kind is a deadline, and mailed only while that stands.
NEWS = frozenset(
    {"backup", "history", "quarantine", "removal_proposed", "removal_withdrawn", "removal_done", "standing", "virus"}
)


class LostClaim(RuntimeError):
    """Another worker took the reminder over, because our lease had ended."""


def deadlines_of(practice: Practice, until: date) -> Iterator[Deadline]:
    """What the apps of settings.DEADLINES want done in the practice by that day, late ones included."""
    for source in settings.DEADLINES:
        yield from import_string(source)(practice, until)


def wake() -> None:
    """Ask a worker to look now. Without one the sweep finds the mails within a minute: this never fails."""
    try:
        current_app.send_task("core.deliver_reminders")
    except (OperationalError, OSError):
        log.warning("The queue cannot be reached. The next sweep mails what waits.")


def deliver_waiting() -> int:
    """Mail what waits and whose time has come, oldest first, and tell how many the server took.

    A server that is away ends the run: it would let us wait for each mail in turn.
    """
    sent = 0
    standing: dict[tuple[int, date], set[tuple[str, str]]] = {}
    for pk in list(_waiting().order_by("next_try_at", "id").values_list("pk", flat=True)[:A_RUN]):
        reminder = claim(pk)
        if reminder is None:
            continue
        try:
            if reason := _why_not(reminder, standing):
                drop(reminder=reminder, by=None, reason=reason)
            else:
                deliver(reminder)
        except LostClaim:
            log.warning("The reminder %s was taken over while it was being mailed", reminder.uid)
        sent += reminder.state == ReminderState.SENT
        if reminder.state == ReminderState.WAITING:
            break
    return sent


def _waiting() -> Any:
    now = clock.now()
    return Reminder.objects.filter(
        Q(state=ReminderState.WAITING, next_try_at__lte=now) | Q(state=ReminderState.SENDING, lease_until__lte=now)
    )


def claim(pk: int) -> Reminder | None:
    """The reminder, ours until the lease ends; None when another worker has it or it is done."""
    token = str(uuid.uuid4())
    lease = {"state": ReminderState.SENDING, "claim": token, "lease_until": clock.now() + LEASE}
    taken = _waiting().filter(pk=pk).update(**lease, attempts=F("attempts") + 1)
    return Reminder.objects.select_related("practice", "person").get(pk=pk) if taken else None


def _why_not(reminder: Reminder, standing: dict[tuple[int, date], set[tuple[str, str]]]) -> str:
    """Why a reminder need not be mailed any more, or ""."""
    members = Membership.objects.of(reminder.practice).active(reminder.practice.today())
    if not members.filter(person=reminder.person_id, role__in=[Role.OFFICER, Role.OWNER]).exists():
        return "This person is no longer an officer or owner."
    if reminder.kind in NEWS:
        return ""
    same = Reminder.objects.filter(person=reminder.person_id, kind=reminder.kind, due_on=reminder.due_on)
    if same.filter(subject_uid=reminder.subject_uid, rung__gt=reminder.rung).exists():
        return "A later reminder takes its place."
    day = (reminder.practice_id, reminder.due_on)
    if day not in standing:
        open_ones = deadlines_of(reminder.practice, reminder.due_on)
        standing[day] = {(d.kind, d.subject_uid) for d in open_ones if d.due_on == reminder.due_on}
    stands = (reminder.kind, reminder.subject_uid) in standing[day]
    return "" if stands else "It is done, or the date has moved."


def deliver(reminder: Reminder) -> None:
    """Mail a reminder that this worker has claimed, and mark what came of it: sent, failed, or waiting.

    Raises LostClaim when another worker took it over meanwhile.
    """
    try:
        mail.send(
            to=reminder.person, subject=reminder.subject, text=reminder.text, html=reminder.html,
            message_id=reminder.message_id,
        )  # fmt: skip
    except (SMTPException, OSError, ValueError) as problem:
        _not_taken(reminder, problem)
    else:
        mark_sent(reminder=reminder, by=None)


def _not_taken(reminder: Reminder, problem: Exception) -> None:
    reason = refusal(problem)
    if not reason and clock.now() - reminder.created_at >= GIVEN_UP_AFTER:
        reason = f"We tried for {GIVEN_UP_AFTER.days} days. {_later(problem)}"
    if reason:
        mark_refused(reminder=reminder, by=None, reason=reason)
    else:
        _try_again(reminder, problem)


def _try_again(reminder: Reminder, problem: Exception) -> None:
    next_try_at = clock.now() + GAPS[min(reminder.attempts, len(GAPS)) - 1]
    error = _later(problem)[:500]
    _release(reminder, state=ReminderState.WAITING, next_try_at=next_try_at, last_error=error)


@action("reminder.sent", says="mailed the reminder")
def mark_sent(*, reminder: Reminder, by: None) -> None:
    """Mark a claimed reminder as mailed. Raises LostClaim when it is not ours any more."""
    _release(reminder, state=ReminderState.SENT, sent_at=clock.now(), last_error="")
    ledger.record(reminder, label=label(reminder), **about(reminder))


@action("reminder.refused", says="could not mail the reminder")
def mark_refused(*, reminder: Reminder, by: None, reason: str) -> None:
    """Mark a claimed reminder as refused for good. Raises LostClaim when it is not ours any more."""
    _release(reminder, state=ReminderState.FAILED, last_error=reason[:500])
    ledger.record(reminder, label=label(reminder), reason=reason, **about(reminder))


@action("reminder.dropped", says="did not need to mail the reminder")
def drop(*, reminder: Reminder, by: None, reason: str) -> None:
    """Take back a claimed reminder that was not mailed; should its day come again, it is made again.

    Raises LostClaim when it is not ours any more.
    """
    ledger.record(reminder, label=label(reminder), reason=reason, **about(reminder))
    if not _ours(reminder).delete()[0]:
        raise LostClaim(reminder.uid)


def _ours(reminder: Reminder) -> Any:
    return Reminder.objects.filter(pk=reminder.pk, claim=reminder.claim, state=ReminderState.SENDING)


def _release(reminder: Reminder, **columns: Any) -> None:
    """Write the outcome and give the claim back. Raises LostClaim when it is not ours any more."""
    if not _ours(reminder).update(claim="", lease_until=None, **columns):
        raise LostClaim(reminder.uid)
    for name, value in columns.items():
        setattr(reminder, name, value)


def refusal(problem: Exception) -> str:
    """Why trying again would not help, in plain words with the server's own reason; "" when it may help."""
    if isinstance(problem, ValueError):
        return "This e-mail address or name cannot be written in a mail."
    if isinstance(problem, SMTPRecipientsRefused):
        code, answer = next(iter(problem.recipients.values()))
        return f"The mail server refused this address. It said: {_said(code, answer)}" if code >= 500 else ""
    if isinstance(problem, SMTPDataError) and problem.smtp_code >= 500:
        said = _said(problem.smtp_code, problem.smtp_error)
        return f"The mail server refused this mail. It said: {said}"
    return ""


def _later(problem: Exception) -> str:
    """What is wrong for now, in plain words."""
    if isinstance(problem, SMTPRecipientsRefused):
        return f"The mail server asks us to wait. It said: {_said(*next(iter(problem.recipients.values())))}"
    if code := getattr(problem, "smtp_code", None):
        return f"The mail server did not take it. It said: {_said(code, getattr(problem, 'smtp_error', b''))}"
    return "The mail server does not answer."


def _said(code: int, answer: bytes | str) -> str:
    words = answer.decode(errors="replace") if isinstance(answer, bytes) else str(answer)
    return f"“{mail.one_line(words)[:300]}” ({code})."


def label(reminder: Reminder) -> str:
    return f"“{reminder.subject}” to {reminder.person.name}"


def about(reminder: Reminder) -> dict[str, Any]:
    """For the ledger's detail: the record that the reminder speaks of."""
    return {"about": [reminder.subject_kind, reminder.subject_uid]}
