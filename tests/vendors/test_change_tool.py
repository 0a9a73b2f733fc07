"""Changing a tool: its facts, never its first use, which has a gate of its own."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client

from practice_vetting.core.errors import Refused
from practice_vetting.core.models import LedgerEntry
from tests import factories
from tests.conftest import Cast
from vendors.actions.tools import change_tool
from vendors.models import Tool

Browse = Callable[..., Client]


@pytest.fixture
def scribe(cast: Cast) -> Tool:
    vendor = factories.make_vendor(practice=cast.practice)
    factories.make_standing(vendor=vendor)
    return factories.make_tool(vendor=vendor, name="Scribe", data_classes=["notes"])


@pytest.fixture
def used(cast: Cast, scribe: Tool) -> Tool:
    since = cast.practice.today() - timedelta(days=30)
    return factories.make_tool(vendor=scribe.vendor, name="Phones", data_classes=["contact"], in_use_since=since)


def url(tool: Tool) -> str:
    return f"/tools/{tool.uid}/change/"


def given(**changes: object) -> dict[str, object]:
    return {
        "name": "Scribe",
        "has_ai": "yes",
        "data_classes": ["notes"],
        "part2": "no",
        "version": 1,
        **changes,
    }


def test_a_change_is_saved_and_the_vendor_judged_again(cast: Cast, browse: Browse, scribe: Tool):
    response = browse(cast.officer).post(url(scribe), given(data_classes=["notes", "audio"], part2="yes"))
    scribe.refresh_from_db()
    assert response.headers["Location"] == f"/vendors/{scribe.vendor.uid}/"
    assert (scribe.data_classes, scribe.part2, scribe.version) == (["notes", "audio"], True, 2)
    assert LedgerEntry.objects.get(verb="tool.changed").detail == {"changed": ["data_classes", "part2"]}


def test_the_form_shows_what_is_on_file(cast: Cast, browse: Browse, scribe: Tool):
    form = browse(cast.officer).get(url(scribe)).context["form"]
    shown = {name: form[name].value() for name in ("name", "has_ai", "data_classes", "part2", "version")}
    assert shown == {
        "name": "Scribe",
        "has_ai": "yes",
        "data_classes": ["notes"],
        "part2": "no",
        "version": 1,
    }


def test_the_first_use_is_left_to_its_gate(cast: Cast, browse: Browse, scribe: Tool):
    client, today = browse(cast.officer), cast.practice.today()
    page = client.get(url(scribe)).content.decode()
    assert ('name="in_use_since"' in page, f"/tools/{scribe.uid}/start/" in page) == (False, True)
    client.post(url(scribe), given(in_use_since=today.isoformat()))
    scribe.refresh_from_db()
    assert scribe.in_use_since is None
    with pytest.raises(Refused, match="Go through the checklist"):
        change_tool(tool=scribe, by=cast.officer, version=2, in_use_since=today)


def test_the_day_of_first_use_can_be_corrected_but_not_emptied(cast: Cast, used: Tool):
    earlier = used.in_use_since - timedelta(days=5)
    changed = change_tool(tool=used, by=cast.officer, version=1, in_use_since=earlier)
    assert changed.in_use_since == earlier
    with pytest.raises(Refused, match="the record has to say since when"):
        change_tool(tool=used, by=cast.officer, version=2, in_use_since=None)


def test_patient_data_marked_on_a_tool_in_use_makes_it_loud(cast: Cast, browse: Browse, used: Tool):
    client = browse(cast.officer)
    facts = given(name="Phones", data_classes=["contact", "audio"], in_use_since=used.in_use_since.isoformat())
    client.post(url(used), facts)
    used.vendor.refresh_from_db()
    assert used.vendor.standing.in_use_not_cleared is True


def test_a_retirement_by_mistake_is_taken_back(cast: Cast, browse: Browse, scribe: Tool):
    retired = factories.make_tool(vendor=scribe.vendor, name="Old", retired_on=cast.practice.today())
    client = browse(cast.officer)
    assert 'name="retired_on"' in client.get(url(retired)).content.decode()
    client.post(url(retired), given(name="Old", retired_on=""))
    retired.refresh_from_db()
    assert retired.retired_on is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "PHONES"}, "name"),
        ({"first_phi_on": "2999-01-01"}, "first_phi_on"),
        ({"data_classes": ["none"], "first_phi_on": "2026-01-05"}, "data_classes"),
        ({"version": "x"}, "version"),
    ],
)
def test_what_cannot_be_is_refused(cast: Cast, browse: Browse, scribe: Tool, used: Tool, changes: dict, field: str):
    response = browse(cast.officer).post(url(scribe), given(**{"purpose": "Still here", **changes}))
    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert "Still here" in response.content.decode()


def test_a_stale_form_shows_both_texts_in_words(cast: Cast, browse: Browse, scribe: Tool):
    change_tool(tool=scribe, by=cast.owner, version=1, has_ai=False, first_phi_on=date(2026, 1, 5))
    response = browse(cast.officer).post(url(scribe), given(data_classes=["notes", "audio"]))
    scribe.refresh_from_db()
    assert (response.status_code, scribe.data_classes) == (409, ["notes"])
    assert [(each.label, each.theirs, each.yours) for each in response.context["conflict"]] == [
        ("Is AI in it?", "No", "Yes"),
        (
            "Which patient data does it touch?",
            "Progress notes",
            "Progress notes, Session audio, video or transcripts",
        ),
        ("First patient data on", "5 Jan 2026", "(empty)"),
    ]


def test_doors(cast: Cast, strangers: Cast, browse: Browse, scribe: Tool):
    people = (cast.staff, cast.auditor, strangers.owner)
    answers = [
        (browse(who).get(url(scribe)).status_code, browse(who).post(url(scribe), given()).status_code) for who in people
    ]
    assert answers == [(403, 403), (403, 403), (404, 404)]


@pytest.fixture
def early(cast: Cast, scribe: Tool) -> Tool:
    """Patient data reached it ten days ago, and its agreement was signed five days ago."""
    today = cast.practice.today()
    signed = today - timedelta(days=5)
    factories.make_agreement(vendor=scribe.vendor, practice_signed_on=signed, vendor_signed_on=signed)
    factories.change(scribe, first_phi_on=today - timedelta(days=10))
    return scribe


@pytest.mark.parametrize("days", [4, 9, None])
def test_a_later_first_day_of_patient_data_needs_a_reason(cast: Cast, browse: Browse, early: Tool, days: int | None):
    client, was = browse(cast.officer), early.first_phi_on
    later = (cast.practice.today() - timedelta(days=days)).isoformat() if days else ""
    refused = client.post(url(early), given(first_phi_on=later))
    assert (refused.status_code, "Say why this day was wrong" in refused.content.decode()) == (422, True)
    early.refresh_from_db()
    assert early.first_phi_on == was
    why = "The trial ran on made-up notes."
    assert client.post(url(early), given(first_phi_on=later, why_later=why)).status_code == 302
    told = LedgerEntry.objects.get(verb="tool.changed").detail
    assert (told["reason"], told["first_phi_was"]) == (why, was.isoformat())
    assert why in client.get("/history/").content.decode()


def test_an_earlier_day_and_one_that_was_assessed_or_covered_need_no_reason(cast: Cast, early: Tool):
    first = early.first_phi_on
    change_tool(tool=early, by=cast.officer, version=1, first_phi_on=first - timedelta(days=1))
    factories.make_exposure(
        vendor=early.vendor, tool=early, began_on=first - timedelta(days=1), discovered_on=cast.practice.today()
    )
    moved = change_tool(tool=early, by=cast.officer, version=2, first_phi_on=cast.practice.today())
    assert change_tool(tool=moved, by=cast.officer, version=3, first_phi_on=None).first_phi_on is None
