"""One's own account: who one is, where one belongs, and where everything about it is changed."""

import pytest
from django.test import Client

from practice_vetting.core.models import Membership
from tests.conftest import Cast
from tests.factories import PASSWORD, arranging, make_person

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def test_it_shows_name_address_practices_and_roles(cast: Cast, strangers: Cast, browse):
    with arranging():
        Membership(practice=strangers.practice, person=cast.staff, role="auditor").save()
    page = browse(cast.staff).get("/account/").content.decode()
    for words in ["Sam Lindqvist", cast.staff.email, "Harbor Light Counseling", "Quiet Pines Therapy", "Auditor"]:
        assert words in page
    for path in ["/account/password/", "/account/email/", "/account/sessions/", "/account/close/"]:
        assert f'href="{path}"' in page


def test_every_page_leads_there(cast: Cast, browse):
    assert b'href="/account/"' in browse(cast.auditor).get("/vendors/").content


def test_somebody_without_a_practice_is_told_what_to_do(cast: Cast, client: Client):
    person = make_person(name="Robin Vale", email="robin@x.example")
    assert client.post("/sign-in/", {"login": person.email, "password": PASSWORD}).status_code == 302
    page = client.get("/account/")
    assert page.status_code == 200
    assert "Ask the owner of your practice for an invitation." in page.content.decode()


def test_whose_access_has_ended_may_still_change_the_password(cast: Cast, browse):
    membership = cast.auditor.memberships.get()
    membership.ended_on = cast.practice.today()
    with arranging():
        membership.save()
    client = browse(cast.auditor)
    assert "You belong to no practice now" in client.get("/account/").content.decode()
    sent = {"old_password": PASSWORD, "password": "lantern over quiet water"}
    assert client.post("/account/password/", sent).status_code == 302
