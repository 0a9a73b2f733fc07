"""Where a person is signed in: seen, listed, and ended on the server. Built on allauth's user sessions."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse

from practice_vetting.core import ledger
from practice_vetting.core.accounts import links
from practice_vetting.core.accounts.browsers import in_words
from practice_vetting.core.memberships import memberships_of, still_open
from practice_vetting.core.models import Person

A_LOOK = 60  # seconds: what is shown as "last seen" is no finer, and a page costs no write


class SessionSeenMiddleware:
    """Notes once a minute that a session is in use, from where and by which browser."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and time.time() - request.session.get("noted_at", 0) >= A_LOOK:
            request.session["noted_at"] = time.time()
            UserSession.objects.create_from_request(request)
        return self.get_response(request)


@dataclass(frozen=True)
class Place:
    """One session as its person sees it. `uid` names it in addresses and tells nothing of its key."""

    uid: str
    browser: str
    address: str
    since: datetime
    last_seen: datetime
    is_this: bool


def places(person: Person, current_key: str | None) -> list[Place]:
    """Where the person is signed in, this session first, then by when each was last seen."""
    found = [
        Place(
            uid_of(session.session_key),
            in_words(session.user_agent),
            session.ip,
            session.created_at,
            session.last_seen_at,
            session.session_key == current_key,
        )
        for session in UserSession.objects.purge_and_list(person)
    ]
    return sorted(found, key=lambda place: (not place.is_this, -place.last_seen.timestamp()))


def end(person: Person, *, keep: str | None = None, only: str = "") -> int:
    """End the person's sessions at once and tell how many: all, all but the key `keep`, or the one of uid `only`."""
    every = UserSession.objects.filter(user=person)
    ended: list[Any] = [s for s in every if s.session_key != keep and (not only or uid_of(s.session_key) == only)]
    for session in ended:
        session.end()
    return len(ended)


def deactivate_if_nowhere(person: Person) -> bool:
    """Close the account of a person who belongs to no practice any more, with its sessions and open links.

    Accounts are kept, never deleted: history speaks of them. An invitation opens the account again, without the second
    factors: who set them up may have been somebody else.
    """
    if still_open(memberships_of(person)):
        return False
    person.is_active = False
    person.save(update_fields=["is_active"])
    end(person)
    links.end_all(person)
    Authenticator.objects.filter(user=person).delete()
    return True


def uid_of(session_key: str) -> str:
    """The name of a session in addresses."""
    return ledger.sha256(session_key)[:16]
