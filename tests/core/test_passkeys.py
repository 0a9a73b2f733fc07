"""Passkeys: made, used instead of the password or after it, and worth nothing when anything about them is wrong."""

import json
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.cache import cache
from django.test import Client

from practice_vetting.core.accounts.second_factor import factors_of
from practice_vetting.core.models import LedgerEntry, Person
from tests.conftest import Cast
from tests.core.factors import give_app, give_password, is_signed_in
from tests.core.soft_passkey import FLAG, SEEN, SoftPasskey, challenge_in
from tests.factories import change

pytestmark = pytest.mark.django_db
ADD, SIGN_IN, SECOND = "/account/second-factor/passkey/", "/sign-in/passkey/", "/sign-in/second-factor/"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel("2026-11-21T12:00:00Z", tick=False) as traveller:
        yield traveller


def add(client: Client, passkey: SoftPasskey, **given: Any) -> Any:
    credential = passkey.registration(challenge_in(client.get(ADD).content.decode()), **given)
    return client.post(ADD, {"name": "Office computer", "passwordless": "on", "credential": json.dumps(credential)})


@pytest.fixture
def passkey(cast: Cast, browse: Any) -> SoftPasskey:
    """A passkey of Sam."""
    made = SoftPasskey()
    assert add(browse(cast.staff), made).status_code == 302
    return made


def challenge_of_sign_in(client: Client) -> str:
    return client.get(SIGN_IN, headers={"accept": "application/json"}).json()["request_options"]["publicKey"][
        "challenge"
    ]


def come_in(client: Client, credential: dict[str, Any], **more: str) -> Any:
    return client.post(SIGN_IN, {"credential": json.dumps(credential), **more})


def test_it_is_kept_by_its_name_with_recovery_codes(cast: Cast, passkey: SoftPasskey):
    assert [str(each) for each in factors_of(cast.staff)] == ["Office computer"]


def test_it_signs_in_without_a_password_and_leads_on(cast: Cast, passkey: SoftPasskey, client: Client):
    credential = passkey.answer(challenge_of_sign_in(client), person=cast.staff)
    assert come_in(client, credential, next="/vendors/").headers["Location"] == "/vendors/"
    assert LedgerEntry.objects.get(verb="person.signed_in").detail["method"] == "passkey"


def test_after_the_password_it_is_the_second_factor(cast: Cast, passkey: SoftPasskey, client: Client):
    give_password(client, cast.staff)
    credential = passkey.answer(challenge_in(client.get(SECOND).content.decode()))
    client.post(SECOND, {"credential": json.dumps(credential)})
    assert is_signed_in(client)
    assert LedgerEntry.objects.get(verb="person.signed_in").detail["method"] == "password and passkey"


def test_in_a_session_it_says_once_more_who_it_is(cast: Cast, passkey: SoftPasskey, browse, clock):
    client = browse(cast.staff)
    clock.shift(600)
    credential = passkey.answer(challenge_in(client.get("/account/again/").content.decode()))
    response = client.post("/account/again/", {"credential": json.dumps(credential), "next": "/account/email/"})
    assert response.headers["Location"] == "/account/email/"
    assert LedgerEntry.objects.get(verb="person.confirmed").detail == {"method": "passkey"}


def test_it_is_offered_before_code_and_password(cast: Cast, passkey: SoftPasskey, browse):
    give_app(cast.staff)
    page = browse(cast.staff).get("/account/again/").content.decode()
    places = [page.index(words) for words in ("Use your passkey", "Code from your authenticator app", "Your password")]
    assert places == sorted(places)


def wrong(passkey: SoftPasskey, cast: Cast, challenge: str) -> dict[str, dict[str, Any]]:
    elsewhere = SoftPasskey(site="elsewhere.example")
    elsewhere.key, elsewhere.id = passkey.key, passkey.id
    broken = passkey.answer(challenge, person=cast.staff)
    broken["response"] = {**broken["response"], "authenticatorData": "AAAA"}
    return {
        "the challenge of another page": passkey.answer("AAAA", person=cast.staff),
        "another key": passkey.answer(challenge, person=cast.staff, key=ec.generate_private_key(ec.SECP256R1())),
        "another passkey": SoftPasskey().answer(challenge, person=cast.staff),
        "another person": passkey.answer(challenge, person=cast.owner),
        "a person who is not there": passkey.answer(challenge, person=Person(pk=999_999)),
        "nobody": passkey.answer(challenge),
        "nobody at the device": passkey.answer(challenge, person=cast.staff, flags=FLAG(0)),
        "somebody who did not show who they are": passkey.answer(challenge, person=cast.staff, flags=FLAG.UP),
        "another site": elsewhere.answer(challenge, person=cast.staff),
        "broken bytes": broken,
    }


def test_with_anything_wrong_it_signs_in_nobody(cast: Cast, passkey: SoftPasskey, client: Client):
    answered = {}
    for what in wrong(passkey, cast, ""):
        cache.clear()
        response = come_in(client, wrong(passkey, cast, challenge_of_sign_in(client))[what])
        answered[what] = (response.headers["Location"], is_signed_in(client))
    assert set(answered.values()) == {("/sign-in/", False)}, answered


def test_an_answer_works_once(cast: Cast, passkey: SoftPasskey):
    first, second = Client(), Client()
    credential = passkey.answer(challenge_of_sign_in(first), person=cast.staff)
    challenge_of_sign_in(second)
    come_in(second, credential)
    come_in(first, credential)
    assert (is_signed_in(first), is_signed_in(second)) == (True, False)
    first.post("/sign-out/")
    come_in(first, credential)
    assert not is_signed_in(first)


def test_a_closed_account_is_not_opened_by_it(cast: Cast, passkey: SoftPasskey, client: Client):
    change(cast.staff, is_active=False)
    come_in(client, passkey.answer(challenge_of_sign_in(client), person=cast.staff))
    assert not is_signed_in(client)


@pytest.mark.parametrize("flags", [FLAG.UP, FLAG(0)])
def test_one_that_does_not_know_its_person_is_not_added(cast: Cast, browse, flags: Any):
    assert add(browse(cast.staff), SoftPasskey(), flags=flags).status_code == 422
    assert factors_of(cast.staff).count() == 0


def test_one_of_another_site_is_not_added(cast: Cast, browse):
    assert add(browse(cast.staff), SoftPasskey(site="elsewhere.example")).status_code == 422


def test_the_page_asks_for_a_passkey_that_knows_its_person(cast: Cast, browse):
    page = browse(cast.staff).get(ADD).content.decode()
    assert ('"userVerification": "required"' in page, '"residentKey": "required"' in page) == (True, True)
    assert SEEN == FLAG.UP | FLAG.UV
