"""Belonging to several practices: one at a time, chosen on a page of its own, and another one made by a command."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from practice_vetting.core import ledger
from practice_vetting.core.models import Invitation, LedgerEntry, Membership, Person, Practice
from practice_vetting.core.people import end_membership
from practice_vetting.core.roles import Role
from tests.conftest import Cast
from tests.factories import PASSWORD, arranging, make_standing, make_vendor
from vendors.models import Vendor

pytestmark = pytest.mark.django_db
NEW = {
    "name": "Quiet Pines", "time_zone": "America/Denver", "states": "co, UT", "owner_email": "Ann@Pines.example",
    "owner_name": "Ann Vo",
}  # fmt: skip


@pytest.fixture
def both(cast: Cast, strangers: Cast) -> Person:
    """The officer of Harbor Light, who is staff at Quiet Pines."""
    with arranging():
        Membership(practice=strangers.practice, person=cast.officer, role=Role.STAFF).save()
    return cast.officer


def test_who_belongs_to_two_sees_both_with_their_roles(both: Person, browse):
    page = browse(both).get("/practices/").content.decode()
    for words in ("Harbor Light Counseling", "Compliance officer", "Quiet Pines Therapy", "Staff", "You are here"):
        assert words in page


def test_the_name_above_each_page_is_a_link_for_those_alone(both: Person, cast: Cast, browse):
    link = '<a href="/practices/">Harbor Light Counseling</a>'
    assert [link in browse(who).get("/").content.decode() for who in (both, cast.owner)] == [True, False]


def test_going_over_shows_the_other_practice_and_its_role(both: Person, cast: Cast, strangers: Cast, browse):
    make_standing(vendor=make_vendor(practice=cast.practice, name="Ours Alone"))
    make_standing(vendor=make_vendor(practice=strangers.practice, name="Theirs Alone"))
    client = browse(both)
    before = client.get("/vendors/").content.decode()
    client.post("/practices/", {"practice": strangers.practice.uid})
    after = client.get("/vendors/").content.decode()
    assert ["Ours Alone" in before, "Theirs Alone" in before] == [True, False]
    assert ["Ours Alone" in after, "Theirs Alone" in after] == [False, True]
    assert client.get("/people/").status_code == 403


def test_the_practice_that_is_entered_is_told(both: Person, strangers: Cast, browse):
    browse(both).post("/practices/", {"practice": strangers.practice.uid})
    (entry,) = LedgerEntry.objects.filter(verb="practice.entered")
    assert (entry.practice_uid, entry.person_uid) == (strangers.practice.uid, both.uid)


def test_nobody_goes_where_they_do_not_belong(both: Person, cast: Cast, strangers: Cast, browse):
    client = browse(cast.owner)
    for uid in (strangers.practice.uid, "zzzzzzzzzzzz", "", "\0"):
        assert client.post("/practices/", {"practice": uid}).status_code == 404
    assert client.get("/").context["practice"] == cast.practice


def test_a_membership_that_ended_is_no_way_in(both: Person, cast: Cast, strangers: Cast, browse):
    client = browse(both)
    client.post("/practices/", {"practice": strangers.practice.uid})
    end_membership(membership=both.memberships.get(practice=strangers.practice), by=strangers.owner)
    assert client.get("/").context["practice"] == cast.practice
    assert client.post("/practices/", {"practice": strangers.practice.uid}).status_code == 404


def test_a_form_of_the_practice_one_left_is_refused(both: Person, strangers: Cast):
    """A form open in another tab would otherwise make its record in the wrong practice."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(both, backend="allauth.account.auth_backends.AuthenticationBackend")
    open_tab = client.get("/vendors/add/").context["csrf_token"]
    switch = client.get("/practices/").context["csrf_token"]
    client.post("/practices/", {"practice": strangers.practice.uid, "csrfmiddlewaretoken": str(switch)})
    given = {"form_id": "0a7c2a52-3f0d-4c53-8a52-5a9d3c1f7e60", "name": "Notewell"}
    late = client.post("/vendors/add/", {**given, "csrfmiddlewaretoken": str(open_tab)})
    assert (late.status_code, Vendor.objects.count()) == (403, 0)
    assert "Please send that again" in late.content.decode()


# --- making another practice ----------------------------------------------------------------------------


def made(capsys: pytest.CaptureFixture[str], **changes: Any) -> str:
    """The path of the link that the command prints."""
    call_command("add_practice", **{**NEW, **changes})
    return capsys.readouterr().out.strip().splitlines()[-1].removeprefix("http://localhost:8000")


def test_the_command_makes_a_practice_whose_first_owner_joins(cast: Cast, client: Client, capsys):
    link = made(capsys)
    assert client.post(link, {"password": "lantern over quiet water"}).status_code == 302
    new = Practice.objects.get(name="Quiet Pines")
    owner = Membership.objects.get(practice=new)
    assert (owner.role, owner.person.email, new.states, new.time_zone) == (
        "owner", "ann@pines.example", ["CO", "UT"], "America/Denver",
    )  # fmt: skip
    first = LedgerEntry.objects.filter(practice_uid=new.uid).order_by("seq").first()
    assert (first.verb, first.person_uid, ledger.broken_at(new.uid)) == ("practice.added", "", None)
    assert LedgerEntry.objects.filter(practice_uid=cast.practice.uid).count() == 0


def test_somebody_with_an_account_gets_their_second_practice(cast: Cast, client: Client, capsys):
    link = made(capsys, owner_email=cast.owner.email)
    client.post(link, {"password": PASSWORD})
    assert client.get("/").context["practice"].name == "Quiet Pines"
    assert client.get("/practices/").content.decode().count("Practice owner") == 2


@pytest.mark.parametrize(
    "changes", [{"states": ""}, {"states": "CA,XX"}, {"time_zone": "Mars"}, {"name": " "}, {"owner_email": "ann"}]
)
def test_what_cannot_be_is_said(cast: Cast, changes: dict[str, str]):
    with pytest.raises(CommandError):
        call_command("add_practice", **{**NEW, **changes})
    assert (Practice.objects.count(), Invitation.objects.count()) == (1, 0)


def test_before_the_set_up_there_is_no_second_practice(db: None):
    with pytest.raises(CommandError, match="Set this installation up first"):
        call_command("add_practice", **NEW)
