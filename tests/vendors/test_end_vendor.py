"""Ending a vendor: nothing is deleted, its tools are retired with it, and it can be taken up again."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.models import LedgerEntry
from tests import factories
from tests.conftest import Cast
from vendors.actions.vendors import end_vendor, reopen_vendor
from vendors.models import Vendor

Browse = Callable[..., Client]


@pytest.fixture
def notewell(cast: Cast) -> Vendor:
    vendor = factories.make_vendor(practice=cast.practice)
    factories.make_standing(vendor=vendor)
    return vendor


def url(vendor: Vendor) -> str:
    return f"/vendors/{vendor.uid}/end/"


def given(vendor: Vendor, **changes: object) -> dict[str, object]:
    return {
        "ended_on": vendor.practice.today().isoformat(),
        "reason": "Too costly",
        "version": vendor.version,
        **changes,
    }


def test_the_vendor_ends_with_its_reason_and_stays_on_file(cast: Cast, browse: Browse, notewell: Vendor):
    response = browse(cast.officer).post(url(notewell), given(notewell))
    notewell.refresh_from_db()
    assert response.headers["Location"] == f"/vendors/{notewell.uid}/"
    assert (notewell.ended_on, notewell.end_reason) == (cast.practice.today(), "Too costly")
    assert notewell.standing.state == "ended"
    assert LedgerEntry.objects.get(verb="vendor.ended").detail["reason"] == "Too costly"


def test_its_tools_are_retired_on_that_day(cast: Cast, notewell: Vendor):
    today = cast.practice.today()
    tool = factories.make_tool(vendor=notewell, in_use_since=today - timedelta(days=90))
    end_vendor(vendor=notewell, by=cast.officer, version=1, ended_on=today, reason="Closed")
    tool.refresh_from_db()
    notewell.refresh_from_db()
    assert (tool.retired_on, notewell.standing.in_use_not_cleared) == (today, False)
    assert LedgerEntry.objects.filter(verb="tool.retired", record_uid=tool.uid).count() == 1


def test_a_tool_used_after_that_day_stops_it_and_nothing_is_half_done(cast: Cast, browse: Browse, notewell: Vendor):
    today = cast.practice.today()
    first = factories.make_tool(vendor=notewell, name="A", in_use_since=today - timedelta(days=90))
    factories.make_tool(vendor=notewell, name="B", in_use_since=today)
    earlier = (today - timedelta(days=1)).isoformat()
    response = browse(cast.officer).post(url(notewell), given(notewell, ended_on=earlier))
    first.refresh_from_db()
    assert (response.status_code, first.retired_on) == (422, None)
    assert response.context["form"].errors == {"ended_on": ["B was in use after this day. Check both dates."]}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ended_on", ""),
        ("ended_on", "soon"),
        ("ended_on", "0001-01-01"),
        ("ended_on", "2999-01-01"),
        ("reason", " "),
    ],
)
def test_bad_input_is_refused_beside_its_field(cast: Cast, browse: Browse, notewell: Vendor, field: str, value: str):
    response = browse(cast.officer).post(url(notewell), given(notewell, **{field: value}))
    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert Vendor.objects.get().ended_on is None


def test_it_ends_once(cast: Cast, notewell: Vendor):
    today = cast.practice.today()
    ended = end_vendor(vendor=notewell, by=cast.officer, version=1, ended_on=today, reason="Closed")
    with pytest.raises(Refused, match="ended already"):
        end_vendor(vendor=ended, by=cast.officer, version=2, ended_on=today, reason="Again")


def test_a_stale_form_is_answered_with_409(cast: Cast, browse: Browse, notewell: Vendor):
    response = browse(cast.officer).post(url(notewell), given(notewell, version=5))
    assert (response.status_code, Vendor.objects.get().ended_on) == (409, None)
    assert "Too costly" in response.content.decode()


def test_it_is_taken_up_again(cast: Cast, browse: Browse, notewell: Vendor):
    ended = end_vendor(vendor=notewell, by=cast.officer, version=1, ended_on=cast.practice.today(), reason="Closed")
    response = browse(cast.officer).post(f"/vendors/{ended.uid}/reopen/", {"version": ended.version})
    notewell.refresh_from_db()
    assert (response.status_code, notewell.ended_on, notewell.end_reason) == (302, None, "")
    assert notewell.standing.state == "proposed"


def test_only_an_ended_one_is_taken_up_again(cast: Cast, notewell: Vendor):
    with pytest.raises(Refused):
        reopen_vendor(vendor=notewell, by=cast.officer, version=1)
    with pytest.raises(Stale):
        reopen_vendor(vendor=notewell, by=cast.officer, version=4)


def test_taking_up_again_asks_for_a_button(cast: Cast, browse: Browse, notewell: Vendor):
    assert browse(cast.officer).get(f"/vendors/{notewell.uid}/reopen/").status_code == 405


@pytest.mark.parametrize("page", ["end", "reopen"])
def test_doors(cast: Cast, strangers: Cast, browse: Browse, notewell: Vendor, page: str):
    address = f"/vendors/{notewell.uid}/{page}/"
    answers = [
        browse(who).post(address, given(notewell)).status_code for who in (cast.staff, cast.auditor, strangers.owner)
    ]
    assert (answers, Vendor.objects.get().ended_on) == ([403, 403, 404], None)
