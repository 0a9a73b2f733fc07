"""What signing in leaves behind: a count, the ledger, a mail when it is unusual, and nothing to learn for a guesser."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from practice_vetting.core import clock, installation
from practice_vetting.core.accounts import devices
from practice_vetting.core.models import LedgerEntry, Person
from practice_vetting.core.people import invite
from tests.conftest import Cast
from tests.core.test_take_installation import GIVEN
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
WRONG = "wrong wrong wrong"


@pytest.fixture
def sign_in(django_capture_on_commit_callbacks):
    """Sign in from an address, by a fresh browser or the given one; mails go out as they do after a commit."""

    def signing_in(person, address: str = "203.0.113.7", client: Client | None = None, password: str = PASSWORD):
        client = client or Client()
        with django_capture_on_commit_callbacks(execute=True):
            sent = {"login": person.email, "password": password}
            client.post("/sign-in/", sent, REMOTE_ADDR=address, HTTP_USER_AGENT=FIREFOX)
        return client

    return signing_in


def out(client: Client) -> Client:
    client.post("/sign-out/")
    return client


def entries(verb: str) -> list[dict]:
    return [entry.detail for entry in LedgerEntry.objects.filter(verb=verb).order_by("seq")]


def test_the_first_sign_in_is_usual(cast: Cast, sign_in):
    sign_in(cast.staff)
    assert mail.outbox == []
    assert entries("person.signed_in") == [
        {"address": "203.0.113.7", "browser": "Firefox on Windows", "method": "password", "unusual": False}
    ]


def test_another_browser_at_another_address_is_mailed(cast: Cast, sign_in):
    sign_in(cast.staff)
    sign_in(cast.staff, "198.51.100.9")
    [message] = mail.outbox
    assert (message.subject, message.to) == (
        "New sign-in from Firefox on Windows",
        [f"Sam Lindqvist <{cast.staff.email}>"],
    )
    lines = message.body.splitlines()
    assert lines[0].startswith("Was it you? Then there is nothing to do.")
    assert {"Address: 198.51.100.9", "Browser: Firefox on Windows"} <= set(lines)
    assert any(line.startswith("When: ") and line.endswith("(America/New_York)") for line in lines)
    assert [detail["unusual"] for detail in entries("person.signed_in")] == [False, True]


def test_a_known_browser_is_usual_wherever_it_is(cast: Cast, sign_in):
    client = out(sign_in(cast.staff))
    sign_in(cast.staff, "198.51.100.9", client)
    assert mail.outbox == []


def test_a_known_address_is_usual_for_ninety_days(cast: Cast, sign_in):
    sign_in(cast.staff)
    sign_in(cast.staff)
    assert mail.outbox == []
    with clock.set_to(clock.now() + timedelta(days=91)):
        sign_in(cast.staff)
    assert len(mail.outbox) == 1


def test_the_browser_of_somebody_else_vouches_for_nobody(cast: Cast, sign_in):
    sign_in(cast.staff)
    client = out(sign_in(cast.officer, "198.51.100.9"))
    sign_in(cast.staff, "198.51.100.9", client)
    assert [message.to for message in mail.outbox] == [[f"Sam Lindqvist <{cast.staff.email}>"]]


def test_two_people_at_one_browser_are_both_known(cast: Cast, sign_in):
    client = out(sign_in(cast.officer, client=out(sign_in(cast.staff))))
    for person in (cast.staff, cast.officer):
        out(sign_in(person, "198.51.100.9", client))
    assert mail.outbox == []


def test_the_browser_keeps_nothing_that_can_be_read_or_forged(cast: Cast, sign_in):
    client = sign_in(cast.staff)
    kept = client.cookies[devices.COOKIE]
    assert (kept["httponly"], kept["samesite"], int(kept["max-age"])) == (True, "Lax", 365 * 86_400)
    assert cast.staff.uid not in kept.value
    assert cast.staff.email not in kept.value
    forger = Client()
    forger.cookies[devices.COOKIE] = kept.value[:-1] + ("A" if kept.value[-1] != "A" else "B")
    sign_in(cast.staff, "198.51.100.9", forger)
    assert len(mail.outbox) == 1


def test_completed_sign_ins_are_counted(cast: Cast, sign_in):
    for _ in range(2):
        sign_in(cast.staff)
    sign_in(cast.staff, password=WRONG)
    assert Person.objects.get(pk=cast.staff.pk).sign_ins == 2


@pytest.mark.usefixtures("db")
def test_setting_up_is_the_first_sign_in(client: Client):
    cache.clear()
    client.post("/setup/", {**GIVEN, "code": installation.new_code()})
    assert (Person.objects.get().sign_ins, client.get("/account/").status_code) == (1, 200)
    assert [entry.verb for entry in LedgerEntry.objects.order_by("seq")] == ["practice.set_up", "person.signed_in"]


def test_joining_is_the_first_sign_in(cast: Cast, client: Client):
    invited = invite(practice=cast.practice, by=cast.owner, email="new@x.example", name="New Person", role="staff")
    client.post(invited.link.removeprefix("http://localhost:8000"), {"password": "lantern over quiet water"})
    assert Person.objects.get(email="new@x.example").sign_ins == 1
    assert client.get("/account/sessions/").context["places"][0].is_this


def test_a_wrong_password_is_told_at_most_once_a_minute_with_the_count(cast: Cast, sign_in):
    for _ in range(3):
        sign_in(cast.staff, password=WRONG)
    assert [detail["tries"] for detail in entries("person.sign_in_failed")] == [1]
    cache.delete(f"sign-in-failed-{cast.staff.pk}")  # a minute later
    sign_in(cast.staff, password=WRONG)
    assert entries("person.sign_in_failed")[1] == {
        "address": "203.0.113.7",
        "browser": "Firefox on Windows",
        "tries": 3,
    }
    assert WRONG not in repr(list(LedgerEntry.objects.values()))


def test_a_wrong_password_for_nobody_is_told_to_nobody(cast: Cast, client: Client):
    client.post("/sign-in/", {"login": "nobody@nowhere.example", "password": WRONG})
    assert LedgerEntry.objects.count() == 0


def test_the_person_hears_once_that_sign_in_was_slowed(cast: Cast, sign_in):
    for _ in range(8):
        sign_in(cast.staff, password=WRONG)
    assert [message.subject for message in mail.outbox] == ["Too many wrong passwords: sign-in is slowed"]
    assert len(entries("person.sign_in_slowed")) == 1


def test_slowed_or_wrong_reads_the_same_for_known_and_unknown(cast: Cast):
    answers = []
    for email in (cast.staff.email, "nobody@nowhere.example"):
        pages = [Client().post("/sign-in/", {"login": email, "password": WRONG}) for _ in range(6)]
        answers.append([page.context["form"].errors for page in pages])
        cache.clear()
    assert answers[0] == answers[1]
    assert answers[0][0] == {"__all__": ["This e-mail and this password do not fit together. Type both once more."]}
    assert answers[0][5] == {"__all__": ["Too many wrong passwords. Wait five minutes, then try again."]}


def test_a_wrong_password_costs_one_hash_known_or_not(cast: Cast, monkeypatch):
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, *args: str) -> str:
        hashed.append("x")
        return str(encode(self, *args))

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    counts = []
    for email in (cast.staff.email, "nobody@nowhere.example"):
        hashed.clear()
        Client().post("/sign-in/", {"login": email, "password": WRONG})
        counts.append(len(hashed))
    assert counts == [1, 1]
