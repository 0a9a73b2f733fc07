"""Every answer carries the whole set of headers: pages, files, redirects, refusals and faults alike."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from practice_vetting.core.middleware import PERMISSIONS_POLICY
from tests import files as made
from tests.conftest import Cast
from tests.core.test_cookies import production
from tests.doors import read_out
from tests.test_doors import DOORS, address, things

__all__ = ["production", "things"]  # fixtures
pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

#: what every answer says, whatever it is
HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS_POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}
#: the policy of a page, in full
POLICY = {
    "default-src": ["'none'"],
    "base-uri": ["'none'"],
    "connect-src": ["'self'"],
    "font-src": ["'self'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
    "img-src": ["'self'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
}


def policy(response: HttpResponse) -> dict[str, list[str]]:
    words = [part.split() for part in response.headers["Content-Security-Policy"].split(";")]
    return {name: sources for name, *sources in words}


def headers(response: HttpResponse) -> dict[str, str | None]:
    return {name: response.headers.get(name) for name in HEADERS}


@pytest.mark.parametrize("who", ["owner", "nobody"])
def test_every_address(things: dict[str, str], cast: Cast, browse: Any, who: str):
    client = browse(cast.owner) if who == "owner" else Client()
    client.raise_request_exception = False
    wrong = {}
    for name in DOORS:
        if name == "account_logout":
            continue
        response = client.get(address(name, things))
        read_out(response)
        expected = POLICY if "sandbox" not in policy(response) else policy(response)
        if headers(response) != HEADERS or policy(response) != expected or response.status_code >= 500:
            wrong[name] = (response.status_code, headers(response), policy(response))
    assert wrong == {}


@pytest.mark.parametrize(
    ("method", "path", "more", "status"),
    [
        ("get", "/nowhere/", {}, 404),
        ("post", "/vendors/add/", {}, 403),
        ("put", "/sign-out/", {}, 405),
        ("get", "/sign-out/", {}, 405),
        ("get", "/vendors", {}, 301),
        ("post", "/sign-in/", {"data": {"a": made.upload(b"1"), "b": made.upload(b"2")}}, 400),
        (
            "post",
            "/sign-in/",
            {"data": "x=" + "y" * 3_000_000, "content_type": "application/x-www-form-urlencoded"},
            400,
        ),
        ("get", "/", {"HTTP_HOST": "elsewhere.example"}, 400),
    ],
)
def test_answers_of_other_kinds(cast: Cast, method: str, path: str, more: dict[str, Any], status: int):
    client = Client(enforce_csrf_checks=path == "/vendors/add/", raise_request_exception=False)
    response = getattr(client, method)(path, **more)
    assert (response.status_code, headers(response), policy(response)) == (status, HEADERS, POLICY)


def test_style_sheets_and_scripts(cast: Cast, settings: Any):
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = True
    response = Client().get("/static/js/page.js")
    response.close()
    assert (response.status_code, headers(response), policy(response)) == (200, HEADERS, POLICY)


@pytest.mark.parametrize(("fault", "status"), [(ValueError("inside"), 500), (PermissionError("inside"), 500)])
def test_faults(cast: Cast, browse: Any, monkeypatch: Any, fault: Exception, status: int):
    def fail(*args: object) -> None:
        raise fault

    monkeypatch.setattr("checklists.views.today.needs", fail)
    client = browse(cast.owner)
    client.raise_request_exception = False
    response = client.get("/")
    assert (response.status_code, headers(response), policy(response)) == (status, HEADERS, POLICY)
    assert b"inside" not in response.content


def test_behind_tls_the_browser_stays_there_for_a_year(cast: Cast, production: Any):
    response = Client().get("/sign-in/", secure=True)
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"


def test_behind_tls_plain_http_only_leads_there(cast: Cast, production: Any):
    response = Client().get("/sign-in/")
    assert (response.status_code, response.headers["Location"]) == (301, "https://testserver/sign-in/")
    assert (headers(response), policy(response)) == (HEADERS, POLICY)


def test_the_policy_allows_nothing_unsafe_and_nothing_of_others(settings: Any):
    sources = [source for sources in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"].values() for source in sources]
    assert set(sources) == {"'none'", "'self'"}


def test_signing_out_empties_the_browser(cast: Cast, browse: Any):
    response = browse(cast.staff).post("/sign-out/")
    assert response.headers["Clear-Site-Data"] == '"cache", "storage"'


def test_no_answer_names_what_it_runs_on(cast: Cast):
    assert not {"Server", "X-Powered-By"} & set(Client().get("/sign-in/").headers)
