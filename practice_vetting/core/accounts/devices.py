"""The browsers that a person has signed in with: each keeps a signature, which tells nothing and opens nothing."""

from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse

from practice_vetting.core.models import Person

COOKIE = "__Host-devices" if settings.BEHIND_TLS else "devices"
LASTS = timedelta(days=365)
_MOST = 8  # people who share one browser; beyond that the oldest is forgotten
_signer = Signer(salt="practice_vetting.devices")


def knows(request: HttpRequest, person: Person) -> bool:
    """Whether this person has signed in by this browser before."""
    return any(_fits(signature, person) for signature in _kept(request))


def remember(request: HttpRequest, response: HttpResponse, person: Person) -> None:
    """Have the browser keep that this person signed in by it."""
    others = [signature for signature in _kept(request) if not _fits(signature, person)]
    response.set_cookie(
        COOKIE,
        ".".join([*others, _signer.signature(person.uid)][-_MOST:]),
        max_age=LASTS,
        secure=settings.BEHIND_TLS,
        httponly=True,
        samesite="Lax",
    )


def _kept(request: HttpRequest) -> list[str]:
    return request.COOKIES.get(COOKIE, "").split(".")[:_MOST]


def _fits(signature: str, person: Person) -> bool:
    try:
        return bool(_signer.unsign(f"{person.uid}:{signature}"))  # tries settings.SECRET_KEY_FALLBACKS, too
    except BadSignature:
        return False
