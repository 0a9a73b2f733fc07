"""Sessions that end by themselves (45 CFR 164.312(a)(2)(iii), automatic logoff), and the text that must outlive them.

A session ends on the server after the practice's minutes without activity, and twelve hours after sign-in whatever
happens. Activity is every request but those that a page makes by itself: these are GETs that carry X-Background.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions.backends.base import UpdateError
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from practice_vetting.core import clock, ledger
from practice_vetting.core.actions import action
from practice_vetting.core.models import Membership, Person

MINUTES = 15  # of who belongs to no practice
WARNED = 120  # seconds before the end
GRAIN = 60  # seconds: a session is written at most this often, so it may end this much early and never late
UNSENT_SECONDS = 3600
_LONGEST_TEXT, _MOST_FIELDS = 20_000, 100
_NEVER_KEPT = ("csrfmiddlewaretoken", "version", "form_id", "next")
_SECRET = ("password", "code", "token", "secret", "credential")

Next = Callable[[HttpRequest], HttpResponse]


@dataclass(frozen=True)
class Sitting:
    """How long the session under way still lasts: seconds, and whether activity can make it last longer."""

    left: int
    minutes: int
    can_stay: bool

    @property
    def warns(self) -> bool:
        return self.left <= WARNED

    @property
    def asks_in(self) -> int:
        """Seconds after which the page asks again: for the warning, or for the end."""
        return self.left + 1 if self.warns else self.left - WARNED

    @property
    def ends_at(self) -> datetime:
        return datetime.fromtimestamp(_now() + self.left, UTC)


def end_idle_sessions(get_response: Next) -> Next:
    """Ends the session whose time is over, before any view sees it; else tells the request how long it lasts."""

    def middleware(request: Any) -> HttpResponse:
        request.sitting = None
        if request.user.is_authenticated:
            minutes = request.practice.idle_minutes if request.practice else MINUTES
            _begin(request)
            request.sitting = _sitting(request.session, minutes)
            if request.sitting.left <= 0:
                _end(request, request.sitting)
            elif _is_activity(request):
                _note(request, minutes)
        return get_response(request)

    return middleware


def _now() -> int:
    return int(clock.now().timestamp())


def _is_activity(request: HttpRequest) -> bool:
    return request.method not in ("GET", "HEAD") or "X-Background" not in request.headers


def _begin(request: Any) -> None:
    """The first request of a session starts both clocks, and learns whether text of this person waits."""
    session = request.session
    if "since" in session:
        return
    ended = session.pop("ended", {})
    session["since"] = session["seen"] = _now()
    if ended.get("unsent") and ended["person"] == request.user.uid:
        session["unsent"] = True


def _sitting(session: Any, minutes: int) -> Sitting:
    now = _now()
    idle, longest = session["seen"] + minutes * 60 - now, session["since"] + settings.SESSION_COOKIE_AGE - now
    return Sitting(left=min(idle, longest), minutes=minutes, can_stay=longest > idle)


def _note(request: Any, minutes: int) -> None:
    """Keep when the last activity was. Written at once, so that what the view keeps in the session is not undone."""
    session = request.session
    if abs(_now() - session["seen"]) < GRAIN:
        return
    session["seen"] = _now()
    try:
        session.save()
    except UpdateError:  # ended elsewhere in this very moment
        logout(request)
        request.sitting = request.membership = request.practice = None
        return
    session.modified = False
    request.sitting = _sitting(session, minutes)


def _end(request: Any, sitting: Sitting) -> None:
    person, membership = request.user, request.membership
    minutes = sitting.minutes if sitting.can_stay else 0
    if membership:
        sign_out_idle(membership=membership, by=person, minutes=minutes)
    logout(request)
    request.sitting = request.membership = request.practice = None
    request.session["ended"] = {"person": person.uid, "minutes": minutes, "unsent": False}


@action("person.timed_out", says="was signed out")
def sign_out_idle(*, membership: Membership, by: Person, minutes: int) -> None:
    """The session ended after so many minutes without activity; 0 means at its absolute limit."""
    reason = f"{minutes} minutes without activity" if minutes else "12 hours after signing in"
    ledger.record(by, practice=membership.practice, reason=reason)


# --- what was sent after the end -----------------------------------------------------------------------


def keep_unsent(request: Any, page: str) -> None:
    """Keep the text of a form that met an ended session, or was asked who sends it: for its person only, for an hour.

    One form at most. Files, passwords and codes are not kept. Who never had a session here leaves nothing.
    """
    ended = request.session.get("ended", {})
    person = request.user.uid if request.user.is_authenticated else ended.get("person")
    if not person or request.method != "POST":
        return
    texts = [(name, text[:_LONGEST_TEXT]) for name, values in request.POST.lists() for text in values if text.strip()]
    fields = [(name, text) for name, text in texts if name not in _NEVER_KEPT and not _is_secret(name)]
    if fields:
        cache.set(_place(person), {"page": page, "fields": fields[:_MOST_FIELDS]}, UNSENT_SECONDS)
        if request.user.is_authenticated:
            request.session["unsent"] = True
        else:
            request.session["ended"] = {**ended, "unsent": True}


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRET)


def unsent(person: Person) -> dict[str, Any] | None:
    """The page whose form was not sent, and its fields as pairs of name and text."""
    kept: dict[str, Any] | None = cache.get(_place(person.uid))
    return kept


def forget_unsent(request: Any) -> None:
    cache.delete(_place(request.user.uid))
    request.session.pop("unsent", None)


def _place(person_uid: str) -> str:
    return f"unsent-{person_uid}"
