"""Where one is signed in: listed in plain words, ended singly or all at once, and dead on the server from then on."""

import time

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.test.utils import CaptureQueriesContext

from practice_vetting.core.accounts.browsers import in_words
from practice_vetting.core.models import LedgerEntry
from tests.conftest import Cast
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 "
    "Safari/537.36 Edg/138.0.0.0"
)


def signed_in(person, agent: str = FIREFOX) -> Client:
    client = Client(HTTP_USER_AGENT=agent)
    client.post("/sign-in/", {"login": person.email, "password": PASSWORD})
    return client


def open_to(client: Client) -> bool:
    return client.get("/account/").status_code == 200


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (PHONE, "Safari on an iPhone"),
        (EDGE, "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/138.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/138.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.5.0", "an unknown browser"),
        ("<script>Linux", "an unknown browser on Linux"),
        ("", "an unknown browser"),
    ],
)
def test_a_browser_is_named_in_plain_words(agent: str, words: str):
    assert in_words(agent) == words


def test_the_list_shows_each_one_and_marks_this_one(cast: Cast):
    here, _ = signed_in(cast.staff), signed_in(cast.staff, PHONE)
    places = here.get("/account/sessions/").context["places"]
    assert [(place.browser, place.address, place.is_this) for place in places] == [
        ("Firefox on Windows", "127.0.0.1", True),
        ("Safari on an iPhone", "127.0.0.1", False),
    ]


def test_addresses_of_sessions_tell_nothing_of_their_keys(cast: Cast):
    here, other = signed_in(cast.staff), signed_in(cast.staff, PHONE)
    page = here.get("/account/sessions/").content.decode()
    assert other.session.session_key not in page
    assert here.session.session_key not in page


def test_sign_out_elsewhere_keeps_this_one_only(cast: Cast):
    here, phone, edge = (signed_in(cast.staff, agent) for agent in (FIREFOX, PHONE, EDGE))
    others = signed_in(cast.officer)
    keys = {client.session.session_key for client in (phone, edge)}
    assert here.post("/account/sessions/end/").status_code == 302
    assert [open_to(client) for client in (here, phone, edge, others)] == [True, False, False, True]
    assert not Session.objects.filter(session_key__in=keys).exists()
    assert LedgerEntry.objects.get(verb="person.sessions_ended").detail == {"sessions_ended": 2}


def test_one_is_ended_singly(cast: Cast):
    here, phone, edge = (signed_in(cast.staff, agent) for agent in (FIREFOX, PHONE, EDGE))
    places = here.get("/account/sessions/").context["places"]
    [uid] = [place.uid for place in places if place.browser.startswith("Safari")]
    assert here.post(f"/account/sessions/{uid}/end/").status_code == 302
    assert [open_to(client) for client in (here, phone, edge)] == [True, False, True]


def test_a_session_of_somebody_else_is_not_found(cast: Cast):
    here, others = signed_in(cast.staff), signed_in(cast.officer)
    [place] = others.get("/account/sessions/").context["places"]
    answers = {here.post(f"/account/sessions/{uid}/end/").status_code for uid in (place.uid, "0123456789abcdef")}
    assert (answers, open_to(others)) == ({404}, True)


def test_a_stolen_cookie_of_an_ended_session_opens_nothing(cast: Cast):
    here, thief = signed_in(cast.staff), Client()
    thief.cookies = signed_in(cast.staff, PHONE).cookies
    here.post("/account/sessions/end/")
    assert not open_to(thief)


def test_looking_is_noted_once_a_minute_and_no_more(cast: Cast, monkeypatch):
    client = signed_in(cast.staff)
    client.get("/account/")
    assert writes_of(client) == []
    later = time.time() + 61
    monkeypatch.setattr("practice_vetting.core.accounts.sessions.time.time", lambda: later)
    assert writes_of(client) != []


def writes_of(client: Client) -> list[str]:
    from django.db import connection

    with CaptureQueriesContext(connection) as queries:
        client.get("/account/")
    return [each["sql"] for each in queries if "usersession" in each["sql"] and each["sql"].startswith("UPDATE")]


def test_an_owner_ends_all_sessions_of_a_member(cast: Cast, browse):
    clients = [signed_in(cast.staff), signed_in(cast.staff, PHONE)]
    membership = cast.staff.memberships.get()
    assert browse(cast.owner).post(f"/people/{membership.uid}/sessions/end/").status_code == 302
    assert [open_to(client) for client in clients] == [False, False]
    entry = LedgerEntry.objects.get(verb="member.sessions_ended")
    assert (entry.person_name, entry.record_label, entry.detail) == (
        "Maria Reyes",
        "Sam Lindqvist, staff",
        {"sessions_ended": 2},
    )


def test_nobody_ends_the_sessions_of_a_higher_role(cast: Cast, browse):
    owner = signed_in(cast.owner)
    page = browse(cast.officer).post(f"/people/{cast.owner.memberships.get().uid}/sessions/end/", follow=True)
    assert "whose role is above your own" in page.content.decode()
    assert open_to(owner)


def test_a_member_of_another_practice_is_not_found(cast: Cast, strangers: Cast, browse):
    elsewhere = signed_in(strangers.staff)
    other = strangers.staff.memberships.get()
    assert browse(cast.owner).post(f"/people/{other.uid}/sessions/end/").status_code == 404
    assert open_to(elsewhere)


def test_signing_out_leaves_no_session_behind(cast: Cast):
    client = signed_in(cast.staff)
    key = client.session.session_key
    client.post("/sign-out/")
    assert not Session.objects.filter(session_key=key).exists()
    assert [s for s in UserSession.objects.filter(session_key=key) if s.exists()] == []
