"""Each cookie of the site: for this host alone, over TLS alone, out of the reach of scripts, and small."""

import runpy
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as ours
from django.test import Client

from practice_vetting.core.accounts import devices
from practice_vetting.core.models import Practice
from tests.conftest import Cast
from tests.factories import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
_CHOSEN = ("SESSION_", "CSRF_", "SECURE_", "BEHIND_TLS", "ALLAUTH_")


@pytest.fixture
def production(settings: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The settings that SITE_URL with https chooses, in force."""
    monkeypatch.setenv("SITE_URL", "https://testserver")
    chosen = runpy.run_path(str(Path(ours.BASE_DIR) / "practice_vetting/settings.py"))
    for name, value in chosen.items():
        if name.startswith(_CHOSEN):
            setattr(settings, name, value)
    monkeypatch.setattr(devices, "COOKIE", runpy.run_path(devices.__file__)["COOKIE"])
    return chosen


def visit_everything(cast: Cast) -> Client:
    """A client that signed in with the form, saved something with a message, and has every cookie there is."""
    client = Client()
    client.get("/sign-in/", secure=True)
    given = {"login": cast.owner.email, "password": PASSWORD}
    client.post("/sign-in/", given, secure=True, headers={"Referer": "https://testserver/sign-in/"})
    practice = Practice.objects.get(pk=cast.practice.pk)
    facts = {"version": practice.version, "name": "New name", "time_zone": "UTC", "states": "CA", "part2": "no"}
    client.post("/practice/", {**facts, "record_years": 7, "idle_minutes": 10}, secure=True)
    client.get("/practice/", secure=True)
    return client


def test_behind_tls_each_cookie_is_this_hosts_alone(cast: Cast, production: Any):
    client = visit_everything(cast)
    assert set(client.cookies) == {"__Host-session", "__Host-csrf", "__Host-devices"}
    wrong = {
        name: dict(cookie)
        for name, cookie in client.cookies.items()
        if not (
            name.startswith("__Host-")
            and cookie["secure"]
            and cookie["httponly"]
            and cookie["samesite"] == "Lax"
            and (cookie["path"], cookie["domain"]) == ("/", "")
        )
    }
    assert wrong == {}


def test_on_this_machine_they_are_closed_to_scripts_and_other_sites_too(cast: Cast):
    cookies = visit_everything(cast).cookies.values()
    assert [cookie.key for cookie in cookies if not (cookie["httponly"] and cookie["samesite"] == "Lax")] == []


def test_no_cookie_is_large(cast: Cast, production: Any):
    assert [name for name, cookie in visit_everything(cast).cookies.items() if len(cookie.OutputString()) > 1000] == []


def test_what_is_told_once_travels_in_no_cookie(cast: Cast):
    """Messages stay on the server, and end with the session of whom they are for."""
    assert set(visit_everything(cast).cookies) == {"session", "csrf", "devices"}
