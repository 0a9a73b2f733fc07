"""Accounts are closed, never deleted: with the last membership or by their own person; an invitation opens them."""

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client

from practice_vetting.core.accounts.adapter import CLOSED
from practice_vetting.core.models import Invitation, LedgerEntry, Membership, Person
from practice_vetting.core.people import end_membership, invite
from practice_vetting.core.roles import Role
from tests.conftest import Cast
from tests.core.factors import give_app
from tests.factories import PASSWORD, arranging, make_member

pytestmark = pytest.mark.django_db


def signed_in(person) -> Client:
    client = Client()
    client.post("/sign-in/", {"login": person.email, "password": PASSWORD})
    return client


def is_active(person) -> bool:
    return Person.objects.get(pk=person.pk).is_active


def leave(person, by) -> None:
    end_membership(membership=person.memberships.get(), by=by)


def close(client: Client, password: str = PASSWORD):
    return client.post("/account/close/", {"password": password})


def test_with_the_last_membership_the_account_is_closed_and_signed_out(cast: Cast):
    client = signed_in(cast.staff)
    leave(cast.staff, cast.owner)
    assert (is_active(cast.staff), client.get("/account/").status_code) == (False, 302)
    assert LedgerEntry.objects.get(verb="person.left").detail == {"invitations_ended": [], "account_closed": True}


def test_who_belongs_elsewhere_keeps_the_account(cast: Cast, strangers: Cast):
    with arranging():
        Membership(practice=strangers.practice, person=cast.staff, role="staff").save()
    client = signed_in(cast.staff)
    end_membership(membership=Membership.objects.of(cast.practice).get(person=cast.staff), by=cast.owner)
    assert (is_active(cast.staff), client.get("/account/").status_code) == (True, 200)


def test_a_closed_account_is_told_to_who_knows_its_password_only(cast: Cast, client: Client):
    leave(cast.staff, cast.owner)
    right = client.post("/sign-in/", {"login": cast.staff.email, "password": PASSWORD})
    wrong = client.post("/sign-in/", {"login": cast.staff.email, "password": "wrong wrong wrong"})
    unknown = client.post("/sign-in/", {"login": "nobody@x.example", "password": "wrong wrong wrong"})
    assert right.context["form"].non_field_errors() == [CLOSED]
    assert wrong.context["form"].errors == unknown.context["form"].errors


def test_an_invitation_and_the_right_password_open_it_again(cast: Cast, client: Client):
    leave(cast.staff, cast.owner)
    given = {"email": cast.staff.email, "name": cast.staff.name, "role": "staff"}
    link = invite(practice=cast.practice, by=cast.owner, **given).link.removeprefix("http://localhost:8000")
    assert client.post(link, {"password": "wrong wrong wrong"}).status_code == 422
    assert not is_active(cast.staff)
    assert client.post(link, {"password": PASSWORD}).status_code == 302
    assert (is_active(cast.staff), client.get("/account/").status_code) == (True, 200)
    assert LedgerEntry.objects.get(verb="person.joined").detail["activated"] is True


def test_who_is_invited_back_may_ask_for_a_new_password(cast: Cast, client: Client, django_capture_on_commit_callbacks):
    leave(cast.staff, cast.owner)
    invite(practice=cast.practice, by=cast.owner, email=cast.staff.email, name="Sam", role="staff")
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/forgotten-password/", {"email": cast.staff.email})
    assert mail.outbox[-1].subject == "Set a new password within one hour"


def test_a_person_closes_their_own_account(cast: Cast, strangers: Cast):
    with arranging():
        Membership(practice=strangers.practice, person=cast.staff, role="staff").save()
    here, elsewhere = signed_in(cast.staff), signed_in(cast.staff)
    assert close(here).headers["Location"] == "/sign-in/"
    assert [client.get("/account/").status_code for client in (here, elsewhere)] == [302, 302]
    assert (is_active(cast.staff), Person.objects.filter(pk=cast.staff.pk).count()) == (False, 1)
    assert {each.ended_on is not None for each in cast.staff.memberships.all()} == {True}
    told = LedgerEntry.objects.filter(verb="person.account_closed")
    assert {(entry.practice_uid, entry.person_name) for entry in told} == {
        (cast.practice.uid, "Sam Lindqvist"),
        (strangers.practice.uid, "Sam Lindqvist"),
    }


def test_a_wrong_password_closes_nothing(cast: Cast, browse):
    page = close(browse(cast.staff), "not it, not it")
    assert (page.status_code, page.context["form"].errors) == (422, {"password": ["This is not your password."]})
    assert is_active(cast.staff)


def test_the_only_owner_of_a_practice_stays(cast: Cast, browse):
    page = close(browse(cast.owner))
    assert page.context["form"].non_field_errors() == [
        "You are the only owner of Harbor Light Counseling. Make somebody else an owner first, then close your account."
    ]
    assert (is_active(cast.owner), cast.owner.memberships.get().ended_on) == (True, None)


def test_one_of_two_owners_may_go(cast: Cast, browse):
    make_member(practice=cast.practice, name="Noor Haddad", role=Role.OWNER, email="noor@x.example")
    assert close(browse(cast.owner)).status_code == 302


def test_what_they_sent_out_ends_with_the_account(cast: Cast, browse):
    invite(practice=cast.practice, by=cast.officer, email="new@x.example", name="New", role="staff")
    close(browse(cast.officer))
    entry = LedgerEntry.objects.get(verb="person.account_closed")
    assert entry.detail == {"invitations_ended": ["new@x.example"]}
    assert Invitation.objects.get().expires_at <= entry.at


def test_a_closed_account_loses_its_second_factors(cast: Cast):
    """Who set them up may have been whoever made the invitation; the account opens again without them."""
    give_app(cast.staff)
    leave(cast.staff, cast.owner)
    assert not Authenticator.objects.filter(user=cast.staff).exists()
