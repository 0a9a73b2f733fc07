"""A forgotten password: a link by mail that works once, within an hour, and tells strangers nothing."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext

from practice_vetting.core import clock, post
from practice_vetting.core.models import AccountLink, AccountMail, LedgerEntry
from practice_vetting.core.people import end_membership
from tests.conftest import Cast
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
NEW = "lantern over quiet water"


def ask(email: str):
    with TestCase.captureOnCommitCallbacks(execute=True):
        return Client().post("/forgotten-password/", {"email": email})


def link_of(person) -> str:
    """The path of the link that the person is mailed."""
    cache.clear()
    ask(person.email)
    return mail.outbox[-1].body.splitlines()[1].removeprefix("http://localhost:8000")


def test_the_sign_in_page_leads_there(cast: Cast, client: Client):
    assert b'href="/forgotten-password/"' in client.get("/sign-in/").content


def test_the_link_sets_a_new_password_and_signs_nobody_in(cast: Cast, client: Client):
    link = link_of(cast.staff)
    assert client.get(link).status_code == 200
    assert client.post(link, {"password": NEW}).headers["Location"] == "/sign-in/"
    assert "_auth_user_id" not in client.session
    cast.staff.refresh_from_db()
    assert cast.staff.check_password(NEW)


def test_every_session_ends_with_the_old_password(cast: Cast, client: Client):
    elsewhere = Client()
    elsewhere.post("/sign-in/", {"login": cast.staff.email, "password": PASSWORD})
    client.post(link_of(cast.staff), {"password": NEW})
    assert elsewhere.get("/account/").status_code == 302


def test_the_mail_says_what_to_do_and_what_if_it_was_not_you(cast: Cast):
    ask(cast.staff.email.upper())
    [message] = mail.outbox
    assert (message.subject, message.to) == (
        "Set a new password within one hour",
        [f"Sam Lindqvist <{cast.staff.email}>"],
    )
    assert message.body.splitlines()[0] == "Open this link within one hour and choose a new password:"
    assert "If it was not you, do nothing: your password stays as it is." in message.body
    assert "Why you get this mail" in message.body


def test_a_known_and_an_unknown_address_are_answered_alike_and_by_the_same_work(cast: Cast, monkeypatch):
    monkeypatch.setattr(post, "wake", lambda: None)
    emails = [cast.staff.email, "nobody@nowhere.example"]
    ask("warm@up.example")
    pages, counts = [], []
    for email in emails:
        with CaptureQueriesContext(connection) as queries:
            pages.append(ask(email).content.decode().replace(email, "ADDRESS"))
        counts.append(len(queries))
    without_tokens = [[line for line in page.splitlines() if "csrf" not in line.lower()] for page in pages]
    assert (without_tokens[0], counts[0]) == (without_tokens[1], counts[1])
    wishes = list(AccountMail.objects.order_by("id")[1:])
    assert [post.opened(wish)["email"] for wish in wishes] == emails
    assert (mail.outbox, LedgerEntry.objects.count(), AccountLink.objects.count()) == ([], 0, 0)


def test_an_unknown_address_gets_no_mail(cast: Cast):
    assert ask("nobody@nowhere.example").status_code == 200
    assert (mail.outbox, AccountLink.objects.count()) == ([], 0)


def test_nobodys_mailbox_is_filled(cast: Cast):
    for _ in range(3):
        ask(cast.staff.email)
    assert len(mail.outbox) == 1


def old_answer(client: Client, link: str) -> tuple[int, bool]:
    page = client.get(link)
    return page.status_code, b"This link is no longer valid" in page.content


def test_it_works_once(cast: Cast, client: Client):
    link = link_of(cast.staff)
    client.post(link, {"password": NEW})
    assert old_answer(client, link) == (410, True)
    assert client.post(link, {"password": "another harbour at dusk"}).status_code == 410
    cast.staff.refresh_from_db()
    assert cast.staff.check_password(NEW)


def test_it_ends_after_an_hour(cast: Cast, client: Client):
    link = link_of(cast.staff)
    with clock.set_to(clock.now() + timedelta(hours=1)):
        assert old_answer(client, link) == (410, True)


def test_a_newer_link_ends_the_earlier_one(cast: Cast, client: Client):
    first, second = link_of(cast.staff), link_of(cast.staff)
    assert (old_answer(client, first), client.get(second).status_code) == ((410, True), 200)


def test_a_link_for_another_purpose_or_a_guessed_one_sets_no_password(cast: Cast, client: Client):
    token = link_of(cast.staff).split("/")[2]
    assert client.get(f"/account/email/confirm/{token}/").status_code == 410
    assert client.get("/set-password/guessed-guessed-guessed/").status_code == 410


def test_only_a_hash_of_the_secret_is_kept(cast: Cast):
    token = link_of(cast.staff).split("/")[2]
    assert len(token) >= 22  # 128 bits and more in base64
    assert token not in repr(list(AccountLink.objects.values()))


def test_looking_at_the_link_changes_nothing(cast: Cast, client: Client):
    link = link_of(cast.staff)
    for _ in range(3):
        client.get(link)
    assert client.post(link, {"password": NEW}).status_code == 302


def test_the_new_password_must_be_good(cast: Cast, client: Client):
    page = client.post(link_of(cast.staff), {"password": "password1234"})
    assert (page.status_code, list(page.context["form"].errors)) == (422, ["password"])


def test_the_ledger_has_the_link_the_reset_and_the_old_link(cast: Cast, client: Client):
    link = link_of(cast.staff)
    client.post(link, {"password": NEW})
    client.get(link)
    client.get(link)
    told = LedgerEntry.objects.filter(practice_uid=cast.practice.uid).order_by("seq")
    assert [(entry.verb, entry.person_name) for entry in told] == [
        ("person.reset_link_sent", "Practice Vetting"),
        ("person.password_reset", "Sam Lindqvist"),
        ("account_link.turned_away", "Practice Vetting"),
    ]


def test_the_person_hears_that_it_was_changed(cast: Cast, client: Client, django_capture_on_commit_callbacks):
    link = link_of(cast.staff)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(link, {"password": NEW})
    assert mail.outbox[-1].subject == "Your password was changed"


def test_a_closed_account_gets_no_link(cast: Cast):
    end_membership(membership=cast.staff.memberships.get(), by=cast.owner)
    ask(cast.staff.email)
    assert mail.outbox == []


def test_asking_is_limited_by_address(cast: Cast):
    statuses = [ask(f"n{number}@x.example").status_code for number in range(21)]
    assert statuses == [200] * 20 + [429]
