"""Mails about accounts: rows, laid down in the transaction of what they tell of. accounts/account_mails.py sends them.

What a mail says, and to whom, lies sealed: it holds addresses, and links that let somebody in.
"""

import json
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction

from practice_vetting.core import clock, encryption, mail, mailing
from practice_vetting.core.models import AccountLink, AccountMail, AccountMailKind, Invitation, Person

WISH_LASTS = timedelta(hours=1)  # who asked for a link and got none for so long has asked again, or has given up
_LABEL = "a mail about an account on its way"


class Letter(NamedTuple):
    """A mail as it goes out, with the link that it carries."""

    name: str
    email: str
    subject: str
    text: str
    html: str
    link: AccountLink | None = None


def later(name: str, email: str, subject: str, text: str, html: str) -> None:
    """Have a worker send the mail once the change under way is kept."""
    facts = facts_of(Letter(name, email, subject, text, html))
    _lay_down(AccountMailKind.WRITTEN, facts, clock.now() + mailing.GIVEN_UP_AFTER)


def invite(invitation: Invitation, by: Person, link: str) -> None:
    """Have a worker mail an invitation once it is kept, as long as its link is good."""
    letter = Letter(invitation.name, invitation.email, *mail.invitation(invitation, by, link))
    _lay_down(AccountMailKind.WRITTEN, facts_of(letter), invitation.expires_at, invitation)


def wish(kind: AccountMailKind, **facts: str) -> None:
    """Have a worker make a link and mail it: whether anybody is to get one is found out there, not by the page."""
    _lay_down(kind, facts, clock.now() + WISH_LASTS)


def _lay_down(
    kind: AccountMailKind, facts: dict[str, str], until: datetime, invitation: Invitation | None = None
) -> None:
    AccountMail.objects.create(
        kind=kind, sealed=seal(facts), until=until, invitation=invitation, message_id=mail.new_message_id()
    )
    transaction.on_commit(lambda: wake())  # looked up then


def wake() -> None:
    """Ask a worker to look now: this never fails."""
    mailing.wake("core.mail_accounts")


def facts_of(letter: Letter) -> dict[str, str]:
    return {name: str(value) for name, value in letter._asdict().items() if name != "link"}


def seal(facts: dict[str, str]) -> str:
    return encryption.encrypt(json.dumps(facts), label=_LABEL)


def opened(row: AccountMail) -> dict[str, Any]:
    """The facts of the row, all text. Raises InvalidToken when they were sealed under a key that is gone."""
    facts: dict[str, Any] = json.loads(encryption.decrypt(row.sealed, label=_LABEL))
    return facts
