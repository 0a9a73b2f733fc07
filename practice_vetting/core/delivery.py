"""Mailing what was made: once, however many workers look, and again only when the server did not take it.

A worker claims a mail by a conditional update, puts into words what still has to be told, hands it over, and marks it
while the claim is its own. When it dies in between, or the server hangs up after it heard all, nobody knows whether
the mail went. It goes again then with the same Message-ID, which lets a receiver drop the second copy: rather twice
than never.
"""

import logging
from collections.abc import Iterable
from datetime import date, timedelta
from smtplib import SMTPException
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Q, When

from practice_vetting.core import clock, ledger, letters, mail, mailing
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused
from practice_vetting.core.mail import new_message_id as new_id
from practice_vetting.core.mailing import GIVEN_UP_AFTER, LostClaim, Went, unsent
from practice_vetting.core.models import Mail, MailKind, MailState, Person, Practice, Reminder
from practice_vetting.core.smtp_words import later, refusal

log = logging.getLogger(__name__)

GAPS = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60)]  # then hourly


def wake() -> None:
    """Ask a worker to look now: this never fails."""
    mailing.wake("core.deliver_reminders")


def deliver_waiting(today: date | None = None) -> int:
    """Mail what waits and whose time has come, oldest first, and tell how many the server took.

    `today` stands for every practice's own day.
    """
    waiting = _waiting().exclude(_of_earlier_days(today)).order_by("next_try_at", "id")
    found = list(waiting.values_list("pk", "practice_id")[: mailing.A_RUN])
    desk = letters.Desk(today, [practice for _, practice in found])
    return mailing.over_one_line([pk for pk, _ in found], lambda pk, line: _hand_over(claim(pk), desk, line))


def _hand_over(claimed: Mail | None, desk: letters.Desk, line: Any) -> Went:
    """Put a mail into words and deliver it, when it is ours."""
    if claimed is None:
        return Went()
    try:
        letter = desk.write(claimed)
        if letter.left_out:
            drop(reminders=letter.left_out, practice=claimed.practice, by=None)
        reached = deliver(claimed, letter.words, line) if letter.words else withdraw(claimed)
    except LostClaim:
        log.warning("The mail %s was taken over while it was being sent", claimed.uid)
        reached = True
    return Went(claimed.state == MailState.SENT, reached)


def _waiting() -> Any:
    return Mail.objects.filter(mailing.ready())


def _of_earlier_days(today: date | None) -> Q:
    """Mails of a day that is over in their practice: the next morning's run makes them that morning's mail."""
    zones = Practice.objects.order_by().values_list("time_zone", flat=True).distinct()
    over = Q(pk=None)
    for zone in zones:
        over |= Q(kind=MailKind.DAILY, practice__time_zone=zone, on__lt=today or clock.today(zone))
    return over


def claim(pk: int) -> Mail | None:
    """The mail, ours until the lease ends; None when another worker has it or it is done."""
    left_behind = Case(When(state=MailState.SENDING, then=True), default=F("doubtful"))
    taken = mailing.take(_waiting(), pk, doubtful=left_behind)
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
    return mailing.answered(problem)


def _try_later(letter: Mail, problem: Exception) -> None:
    next_try_at = clock.now() + GAPS[min(letter.attempts, len(GAPS)) - 1]
    doubtful = letter.doubtful or not (mailing.answered(problem) or isinstance(problem, ConnectionRefusedError))
    error = later(problem)[:500]
    mailing.release(letter, state=MailState.WAITING, next_try_at=next_try_at, last_error=error, doubtful=doubtful)


@action("reminder.sent", says="mailed the reminder")
def mark_sent(*, mail: Mail, by: None) -> None:
    """Mark a claimed mail as sent. Raises LostClaim when it is not ours any more."""
    mailing.release(mail, state=MailState.SENT, sent_at=clock.now(), last_error="")
    _tell(mail)


@action("reminder.refused", says="could not mail the reminder")
def mark_refused(*, mail: Mail, by: None, reason: str) -> None:
    """Mark a claimed mail as refused for good. Raises LostClaim when it is not ours any more."""
    mailing.release(mail, state=MailState.FAILED, last_error=reason[:500])
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
    if not mailing.ours(letter).delete()[0]:
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


def _tell(letter: Mail, **detail: Any) -> None:
    """One entry for each reminder that the mail carries: each is about a record of its own."""
    for each in letter.reminders.select_related("person").order_by("id"):
        ledger.record(each, practice=letter.practice, label=label(each), **about(each), **detail)


def label(reminder: Reminder) -> str:
    return f"“{reminder.subject}” to {reminder.person.name}"


def about(reminder: Reminder) -> dict[str, Any]:
    """For the ledger's detail: the record that the reminder speaks of."""
    return {"about": [reminder.subject_kind, reminder.subject_uid]}
