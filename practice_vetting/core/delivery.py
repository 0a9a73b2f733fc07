"""Mailing what was made: once, however many workers look, and again only when the server did not take it.

A worker claims a mail by a conditional update, puts into words what still has to be told, hands it over, and marks it
while the claim is its own. When it dies in between, or the server hangs up after it heard all, nobody knows whether
the mail went. It goes again then with the same Message-ID, which lets a receiver drop the second copy: rather twice
than never.
"""

import logging
import uuid
from collections.abc import Iterable
from datetime import date, timedelta
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from typing import Any

from celery import current_app
from django.core.mail import get_connection
from django.db import transaction
from django.db.models import Case, F, Q, When
from kombu.exceptions import OperationalError

from practice_vetting.core import clock, ledger, letters, mail
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused
from practice_vetting.core.mail import new_message_id as new_id
from practice_vetting.core.models import Mail, MailKind, MailState, Person, Practice, Reminder
from practice_vetting.core.smtp_words import later, refusal

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)  # longer than a stalled server can hold a worker (settings.EMAIL_TIMEOUT a step)
GAPS = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60)]  # then hourly
GIVEN_UP_AFTER = timedelta(days=3)
A_RUN = 200  # mails
A_LINE = 50  # mails over one connection: some servers hang up after a hundred


class LostClaim(RuntimeError):
    """Another worker took the reminder over, because our lease had ended."""


def wake() -> None:
    """Ask a worker to look now. Without one the sweep finds the mails within a minute: this never fails."""
    try:
        current_app.send_task("core.deliver_reminders")
    except (OperationalError, OSError):
        log.warning("The queue cannot be reached. The next sweep mails what waits.")


def deliver_waiting(today: date | None = None) -> int:
    """Mail what waits and whose time has come, oldest first, and tell how many the server took.

    `today` stands for every practice's own day. A server that is away ends the run: it would let us wait for each mail
    in turn. One that does not want this mail now is asked about the next.
    """
    waiting = _waiting().exclude(_of_earlier_days(today)).order_by("next_try_at", "id")
    found = list(waiting.values_list("pk", "practice_id")[:A_RUN])
    sent, desk, line = 0, letters.Desk(today, [practice for _, practice in found]), get_connection()
    try:
        for number, (pk, _) in enumerate(found, start=1):
            claimed = claim(pk)
            reached = claimed is None or _hand_over(claimed, desk, line)
            sent += claimed is not None and claimed.state == MailState.SENT
            if not reached:
                break
            if number % A_LINE == 0:
                line.close()
    finally:
        line.close()
    return sent


def _hand_over(claimed: Mail, desk: letters.Desk, line: Any) -> bool:
    """Put a claimed mail into words and deliver it. Whether the server can be reached, as far as was seen."""
    try:
        letter = desk.write(claimed)
        if letter.left_out:
            drop(reminders=letter.left_out, practice=claimed.practice, by=None)
        return deliver(claimed, letter.words, line) if letter.words else withdraw(claimed)
    except LostClaim:
        log.warning("The mail %s was taken over while it was being sent", claimed.uid)
        return True


def unsent() -> Q:
    """Mails that nobody is sending: those that wait, and those whose worker died."""
    return Q(state=MailState.WAITING) | Q(state=MailState.SENDING, lease_until__lte=clock.now())


def _waiting() -> Any:
    return Mail.objects.filter(unsent()).filter(Q(state=MailState.SENDING) | Q(next_try_at__lte=clock.now()))


def _of_earlier_days(today: date | None) -> Q:
    """Mails of a day that is over in their practice: the next morning's run makes them that morning's mail."""
    zones = Practice.objects.order_by().values_list("time_zone", flat=True).distinct()
    over = Q(pk=None)
    for zone in zones:
        over |= Q(kind=MailKind.DAILY, practice__time_zone=zone, on__lt=today or clock.today(zone))
    return over


def claim(pk: int) -> Mail | None:
    """The mail, ours until the lease ends; None when another worker has it or it is done."""
    token = str(uuid.uuid4())
    lease = {"state": MailState.SENDING, "claim": token, "lease_until": clock.now() + LEASE}
    left_behind = Case(When(state=MailState.SENDING, then=True), default=F("doubtful"))
    taken = _waiting().filter(pk=pk).update(**lease, attempts=F("attempts") + 1, doubtful=left_behind)
    return Mail.objects.select_related("practice", "person").get(pk=pk) if taken else None


def deliver(letter: Mail, words: mail.Words, line: Any = None) -> bool:
    """Hand over a mail that this worker has claimed, and mark what came of it: sent, failed, or waiting.

    Whether the server can be reached. Raises LostClaim when another worker took it over meanwhile.
    """
    try:
        mail.send(
            to=letter.person, subject=words.subject, text=words.text, html=words.html, message_id=letter.message_id,
            calendar=words.calendar, line=line,
        )  # fmt: skip
    except (SMTPException, OSError, ValueError) as problem:
        if line is not None:
            line.close()  # the next mail gets one of which nothing is in doubt
        return _not_taken(letter, problem)
    mark_sent(mail=letter, by=None)
    return True


def _not_taken(letter: Mail, problem: Exception) -> bool:
    reason = refusal(problem)
    if not reason and clock.now() - letter.trying_since >= GIVEN_UP_AFTER:
        reason = f"We tried for {GIVEN_UP_AFTER.days} days. {later(problem)}"
    if reason:
        mark_refused(mail=letter, by=None, reason=reason)
    else:
        _try_later(letter, problem)
    return _answered(problem)


def _try_later(letter: Mail, problem: Exception) -> None:
    next_try_at = clock.now() + GAPS[min(letter.attempts, len(GAPS)) - 1]
    doubtful = letter.doubtful or not (_answered(problem) or isinstance(problem, ConnectionRefusedError))
    error = later(problem)[:500]
    _release(letter, state=MailState.WAITING, next_try_at=next_try_at, last_error=error, doubtful=doubtful)


def _answered(problem: Exception) -> bool:
    """Whether the server said no in so many words: then it has not taken the mail, and takes others perhaps."""
    return isinstance(problem, SMTPRecipientsRefused | SMTPResponseException | ValueError)


@action("reminder.sent", says="mailed the reminder")
def mark_sent(*, mail: Mail, by: None) -> None:
    """Mark a claimed mail as sent. Raises LostClaim when it is not ours any more."""
    _release(mail, state=MailState.SENT, sent_at=clock.now(), last_error="")
    _tell(mail)


@action("reminder.refused", says="could not mail the reminder")
def mark_refused(*, mail: Mail, by: None, reason: str) -> None:
    """Mark a claimed mail as refused for good. Raises LostClaim when it is not ours any more."""
    _release(mail, state=MailState.FAILED, last_error=reason[:500])
    _tell(mail, reason=reason)


@action("reminder.dropped", says="did not need to mail the reminder")
def drop(*, reminders: Iterable[tuple[Reminder, str]], practice: Practice, by: None) -> None:
    """Take back reminders that were not mailed, each with its reason; should its day come again, it is made again."""
    for each, reason in reminders:
        ledger.record(each, practice=practice, label=label(each), reason=reason, **about(each))
        each.delete()


@action("reminder.retried", says="let us try again to mail the reminder")
def try_again(*, mail: Mail, by: Person) -> None:
    """Try again to send a mail that was refused, or that was parked. Raises Refused when it is neither by now.

    One of an earlier day becomes the mail of the next morning, or of today when none went today.
    """
    now = clock.now()
    ready = {"state": MailState.WAITING, "next_try_at": now, "trying_since": now, "attempts": 0, "last_error": ""}
    stopped = Mail.objects.filter(pk=mail.pk, state__in=[MailState.FAILED, MailState.PARKED])
    if not stopped.update(**ready, doubtful=False, message_id=new_id()):
        raise Refused("This mail waits already, or it was sent.")
    _tell(mail)
    transaction.on_commit(wake)


def withdraw(letter: Mail) -> bool:
    """Remove a claimed mail in which nothing is left to tell. Raises LostClaim when it is not ours any more."""
    if not _ours(letter).delete()[0]:
        raise LostClaim(letter.uid)
    return True


def move(newest: Mail, older: Iterable[Mail], on: date) -> None:
    """Let a mail that could not leave be that day's, with what the still older ones hold."""
    now = clock.now()
    day = {"on": on, "state": MailState.WAITING, "claim": "", "lease_until": None, "attempts": 0, "next_try_at": now}
    if newest.doubtful or newest.state == MailState.SENDING:
        day |= {"message_id": new_id(), "doubtful": False}
    if newest.next_try_at < now - timedelta(days=1):
        day |= {"trying_since": now}  # nobody tried: it is not given up for that
    with transaction.atomic():
        if not Mail.objects.filter(unsent(), pk=newest.pk).update(**day):
            return  # a worker has it again
        for each in Mail.objects.select_for_update(no_key=True).filter(unsent(), pk__in=[each.pk for each in older]):
            each.reminders.update(mail=newest)
            each.delete()


def _ours(letter: Mail) -> Any:
    return Mail.objects.filter(pk=letter.pk, claim=letter.claim, state=MailState.SENDING)


def _release(letter: Mail, **columns: Any) -> None:
    """Write the outcome and give the claim back. Raises LostClaim when it is not ours any more."""
    if not _ours(letter).update(claim="", lease_until=None, **columns):
        raise LostClaim(letter.uid)
    for name, value in columns.items():
        setattr(letter, name, value)


def _tell(letter: Mail, **detail: Any) -> None:
    """One entry for each reminder that the mail carries: each is about a record of its own."""
    for each in letter.reminders.select_related("person").order_by("id"):
        ledger.record(each, practice=letter.practice, label=label(each), **about(each), **detail)


def label(reminder: Reminder) -> str:
    return f"“{reminder.subject}” to {reminder.person.name}"


def about(reminder: Reminder) -> dict[str, Any]:
    """For the ledger's detail: the record that the reminder speaks of."""
    return {"about": [reminder.subject_kind, reminder.subject_uid]}
