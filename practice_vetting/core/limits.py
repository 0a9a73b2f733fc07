"""How often somebody may try something, counted across processes in the shared cache (settings.ACCOUNT_RATE_LIMITS).

Counted are what an address or a person sends, and the links an address followed that lead nowhere. What is counted by
account is counted by account and address together: nobody can lock another person out.
"""

import functools
from collections.abc import Callable
from typing import Any

from allauth.core.internal import ratelimit
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

View = Callable[..., HttpResponse]

MISSES = "missed_link"  # one count for all kinds of links, so that guesses at each add up
_NOWHERE = (404, 410)


def limited(action: str, *, links: bool = False) -> Callable[[View], View]:
    """Answer 429 with a plain page once this form was sent too often. Looking is not counted.

    `links` marks a page whose address holds a secret: once an address followed too many that lead nowhere, every link
    is answered so, the good ones too, and the answer tells nothing.
    """

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def counted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if links and not _count(request, MISSES, dry_run=True):
                return too_many(request)
            if request.method != "GET" and not _count(request, action):
                return too_many(request)
            try:
                response = view(request, *args, **kwargs)
            except Http404:
                if links:
                    _count(request, MISSES)
                raise
            if links and response.status_code in _NOWHERE:
                _count(request, MISSES)
            return response

        counted.limited_links = links  # type: ignore[attr-defined]
        return counted

    return wrap


def too_many(request: HttpRequest) -> HttpResponse:
    response = render(request, "429.html", status=429)
    response.headers["Cache-Control"] = "no-store"
    return response


def _count(request: HttpRequest, action: str, *, dry_run: bool = False) -> bool:
    """Whether this try is still allowed, and counted where it is no dry run."""
    app = "allauth.account"
    return ratelimit.consume(request, app=app, action=action, limit_get=True, dry_run=dry_run) is not None
