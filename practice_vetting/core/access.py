"""Doors: who may open which page. Every view wears exactly one mark; a view without one is not served.

    @practice_view("record")        a member of the practice in session whose role has the permission
    @own("their own sessions")      anybody who is signed in, about their own account only
    @public("a stranger checks a document")     anybody; the reason is kept beside it

With `fresh=True` the first two ask who it is once more, unless the person proved it within the last five minutes.
A stranger to a practice is told 404, a wrong role 403.
"""

import functools
from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django_htmx.middleware import HtmxDetails

from practice_vetting.core.accounts import second_factor
from practice_vetting.core.accounts.fresh import is_fresh
from practice_vetting.core.accounts.idle import keep_unsent
from practice_vetting.core.memberships import still_open
from practice_vetting.core.models import Membership, Person, Practice
from practice_vetting.core.refusals import refuse
from practice_vetting.core.roles import PERMISSIONS

View = Callable[..., HttpResponseBase]


class PracticeRequest(HttpRequest):
    """The request as a practice view sees it: signed in, with its practice and the person's membership."""

    user: Person  # a practice view is never reached anonymously
    practice: Practice
    membership: Membership
    htmx: HtmxDetails


def practice_view(permission: str, *, fresh: bool = False) -> Callable[[View], View]:
    """Mark a view as open to members of a practice whose role has the permission of core.roles.

    Who must have a second factor and has none is led to add one first.
    """
    if permission not in PERMISSIONS:
        raise KeyError(f"No permission is called {permission}.")

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _ask_to_sign_in(request)
            if request.membership is None or not request.membership.may(permission):
                if request.membership:
                    refuse(request.membership, permission, request.path)
                raise PermissionDenied(PERMISSIONS[permission][0])
            if second_factor.is_missing(request, request.membership):
                request.session[second_factor.GO_ON] = _place(request)
                return _lead(request, "second_factor_needed")
            if fresh and not is_fresh(request):
                return _ask_again(request)
            response = view(request, *args, **kwargs)
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        guarded.access_mark = permission  # type: ignore[attr-defined]
        guarded.access_fresh = fresh  # type: ignore[attr-defined]
        return guarded

    return wrap


def own(reason: str, *, fresh: bool = False) -> Callable[[View], View]:
    """Mark a view as open to everybody who is signed in, of any practice or none, and say what of theirs it shows."""

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _ask_to_sign_in(request)
            if fresh and not is_fresh(request):
                return _ask_again(request)
            response = view(request, *args, **kwargs)
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        guarded.access_mark = "own"  # type: ignore[attr-defined]
        guarded.access_fresh = fresh  # type: ignore[attr-defined]
        guarded.access_reason = reason  # type: ignore[attr-defined]
        return guarded

    return wrap


def public(reason: str) -> Callable[[View], View]:
    """Mark a view as open to everybody, signed in or not, and say why."""

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            return view(request, *args, **kwargs)

        opened.access_mark = "public"  # type: ignore[attr-defined]
        opened.access_reason = reason  # type: ignore[attr-defined]
        return opened

    return wrap


def _ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back. What was typed is kept: by scripts, which hear of it, else by us."""
    if "HX-Request" not in request.headers:
        keep_unsent(request, _place(request))
    response = _lead(request, "account_login")
    if "X-Typing" in request.headers:  # nobody is carried off in the middle of a word
        response.headers.pop("HX-Redirect", None)
    else:
        response.headers["HX-Trigger"] = "signed-out"
    return response


def _ask_again(request: HttpRequest) -> HttpResponse:
    """To the page that asks who it is, and back. Who was sending a form is told there to press its button again."""
    if request.method != "GET":
        request.session["press_again"] = True
        if "HX-Request" not in request.headers:
            keep_unsent(request, _place(request))
    return _lead(request, "account_reauthenticate")


def _lead(request: HttpRequest, to: str) -> HttpResponse:
    """To that page and back. A form that was being sent comes back to the page that held it."""
    response = redirect_to_login(_place(request), login_url=reverse(to))
    if "HX-Request" in request.headers:
        response.headers["HX-Redirect"] = response.headers["Location"]
        response.status_code = 401
    return response


def _place(request: HttpRequest) -> str:
    """The page on which the person is: this one, or the one that held the form or the fragment."""
    if request.method == "GET" and "HX-Request" not in request.headers:
        return request.get_full_path()
    here = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "/"
    return here.removeprefix(f"{request.scheme}://{request.get_host()}")


class Unmarked(RuntimeError):
    """A view without an access mark was asked for."""


class DoorMiddleware:
    """Finds the practice of the person who is signed in, and refuses every view that wears no mark."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        signed_in = request.user.is_authenticated  # and so Django's promise of a person is kept: pass on the person
        request.user = getattr(request.user, "_wrapped", request.user)
        request.memberships = still_open(_memberships(request.user)) if signed_in else []
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
    chosen = request.session.get("practice")
    return next(
        (each for each in request.memberships if each.practice.uid == chosen), next(iter(request.memberships), None)
    )


def _memberships(person: Any) -> list[Membership]:
    """Asked anew at each request, so that whoever was removed or got another role meets it at once."""
    has_factor = Exists(second_factor.factors_of(OuterRef("person")))
    rows = Membership.objects.filter(person=person).select_related("practice").annotate(has_factor=has_factor)
    found = list(rows.order_by("id"))
    for membership in found:
        membership.person = person
    return found
