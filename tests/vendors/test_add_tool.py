"""Adding a tool: what it is, what it touches, and since when, as far as the person may say so."""

import uuid
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client

from practice_vetting.core.errors import Refused
from practice_vetting.core.models import LedgerEntry
from tests import factories
from tests.conftest import Cast
from vendors.actions.tools import add_tool
from vendors.models import Tool, Vendor

Browse = Callable[..., Client]


@pytest.fixture
def notewell(cast: Cast) -> Vendor:
    vendor = factories.make_vendor(practice=cast.practice)
    factories.make_standing(vendor=vendor)
    return vendor


@pytest.fixture
def today(cast: Cast) -> date:
    return cast.practice.today()


def url(vendor: Vendor) -> str:
    return f"/vendors/{vendor.uid}/tools/add/"


def given(**changes: object) -> dict[str, object]:
    facts = {
        "name": "Scribe",
        "purpose": "Drafts notes",
        "has_ai": "yes",
        "data_classes": ["notes", "audio"],
        "part2": "no",
    }
    return {**facts, "form_id": str(uuid.uuid4()), **changes}


def test_a_tool_is_added_with_what_it_touches(cast: Cast, browse: Browse, notewell: Vendor):
    response = browse(cast.officer).post(url(notewell), given())
    tool = Tool.objects.get()
    assert response.headers["Location"] == f"/vendors/{notewell.uid}/"
    assert (tool.vendor, tool.practice, tool.name, tool.purpose) == (
        notewell,
        cast.practice,
        "Scribe",
        "Drafts notes",
    )
    assert (tool.has_ai, tool.data_classes, tool.part2, tool.in_use_since) == (
        True,
        ["notes", "audio"],
        False,
        None,
    )
    assert LedgerEntry.objects.filter(verb="tool.added", record_uid=tool.uid).count() == 1


def test_no_patient_data_is_said_not_left_out(cast: Cast, browse: Browse, notewell: Vendor):
    browse(cast.officer).post(url(notewell), given(data_classes=["none"]))
    assert Tool.objects.get().data_classes == []


def test_one_more_can_be_added_right_after(cast: Cast, browse: Browse, notewell: Vendor):
    response = browse(cast.officer).post(url(notewell), given(another="1"))
    assert response.headers["Location"] == url(notewell)


def test_one_in_use_already_is_loud_on_every_page(cast: Cast, browse: Browse, notewell: Vendor, today: date):
    facts = given(in_use_since=today.isoformat(), first_phi_on=today.isoformat(), use_reason="It came with the phones.")
    client = browse(cast.officer)
    client.post(url(notewell), facts)
    tool = Tool.objects.get()
    notewell.refresh_from_db()
    assert (tool.in_use_since, tool.first_phi_on, tool.use_reason) == (
        today,
        today,
        "It came with the phones.",
    )
    assert notewell.standing.in_use_not_cleared is True
    assert "In use but not cleared" in client.get("/vendors/add/").content.decode()


def test_a_use_before_the_clearance_needs_a_reason(cast: Cast, browse: Browse, notewell: Vendor, today: date):
    response = browse(cast.officer).post(url(notewell), given(in_use_since=today.isoformat(), use_reason=" "))
    assert (response.status_code, Tool.objects.count()) == (422, 0)
    assert response.context["form"].errors == {"use_reason": ["Say why it is in use before its vendor was cleared."]}


def test_without_patient_data_it_needs_none(cast: Cast, notewell: Vendor, today: date):
    add_tool(vendor=notewell, by=cast.officer, name="Door bell", in_use_since=today)
    notewell.refresh_from_db()
    assert notewell.standing.in_use_not_cleared is False


def test_patient_data_may_come_in_a_trial_before_the_use(cast: Cast, notewell: Vendor, today: date):
    facts = {"data_classes": ["notes"], "in_use_since": today, "first_phi_on": today - timedelta(days=9)}
    assert add_tool(vendor=notewell, by=cast.officer, name="A", use_reason="Trial", **facts).first_phi_on < today


def test_the_page_says_that_it_will_be_loud(cast: Cast, browse: Browse, notewell: Vendor):
    page = browse(cast.officer).get(url(notewell)).content.decode()
    assert "every page says loudly" in page


def test_staff_propose_a_tool_but_cannot_mark_it_in_use(cast: Cast, browse: Browse, notewell: Vendor, today: date):
    client = browse(cast.staff)
    assert 'name="in_use_since"' not in client.get(url(notewell)).content.decode()
    client.post(url(notewell), given(in_use_since=today.isoformat(), first_phi_on=today.isoformat(), use_reason="x"))
    tool = Tool.objects.get()
    assert (tool.in_use_since, tool.first_phi_on, tool.use_reason) == (None, None, "")


def test_the_form_sent_twice_makes_one(cast: Cast, browse: Browse, notewell: Vendor):
    same = given()
    answers = [browse(cast.officer).post(url(notewell), same).status_code for _ in range(2)]
    assert (answers, Tool.objects.count()) == ([302, 302], 1)


def test_a_name_is_taken_once_a_vendor(cast: Cast, browse: Browse, notewell: Vendor):
    factories.make_tool(vendor=notewell, name="Scribe")
    response = browse(cast.officer).post(url(notewell), given(name="SCRIBE"))
    assert response.context["form"].errors == {"name": ["Notewell has a tool called “Scribe” already."]}
    other = factories.make_vendor(practice=cast.practice, name="Claridesk")
    assert browse(cast.officer).post(url(other), given()).status_code == 302


def test_an_ended_vendor_gets_no_new_tools(cast: Cast, browse: Browse, today: date):
    ended = factories.make_vendor(practice=cast.practice, ended_on=today)
    with pytest.raises(Refused, match="has ended"):
        add_tool(vendor=ended, by=cast.officer, name="Scribe")
    response = browse(cast.officer).post(url(ended), given())
    assert (response.status_code, "This vendor has ended." in response.content.decode()) == (422, True)


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"name": ""}, "name", "Write the tool's name."),
        ({"name": "x" * 300}, "name", "Keep this to 200 characters. It has 300 now."),
        ({"has_ai": ""}, "has_ai", "Choose yes or no."),
        (
            {"part2": "perhaps"},
            "part2",
            "Select a valid choice. perhaps is not one of the available choices.",
        ),
        (
            {"in_use_since": "2999-01-01"},
            "in_use_since",
            "This day is still to come. Record it when it has come.",
        ),
        (
            {"first_phi_on": "2999-01-01"},
            "first_phi_on",
            "This day is still to come. Record it when it has come.",
        ),
        ({"in_use_since": "1492-10-12"}, "in_use_since", "Check the year: it is before 1990."),
        ({"in_use_since": "tomorrow"}, "in_use_since", "This is not a date. Write it like 2026-11-09."),
        ({"data_classes": []}, "data_classes", "Mark what it touches, or “No patient data at all”."),
        (
            {"data_classes": ["none", "notes"]},
            "data_classes",
            "You marked patient data and “No patient data at all”. Take one away.",
        ),
        ({"data_classes": ["none"], "part2": "yes"}, "data_classes", "Mark which patient data it touches, too."),
        (
            {"data_classes": ["none"], "first_phi_on": "2026-01-05"},
            "data_classes",
            "Mark which patient data it touches, too.",
        ),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(
    cast: Cast, browse: Browse, notewell: Vendor, changes: dict, field: str, sentence: str
):
    response = browse(cast.officer).post(url(notewell), given(**{"purpose": "Still here", **changes}))
    assert (response.status_code, Tool.objects.count()) == (422, 0)
    assert response.context["form"].errors == {field: [sentence]}
    assert "Still here" in response.content.decode()


def test_unknown_patient_data_is_refused(cast: Cast, browse: Browse, notewell: Vendor):
    response = browse(cast.officer).post(url(notewell), given(data_classes=["notes", "<b>dreams</b>"]))
    assert (response.status_code, "<b>dreams</b>" in response.content.decode()) == (422, False)


def test_doors(cast: Cast, strangers: Cast, browse: Browse, notewell: Vendor):
    answers = [browse(who).post(url(notewell), given()).status_code for who in (cast.auditor, strangers.owner)]
    assert (answers, Tool.objects.count()) == ([403, 404], 0)
