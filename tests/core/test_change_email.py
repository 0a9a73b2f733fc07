"""Another e-mail to sign in with: only after a link that was sent there is followed, and the old address is told."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client, TestCase
from django.urls import reverse

from practice_vetting.core import clock
from practice_vetting.core.models import AccountLink, LedgerEntry
from tests.conftest import Cast
from tests.factories import PASSWORD, change

pytestmark = pytest.mark.django_db
NEW = "sam@elsewhere.example"


@pytest.fixture
def staff(cast: Cast) -> Client:
    """The staff member, signed in a moment ago: fresh enough to change the e-mail."""
    client = Client()
    client.post("/sign-in/", {"login": cast.staff.email, "password": PASSWORD})
    return client


def ask(client: Client, email: str = NEW) -> str:
    """Ask for the address, and give the path of the link that was mailed, or "" when none was."""
    cache.clear()
    before = len(mail.outbox)
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert client.post("/account/email/", {"email": email}).status_code == 200
    sent = mail.outbox[before:]
    return sent[0].body.splitlines()[1].removeprefix("http://localhost:8000") if sent else ""


def email_now(cast: Cast) -> str:
    cast.staff.refresh_from_db()
    return cast.staff.email


def test_who_signed_in_long_ago_is_asked_once_more(cast: Cast, client: Client):
    client.force_login(cast.staff)
    answers = [client.get("/account/email/"), client.post("/account/email/", {"email": NEW})]
    asks = reverse("account_reauthenticate")
    assert [answer.headers["Location"].partition("?")[0] for answer in answers] == [asks, asks]
    assert AccountLink.objects.count() == 0


def test_the_link_goes_to_the_new_address(cast: Cast, staff: Client):
    ask(staff)
    [message] = mail.outbox
    assert (message.subject, message.to) == ("Confirm your new e-mail within one hour", [f"Sam Lindqvist <{NEW}>"])
    assert f"Until then you sign in with {cast.staff.email}." in message.body


def test_nothing_changes_until_the_button_is_pressed(cast: Cast, staff: Client, client: Client):
    old, link = cast.staff.email, ask(staff)
    page = client.get(link)
    assert (page.status_code, NEW in page.content.decode(), email_now(cast)) == (200, True, old)
    assert client.post(link).status_code == 302
    assert email_now(cast) == NEW
    assert client.post("/sign-in/", {"login": NEW, "password": PASSWORD}).status_code == 302


def test_the_old_address_is_told(cast: Cast, staff: Client, client: Client, django_capture_on_commit_callbacks):
    old, link = cast.staff.email, ask(staff)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(link)
    message = mail.outbox[-1]
    assert (message.subject, message.to) == (
        "You sign in with another e-mail from now on",
        [f"Sam Lindqvist <{old}>"],
    )
    assert f"Your account now has the e-mail {NEW}. This address, {old}, signs in nobody any more." in message.body


def test_the_link_works_once_and_for_an_hour(cast: Cast, staff: Client, client: Client):
    late, link = ask(staff), ""
    with clock.set_to(clock.now() + timedelta(hours=1)):
        assert client.post(late).status_code == 410
    link = ask(staff)
    assert (client.get(late).status_code, client.post(link).status_code) == (410, 302)
    again = client.post(link)
    assert (again.status_code, b"This link is no longer valid" in again.content) == (410, True)


def test_an_address_of_somebody_else_is_not_disclosed(cast: Cast, staff: Client):
    cache.clear()
    with TestCase.captureOnCommitCallbacks(execute=True):
        pages = [
            staff.post("/account/email/", {"email": email}).content.decode().replace(email, "ADDRESS")
            for email in (NEW, cast.owner.email)
        ]
    assert _without_token(pages[0]) == _without_token(pages[1])
    assert [message.to for message in mail.outbox] == [[f"Sam Lindqvist <{NEW}>"]]
    assert LedgerEntry.objects.filter(verb="person.email_change_asked").count() == 2


def _without_token(page: str) -> list[str]:
    return [line for line in page.partition("<main")[2].splitlines() if "csrf" not in line.lower()]


def test_an_address_that_somebody_took_meanwhile_stays_theirs(cast: Cast, staff: Client, client: Client):
    old, link = cast.staff.email, ask(staff, "taken@x.example")
    change(cast.owner, email="taken@x.example")
    assert (client.post(link).status_code, email_now(cast)) == (410, old)


def test_it_ends_links_that_were_mailed_to_the_old_address(cast: Cast, staff: Client, client: Client):
    link = ask(staff)
    cache.clear()
    with TestCase.captureOnCommitCallbacks(execute=True):
        client.post("/forgotten-password/", {"email": cast.staff.email})
    reset = mail.outbox[-1].body.splitlines()[1].removeprefix("http://localhost:8000")
    client.post(link)
    assert client.get(reset).status_code == 410


def test_the_ledger_has_both_steps(cast: Cast, staff: Client, client: Client):
    old, link = cast.staff.email, ask(staff)
    client.post(link)
    entries = LedgerEntry.objects.filter(verb__startswith="person.email").order_by("seq")
    assert [(entry.verb, entry.person_name, entry.detail) for entry in entries] == [
        ("person.email_change_asked", "Sam Lindqvist", {"address": "127.0.0.1"}),
        ("person.email_changed", "Sam Lindqvist", {"old": old, "new": NEW}),
    ]


@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("", "Write your new e-mail."),
        ("nobody", "This is not an e-mail address. It looks like dana@practice.example."),
        ("a@x.example\r\nBcc: all@x.example", "This is not an e-mail address. It looks like dana@practice.example."),
        ("OWN", "This is your e-mail already."),
    ],
)
def test_what_is_wrong_is_told_beside_the_field(cast: Cast, staff: Client, email: str, sentence: str):
    page = staff.post("/account/email/", {"email": email.replace("OWN", cast.staff.email.upper())})
    assert (page.status_code, page.context["form"].errors) == (422, {"email": [sentence]})
