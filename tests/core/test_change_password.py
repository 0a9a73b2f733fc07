"""Changing one's password: with the old one, told by mail, and every other session ends."""

import pytest
from django.core import mail
from django.test import Client

from practice_vetting.core.models import LedgerEntry
from tests.conftest import Cast
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
NEW = "lantern over quiet water"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


def change(client: Client, **sent: str):
    return client.post(
        "/account/password/", {"old_password": PASSWORD, "password": NEW, **sent}, HTTP_USER_AGENT=FIREFOX
    )


def signed_in(person) -> Client:
    client = Client()
    client.post("/sign-in/", {"login": person.email, "password": PASSWORD})
    return client


def test_it_changes_and_only_the_session_that_did_it_goes_on(cast: Cast):
    here, elsewhere = signed_in(cast.officer), signed_in(cast.officer)
    assert elsewhere.get("/account/").status_code == 200
    assert change(here).headers["Location"] == "/account/"
    assert (here.get("/account/").status_code, elsewhere.get("/account/").status_code) == (200, 302)
    cast.officer.refresh_from_db()
    assert cast.officer.check_password(NEW)


def test_the_person_is_told_by_mail(cast: Cast, browse, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        change(browse(cast.officer))
    [message] = mail.outbox
    assert (message.subject, message.to) == ("Your password was changed", [f"Dana Okafor <{cast.officer.email}>"])
    lines = message.body.splitlines()
    assert lines[:2] == [
        "Was it you? Then there is nothing to do. If not, set a new password at once:",
        "http://localhost:8000/forgotten-password/",
    ]
    assert {"Address: 127.0.0.1", "Browser: Firefox on Windows"} <= set(lines)
    assert NEW not in message.body + str(message.alternatives[0][0])


def test_the_ledger_has_it_without_the_password(cast: Cast, browse):
    browse(cast.officer).get("/account/")
    change(browse(cast.officer))
    entry = LedgerEntry.objects.get(verb="person.password_changed")
    assert (entry.person_name, entry.practice_uid, entry.detail) == (
        "Dana Okafor",
        cast.practice.uid,
        {"sessions_ended": 1},
    )


@pytest.mark.parametrize(
    ("sent", "field", "sentence"),
    [
        ({"old_password": "not the old one"}, "old_password", "This is not your password."),
        ({"password": PASSWORD}, "password", "This is your password already. Choose another one."),
        ({"old_password": ""}, "old_password", "Type the password that you have now."),
        (
            {"password": "Dana Okafor 1"},
            "password",
            "This is made of your name, your e-mail, or the name of the practice or of this product. Add other words.",
        ),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(cast: Cast, browse, sent: dict, field: str, sentence: str):
    page = change(browse(cast.officer), **sent)
    assert (page.status_code, page.context["form"].errors) == (422, {field: [sentence]})
    cast.officer.refresh_from_db()
    assert cast.officer.check_password(PASSWORD)
    assert not LedgerEntry.objects.filter(verb="person.password_changed").exists()


def test_password_managers_find_their_way(cast: Cast, browse):
    page = browse(cast.officer).get("/account/password/").content.decode()
    assert 'autocomplete="current-password"' in page
    assert 'autocomplete="new-password"' in page
    assert 'autocomplete="username"' in page
    assert "maxlength" not in page


def test_guessing_the_old_one_is_slowed(cast: Cast, browse):
    client = browse(cast.officer)
    statuses = [change(client, old_password="not the old one").status_code for _ in range(6)]
    assert statuses == [422] * 5 + [429]
