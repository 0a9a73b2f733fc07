"""How often one address may try something, counted across processes (settings.ACCOUNT_RATE_LIMITS)."""

import functools
from collections.abc import Callable
from typing import Any

from allauth.core.ratelimit import consume
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def limited(action: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Answer 429 with a plain page once an address sent this form too often. Looking is never counted."""

    def wrap(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def counted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method == "GET" or consume(request, action=action):
                return view(request, *args, **kwargs)
            return render(request, "429.html", status=429)

        return counted

    return wrap
