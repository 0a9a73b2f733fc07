"""The finding that no patient data reaches a vendor: with a reason, never against what a tool says."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from practice_vetting.core.errors import Refused
from practice_vetting.core.models import LedgerEntry
from tests import factories
from tests.conftest import Cast
from vendors.actions.no_patient_data import record_no_patient_data
from vendors.actions.tools import add_tool, change_tool
from vendors.models import Vendor

Browse = Callable[..., Client]


@pytest.fixture
def notewell(cast: Cast) -> Vendor:
    vendor = factories.make_vendor(practice=cast.practice)
    factories.make_standing(vendor=vendor)
    return vendor


def url(vendor: Vendor) -> str:
    return f"/vendors/{vendor.uid}/no-patient-data/"


def test_it_is_recorded_with_its_reason_and_day(cast: Cast, browse: Browse, notewell: Vendor):
    factories.make_tool(vendor=notewell, data_classes=[])
    response = browse(cast.officer).post(url(notewell), {"reason": "It orders paper.", "version": 1})
    notewell.refresh_from_db()
    assert response.headers["Location"] == f"/vendors/{notewell.uid}/"
    assert (notewell.no_patient_data_reason, notewell.no_patient_data_on) == (
        "It orders paper.",
        cast.practice.today(),
    )
    assert notewell.standing.state == "no_patient_data"
    assert LedgerEntry.objects.get(verb="vendor.no_patient_data").detail == {"reason": "It orders paper."}


@pytest.mark.parametrize(
    "facts",
    [
        {"data_classes": ["contact"]},
        {"data_classes": [], "part2": True},
        {"data_classes": ["notes"], "retired": True},
    ],
)
def test_it_is_refused_while_a_tool_says_otherwise(cast: Cast, browse: Browse, notewell: Vendor, facts: dict):
    today = cast.practice.today()
    retired = {"retired_on": today} if facts.pop("retired", False) else {}
    factories.make_tool(vendor=notewell, name="Scribe", **facts, **retired)
    response = browse(cast.officer).post(url(notewell), {"reason": "None, I think", "version": 1})
    notewell.refresh_from_db()
    assert (response.status_code, notewell.no_patient_data_on) == (422, None)
    assert response.context["form"].errors == {
        "reason": ["Patient data is marked on Scribe. Correct the tool first if that is wrong."]
    }
    assert "None, I think" in response.content.decode()


def test_an_ended_vendor_needs_no_such_finding(cast: Cast):
    ended = factories.make_vendor(practice=cast.practice, ended_on=cast.practice.today())
    with pytest.raises(Refused, match="has ended"):
        record_no_patient_data(vendor=ended, by=cast.officer, version=1, reason="Gone")


def test_recording_it_again_starts_a_new_year(cast: Cast, browse: Browse):
    last_year = cast.practice.today() - timedelta(days=370)
    vendor = factories.make_vendor(
        practice=cast.practice, no_patient_data_on=last_year, no_patient_data_reason="It orders paper."
    )
    factories.make_standing(vendor=vendor)
    client = browse(cast.officer)
    assert "It orders paper." in client.get(url(vendor)).content.decode()
    client.post(url(vendor), {"reason": "It orders paper.", "version": 1})
    vendor.refresh_from_db()
    assert vendor.no_patient_data_on == cast.practice.today()


def test_a_new_tool_with_patient_data_ends_the_finding(cast: Cast, notewell: Vendor):
    record_no_patient_data(vendor=notewell, by=cast.officer, version=1, reason="It orders paper.")
    add_tool(vendor=notewell, by=cast.officer, name="Scribe", data_classes=["notes"])
    notewell.refresh_from_db()
    assert (notewell.no_patient_data_on, notewell.no_patient_data_reason) == (None, "")
    assert notewell.standing.state == "proposed"
    entry = LedgerEntry.objects.get(verb="vendor.patient_data_reaches")
    assert entry.detail == {"withdrawn_reason": "It orders paper."}


def test_so_does_a_changed_one(cast: Cast, notewell: Vendor):
    tool = factories.make_tool(vendor=notewell, data_classes=[])
    record_no_patient_data(vendor=notewell, by=cast.officer, version=1, reason="It orders paper.")
    change_tool(tool=tool, by=cast.officer, version=1, data_classes=["contact"])
    notewell.refresh_from_db()
    assert notewell.no_patient_data_on is None


def test_a_reason_is_needed(cast: Cast, browse: Browse, notewell: Vendor):
    response = browse(cast.officer).post(url(notewell), {"reason": " ", "version": 1})
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["reason"])


def test_a_stale_form_is_answered_with_409_and_keeps_the_text(cast: Cast, browse: Browse, notewell: Vendor):
    response = browse(cast.officer).post(url(notewell), {"reason": "Typed for long", "version": 3})
    assert (response.status_code, "Typed for long" in response.content.decode()) == (409, True)


def test_doors(cast: Cast, strangers: Cast, browse: Browse, notewell: Vendor):
    people = (cast.staff, cast.auditor, strangers.owner)
    answers = [browse(who).post(url(notewell), {"reason": "x", "version": 1}).status_code for who in people]
    assert (answers, Vendor.objects.get().no_patient_data_on) == ([403, 403, 404], None)
