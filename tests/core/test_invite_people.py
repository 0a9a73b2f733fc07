"""Inviting, joining and ending access: never a role above one's own, each link once, never the last owner."""

import logging
import re
from html import unescape
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from practice_vetting.core import clock
from practice_vetting.core.accounts.notices import Where
from practice_vetting.core.accounts.second_factor import add_factor, authenticator_app
from practice_vetting.core.errors import Refused
from practice_vetting.core.log_filter import HideSecretAddresses
from practice_vetting.core.models import Invitation, LedgerEntry, Membership, Person
from practice_vetting.core.people import INVITATION_LASTS, end_membership, invite, join
from practice_vetting.core.roles import PERMISSIONS, Role
from tests.conftest import Cast
from tests.factories import PASSWORD, arranging, make_person

pytestmark = pytest.mark.django_db
NEW = {"name": "Robin Vale", "email": "robin@harborlight.example", "role": "staff"}
FORM_ID = "6f0f2a5e-6f0c-4f65-9a0b-0d6f0e1b7c11"
SECRET = "lantern over quiet water"
SAME_PERSON = "Robin Vale (robin@harborlight.example)"


def invited(cast: Cast, **changes: str) -> str:
    """The path of a fresh invitation's link."""
    made = invite(practice=cast.practice, by=cast.owner, **{**NEW, **changes})
    return made.link.removeprefix("http://localhost:8000")


@pytest.mark.parametrize(("who", "status"), [("owner", 200), ("officer", 200), ("staff", 403), ("auditor", 403)])
def test_owner_and_officer_see_the_people(cast: Cast, browse, who: str, status: int):
    assert browse(getattr(cast, who)).get("/people/").status_code == status


@pytest.mark.parametrize(("who", "status"), [("owner", 200), ("officer", 200), ("staff", 403), ("auditor", 403)])
def test_owner_and_officer_read_what_each_role_may_do(cast: Cast, browse, who: str, status: int):
    assert browse(getattr(cast, who)).get("/people/roles/").status_code == status


def test_the_page_of_roles_prints_the_whole_table_and_the_rule_of_two(cast: Cast, browse):
    page = browse(cast.owner).get("/people/roles/").content.decode()
    rows = [words.split("</th>")[0] for words in page.split('<th scope="row">')[1:]]
    assert [unescape(row) for row in rows] == [says for says, _ in PERMISSIONS.values()]
    assert page.count("<td>Yes</td>") == sum(len(roles) for _, roles in PERMISSIONS.values())
    assert "Who attested it cannot countersign it" in page


def test_an_invitation_is_mailed_and_its_link_shown_once(cast: Cast, browse, django_capture_on_commit_callbacks):
    client = browse(cast.owner)
    with django_capture_on_commit_callbacks(execute=True):
        page = client.post("/people/invite/", {**NEW, "form_id": FORM_ID})
    link = page.context["invited"].link
    assert link in page.content.decode()
    assert link in mail.outbox[0].body
    assert link not in client.get("/people/").content.decode()
    assert Invitation.objects.get().token_sha256 not in link


def test_an_invited_person_joins_once(cast: Cast, client: Client):
    link = invited(cast)
    assert client.post(link, {"password": SECRET}).status_code == 302
    member = Membership.objects.get(person__email=NEW["email"])
    assert (member.role, member.practice, member.person.check_password(SECRET)) == (
        "staff",
        cast.practice,
        True,
    )
    told = LedgerEntry.objects.order_by("seq").values_list("verb", flat=True)
    assert list(told) == ["person.invited", "person.joined", "person.signed_in"]
    assert Client().get(link).status_code == 410


def test_an_expired_used_or_guessed_link_reads_the_same(cast: Cast, client: Client):
    link = invited(cast)
    with clock.set_to(clock.now() + INVITATION_LASTS):
        expired = client.get(link)
    guessed = client.get(reverse("core:join", args=["guessed-guessed-guessed"]))
    assert (expired.status_code, without_token(expired)) == (guessed.status_code, without_token(guessed))


def without_token(response) -> str:
    """The page without its form token, which differs each time."""
    return re.sub(r'"X-CSRFToken": "\w+"', "", response.content.decode())


def test_the_secret_of_a_link_never_reaches_the_log():
    record = logging.LogRecord("vendors.x", 30, "", 0, "Gone: %s", ("/join/abc-secret_1/",), None)
    HideSecretAddresses().filter(record)
    assert record.getMessage() == "Gone: /join/(hidden)/"


def test_an_address_with_line_breaks_stays_one_line_of_the_log():
    record = logging.LogRecord("vendors.x", 30, "", 0, "Not Found: %s", ("/a\r\n2026-11-21 ERROR all is lost/",), None)
    HideSecretAddresses().filter(record)
    assert record.getMessage() == r"Not Found: /a\r\n2026-11-21 ERROR all is lost/"


def test_somebody_with_an_account_joins_with_its_password(cast: Cast, strangers: Cast, client: Client):
    link = invited(cast, email=strangers.staff.email)
    assert client.post(link, {"password": "not their password"}).status_code == 422
    assert client.post(link, {"password": "harbour mist over slate"}).status_code == 302
    assert Membership.objects.filter(person=strangers.staff).count() == 2


def test_nobody_gives_a_role_above_their_own(cast: Cast, browse):
    page = browse(cast.officer).post("/people/invite/", {**NEW, "role": "owner", "form_id": FORM_ID})
    assert (page.status_code, page.context["form"].errors["role"]) == (
        422,
        ["You cannot give a role above your own."],
    )
    assert Invitation.objects.count() == 0


def test_a_member_is_not_invited_again(cast: Cast, browse):
    page = browse(cast.owner).post("/people/invite/", {**NEW, "email": cast.staff.email.upper(), "form_id": FORM_ID})
    assert page.context["form"].errors["email"] == ["This person belongs to the practice already."]


def test_ending_access_works_at_the_next_request(cast: Cast, browse):
    staff = browse(cast.staff)
    browse(cast.owner).post(f"/people/{cast.staff.memberships.get().uid}/end/")
    assert staff.get("/vendors/").headers["Location"] == "/sign-in/?next=/vendors/"


def test_the_form_sent_twice_invites_once(cast: Cast, browse, django_capture_on_commit_callbacks):
    client = browse(cast.owner)
    with django_capture_on_commit_callbacks(execute=True):
        answers = [client.post("/people/invite/", {**NEW, "form_id": FORM_ID}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 422]
    assert (Invitation.objects.count(), len(mail.outbox)) == (1, 1)


def test_a_newer_invitation_ends_the_earlier_one(cast: Cast, client: Client):
    earlier, newer = invited(cast, role="owner"), invited(cast)
    assert [client.get(link).status_code for link in (earlier, newer)] == [410, 200]


def test_an_officers_invitation_does_not_end_an_owners(cast: Cast, browse, client: Client):
    earlier = invited(cast, role="owner")
    page = browse(cast.officer).post("/people/invite/", {**NEW, "email": NEW["email"].upper(), "form_id": FORM_ID})
    assert (page.status_code, list(page.context["form"].errors)) == (422, ["email"])
    assert "with a role above your own" in page.content.decode()
    assert (client.get(earlier).status_code, Invitation.objects.count()) == (200, 1)


def test_the_password_of_an_account_is_not_guessed_from_many_places(cast: Cast, strangers: Cast):
    """Each guess comes from another address, and still the sixth is not tried, were it the right one."""
    link = invited(cast, email=strangers.staff.email)
    tries = [*[f"not their password {number}" for number in range(5)], PASSWORD]
    answers = [
        Client().post(link, {"password": each}, REMOTE_ADDR=f"192.0.2.{number}") for number, each in enumerate(tries)
    ]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429]
    assert Membership.objects.filter(person=strangers.staff).count() == 1


def test_joining_another_practice_does_not_pass_by_the_second_factor(cast: Cast, strangers: Cast, client: Client):
    add_factor(by=strangers.staff, factor=authenticator_app(strangers.staff, "JBSWY3DPEHPK3PXP"), where=Where())
    response = client.post(invited(cast, email=strangers.staff.email), {"password": PASSWORD})
    assert (response.status_code, "_auth_user_id" in client.session) == (302, False)
    assert client.get("/vendors/").headers["Location"] == "/sign-in/?next=/vendors/"


def test_who_is_signed_in_joins_and_goes_over(cast: Cast, strangers: Cast, browse):
    client = browse(strangers.staff)
    client.post(invited(cast, email=strangers.staff.email), {"password": PASSWORD})
    assert client.get("/").context["practice"] == cast.practice


def test_somebody_elses_session_ends_when_one_joins(cast: Cast, browse):
    client = browse(cast.owner)
    client.post(invited(cast), {"password": SECRET})
    assert client.get("/").context["request"].user.email == NEW["email"]


def test_a_link_of_before_does_not_bring_back_whose_access_ended(cast: Cast, client: Client):
    client.post(invited(cast), {"password": SECRET})
    member = Membership.objects.get(person__email=NEW["email"])
    with arranging():  # an invitation that an older version left open
        again = Invitation.objects.get()
        again.used_at = None
        again.save()
    end_membership(membership=member, by=cast.owner)
    with pytest.raises(Refused, match="no longer valid"):
        join(invitation=again, by=member.person, password=SECRET)
    assert LedgerEntry.objects.order_by("-seq")[0].detail["invitations_ended"] == [NEW["email"]]


def test_what_somebody_sent_out_ends_with_their_access(cast: Cast, client: Client):
    invite(practice=cast.practice, by=cast.officer, **{**NEW, "role": "officer"})
    kept = invited(cast, email="else@harborlight.example")
    end_membership(membership=cast.officer.memberships.get(), by=cast.owner)
    open_ones = Invitation.objects.filter(expires_at__gt=clock.now())
    assert [each.email for each in open_ones] == ["else@harborlight.example"]
    assert client.get(kept).status_code == 200


def test_a_link_gives_a_member_no_other_role(cast: Cast):
    made = invite(practice=cast.practice, by=cast.owner, **NEW).invitation
    with arranging():
        made.email = cast.owner.email
        made.save()
    with pytest.raises(Refused, match="belong to the practice already"):
        join(invitation=made, by=cast.owner, password=PASSWORD)
    assert cast.owner.memberships.get().role == "owner"


def test_an_account_made_while_the_form_was_open_is_asked_for_its_password(cast: Cast):
    made = invite(practice=cast.practice, by=cast.owner, **NEW).invitation
    make_person(name=NEW["name"], email=NEW["email"])
    with pytest.raises(Refused, match="type its password"):
        join(invitation=made, by=Person(email=NEW["email"], name=NEW["name"]), password=SECRET)


def test_an_old_link_is_told_to_the_practice_once_and_a_guessed_one_to_nobody(cast: Cast, client: Client):
    link = invited(cast)
    with clock.set_to(clock.now() + INVITATION_LASTS):
        for path in (link, link, reverse("core:join", args=["guessed-guessed-guessed"])):
            client.get(path)
    told = LedgerEntry.objects.filter(verb="invitation.turned_away")
    assert [(entry.record_label, entry.detail) for entry in told] == [(SAME_PERSON, {"why": "expired"})]


def test_access_that_ended_is_not_ended_again(cast: Cast):
    membership = cast.staff.memberships.get()
    end_membership(membership=membership, by=cast.owner)
    with pytest.raises(Refused, match="no access any more"):
        end_membership(membership=membership, by=cast.owner)


def test_the_last_owner_stays(cast: Cast):
    with pytest.raises(Refused, match="last owner"):
        end_membership(membership=cast.owner.memberships.get(), by=cast.owner)


def test_an_officer_cannot_end_an_owner(cast: Cast):
    second = invite(practice=cast.practice, by=cast.owner, **{**NEW, "role": Role.OWNER})
    Client().post(second.link.removeprefix("http://localhost:8000"), {"password": SECRET})
    with pytest.raises(Refused, match="above your own"):
        end_membership(membership=cast.owner.memberships.get(), by=cast.officer)


def test_another_practices_member_is_not_found(cast: Cast, strangers: Cast, browse):
    other = strangers.staff.memberships.get()
    assert browse(cast.owner).post(f"/people/{other.uid}/end/").status_code == 404


def test_a_second_form_of_settings_sees_the_first(cast: Cast, browse):
    client = browse(cast.owner)
    given = {
        "name": "Harbor Light",
        "time_zone": "UTC",
        "states": ["CA"],
        "part2": "yes",
        "record_years": 7,
        "idle_minutes": 15,
        "version": 1,
    }
    assert client.post("/practice/", given).status_code == 302
    second = client.post("/practice/", {**given, "name": "Another name"})
    assert second.status_code == 409
    assert b"Another name" in second.content
    cast.practice.refresh_from_db()
    assert (cast.practice.name, cast.practice.part2, cast.practice.version) == ("Harbor Light", True, 2)


def test_a_wrong_password_behind_an_invitation_is_told_where_the_account_belongs(cast: Cast, strangers: Cast):
    invited = invite(practice=strangers.practice, by=strangers.owner, email=cast.staff.email, name="Sam", role="staff")
    Client().post(urlsplit(invited.link).path, {"password": "not the password"})
    failed = LedgerEntry.objects.filter(verb="person.sign_in_failed", practice_uid=cast.practice.uid)
    assert [entry.record_uid for entry in failed] == [cast.staff.uid]
