"""What must hold before the product starts: each view wears an access mark, history is on, nothing is left open."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.urls import URLPattern, URLResolver, get_resolver

from practice_vetting.core import clock, production
from practice_vetting.core.accounts import single_sign_on
from practice_vetting.core.documents import authority


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
def nothing_is_left_as_in_an_example(**kwargs: Any) -> list[CheckMessage]:
    """What `core.production` refuses, or warns of, where others reach the site."""
    return [
        (Error if fault.serious else Warning)(fault.sentence, hint=fault.hint, id=fault.id)
        for fault in production.faults(production.facts_of(settings))
    ]


@register()
def single_sign_on_is_whole(**kwargs: Any) -> list[CheckMessage]:
    given = [name for name in ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET") if getattr(settings, name)]
    if not given:
        return []
    if len(given) < 3:
        hint = "Set OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET, or none of them."
        return [Error(f"Single sign-on is set up in part: {', '.join(given)}.", hint=hint, id="core.E010")]
    if not settings.OIDC_ISSUER.startswith("https://") and not single_sign_on.is_local(settings.OIDC_ISSUER):
        hint = "Name the provider by an address that begins with https://."
        return [
            Error("OIDC_ISSUER has no TLS, so anybody between could sign in as anybody.", hint=hint, id="core.E011")
        ]
    return []


@register()
def the_seal_has_its_key(**kwargs: Any) -> list[CheckMessage]:
    """Settings that cannot be right stop the start; a token that is away today does not: documents wait for it."""
    return [
        Error(sentence, id="core.E020") if serious else Warning(sentence, id="core.W020")
        for serious, sentence in authority.faults(clock.now())
    ]
