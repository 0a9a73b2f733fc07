"""When something breaks: a plain page with a reference, and nothing of the inside."""

import pytest
from django.db import OperationalError
from django.test import Client

from practice_vetting.core.errors import Refused
from tests import files as made
from tests.conftest import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


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


def test_the_reference_stands_in_the_log(broken, caplog):
    page = broken(ValueError("x")).get("/").content.decode()
    reference = next(each.args[0] for each in caplog.records if "Reference" in each.msg)
    assert reference in page


def test_a_database_that_is_away_is_said_so(broken):
    response = broken(OperationalError("server closed")).get("/")
    assert response.status_code == 503
    assert "not available right now" in response.content.decode()


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


def test_health_tells_each_part(cast: Cast):
    answer = Client().get("/healthz").json()
    assert (answer["ok"], answer["database"]["ok"], answer["queue"]["ok"], answer["storage"]["ok"]) == (True,) * 4


def test_health_says_which_part_is_unwell(cast: Cast, settings, tmp_path):
    (tmp_path / "files").write_text("a file where the folder should be")
    response = Client().get("/healthz")
    assert (response.status_code, response.json()["storage"]) == (
        503,
        {"ok": False, "state": "the folder for files cannot be made"},
    )


@pytest.mark.parametrize("path", ["/sign-in/", "/verify/"])
def test_more_files_than_any_form_takes_are_not_even_written_down(cast: Cast, path: str):
    files = {f"file{number}": made.upload(b"%PDF-1.7") for number in range(2)}
    assert Client().post(path, files).status_code == 400
