"""The page of a member, and changing their role and last day: never above one's own, never without an owner."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from practice_vetting.core.models import Invitation, LedgerEntry, Membership, Person
from practice_vetting.core.people import end_membership, invite
from practice_vetting.core.roles import Role
from tests.conftest import Cast
from tests.factories import change, make_member

pytestmark = pytest.mark.django_db


def of(person: Person) -> Membership:
    return person.memberships.select_related("practice").get()


def url(person: Person) -> str:
    return f"/people/{of(person).uid}/role/"


def send(client: Client, person: Person, role: str, **changes: object):
    given = {"version": of(person).version, "role": role, "access_until": "", **changes}
    return client.post(url(person), given)


def test_the_page_of_a_member_shows_role_end_and_what_happened(cast: Cast, browse):
    client = browse(cast.owner)
    send(client, cast.staff, "auditor", access_until=cast.practice.today())
    page = client.get(f"/people/{of(cast.staff).uid}/").content.decode()
    for words in ("Auditor (reads only)", "Until the end of", "changed the role of", "From Staff to Auditor"):
        assert words in page


@pytest.mark.parametrize(("who", "status"), [("owner", 200), ("officer", 200), ("staff", 403), ("auditor", 403)])
@pytest.mark.parametrize("end", ["", "role/"])
def test_who_may_open_it(cast: Cast, browse, who: str, status: int, end: str):
    assert browse(getattr(cast, who)).get(f"/people/{of(cast.auditor).uid}/{end}").status_code == status


@pytest.mark.parametrize("end", ["", "role/", "end/"])
def test_a_member_of_another_practice_is_not_found(cast: Cast, strangers: Cast, browse, end: str):
    client, theirs = browse(cast.owner), of(strangers.staff)
    given = {"version": 1, "role": "auditor"}
    for uid in (theirs.uid, "zzzzzzzzzzzz"):
        assert client.post(f"/people/{uid}/{end}", given).status_code in {404} | ({405} if not end else set())
    assert of(strangers.staff).role == "staff"


def test_another_role_holds_from_the_next_request_and_is_mailed(cast: Cast, browse, django_capture_on_commit_callbacks):
    theirs = browse(cast.staff)
    before = theirs.get("/people/").status_code
    with django_capture_on_commit_callbacks(execute=True):
        response = send(browse(cast.owner), cast.staff, "officer")
    assert response.headers["Location"] == f"/people/{of(cast.staff).uid}/"
    assert (before, theirs.get("/people/").status_code) == (403, 200)
    (told,) = mail.outbox
    assert told.to == [f"{cast.staff.name} <{cast.staff.email}>"]
    assert "It was: Staff. It is now: Compliance officer." in told.body


def test_the_ledger_keeps_the_old_and_the_new(cast: Cast, browse):
    send(browse(cast.officer), cast.staff, "officer")
    entry = LedgerEntry.objects.get(verb="person.role_changed")
    assert (entry.person_name, entry.detail["before"], entry.detail["after"], entry.detail["changed"]) == (
        cast.officer.name, "Staff", "Compliance officer", ["role"],
    )  # fmt: skip
    assert of(cast.staff).history.first().history_user == cast.officer


@pytest.mark.parametrize(("who", "role"), [("staff", "owner"), ("owner", "staff"), ("officer", "owner")])
def test_an_officer_neither_gives_nor_takes_the_role_of_an_owner(cast: Cast, browse, who: str, role: str):
    page = send(browse(cast.officer), getattr(cast, who), role)
    assert (page.status_code, page.context["form"].errors["role"]) == (
        422, ["You cannot give or take a role above your own."],
    )  # fmt: skip
    assert of(getattr(cast, who)).role == who


def test_the_last_owner_cannot_step_down(cast: Cast, browse):
    page = send(browse(cast.owner), cast.owner, "officer")
    assert "The last owner cannot step down." in page.context["form"].errors["role"][0]


def test_a_second_owner_lets_the_first_step_down_but_not_up_again(cast: Cast, browse):
    make_member(practice=cast.practice, name="Ann Vo", role=Role.OWNER, email="ann@vo.example")
    client = browse(cast.owner)
    assert send(client, cast.owner, "officer").status_code == 302
    assert send(client, cast.owner, "owner").status_code == 422
    assert of(cast.owner).role == "officer"


def test_an_owner_whose_account_is_closed_does_not_count(cast: Cast, browse):
    second = make_member(practice=cast.practice, name="Ann Vo", role=Role.OWNER, email="ann@vo.example")
    change(second, is_active=False)
    assert send(browse(cast.owner), cast.owner, "officer").status_code == 422


def test_two_people_who_change_the_same_member_see_both_texts(cast: Cast, browse):
    seen = of(cast.staff).version
    send(browse(cast.owner), cast.staff, "officer")
    page = send(browse(cast.officer), cast.staff, "auditor", version=seen)
    words = page.content.decode()
    assert (page.status_code, of(cast.staff).role) == (409, "officer")
    assert "Theirs, on file</b><br>Compliance officer" in words
    assert "Yours, in the form</b><br>Auditor (reads only)" in words
    assert send(browse(cast.officer), cast.staff, "auditor", version=seen + 1).status_code == 302


def test_the_same_role_again_changes_nothing(cast: Cast, browse):
    page = send(browse(cast.owner), cast.staff, "staff")
    assert "This is how it is already." in page.context["form"].errors["role"][0]
    assert LedgerEntry.objects.filter(verb="person.role_changed").count() == 0


def test_access_that_ended_is_not_given_back_here(cast: Cast, browse):
    end_membership(membership=of(cast.staff), by=cast.owner)
    page = send(browse(cast.owner), cast.staff, "officer")
    assert "has no access any more" in page.content.decode()
    assert of(cast.staff).role == "staff"


def test_a_made_up_role_is_refused(cast: Cast, browse):
    assert send(browse(cast.owner), cast.staff, "admin").status_code == 422


def test_whoever_has_less_to_give_loses_the_links_that_give_more(cast: Cast, browse):
    for role in ("officer", "staff"):
        invite(practice=cast.practice, by=cast.officer, email=f"{role}@new.example", name="New", role=role)
    send(browse(cast.owner), cast.officer, "staff")
    assert LedgerEntry.objects.get(verb="person.role_changed").detail["invitations_ended"] == [
        "officer@new.example", "staff@new.example",
    ]  # fmt: skip
    assert Invitation.objects.filter(expires_at__gt=cast.practice.created_at + timedelta(days=1)).count() == 0


def test_the_day_before_the_last_one_can_be_moved_and_taken_away(cast: Cast, browse):
    client, today = browse(cast.owner), cast.practice.today()
    send(client, cast.staff, "staff", access_until=today)
    assert of(cast.staff).ended_on == today + timedelta(days=1)
    send(client, cast.staff, "staff")
    assert of(cast.staff).ended_on is None


def test_it_asks_who_is_there_first(cast: Cast, client: Client):
    client.force_login(cast.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert send(client, cast.staff, "officer").status_code == 302
    assert of(cast.staff).role == "staff"
