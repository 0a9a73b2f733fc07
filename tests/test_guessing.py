"""Guessing gets in nowhere, and is told nothing: passwords, secret links, and the ids of another practice's things."""

import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from practice_vetting.core.checks import every_view
from practice_vetting.core.models.record import new_uid
from tests.conftest import Cast
from tests.factories import PASSWORD
from tests.test_doors import DOORS, PUBLIC, address, things

__all__ = ["things"]  # a fixture
pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
ELSEWHERE = {"REMOTE_ADDR": "198.51.100.7"}
WAIT = "Too many wrong passwords. Wait five minutes, then try again."


@pytest.fixture(autouse=True)
def _one_moment() -> Iterator[None]:
    """Pages tell times; so that answers can be compared, it is always the same one."""
    with time_machine.travel(datetime(2026, 11, 9, 17, tzinfo=UTC), tick=False):
        yield


def body(response: HttpResponse) -> tuple[int, bytes]:
    """What the answer tells: its status and page, without the token that every page makes anew.

    That it answers a form is known to who sent one.
    """
    return response.status_code, re.sub(rb"[A-Za-z0-9]{64}| data-posted", b"", response.content)


# --- passwords ------------------------------------------------------------------------------------


def sign_in(client: Client, email: str, password: str = "wrong wrong wrong", **more: str) -> Any:
    return client.post("/sign-in/", {"login": email, "password": password}, **more)


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_after_ten_wrong_passwords_even_the_right_one_waits(cast: Cast, client: Client):
    for _ in range(10):
        sign_in(client, cast.owner.email)
    response = sign_in(client, cast.owner.email, PASSWORD)
    assert (is_in(client), WAIT in response.content.decode()) == (False, True)


def test_an_account_that_is_not_there_is_answered_alike(cast: Cast):
    answers = []
    for email in (cast.owner.email, "x" + cast.owner.email[1:]):
        cache.clear()
        client = Client()
        answers.append([body(sign_in(client, email)) for _ in range(11)])
    told = [[(status, page.replace(b"x" + cast.owner.email[1:].encode(), cast.owner.email.encode())) for status, page in each] for each in answers]  # fmt: skip  # noqa: E501
    assert told[0] == told[1]


def test_nobody_is_locked_out_by_somebody_elsewhere(cast: Cast):
    stranger, owner = Client(), Client()
    for _ in range(20):
        sign_in(stranger, cast.owner.email, **ELSEWHERE)
    sign_in(owner, cast.owner.email, PASSWORD)
    assert is_in(owner)


def test_many_accounts_from_one_place_are_slowed_together(cast: Cast):
    client = Client()
    for number in range(10):
        sign_in(client, f"person{number}@x.example")
    assert WAIT in sign_in(client, cast.owner.email, PASSWORD).content.decode()


def test_a_forged_address_is_no_other_place(cast: Cast, client: Client):
    for number in range(10):
        sign_in(client, cast.owner.email, HTTP_X_FORWARDED_FOR=f"203.0.113.{number}", HTTP_FORWARDED=f"for=x{number}")
    sign_in(client, cast.owner.email, PASSWORD, HTTP_X_FORWARDED_FOR="203.0.113.99")
    assert not is_in(client)


def test_behind_a_proxy_that_is_trusted_the_address_is_the_one_it_saw(cast: Cast, settings: Any):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    stranger, owner = Client(), Client()
    for number in range(10):  # what a stranger writes stands before what the proxy adds
        sign_in(stranger, cast.owner.email, HTTP_X_FORWARDED_FOR=f"203.0.113.{number}, 198.51.100.7")
    sign_in(stranger, cast.owner.email, PASSWORD, HTTP_X_FORWARDED_FOR="203.0.113.99, 198.51.100.7")
    sign_in(owner, cast.owner.email, PASSWORD, HTTP_X_FORWARDED_FOR="192.0.2.14")
    assert (is_in(stranger), is_in(owner)) == (False, True)


# --- secret links ---------------------------------------------------------------------------------

LINKS = [name for name, (permission, parts) in DOORS.items() if permission == PUBLIC and "token" in "".join(parts)]


def test_every_link_that_holds_a_secret_is_counted():
    """A new public page that takes a token must wear @limited(.., links=True)."""
    wrong = [route for route, view in every_view() if ":token>" in route and not getattr(view, "limited_links", False)]
    assert wrong == []


def test_200_guessed_links_lead_nowhere_and_tell_nothing(things: dict[str, str]):
    guesses = random.Random(7)
    client, answers = Client(), []
    for number in range(200):
        name = LINKS[number % len(LINKS)]
        guess = "".join(guesses.choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", k=32))
        send = client.post if number % 3 == 2 else client.get
        answers.append(body(send(reverse(name, args=[guess]))))
    assert [status for status, _ in answers] == [410] * 20 + [429] * 180
    assert len(set(answers)) == 2
    good = [body(client.get(address(name, things))) for name in LINKS]
    assert set(good) == {answers[-1]}


def test_who_did_not_guess_is_let_through(things: dict[str, str]):
    guesser = Client()
    for number in range(30):
        guesser.get(reverse("core:join", args=[f"guess{number}"]))
    assert Client().get(address("core:join", things), **ELSEWHERE).status_code == 200


def test_a_link_that_was_almost_right_is_like_any_other(things: dict[str, str]):
    client = Client()
    answers = set()
    for name in LINKS:
        link = address(name, things)
        answers |= {
            body(client.get(near)) for near in (link[:-2] + "/", link[:-1] + "x/", link.upper().lower() + "%20")
        }
    assert {status for status, _ in answers} <= {404, 410}


# --- ids of another practice ------------------------------------------------------------------------

HOLDS_IDS = [name for name, (permission, parts) in DOORS.items() if permission != PUBLIC and parts]
#: parts of an address that are no id, and what stands there
NAMED = {"vendor-kind": "vendor", "deadline-kind": "agreement-review", "review-day": "2040-01-05"}
NUMBERED = {"4", "B07", "1", *NAMED}


def odd_ids(real: str, chance: random.Random) -> list[str]:
    """What somebody would try who knows how an id looks, and somebody who does not."""
    letters = "23456789abcdefghjkmnpqrstvwxyz"
    place = chance.randrange(len(real))
    near = real[:place] + chance.choice(letters.replace(real[place], "")) + real[place + 1 :]
    return [
        new_uid(), new_uid(), real, near, real[::-1], real[:-1], real + "2", real.upper() + "2",
        str(chance.randrange(1, 40)), "0", "-1", str(2**63), "x" * 2000, "é" * 12, "\u202e" + real, "１２",
        f"{real}' or '1'='1", "1 OR 1=1 --", "'; drop table core_practice; --", "%", "_" * 12, "*", "null", "{{7}}",
    ]  # fmt: skip


def with_id(name: str, guess: str) -> str:
    parts = DOORS[name][1]
    return reverse(name, args=[NAMED.get(part, part) if part in NUMBERED else guess for part in parts])


def test_1000_guessed_ids_are_answered_like_those_that_nobody_has(things: dict[str, str], strangers: Cast, browse: Any):
    chance, client = random.Random(7), browse(strangers.owner)
    client.get("/vendors/")
    tried, told_apart, nobody_has = 0, [], {}
    while tried < 1000:
        for name in HOLDS_IDS:
            ask = client.post if tried // 6 % 2 else client.get
            if (name, ask) not in nobody_has:
                nobody_has[name, ask] = body(ask(with_id(name, "zzzzzzzzzzzz")))
            real = things[next(part for part in DOORS[name][1] if part not in NUMBERED)]
            for guess in chance.sample(odd_ids(real, chance), 5) + [real]:
                tried += 1
                if body(ask(with_id(name, guess))) != nobody_has[name, ask]:
                    told_apart.append((name, guess))
    assert told_apart == []
    assert {status for status, _ in nobody_has.values()} == {404, 405}
