"""Pages for what went wrong: plain words, what to do next, and a number to read out."""

import logging
import secrets
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from practice_vetting.core.access import public

log = logging.getLogger(__name__)
_NOBODY = "an error page tells nothing"


@public(_NOBODY)
def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "400.html", status=400)


@public(_NOBODY)
def not_allowed(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "403.html", {"needed": str(exception or "")}, status=403)


@public(_NOBODY)
def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "404.html", status=404)


@public(_NOBODY)
def broken(request: HttpRequest) -> HttpResponse:
    reference = secrets.token_hex(4)
    log.error("Reference %s: the page %s could not be made", reference, request.path)
    return render(request, "500.html", {"reference": reference}, status=500)


@public(_NOBODY)
def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's token does not fit: the session changed in the meantime, or the form came from elsewhere."""
    return render(request, "stale_form.html", status=403)
