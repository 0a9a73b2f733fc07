"""Links about one's own account: 192 random bits, good once and for an hour, of which only the hash is kept."""

import secrets
from datetime import timedelta
from typing import Any

from django.core.cache import cache

from practice_vetting.core import clock, ledger
from practice_vetting.core.accounts.belonging import homes
from practice_vetting.core.actions import action
from practice_vetting.core.models import AccountLink, LinkPurpose, Person

LASTS = timedelta(hours=1)


def make(person: Person, purpose: LinkPurpose, email: str) -> str:
    """The secret of a new link; an earlier one of the person for the same purpose ends."""
    _open_ones().filter(person=person, purpose=purpose).update(expires_at=clock.now())
    token = secrets.token_urlsafe(24)
    AccountLink.objects.create(
        person=person,
        purpose=purpose,
        email=email,
        token_sha256=ledger.sha256(token),
        expires_at=clock.now() + LASTS,
    )
    return token


def find(token: str, purpose: LinkPurpose) -> AccountLink | None:
    """The link of this secret while it is good: not used, not expired."""
    found = _open_ones().filter(token_sha256=ledger.sha256(token), purpose=purpose)
    return found.select_related("person").first()


def use(link: AccountLink) -> bool:
    """Use the link up; False when somebody else was faster, or its hour is over."""
    return bool(_open_ones().filter(pk=link.pk).update(used_at=clock.now()))


def begins_now(link: AccountLink) -> bool:
    """Let the hour of a link that waited to be mailed begin now; False when it was used or ended meanwhile."""
    return bool(_open_ones().filter(pk=link.pk).update(expires_at=clock.now() + LASTS))


def end_all(person: Person) -> None:
    """End every open link of the person: what they lead to has changed."""
    _open_ones().filter(person=person).update(expires_at=clock.now())


def turn_away(token: str, purpose: LinkPurpose) -> None:
    """Tell the person's practices that a link was followed after its end, at most every ten minutes a link."""
    link = AccountLink.objects.filter(token_sha256=ledger.sha256(token), purpose=purpose).first()
    if link and homes(link.person) and cache.add(f"account-link-{link.pk}", True, timeout=600):
        _tell_old_link(link=link, by=None)


@action("account_link.turned_away", says="turned away an old account link of")
def _tell_old_link(*, link: AccountLink, by: None) -> None:
    for practice in homes(link.person):
        why = "used" if link.used_at else "expired"
        ledger.record(link.person, practice=practice, purpose=link.purpose, why=why)


def _open_ones() -> Any:
    return AccountLink.objects.filter(used_at=None, expires_at__gt=clock.now())
