"""Signing in and out: by e-mail, told to the ledger, slowed for guessers, and back to where one was."""

import pytest
from django.test import Client

from practice_vetting.core.models import LedgerEntry
from tests.conftest import Cast
from tests.factories import PASSWORD, arranging

pytestmark = pytest.mark.django_db


def sign_in(client: Client, person, password: str = PASSWORD, **more: str):
    return client.post("/sign-in/", {"login": person.email, "password": password, **more})


def test_a_page_asks_to_sign_in_and_leads_back(cast: Cast, client: Client):
    response = client.get("/history/")
    assert response.headers["Location"] == "/sign-in/?next=/history/"
    assert sign_in(client, cast.owner, next="/history/").headers["Location"] == "/history/"


def test_the_page_shows_its_fields(cast: Cast, client: Client):
    page = client.get("/sign-in/").content.decode()
    assert 'autocomplete="current-password"' in page
    assert 'name="login"' in page


def test_any_case_of_the_address_signs_in(cast: Cast, client: Client):
    response = client.post("/sign-in/", {"login": cast.owner.email.upper(), "password": PASSWORD})
    assert response.status_code == 302


def test_it_is_told_to_the_ledger(cast: Cast, client: Client):
    sign_in(client, cast.officer)
    entry = LedgerEntry.objects.get(verb="person.signed_in")
    assert (entry.person_name, entry.practice_uid, entry.detail) == (
        "Dana Okafor",
        cast.practice.uid,
        {"address": "127.0.0.1", "browser": "an unknown browser", "method": "password", "unusual": False},
    )


def test_a_wrong_password_and_an_unknown_address_read_the_same(cast: Cast, client: Client):
    known = sign_in(client, cast.owner, "wrong wrong wrong")
    unknown = client.post("/sign-in/", {"login": "nobody@nowhere.example", "password": "wrong wrong wrong"})
    assert known.context["form"].errors == unknown.context["form"].errors
    assert LedgerEntry.objects.filter(verb="person.signed_in").count() == 0


def test_after_many_wrong_passwords_even_the_right_one_waits(cast: Cast, client: Client):
    for _ in range(10):
        sign_in(client, cast.owner, "wrong wrong wrong")
    sign_in(client, cast.owner)
    assert "_auth_user_id" not in client.session


def test_an_outside_address_is_no_way_back(cast: Cast, client: Client):
    assert sign_in(client, cast.owner, next="https://elsewhere.example/").headers["Location"] == "/"


def test_signing_out_takes_a_form_and_ends_the_session(cast: Cast, browse):
    client = browse(cast.staff)
    opened = client.get("/sign-out/")
    assert (opened.status_code, opened.headers["Allow"]) == (405, "POST")
    assert "This address only takes a form" in opened.content.decode()
    response = client.post("/sign-out/")
    assert response.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get("/vendors/").headers["Location"].startswith("/sign-in/")
    assert LedgerEntry.objects.filter(verb="person.signed_out").count() == 1


def test_whose_access_ended_sees_no_page_any_more(cast: Cast, browse):
    client = browse(cast.auditor)
    membership = cast.auditor.memberships.get()
    membership.ended_on = cast.practice.today()
    with arranging():
        membership.save()
    assert client.get("/vendors/").status_code == 403


def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(cast: Cast, client: Client):
    response = client.post(
        "/vendors/add/",
        {"name": "x"},
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/vendors/add/"},
    )
    assert (response.status_code, response.headers["HX-Redirect"]) == (401, "/sign-in/?next=/vendors/add/")
