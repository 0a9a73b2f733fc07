"""What must hold before the product starts: each view wears an access mark, history is on, faults stay inside."""

import os
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.urls import URLPattern, URLResolver, get_resolver


def every_view() -> Iterator[tuple[str, Any]]:
    """Each address pattern of the site with its view."""
    yield from _walk(get_resolver(), "/")


def _walk(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, Any]]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(entry, route)
        elif isinstance(entry, URLPattern):
            yield route, entry.callback


@register()
def views_wear_marks(**kwargs: Any) -> list[CheckMessage]:
    return [
        Error(
            f"The view at {route} wears no access mark.",
            hint="Add @practice_view or @public.",
            id="core.E001",
        )
        for route, view in every_view()
        if not hasattr(view, "access_mark")
    ]


@register()
def history_is_on(**kwargs: Any) -> list[CheckMessage]:
    if getattr(settings, "SIMPLE_HISTORY_ENABLED", True):
        return []
    return [Error("History is switched off, so changes would leave no trace.", id="core.E002")]


@register()
def faults_stay_inside(**kwargs: Any) -> list[CheckMessage]:
    others_reach_it = settings.BEHIND_TLS or os.environ.get("HOST", "") not in ("", "localhost", "127.0.0.1", "::1")
    if not (settings.DEBUG and others_reach_it):
        return []
    hint = "Leave DEBUG out, or serve this machine only."
    return [Error("DEBUG=1 shows the inside of a fault to whoever causes one.", hint=hint, id="core.E003")]
