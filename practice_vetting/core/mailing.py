"""What all mails that wait as rows have in common: waking a worker, claims, leases, and one connection for many.

A worker claims a row by a conditional update, and marks it while the claim is its own. When it dies in between, the
lease ends, and the next takes the row over.
"""

import logging
import uuid
from collections.abc import Callable, Iterable
from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPResponseException
from typing import Any, NamedTuple

from celery import current_app
from django.core.mail import get_connection
from django.db.models import F, Q
from kombu.exceptions import OperationalError

from practice_vetting.core import clock
from practice_vetting.core.models import AccountMail, Mail, MailState

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)  # longer than a stalled server can hold a worker (settings.EMAIL_TIMEOUT a step)
GIVEN_UP_AFTER = timedelta(days=3)
A_RUN = 200  # mails
A_LINE = 50  # mails over one connection: some servers hang up after a hundred


class LostClaim(RuntimeError):
    """Another worker took the mail over, because our lease had ended."""


class Went(NamedTuple):
    """What came of one mail: whether the server took it, and whether it can be reached, as far as was seen."""

    sent: bool = False
    reached: bool = True


def wake(task: str) -> None:
    """Ask a worker to look now. Without one the sweep finds the mails within a minute: this never fails."""
    try:
        current_app.send_task(task)
    except (OperationalError, OSError):
        log.warning("The queue cannot be reached. The next sweep mails what waits.")


def unsent() -> Q:
    """Mails that nobody is sending: those that wait, and those whose worker died."""
    return Q(state=MailState.WAITING) | Q(state=MailState.SENDING, lease_until__lte=clock.now())


def ready() -> Q:
    """Of these, the ones whose time has come."""
    return unsent() & (Q(state=MailState.SENDING) | Q(next_try_at__lte=clock.now()))


def take(rows: Any, pk: int, **columns: Any) -> str:
    """The claim to the row, ours until the lease ends; "" when it is not among `rows` any more."""
    token = str(uuid.uuid4())
    lease = {"state": MailState.SENDING, "claim": token, "lease_until": clock.now() + LEASE}
    return token if rows.filter(pk=pk).update(**lease, **columns, attempts=F("attempts") + 1) else ""


def ours(row: Mail | AccountMail) -> Any:
    return type(row).objects.filter(pk=row.pk, claim=row.claim, state=MailState.SENDING)


def keep(row: Mail | AccountMail, **columns: Any) -> None:
    """Write into a row that we have claimed. Raises LostClaim when it is not ours any more."""
    if not ours(row).update(**columns):
        raise LostClaim(row.uid)
    for name, value in columns.items():
        setattr(row, name, value)


def release(row: Mail | AccountMail, **columns: Any) -> None:
    """Write the outcome and give the claim back. Raises LostClaim when it is not ours any more."""
    keep(row, claim="", lease_until=None, **columns)


def answered(problem: Exception) -> bool:
    """Whether the server said no in so many words: then it has not taken the mail, and takes others perhaps."""
    return isinstance(problem, SMTPRecipientsRefused | SMTPResponseException | ValueError)


def over_one_line(pks: Iterable[int], hand_over: Callable[[int, Any], Went]) -> int:
    """Hand these over, one after the other over one connection, and tell how many the server took.

    A server that is away ends the run: it would let us wait for each mail in turn. One that does not want this mail
    now is asked about the next.
    """
    sent, line = 0, get_connection()
    try:
        for number, pk in enumerate(pks, start=1):
            went = hand_over(pk, line)
            sent += went.sent
            if not went.reached:
                break
            if number % A_LINE == 0:
                line.close()
    finally:
        line.close()
    return sent
