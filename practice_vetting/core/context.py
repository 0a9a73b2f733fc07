"""What every page shows: the person, the practice, and what they may do."""

from functools import partial
from typing import Any

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils.functional import SimpleLazyObject

from practice_vetting.core.roles import PERMISSIONS


class May:
    """In templates: {% if may.record %}. An unknown permission is an error, not a quiet no."""

    def __init__(self, membership: Any) -> None:
        self._membership = membership

    def __getitem__(self, permission: str) -> bool:
        if permission not in PERMISSIONS:
            raise LookupError(f"No permission is called {permission}.")
        return bool(self._membership and self._membership.may(permission))


def who_and_where(request: HttpRequest) -> dict[str, Any]:
    """`csrf_token` is Django's own, masked once a page: a page of nine forms has thirty of them."""
    membership = getattr(request, "membership", None)
    return {
        "practice": membership.practice if membership else None,
        "membership": membership,
        "may": May(membership),
        "csrf_token": SimpleLazyObject(partial(get_token, request)),
    }
