"""Is it still you? Asked at the doors that matter, unless the person showed it within the last five minutes."""

import pytest
import time_machine
from django.test import Client, RequestFactory

from practice_vetting.core.accounts.fresh import confirmed_by
from practice_vetting.core.checks import every_view
from practice_vetting.core.models import LedgerEntry, Membership, Person
from tests.conftest import Cast
from tests.core.factors import code_of, give_app, give_code, give_password
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
EMAIL = "/account/email/"
AGAIN = "/account/again/?next=/account/email/"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel("2026-11-21T12:00:00Z", tick=False) as traveller:
        yield traveller


def again(client: Client, **sent: str):
    return client.post("/account/again/", {"next": EMAIL, **sent})


def test_these_doors_ask_again():
    fresh = {view.__name__ for _, view in every_view() if getattr(view, "access_fresh", False)}
    assert fresh == {
        "sign_practice", "sign_tool", "make_calendar", "webhook",
        "attest", "countersign", "invite", "change_role", "end_membership", "reset", "change_email", "add_app",
        "add_passkey", "rename", "remove", "recovery_codes", "make_codes", "download_codes", "export", "purge",
        "propose", "approve", "decide_exposure", "lift_hold", "exports", "download_export",
    }  # fmt: skip


def test_no_door_that_asks_again_is_open_to_strangers():
    fresh = [view for _, view in every_view() if getattr(view, "access_fresh", False)]
    assert [view.__name__ for view in fresh if view.access_mark == "public"] == []


@pytest.mark.parametrize(("seconds", "asked"), [(0, False), (299, False), (300, True)])
def test_a_sign_in_counts_for_five_minutes(cast: Cast, browse, clock, seconds: int, asked: bool):
    client = browse(cast.staff)
    clock.shift(seconds)
    assert (client.get(EMAIL).headers.get("Location") == AGAIN) is asked


def test_the_password_opens_it_for_five_minutes_more(cast: Cast, browse, clock):
    client = browse(cast.staff)
    clock.shift(600)
    assert again(client, password=PASSWORD).headers["Location"] == EMAIL
    assert client.get(EMAIL).status_code == 200
    clock.shift(301)
    assert client.get(EMAIL).headers["Location"] == AGAIN


def test_another_browser_of_the_same_person_is_asked(cast: Cast, browse, clock):
    first, second = browse(cast.staff), browse(cast.staff)
    clock.shift(600)
    again(first, password=PASSWORD)
    assert (first.get(EMAIL).status_code, second.get(EMAIL).status_code) == (200, 302)


def test_it_is_told_by_what(cast: Cast, browse, clock):
    client = browse(cast.staff)
    clock.shift(600)
    again(client, password=PASSWORD)
    assert LedgerEntry.objects.get(verb="person.confirmed").detail == {"method": "password"}


def test_a_wrong_password_opens_nothing_and_is_told(cast: Cast, browse, clock):
    client = browse(cast.staff)
    clock.shift(600)
    response = again(client, password="not my password")
    assert (response.status_code, client.get(EMAIL).status_code) == (422, 302)
    assert "not my password" not in response.content.decode()
    assert LedgerEntry.objects.filter(verb="person.factor_refused").count() == 1


def test_guessing_ends_after_ten_tries(cast: Cast, browse, clock):
    client = browse(cast.staff)
    clock.shift(600)
    assert [again(client, password=f"guess {n}").status_code for n in range(11)] == [422] * 10 + [429]


def test_a_code_of_the_app_does_too_and_works_once(cast: Cast, browse, clock):
    give_app(cast.staff)
    client, other = browse(cast.staff), browse(cast.staff)
    clock.shift(600)
    code = code_of()
    assert again(client, code=code).headers["Location"] == EMAIL
    assert again(other, code=code).status_code == 422


def test_a_form_comes_back_to_its_page_and_is_pressed_again(cast: Cast, browse, clock):
    client = browse(cast.owner)
    clock.shift(600)
    uid = Membership.objects.get(person=cast.staff).uid
    response = client.post(f"/people/{uid}/end/", headers={"referer": f"http://testserver/people/{uid}/"})
    assert response.headers["Location"] == f"/account/again/?next=/people/{uid}/"
    assert Membership.objects.get(person=cast.staff).ended_on is None
    page = client.post("/account/again/", {"next": f"/people/{uid}/", "password": PASSWORD}, follow=True)
    assert "Now press the button once more." in page.content.decode()


def test_a_fragment_is_led_away_whole(cast: Cast, browse, clock):
    client = browse(cast.owner)
    clock.shift(600)
    headers = {"hx-request": "true", "hx-current-url": "http://testserver/people/"}
    response = client.post("/people/invite/", headers=headers)
    assert (response.status_code, response.headers["HX-Redirect"]) == (401, "/account/again/?next=/people/")


@pytest.mark.parametrize("way", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", ""])
def test_an_outside_address_is_no_way_back(cast: Cast, browse, way: str):
    response = browse(cast.staff).post("/account/again/", {"next": way, "password": PASSWORD})
    assert response.headers["Location"] == "/"


def test_a_signature_keeps_what_was_really_shown(cast: Cast, clock):
    give_app(cast.owner)
    client = Client()
    give_password(client, cast.owner)
    give_code(client, code_of())
    assert shown(client) == "password and authenticator code"
    clock.shift(400)
    again(client, password=PASSWORD)
    assert shown(client) == "password"


def shown(client: Client) -> str:
    request = RequestFactory().get("/")
    request.session = client.session
    request.user = Person.objects.get(pk=client.session["_auth_user_id"])
    return confirmed_by(request)


def test_without_scripts_a_form_that_was_stopped_keeps_its_text(cast: Cast, browse, clock):
    client = browse(cast.owner)
    clock.shift(301)
    typed = {"name": "Robin Vale", "email": "robin@x.example", "role": "staff", "password": "never kept"}
    client.post("/people/invite/", typed, HTTP_REFERER="http://testserver/people/")
    again(client, password=PASSWORD)
    assert 'href="/unsent/"' in client.get("/people/").content.decode()
    page = client.get("/unsent/").content.decode()
    assert [text in page for text in ("Robin Vale", "robin@x.example", "never kept")] == [True, True, False]
