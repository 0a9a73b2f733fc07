"""When something breaks: a plain page with a reference, and nothing of the inside."""

import re
from itertools import count
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.db import OperationalError
from django.test import Client, RequestFactory

from practice_vetting.core import health
from practice_vetting.core.errors import Refused
from practice_vetting.core.files import store
from practice_vetting.core.views import errors
from practice_vetting.core.views import health as health_views
from tests import files as made
from tests.conftest import Cast
from tests.core.log_capture import log_lines

__all__ = ["log_lines"]  # a fixture
pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(autouse=True)
def _health_is_asked_anew(monkeypatch):
    monkeypatch.setattr(health_views, "KEPT_FOR", 0.0)
    monkeypatch.setattr(health_views._found, "until", 0.0)


@pytest.fixture
def broken(cast: Cast, browse, monkeypatch):
    """The Today page, failing with the given exception."""

    def fail(exception: Exception) -> Client:
        def raise_it(*args: object) -> None:
            raise exception

        monkeypatch.setattr("checklists.views.today.needs", raise_it)
        client = browse(cast.owner)
        client.raise_request_exception = False
        return client

    return fail


def test_a_fault_of_ours_gives_a_reference_and_tells_nothing(broken):
    response = broken(ValueError("inside knowledge")).get("/")
    page = response.content.decode()
    assert response.status_code == 500
    assert "say this reference" in page
    assert "inside knowledge" not in page


@pytest.mark.parametrize(("method", "says"), [("get", "Nothing was changed"), ("post", "We do not know whether")])
def test_a_fault_says_what_is_known_of_what_was_sent(method: str, says: str):
    request = getattr(RequestFactory(), method)("/vendors/")
    assert says in errors.broken(request).content.decode()


def test_the_reference_stands_in_the_log_and_in_the_answer(broken, log_lines):
    response = broken(ValueError("x")).get("/")
    reference = response.headers["X-Request-Id"]
    assert reference in response.content.decode()
    assert [(each["request"], each["level"]) for each in log_lines()] == [(reference, "ERROR"), (reference, "INFO")]


def test_no_client_chooses_the_reference(cast: Cast):
    given = Client().get("/sign-in/", headers={"X-Request-Id": "CHOS-EN22"}).headers["X-Request-Id"]
    assert re.fullmatch(r"[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}", given)
    assert given != "CHOS-EN22"


@pytest.mark.parametrize(("fault", "status"), [(ValueError("inside"), 500), (OperationalError("inside"), 503)])
def test_a_part_of_a_page_gets_the_same_words_as_a_message(broken, fault: Exception, status: int):
    response = broken(fault).get("/", headers={"HX-Request": "true"})
    page = response.content.decode()
    assert (response.status_code, "<html" in page, "<h1" in page) == (status, False, False)
    assert response.headers["X-Request-Id"] in page


@pytest.mark.parametrize("by", [{"X-Background": "1"}, {"X-Typing": "1"}, {"HX-Target": "saved-4"}])
def test_what_a_page_asks_by_itself_shows_no_message(broken, by: dict[str, str]):
    response = broken(ValueError("x")).get("/", headers={"HX-Request": "true", **by})
    assert response.headers["HX-Reswap"] == "none"


def test_the_page_of_a_fault_asks_no_database(broken, django_assert_num_queries):
    client = broken(OperationalError("server closed"))
    client.logout()
    with patch.object(errors, "log"), django_assert_num_queries(0):
        try:
            raise OperationalError
        except OperationalError:
            page = errors.broken(RequestFactory().get("/"))
    assert page.status_code == 503


def test_a_database_that_is_away_is_said_so(broken):
    response = broken(OperationalError("server closed")).get("/")
    assert response.status_code == 503
    assert "not available right now" in response.content.decode()


def test_a_session_that_could_not_be_written_is_said_as_a_database_that_is_away(cast: Cast, browse):
    client = browse(cast.owner)
    with patch("django.contrib.sessions.models.Session.save", side_effect=OperationalError("server closed")):
        response = client.get("/vendors/add/?tool=Scribe")
    assert (response.status_code, "not available right now" in response.content.decode()) == (503, True)


@pytest.mark.parametrize(
    ("sent", "words"), [(True, "We do not know whether what you sent was saved"), (False, "Sign in")]
)
def test_who_was_signed_out_while_something_was_saved_is_not_told_that_nothing_changed(
    cast: Cast, browse, sent: bool, words: str
):
    client = browse(cast.owner)
    with patch("django.contrib.sessions.backends.db.SessionStore.save", side_effect=UpdateError):
        response = client.post("/vendors/add/?tool=Scribe", {}) if sent else client.get("/vendors/add/?tool=Scribe")
    page = response.content.decode()
    assert (response.status_code, words in page, "Nothing was changed" in page) == (400, True, not sent)


def test_a_refusal_that_nobody_caught_is_still_a_sentence(broken):
    response = broken(Refused("The door is closed on Sundays.")).get("/")
    assert response.status_code == 409
    assert "The door is closed on Sundays." in response.content.decode()


def test_an_unknown_address_is_a_page(cast: Cast, browse):
    response = browse(cast.owner).get("/nowhere/")
    assert (response.status_code, b"Today" in response.content) == (404, True)


@pytest.mark.parametrize("path", ["/", "/sign-in/", "/nowhere/", "/verify/"])
def test_every_answer_carries_the_headers(cast: Cast, path: str):
    headers = Client().get(path).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert [headers[name] for name in ("X-Content-Type-Options", "Referrer-Policy", "X-Robots-Tag")] == [
        "nosniff",
        "same-origin",
        "noindex",
    ]
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_form_without_its_token_changes_nothing(cast: Cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    response = client.post("/vendors/add/", {"name": "x"})
    assert (response.status_code, b"Please send that again" in response.content) == (403, True)


def test_signed_in_pages_are_not_kept_by_the_browser(cast: Cast, browse):
    assert browse(cast.owner).get("/vendors/").headers["Cache-Control"] == "no-store"


def test_a_refused_form_has_its_reference_too(cast: Cast):
    client = Client(enforce_csrf_checks=True)
    whole = client.post("/sign-in/", {"login": "x"})
    part = client.post("/sign-in/", {"login": "x"}, headers={"HX-Request": "true"})
    assert [each.status_code for each in (whole, part)] == [403, 403]
    assert [each.headers["X-Request-Id"] in each.content.decode() for each in (whole, part)] == [True, True]
    assert "<html" not in part.content.decode()


def test_being_alive_asks_nothing(cast: Cast, browse, django_assert_num_queries):
    signed_in = browse(cast.owner)
    for client in (Client(), signed_in):
        with django_assert_num_queries(0):
            assert client.get("/livez").json() == {"ok": True}
    assert signed_in.get("/").status_code == 200


def test_health_tells_whether_each_part_answers_and_no_more(cast: Cast, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert Client().get("/healthz").json() == {"ok": True, "database": True, "storage": True}


def test_many_who_ask_for_health_cost_one_look_in_two_seconds(cast: Cast, monkeypatch):
    looks = count()
    monkeypatch.setattr(health_views, "KEPT_FOR", 2.0)
    monkeypatch.setattr(health, "NEEDED", {"storage": lambda: str(next(looks))})
    for moment in (100.0, 101.9, 102.1):
        monkeypatch.setattr(health_views, "time", SimpleNamespace(monotonic=lambda moment=moment: moment))
        assert Client().get("/healthz").status_code == 200
    assert next(looks) == 2


def test_health_says_which_part_is_unwell(cast: Cast, settings, tmp_path):
    (tmp_path / "files").write_text("a file where the folder should be")
    response = Client().get("/healthz")
    assert (response.status_code, response.json()) == (503, {"ok": False, "database": True, "storage": False})


def test_health_is_red_when_the_disk_has_no_room_for_one_more_file(cast: Cast, settings, monkeypatch):
    room = settings.UPLOAD_LIMIT
    for free, status in [(room, 200), (room - 1, 503)]:
        monkeypatch.setattr(store.shutil, "disk_usage", lambda place, free=free: SimpleNamespace(free=free))
        assert Client().get("/healthz").status_code == status
    with pytest.raises(health.Unwell, match="the disk for files is full"):
        health.storage()


@pytest.mark.parametrize("path", ["/sign-in/", "/verify/"])
def test_more_files_than_any_form_takes_are_not_even_written_down(cast: Cast, path: str):
    files = {f"file{number}": made.upload(b"%PDF-1.7") for number in range(2)}
    assert Client().post(path, files).status_code == 400
