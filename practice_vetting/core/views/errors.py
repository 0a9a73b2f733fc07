"""Pages for what went wrong: plain words, what to do next, and a number to read out."""

import logging
import sys
from typing import Any
from urllib.parse import urlsplit

from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import escape_leading_slashes

from practice_vetting.core import tracing
from practice_vetting.core.access import public
from practice_vetting.core.models import Membership

log = logging.getLogger(__name__)
_NOBODY = "an error page tells nothing"


def _frame(request: HttpRequest, whole: str) -> dict[str, Any]:
    """What the pages below stand in: that page, or a message, for who asked for a part of a page."""
    is_part = "HX-Request" in request.headers
    return {"reference": tracing.reference(), "part": is_part, "frame": "_error_part.html" if is_part else whole}


def _sent(request: HttpRequest, page: str, status: int) -> HttpResponse:
    """What asks by itself, or shows at its field what became of it (autosave), has no use for a message."""
    answer = HttpResponse(page, status=status)
    told = request.headers
    if "X-Background" in told or "X-Typing" in told or told.get("HX-Target", "").startswith("saved-"):
        answer.headers["HX-Reswap"] = "none"
    return answer


def _plainly(request: HttpRequest, template: str, status: int, **told: Any) -> HttpResponse:
    """A page that asks neither session nor database, which may be what is broken."""
    return _sent(request, render_to_string(template, {**_frame(request, "base_plain.html"), **told}), status)


def _usually(request: HttpRequest, template: str, status: int, **told: Any) -> HttpResponse:
    """A page like any other, for who is signed in or not."""
    return _sent(request, render_to_string(template, {**_frame(request, "base.html"), **told}, request), status)


@public(_NOBODY)
def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponseBase:
    if _is_away(exception):  # Django takes a session that it could not write for one that ended meanwhile
        return broken(request)
    if isinstance(exception, SessionInterrupted):  # it is saved after the view has done its work
        told = {"sent": request.method == "POST", "again": _again(request)}
        return _plainly(request, "session_ended.html", 400, **told)
    return _plainly(request, "400.html", 400)


@public(_NOBODY)
def not_allowed(request: HttpRequest, exception: Any = None) -> HttpResponse:
    person = getattr(request, "user", None)
    is_part = "HX-Request" in request.headers
    if person and person.is_authenticated and getattr(request, "membership", None) is None and not is_part:
        ended = Membership.objects.filter(person=person).select_related("practice").order_by("ended_on", "id")
        return render(request, "core/access_ended.html", {"ended": ended}, status=403)
    return _usually(request, "403.html", 403, needed=str(exception or ""))


@public(_NOBODY)
def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "404.html", status=404)


@public(_NOBODY)
def broken(request: HttpRequest) -> HttpResponse:
    """The page for a fault of ours.

    A database that is away, starts again, is asked by too many, or is kept waiting by another's work is no fault.
    """
    away = _is_away(sys.exc_info()[1])
    log.error("It could not be answered", exc_info=True)
    told = {"sent": request.method == "POST", "again": _again(request)}
    answer = _plainly(request, "503.html" if away else "500.html", 503 if away else 500, **told)
    if away:
        answer.headers["Retry-After"] = "10"
    return answer


def _is_away(problem: BaseException | None) -> bool:
    """Whether it is the database that did not answer, or what came of that."""
    while problem is not None and not isinstance(problem, OperationalError | InterfaceError):
        problem = problem.__context__
    return problem is not None


def _again(request: HttpRequest) -> str:
    """The page to look at: this one, or the one of ours from which something was sent."""
    if request.method != "POST" and "HX-Request" not in request.headers:
        return request.get_full_path()
    came = urlsplit(request.headers.get("Referer", ""))
    ours = came.netloc == request.headers.get("Host") and came.path.startswith("/")
    return escape_leading_slashes(came.path) + (f"?{came.query}" if came.query else "") if ours else "/"


@public(_NOBODY)
def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's token does not fit: the session changed in the meantime, or the form came from elsewhere."""
    log.warning("A form was refused, because its token does not fit")
    return _usually(request, "stale_form.html", 403)
