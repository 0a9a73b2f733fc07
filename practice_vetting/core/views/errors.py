"""Pages for what went wrong: plain words, what to do next, and a number to read out."""

import logging
import secrets
import sys
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from practice_vetting.core.access import public
from practice_vetting.core.models import Membership

log = logging.getLogger(__name__)
_NOBODY = "an error page tells nothing"


@public(_NOBODY)
def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return HttpResponse(render_to_string("400.html"), status=400)


@public(_NOBODY)
def not_allowed(request: HttpRequest, exception: Any = None) -> HttpResponse:
    person = getattr(request, "user", None)
    if person and person.is_authenticated and getattr(request, "membership", None) is None:
        ended = Membership.objects.filter(person=person).select_related("practice").order_by("ended_on", "id")
        return render(request, "core/access_ended.html", {"ended": ended}, status=403)
    return render(request, "403.html", {"needed": str(exception or "")}, status=403)


@public(_NOBODY)
def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "404.html", status=404)


@public(_NOBODY)
def broken(request: HttpRequest) -> HttpResponse:
    """The page for a fault of ours. It asks neither session nor database, which may be what is broken."""
    away = isinstance(sys.exc_info()[1], DatabaseError)
    reference = secrets.token_hex(4)
    log.error("Reference %s: %s could not be answered", reference, request.path, exc_info=True)
    page = render_to_string("503.html" if away else "500.html", {"reference": reference})
    return HttpResponse(page, status=503 if away else 500)


@public(_NOBODY)
def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's token does not fit: the session changed in the meantime, or the form came from elsewhere."""
    return render(request, "stale_form.html", status=403)
