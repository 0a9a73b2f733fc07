"""Doors: who may open which page. Every view wears exactly one mark; a view without one is not served.

    @practice_view("record")        a member of the practice in session whose role has the permission
    @own("their own sessions")      anybody who is signed in, about their own account only
    @public("a stranger checks a document")     anybody; the reason is kept beside it

A stranger to a practice is told 404, a wrong role 403.
"""

import functools
from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django_htmx.middleware import HtmxDetails

from practice_vetting.core import clock
from practice_vetting.core.models import Membership, Person, Practice
from practice_vetting.core.roles import PERMISSIONS

View = Callable[..., HttpResponse]


class PracticeRequest(HttpRequest):
    """The request as a practice view sees it: signed in, with its practice and the person's membership."""

    user: Person  # a practice view is never reached anonymously
    practice: Practice
    membership: Membership
    htmx: HtmxDetails


def practice_view(permission: str) -> Callable[[View], View]:
    """Mark a view as open to members of a practice whose role has the permission of core.roles."""
    if permission not in PERMISSIONS:
        raise KeyError(f"No permission is called {permission}.")

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return _ask_to_sign_in(request)
            if request.membership is None or not request.membership.may(permission):
                raise PermissionDenied(PERMISSIONS[permission][0])
            response = view(request, *args, **kwargs)
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        guarded.access_mark = permission  # type: ignore[attr-defined]
        return guarded

    return wrap


def own(reason: str) -> Callable[[View], View]:
    """Mark a view as open to everybody who is signed in, of any practice or none, and say what of theirs it shows."""

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return _ask_to_sign_in(request)
            response = view(request, *args, **kwargs)
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        guarded.access_mark = "own"  # type: ignore[attr-defined]
        guarded.access_reason = reason  # type: ignore[attr-defined]
        return guarded

    return wrap


def public(reason: str) -> Callable[[View], View]:
    """Mark a view as open to everybody, signed in or not, and say why."""

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            return view(request, *args, **kwargs)

        opened.access_mark = "public"  # type: ignore[attr-defined]
        opened.access_reason = reason  # type: ignore[attr-defined]
        return opened

    return wrap


def _ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back. A form that was being sent comes back to the page that held it."""
    if request.method == "GET" and "HX-Request" not in request.headers:
        return redirect_to_login(request.get_full_path())
    here = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "/"
    response = redirect_to_login(here.removeprefix(f"{request.scheme}://{request.get_host()}"))
    if "HX-Request" in request.headers:
        response.headers["HX-Redirect"] = response.headers["Location"]
        response.status_code = 401
    return response


class Unmarked(RuntimeError):
    """A view without an access mark was asked for."""


class DoorMiddleware:
    """Finds the practice of the person who is signed in, and refuses every view that wears no mark."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        request.membership = _membership(request)
        request.practice = request.membership.practice if request.membership else None
        if request.practice is None:
            return self.get_response(request)
        with timezone.override(request.practice.time_zone):
            return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> None:
        if not hasattr(view, "access_mark"):
            raise Unmarked(f"{view.__module__}.{view.__name__} wears no access mark.")
        if any("\0" in str(part) for part in kwargs.values()):  # PostgreSQL takes no such text, so nothing is called so
            raise Http404


def _membership(request: Any) -> Membership | None:
    """The membership chosen in this session, or the person's first that has not ended."""
    if not request.user.is_authenticated:
        return None
    memberships = Membership.objects.filter(person=request.user).select_related("practice", "person").order_by("id")
    open_ones = [m for m in memberships if m.ended_on is None or m.ended_on > clock.today(m.practice.time_zone)]
    chosen = request.session.get("practice")
    return next((m for m in open_ones if m.practice.uid == chosen), open_ones[0] if open_ones else None)
