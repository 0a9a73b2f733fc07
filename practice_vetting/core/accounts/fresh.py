"""Who is at the keyboard: what proved it in this session, and whether that was within the last five minutes.

Signing in counts as much as confirming it later. What was proved is in allauth's records of the session.
"""

from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.http import HttpRequest

from practice_vetting.core import clock

_FACTORS = {"totp": "authenticator code", "webauthn": "passkey", "recovery_codes": "recovery code"}


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person proved within the last five minutes that it is them."""
    return bool(confirmed_by(request))


def confirmed_by(request: HttpRequest) -> str:
    """By what they proved it within the last five minutes: "password and authenticator code"; "" when they did not."""
    since = clock.now().timestamp() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    ways = list(dict.fromkeys(_way(each) for each in _records(request) if each["at"] > since))
    return ", ".join(ways[:-1]) + f" and {ways[-1]}" if len(ways) > 1 else "".join(ways)


def by_single_sign_on(request: HttpRequest) -> bool:
    """Whether this session began at the practice's own provider, which asks for a second factor by itself."""
    return any(each["method"] == "socialaccount" for each in _records(request))


def remember_password(request: HttpRequest, person: Any) -> None:
    """Note in the session that the person gave or chose their password just now."""
    record_authentication(request, person, method="password")


def _records(request: HttpRequest) -> list[dict[str, Any]]:
    return get_authentication_records(request, request.user)


def _way(record: dict[str, Any]) -> str:
    if record["method"] == "socialaccount":
        return "single sign-on"
    return _FACTORS.get(record.get("type", ""), str(record["method"]))
