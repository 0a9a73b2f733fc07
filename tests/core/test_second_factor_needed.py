"""Who must have a second factor is led to add one from the second sign-in on, and then goes on where they wanted to."""

from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client

from practice_vetting.core import production
from practice_vetting.core.models import Person
from tests.conftest import Cast
from tests.core.factors import code_of, give_app, give_code, give_password
from tests.factories import change

pytestmark = pytest.mark.django_db
NEEDED = "/account/second-factor/needed/?next=/vendors/"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel("2026-11-21T12:00:00Z", tick=False) as traveller:
        yield traveller


@pytest.fixture
def second_time(browse: Any) -> Any:
    """A client of the person at their second sign-in."""

    def signed_in(person: Person) -> Client:
        Person.objects.filter(pk=person.pk).update(sign_ins=2)
        return browse(person)

    return signed_in


def way_of(client: Client) -> str:
    return client.get("/vendors/").headers.get("Location", "")


@pytest.mark.parametrize(("role", "way"), [("owner", NEEDED), ("officer", NEEDED), ("staff", ""), ("auditor", "")])
def test_owner_and_officer_must_have_one(cast: Cast, second_time, role: str, way: str):
    assert way_of(second_time(getattr(cast, role))) == way


@pytest.mark.parametrize("role", ["owner", "officer", "staff", "auditor"])
def test_a_practice_may_ask_everybody(cast: Cast, second_time, role: str):
    change(cast.practice, factor_for_all=True)
    assert way_of(second_time(getattr(cast, role))) == NEEDED


def test_the_first_sign_in_is_let_through_and_the_second_is_not(cast: Cast):
    first, second = Client(), Client()
    give_password(first, cast.owner)
    assert way_of(first) == ""
    give_password(second, cast.owner)
    assert way_of(second) == NEEDED


def test_the_owner_sets_it_for_everybody(cast: Cast, browse):
    facts = {"version": 1, "name": "Harbor Light Counseling", "time_zone": "UTC", "states": "CA", "part2": "no"}
    sent = {**facts, "record_years": 7, "idle_minutes": 15, "factor_for_all": "on"}
    browse(cast.owner).post("/practice/", sent)
    assert type(cast.practice).objects.get(pk=cast.practice.pk).factor_for_all is True


def test_their_account_and_the_way_out_stay_open(cast: Cast, second_time):
    client = second_time(cast.owner)
    pages = ["/account/", "/account/second-factor/", "/account/second-factor/needed/", "/account/second-factor/app/"]
    assert [client.get(page).status_code for page in pages] == [200] * 4
    assert client.post("/sign-out/").headers["Location"] == "/sign-in/"


def test_once_added_they_go_on_where_they_wanted_to(cast: Cast, second_time):
    client = second_time(cast.owner)
    client.get("/vendors/?q=notewell")
    client.get("/account/second-factor/app/")
    client.post("/account/second-factor/app/", {"code": code_of(client.session["mfa.totp.secret"])})
    assert 'href="/vendors/?q=notewell"' in client.get("/account/second-factor/codes/").content.decode()
    assert client.get("/vendors/?q=notewell").status_code == 200


def test_a_form_comes_back_to_its_page(cast: Cast, second_time):
    response = second_time(cast.owner).post("/vendors/add/", headers={"referer": "http://testserver/vendors/add/?x=1"})
    assert response.headers["Location"] == "/account/second-factor/needed/?next=/vendors/add/%3Fx%3D1"


def test_who_has_one_is_asked_for_it_instead(cast: Cast, clock):
    give_app(cast.owner)
    Person.objects.filter(pk=cast.owner.pk).update(sign_ins=2)
    client = Client()
    give_password(client, cast.owner)
    give_code(client, code_of())
    assert way_of(client) == ""


def test_who_came_in_by_single_sign_on_is_asked_there(cast: Cast, second_time):
    client = second_time(cast.owner)
    session = client.session
    session["account_authentication_methods"] = [{"method": "socialaccount", "at": 0, "provider": "sso"}]
    session.save()
    assert way_of(client) == ""


def test_a_demonstration_asks_nobody(cast: Cast, second_time, settings):
    settings.DEMO = True
    assert way_of(second_time(cast.owner)) == ""


def facts(**given: Any) -> production.Facts:
    usual = {"site_url": "http://localhost:8000", "host": "", "debug": False, "secret_key": "", "fallbacks": []}
    return production.Facts(**{**usual, "allowed_hosts": [], "demo": True, **given})


@pytest.mark.parametrize(
    ("given", "refused"),
    [({}, False), ({"host": "0.0.0.0"}, True), ({"site_url": "https://vetting.example"}, True)],  # noqa: S104
)
def test_a_demonstration_that_others_reach_is_refused(given: dict[str, Any], refused: bool):
    assert ("core.E004" in [each.id for each in production.faults(facts(**given))]) is refused


def test_serve_refuses_it_before_it_prepares_anything(monkeypatch, settings):
    settings.DEMO = False
    monkeypatch.setenv("DEMO", "")
    monkeypatch.setenv("HOST", "0.0.0.0")  # noqa: S104
    with pytest.raises((SystemExit, CommandError), match="asks nobody for a second factor"):
        call_command("serve", "--demo", skip_checks=True)
