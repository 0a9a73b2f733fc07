"""Sending the mails about accounts: at least once, always under one Message-ID, and never after their end.

A wish for a link becomes a mail first, in one transaction with the link that it carries: tried again, it is the same
mail with the same link. What it said is removed as soon as it went, or is given up.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from smtplib import SMTPException
from typing import Any

from cryptography.fernet import InvalidToken
from django.db import transaction

from practice_vetting.core import clock, mail, mailing
from practice_vetting.core.accounts import links, own_account
from practice_vetting.core.mailing import LostClaim, Went
from practice_vetting.core.models import AccountMail, AccountMailKind, AccountMailState
from practice_vetting.core.post import Letter, facts_of, opened, seal
from practice_vetting.core.smtp_words import refusal

log = logging.getLogger(__name__)

GAPS = [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 10)]  # then every ten: somebody waits for it
KEPT = timedelta(days=7)  # that there was a mail, not what it said
_MAKES_LINK: dict[AccountMailKind, Callable[..., Letter | None]] = {
    AccountMailKind.PASSWORD_LINK: own_account.reset_letter,
    AccountMailKind.EMAIL_LINK: own_account.email_letter,
}


def deliver_waiting() -> int:
    """Mail what waits and whose time has come, oldest first, and tell how many the server took."""
    _end_the_late()
    found = _waiting().order_by("next_try_at", "id").values_list("pk", flat=True)
    sent = mailing.over_one_line(list(found[: mailing.A_RUN]), lambda pk, line: _hand_over(claim(pk), line))
    _remove_the_old()
    return sent


def _waiting() -> Any:
    return AccountMail.objects.filter(mailing.ready(), until__gt=clock.now())


def _end_the_late() -> None:
    late = AccountMail.objects.filter(mailing.unsent(), until__lte=clock.now())
    now = clock.now()
    late.update(state=AccountMailState.FAILED, sealed="", claim="", lease_until=None, next_try_at=now)


def _remove_the_old() -> None:
    week_old = AccountMail.objects.filter(next_try_at__lt=clock.now() - KEPT)
    week_old = week_old.exclude(state__in=[AccountMailState.WAITING, AccountMailState.SENDING])
    week_old.delete()


def claim(pk: int) -> AccountMail | None:
    """The mail, ours until the lease ends; None when another worker has it, it is done, or its end has come."""
    taken = mailing.take(_waiting(), pk)
    return AccountMail.objects.select_related("invitation", "link").get(pk=pk) if taken else None


def _hand_over(claimed: AccountMail | None, line: Any) -> Went:
    if claimed is None:
        return Went()
    try:
        letter = _letter(claimed)
        if letter is not None:
            return _send(claimed, letter, line)
        _close(claimed, AccountMailState.ENDED)
    except InvalidToken:
        log.warning("A mail about an account was sealed under a key that is gone")
        _close(claimed, AccountMailState.FAILED)
    except LostClaim:
        log.warning("The mail %s was taken over while it was being sent", claimed.uid)
    return Went()


def _letter(claimed: AccountMail) -> Letter | None:
    """The mail as it goes out. None when nobody is to get it: nobody has that address, or its link has ended."""
    facts = opened(claimed)
    if claimed.kind == AccountMailKind.WRITTEN:
        return Letter(**facts) if _is_good(claimed) else None
    with transaction.atomic():
        letter = _MAKES_LINK[AccountMailKind(claimed.kind)](once=claimed.uid, **facts)
        if letter and letter.link:
            mailing.keep(claimed, kind=AccountMailKind.WRITTEN, sealed=seal(facts_of(letter)), link=letter.link)
    return letter


def _is_good(claimed: AccountMail) -> bool:
    """Whether what the mail carries can still be used. A link lasts an hour from when it leaves, as the mail says."""
    invitation = claimed.invitation
    if invitation is not None:
        return invitation.used_at is None and invitation.expires_at > clock.now()
    return claimed.link is None or links.begins_now(claimed.link)


def _send(claimed: AccountMail, letter: Letter, line: Any) -> Went:
    to = mail.Addressee(letter.name, letter.email)
    try:
        mail.send(
            to=to, subject=letter.subject, text=letter.text, html=letter.html, message_id=claimed.message_id, line=line
        )
    except (SMTPException, OSError, ValueError) as problem:
        line.close()  # the next mail gets one of which nothing is in doubt
        _not_taken(claimed, problem)
        return Went(reached=mailing.answered(problem))
    _close(claimed, AccountMailState.SENT, sent_at=clock.now())
    return Went(sent=True)


def _not_taken(claimed: AccountMail, problem: Exception) -> None:
    """What the server said names the address, so only its kind is told."""
    log.warning("A mail about an account was not taken: %s", type(problem).__name__)
    if refusal(problem):
        _close(claimed, AccountMailState.FAILED)
    else:
        gap = GAPS[min(claimed.attempts, len(GAPS)) - 1]
        mailing.release(claimed, state=AccountMailState.WAITING, next_try_at=clock.now() + gap)


def _close(claimed: AccountMail, state: AccountMailState, **columns: Any) -> None:
    mailing.release(claimed, state=state, sealed="", **columns)
