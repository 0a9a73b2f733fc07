"""Sessions end by themselves on the server, are warned of before, and lose no text that was typed."""

import importlib
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django import forms
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from practice_vetting.core import clock
from practice_vetting.core.accounts import idle
from practice_vetting.core.models import LedgerEntry
from tests.conftest import Cast
from tests.factories import PASSWORD, change, make_person
from tests.test_form_words import _all, required_fields

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 9, 17, tzinfo=UTC)
BACKGROUND = {"HTTP_X_BACKGROUND": "1"}
HTMX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL": "http://testserver/vendors/add/"}


@pytest.fixture
def at():
    """Sets the clock to that many minutes after the first look."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield lambda minutes, seconds=0: traveller.move_to(NOON + timedelta(minutes=minutes, seconds=seconds))


@pytest.fixture
def client(cast: Cast, browse: Any, at: Any) -> Client:
    signed_in = browse(cast.officer)
    assert signed_in.get("/vendors/").status_code == 200
    return signed_in


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def sign_in(client: Client, person: Any) -> Any:
    return client.post("/sign-in/", {"login": person.email, "password": PASSWORD})


def test_fifteen_minutes_without_activity_end_the_session_on_the_server(client: Client, at: Any):
    at(14, 59)
    assert client.get("/session/", **HTMX, **BACKGROUND).status_code == 200
    at(15)
    response = client.get("/vendors/")
    assert response.headers["Location"] == "/sign-in/?next=/vendors/"
    assert not is_in(client)


def test_activity_makes_it_last_longer(client: Client, at: Any):
    for minutes in (14, 28, 42):
        at(minutes)
        assert client.get("/vendors/").status_code == 200


@pytest.mark.parametrize("path", ["/session/", "/vendors/"])
def test_what_a_page_asks_by_itself_is_no_activity(client: Client, at: Any, path: str):
    for minutes in (5, 10, 14):
        at(minutes)
        client.get(path, **HTMX, **BACKGROUND)
    at(15)
    assert client.get("/vendors/").status_code == 302


def test_the_practice_sets_the_minutes(client: Client, cast: Cast, at: Any):
    change(cast.practice, idle_minutes=5)
    at(5)
    assert client.get("/vendors/").status_code == 302


@pytest.mark.parametrize(("minutes", "status"), [("4", 422), ("5", 302), ("60", 302), ("61", 422), ("", 422)])
def test_it_takes_five_to_sixty_minutes(cast: Cast, browse: Any, minutes: str, status: int):
    given = {"version": 1, "name": "Another", "time_zone": "UTC", "states": "CA", "part2": "no", "record_years": 7}
    assert browse(cast.owner).post("/practice/", {**given, "idle_minutes": minutes}).status_code == status


def test_who_belongs_to_no_practice_has_fifteen(browse: Any, installed: None, at: Any):
    client = browse(make_person(name="Robin Vale", email="robin@x.example"))
    assert client.get("/account/").status_code == 200
    at(15)
    assert client.get("/account/").status_code == 302


def test_twelve_hours_end_it_whatever_happens(client: Client, at: Any):
    for minutes in range(10, 12 * 60, 10):
        at(minutes)
        assert client.get("/vendors/").status_code == 200
    at(12 * 60)
    assert client.get("/vendors/").status_code == 302


def test_a_session_is_written_once_a_minute_at_most(client: Client, at: Any):
    at(0, 59)
    with _writes() as written:
        client.get("/vendors/")
    assert written == []
    at(1)
    with _writes() as written:
        client.get("/vendors/")
        client.get("/vendors/")
    assert len(written) == 1


class _writes:  # noqa: N801
    """The statements within the block that write sessions."""

    def __enter__(self) -> list[str]:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        self._capture, self._found = CaptureQueriesContext(connection), []
        self._capture.__enter__()
        return self._found

    def __exit__(self, *problem: object) -> None:
        self._capture.__exit__(None, None, None)
        writes = re.compile(r'(UPDATE|INSERT INTO) "django_session"')
        self._found += [each["sql"] for each in self._capture if writes.search(each["sql"])]


def test_its_end_is_told_to_the_ledger(client: Client, cast: Cast, at: Any):
    at(20)
    client.get("/vendors/")
    client.get("/vendors/")
    entry = LedgerEntry.objects.get(verb="person.timed_out")
    assert (entry.person_uid, entry.detail) == (cast.officer.uid, {"reason": "15 minutes without activity"})


def test_the_sign_in_page_says_why(client: Client, at: Any):
    at(20)
    page = client.get("/vendors/", follow=True).content.decode()
    assert "You were signed out after 15 minutes without activity. Sign in, and your text is back." in page


def test_who_signed_out_by_hand_is_told_no_such_thing(client: Client, at: Any):
    page = client.post("/sign-out/", follow=True).content.decode()
    assert "You were signed out" not in page


# --- the warning ------------------------------------------------------------------------------------


def asked_again(html: str) -> int:
    found = re.search(r'id="session"[^>]* hx-trigger="load delay:(\d+)s"', html)
    assert found
    return int(found[1])


def test_every_page_asks_again_two_minutes_before_the_end(client: Client, at: Any):
    assert asked_again(client.get("/vendors/").content.decode()) == 13 * 60


def test_when_another_tab_was_active_the_page_waits_on(client: Client, at: Any):
    at(12)
    client.get("/vendors/")
    at(13)
    page = client.get("/session/", **HTMX, **BACKGROUND).content.decode()
    assert (asked_again(page), "Stay signed in" in page) == (12 * 60, False)


def test_two_minutes_before_the_end_it_warns_and_one_can_stay(client: Client, at: Any):
    at(13)
    page = client.get("/session/", **HTMX, **BACKGROUND).content.decode()
    assert ("You will be signed out at 12:15:00" in page, 'role="alert"' in page) == (True, True)
    assert asked_again(page) == 121
    stayed = client.post("/session/", **HTMX).content.decode()
    assert (asked_again(stayed), "Stay signed in" in stayed) == (13 * 60, False)


def test_before_the_twelve_hours_it_warns_and_one_cannot_stay(client: Client, at: Any):
    for minutes in range(10, 12 * 60 - 1, 10):
        at(minutes)
        client.get("/vendors/")
    at(12 * 60 - 2)
    page = client.post("/session/", **HTMX).content.decode()
    assert ("12 hours ago" in page, "Stay signed in" in page) == (True, False)


def test_at_the_end_the_page_leaves_for_sign_in_and_back(client: Client, at: Any):
    at(15, 1)
    response = client.get("/session/", **HTMX, **BACKGROUND)
    assert (response.status_code, response.headers["HX-Trigger"]) == (401, "signed-out")
    assert response.headers["HX-Redirect"] == "/sign-in/?next=/vendors/add/"


def test_nobody_is_carried_off_while_typing(client: Client, at: Any):
    at(15, 1)
    response = client.post("/session/", **HTMX, HTTP_X_TYPING="1")
    assert (response.status_code, "HX-Redirect" in response.headers) == (401, False)


def test_no_page_that_asks_by_itself_counts_as_activity():
    """Whatever polls says so; a new one that does not would keep every session open."""
    wrong = []
    for path in (Path(settings.BASE_DIR) / "templates").rglob("*.html"):
        for tag in re.findall(r"<[^>]*hx-trigger=\"[^\"]*(?:every|load)\b[^>]*>", path.read_text()):
            if "X-Background" not in tag:
                wrong.append(f"{path.name}: {tag}")
    assert wrong == []


# --- text that was sent after the end, without scripts ----------------------------------------------

SENT = {"name": "Notewell", "purpose": "Drafts notes\nfor us", "password": "secret words", "form_id": "x"}


def send_too_late(client: Client, at: Any) -> None:
    at(16)
    back = {"HTTP_REFERER": "http://testserver/vendors/add/"}
    assert client.post("/vendors/add/", SENT, **back).headers["Location"] == "/sign-in/?next=/vendors/add/"


def test_what_was_sent_too_late_is_read_after_signing_in(client: Client, cast: Cast, at: Any):
    send_too_late(client, at)
    sign_in(client, cast.officer)
    assert "Read your text" in client.get("/vendors/").content.decode()
    page = client.get("/unsent/")
    assert page.context["fields"] == [("Name", "Notewell"), ("Purpose", "Drafts notes\nfor us")]
    assert page.context["page"] == "/vendors/add/"


def test_another_person_does_not_see_it(client: Client, cast: Cast, at: Any):
    send_too_late(client, at)
    sign_in(client, cast.owner)
    assert "Read your text" not in client.get("/vendors/").content.decode()
    assert "Notewell" not in client.get("/unsent/").content.decode()


def test_it_is_forgotten_when_asked(client: Client, cast: Cast, at: Any):
    send_too_late(client, at)
    sign_in(client, cast.officer)
    assert client.post("/unsent/").headers["Location"] == "/vendors/add/"
    assert client.get("/unsent/").context["fields"] == []
    assert "Read your text" not in client.get("/vendors/").content.decode()


def test_a_stranger_leaves_nothing_to_keep(cast: Cast):
    client = Client()
    client.post("/vendors/add/", SENT)
    assert "sessionid" not in client.cookies
    assert cache.get(f"unsent-{cast.officer.uid}") is None


def test_only_so_much_is_kept(client: Client, cast: Cast, at: Any):
    at(16)
    client.post("/vendors/add/", {"purpose": "x" * 100_000, **{f"field{n}": "y" for n in range(500)}})
    kept = idle.unsent(cast.officer)
    assert kept
    fields = kept["fields"]
    assert (len(fields), len(fields[0][1])) == (100, 20_000)


def test_the_way_back_stays_here(client: Client, cast: Cast, at: Any):
    at(16)
    client.post("/vendors/add/", SENT, HTTP_REFERER="https://elsewhere.example/vendors/")
    sign_in(client, cast.officer)
    assert client.get("/unsent/").context["page"] == "/"
    assert clock.now() == NOON + timedelta(minutes=16)


def test_no_password_or_code_of_any_form_is_kept():
    required_fields()  # loads the modules of forms
    importlib.import_module("practice_vetting.core.accounts.forms")
    secret = {
        name
        for form in _all(forms.BaseForm)
        if form.__module__.startswith(("practice_vetting", "vendors", "checklists"))
        for name, field in form.base_fields.items()
        if isinstance(field.widget, forms.PasswordInput)
    }
    assert secret >= {"password", "old_password"}
    assert [name for name in secret if not idle._is_secret(name)] == []
