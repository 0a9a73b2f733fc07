"""A last day of access: an auditor always has one, staff may have one, and the day after nothing is open any more."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from practice_vetting.core import clock
from practice_vetting.core.errors import Refused
from practice_vetting.core.last_day import last_day
from practice_vetting.core.models import Invitation, Membership
from practice_vetting.core.people import invite
from practice_vetting.core.roles import Role
from tests.conftest import Cast
from tests.factories import arranging, change, make_vendor

TODAY = date(2026, 11, 21)
FORM_ID = "6f0f2a5e-6f0c-4f65-9a0b-0d6f0e1b7c22"
NEW = {"form_id": FORM_ID, "name": "Robin Vale", "email": "robin@audit.example"}
SECRET = "lantern over quiet water"


@pytest.mark.parametrize(
    ("role", "wanted", "given"),
    [
        (Role.AUDITOR, None, date(2026, 12, 21)),
        (Role.AUDITOR, TODAY, TODAY),
        (Role.AUDITOR, date(2027, 11, 21), date(2027, 11, 21)),
        (Role.STAFF, None, None),
        (Role.STAFF, date(2027, 1, 31), date(2027, 1, 31)),
        (Role.OFFICER, None, None),
        (Role.OWNER, None, None),
    ],
)
def test_the_last_day_of_each_role(role: Role, wanted: date | None, given: date | None):
    assert last_day(role, wanted, today=TODAY) == given


@pytest.mark.parametrize(
    ("role", "wanted", "words"),
    [
        (Role.AUDITOR, date(2026, 11, 20), "is over"),
        (Role.AUDITOR, date(2027, 11, 22), "21 Nov 2027 at the latest"),
        (Role.STAFF, date(2027, 11, 22), "within a year"),
        (Role.OFFICER, TODAY, "Only staff and auditors"),
        (Role.OWNER, TODAY, "Only staff and auditors"),
    ],
)
def test_a_day_that_cannot_be_is_refused_beside_it(role: Role, wanted: date, words: str):
    with pytest.raises(Refused, match=words) as refused:
        last_day(role, wanted, today=TODAY)
    assert refused.value.field == "access_until"


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "day"), [("auditor", "2020-01-01"), ("auditor", "tomorrow"), ("owner", "TODAY")])
def test_the_form_says_so_beside_the_field(cast: Cast, browse, role: str, day: str):
    day = str(cast.practice.today()) if day == "TODAY" else day
    page = browse(cast.owner).post("/people/invite/", {**NEW, "role": role, "access_until": day})
    assert (page.status_code, list(page.context["form"].errors)) == (422, ["access_until"])
    assert Invitation.objects.count() == 0


def joined(cast: Cast, role: str, until: date | None = None) -> Membership:
    made = invite(
        practice=cast.practice, by=cast.owner, email=NEW["email"], name="Robin Vale", role=role, access_until=until
    )
    Client().post(made.link.removeprefix("http://localhost:8000"), {"password": SECRET})
    return Membership.objects.select_related("practice").get(person__email=NEW["email"])


@pytest.mark.django_db
def test_joining_sets_the_end(cast: Cast):
    assert joined(cast, "auditor").ended_on == cast.practice.today() + timedelta(days=31)


@pytest.mark.django_db
def test_who_joins_again_gets_the_new_end(cast: Cast):
    first = joined(cast, "auditor", cast.practice.today())
    with clock.set_to(clock.now() + timedelta(days=3)):
        again = joined(cast, "staff")
    assert (first.pk, again.pk, again.role, again.ended_on) == (again.pk, first.pk, "staff", None)


@pytest.mark.django_db
def test_the_link_ends_with_the_access_that_it_gives(cast: Cast):
    today = cast.practice.today()
    made = invite(
        practice=cast.practice, by=cast.owner, email="a@x.example", name="A", role="auditor", access_until=today
    )
    assert made.invitation.expires_at <= clock.now() + timedelta(days=1)


@pytest.fixture
def ends_today(cast: Cast) -> Membership:
    """The auditor of a practice in Hawaii, on their last day: 20 November there, when it is the 21st in UTC."""
    membership = cast.auditor.memberships.select_related("practice").get()
    change(cast.practice, time_zone="Pacific/Honolulu")
    with arranging():
        membership.ended_on = date(2026, 11, 21)
        membership.save()
    return membership


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("moment", "status"),
    [(datetime(2026, 11, 21, 9, 59, tzinfo=UTC), 200), (datetime(2026, 11, 21, 10, 1, tzinfo=UTC), 403)],
)
def test_access_ends_at_midnight_of_the_practice(ends_today: Membership, cast: Cast, browse, moment, status: int):
    with clock.set_to(moment):
        assert browse(cast.auditor).get("/vendors/").status_code == status


@pytest.mark.django_db
def test_whose_access_ended_reads_when_and_nothing_else(ends_today: Membership, cast: Cast, browse):
    vendor = make_vendor(practice=cast.practice, name="Seldom Named")
    with clock.set_to(datetime(2026, 11, 25, tzinfo=UTC)):
        client = browse(cast.auditor)
        pages = [client.get(path) for path in ("/", "/vendors/", f"/vendors/{vendor.uid}/", "/vendors/nobody/")]
    for page in pages:
        words = page.content.decode()
        assert (page.status_code, "Your access has ended" in words, "Seldom Named" in words) == (403, True, False)
        assert "Your last day of access to <b>Harbor Light Counseling</b> was 20 Nov 2026." in words


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["owner", "officer"])
def test_owner_and_officer_give_an_auditor_more_time(ends_today: Membership, cast: Cast, browse, who: str):
    with clock.set_to(datetime(2026, 11, 20, 20, tzinfo=UTC)):
        given = {"version": 1, "role": "auditor", "access_until": "2027-02-01"}
        browse(getattr(cast, who)).post(f"/people/{ends_today.uid}/role/", given)
    assert Membership.objects.get(pk=ends_today.pk).ended_on == date(2027, 2, 2)
