"""Taking a fresh installation: once, and only with the code that the console printed."""

import pytest
from django.test import Client

from practice_vetting.core import installation, ledger
from practice_vetting.core.models import LedgerEntry, Membership, Person, Practice

pytestmark = pytest.mark.django_db

GIVEN = {
    "practice_name": "Harbor Light Counseling",
    "time_zone": "America/Los_Angeles",
    "states": ["CA", "OR"],
    "part2": "yes",
    "name": "Maria Reyes",
    "email": "Maria@Harborlight.example",
    "password": "harbour mist over slate",
}


def take(client: Client, **changes: object):
    return client.post("/setup/", {**GIVEN, "code": installation.new_code(), **changes})


def test_every_page_leads_to_the_set_up_until_somebody_did_it(client: Client):
    assert client.get("/vendors/").headers["Location"] == "/setup/"


def test_the_code_makes_the_practice_and_its_owner(client: Client):
    response = take(client)
    practice = Practice.objects.get()
    owner = Membership.objects.get().person
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert (practice.name, practice.time_zone, practice.states, practice.part2) == (
        "Harbor Light Counseling",
        "America/Los_Angeles",
        ["CA", "OR"],
        True,
    )
    assert (owner.email, owner.name, owner.check_password(GIVEN["password"])) == (
        "maria@harborlight.example",
        "Maria Reyes",
        True,
    )
    assert [entry.verb for entry in LedgerEntry.objects.order_by("seq")] == ["practice.set_up", "person.signed_in"]
    assert ledger.broken_at(practice.uid) is None


def test_a_wrong_code_takes_nothing_and_keeps_what_was_typed(client: Client):
    installation.new_code()
    response = take(client, code="AAAA-BBBB-CCCC")
    assert (response.status_code, Person.objects.count()) == (422, 0)
    assert b"This is not the code" in response.content
    assert b"Harbor Light Counseling" in response.content


def test_only_the_last_code_counts(client: Client):
    first = installation.new_code()
    installation.new_code()
    assert client.post("/setup/", {**GIVEN, "code": first}).status_code == 422


def test_the_code_is_read_in_any_case_and_spacing():
    code = installation.new_code()
    assert installation.is_the_code(code.lower().replace("-", " "))


def test_it_happens_once(client: Client):
    take(client)
    again = client.post("/setup/", {**GIVEN, "code": "x"})
    assert (again.status_code, Practice.objects.count()) == (302, 1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("password", "short"),
        ("password", "password1234"),
        ("email", "nobody"),
        ("states", []),
        ("time_zone", "Mars/Base"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(client: Client, field: str, value: object):
    response = take(client, **{field: value})
    assert (response.status_code, Practice.objects.count()) == (422, 0)
    assert field in response.context["form"].errors
