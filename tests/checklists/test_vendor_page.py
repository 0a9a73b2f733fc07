"""The vendor's own page: where it stands, why, and everything on file about it."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from checklists.actions.evaluations import start_evaluation
from tests import factories
from tests.conftest import Cast
from vendors.actions.no_patient_data import record_no_patient_data
from vendors.actions.tools import add_tool
from vendors.actions.vendors import add_vendor, end_vendor
from vendors.models import Vendor

Browse = Callable[..., Client]


@pytest.fixture
def notewell(cast: Cast) -> Vendor:
    return add_vendor(practice=cast.practice, by=cast.officer, name="Notewell", summary="Drafts notes")


def url(vendor: Vendor) -> str:
    return f"/vendors/{vendor.uid}/"


def test_every_role_reads_it(cast: Cast, browse: Browse, notewell: Vendor):
    people = (cast.owner, cast.officer, cast.staff, cast.auditor)
    assert [browse(who).get(url(notewell)).status_code for who in people] == [200] * 4


def test_another_practice_finds_nothing(strangers: Cast, browse: Browse, notewell: Vendor):
    assert browse(strangers.owner).get(url(notewell)).status_code == 404


def test_it_tells_the_scope_of_the_present_tools(cast: Cast, browse: Browse, notewell: Vendor):
    today = cast.practice.today()
    facts = {"has_ai": True, "data_classes": ["notes", "contact"], "part2": True, "use_reason": "It came along"}
    add_tool(vendor=notewell, by=cast.officer, name="Scribe", in_use_since=today, first_phi_on=today, **facts)
    gone = {"data_classes": ["billing"], "retired_on": today - timedelta(days=1), "first_phi_on": date(2025, 3, 11)}
    old = factories.make_tool(vendor=notewell, name="Old", **gone)
    factories.make_tool(vendor=notewell, name="Older", data_classes=[], retired_on=today - timedelta(days=1))
    scope = browse(cast.officer).get(url(notewell)).context["scope"]
    assert scope == {
        "data": ["Progress notes", "Names and contact details"],
        "ai": ["Scribe"],
        "part2": ["Scribe"],
        "in_use_since": today,
        "first_phi_on": today,
        "use_reasons": [("Scribe", "It came along")],
        "first_phi_before": date(2025, 3, 11),
        "retired": [old],
    }


def test_patient_data_that_a_retired_tool_had_is_not_forgotten(cast: Cast, browse: Browse, notewell: Vendor):
    gone = {"data_classes": ["billing"], "retired_on": date(2026, 1, 5), "first_phi_on": date(2025, 3, 11)}
    factories.make_tool(vendor=notewell, name="Old Fax", **gone)
    page = browse(cast.officer).get(url(notewell)).content.decode()
    assert "11 Mar 2025, through a tool now retired" in page
    assert ("None by our record" in page, "None yet" in page) == (False, False)


@pytest.mark.parametrize(("data_classes", "offered"), [([], True), (["billing"], False)])
def test_no_patient_data_is_offered_only_where_it_can_be_recorded(
    cast: Cast, browse: Browse, notewell: Vendor, data_classes: list[str], offered: bool
):
    factories.make_tool(vendor=notewell, name="Old Fax", data_classes=data_classes, retired_on=date(2026, 1, 5))
    page = browse(cast.officer).get(url(notewell)).content.decode()
    assert (f"{url(notewell)}no-patient-data/" in page, "it is marked on Old Fax" in page) == (offered, not offered)


def test_in_use_but_not_cleared_is_said_with_the_reason_given(cast: Cast, browse: Browse, notewell: Vendor):
    today = cast.practice.today()
    facts = {"data_classes": ["notes"], "in_use_since": today, "use_reason": "<i>It came along</i>"}
    add_tool(vendor=notewell, by=cast.officer, name="Scribe", **facts)
    page = browse(cast.auditor).get(url(notewell)).content.decode()
    assert "Stop using it with patient data" in page
    assert ("<i>It came" in page, "&lt;i&gt;It came" in page) == (False, True)


def test_the_reasons_lead_to_what_would_change_them(cast: Cast, browse: Browse):
    vendor = factories.make_vendor(practice=cast.practice)
    reason = {
        "requirement": 1,
        "state": "open",
        "sentence": "Nobody signed.",
        "change": "Sign it.",
        "where": "Agreements",
    }
    reasons = [{**reason, "url": f"#place-{n}"} for n in range(8)]
    seals = [{"number": n, "state": "open"} for n in range(1, 6)]
    factories.make_standing(vendor=vendor, state="in_evaluation", headline="Not cleared", reasons=reasons, seals=seals)
    response = browse(cast.officer).get(url(vendor))
    page = response.content.decode()
    assert [f'<a href="#place-{n}">Agreements</a>' in page for n in range(8)] == [True] * 8
    assert (len(response.context["reasons"]), len(response.context["more_reasons"])) == (6, 2)
    assert [(seal["number"], seal["state"]) for seal in response.context["seals"]] == [(n, "open") for n in range(1, 6)]


def test_an_ended_vendor_says_why_and_can_be_taken_up_again(cast: Cast, browse: Browse, notewell: Vendor):
    end_vendor(vendor=notewell, by=cast.officer, version=1, ended_on=cast.practice.today(), reason="Too costly")
    page = browse(cast.officer).get(url(notewell)).content.decode()
    assert ("“Too costly”" in page, f"/vendors/{notewell.uid}/reopen/" in page) == (True, True)
    assert f"/vendors/{notewell.uid}/evaluate/" not in page


def test_no_patient_data_says_when_it_is_asked_again(cast: Cast, browse: Browse, notewell: Vendor):
    record_no_patient_data(vendor=notewell, by=cast.officer, version=1, reason="It orders paper.")
    response = browse(cast.officer).get(url(notewell))
    assert response.context["asked_again_on"] == cast.practice.today() + timedelta(days=365)
    assert "“It orders paper.”" in response.content.decode()


@pytest.mark.parametrize(
    ("role", "places"),
    [
        ("owner", ["change", "evaluate", "tools/add", "dossier", "end", "no-patient-data"]),
        ("staff", ["tools/add"]),
        ("auditor", []),
    ],
)
def test_each_role_is_offered_what_it_may_do(
    cast: Cast, browse: Browse, notewell: Vendor, role: str, places: list[str]
):
    page = browse(getattr(cast, role)).get(url(notewell)).content.decode()
    all_places = ["change", "evaluate", "tools/add", "dossier", "end", "no-patient-data"]
    assert [place for place in all_places if f'"{url(notewell)}{place}/"' in page] == places


def test_it_costs_the_same_with_one_tool_and_agreement_as_with_three(cast: Cast, browse: Browse, notewell: Vendor):
    client, counts = browse(cast.officer), []
    for n in range(3):
        factories.make_tool(vendor=notewell, name=f"Tool {n}")
        factories.make_agreement(vendor=notewell, practice_signed_on=date(2026, 1, 5))
        factories.make_evidence(vendor=notewell, checked_by=cast.officer, number=n + 1)
        client.get(url(notewell))
        with CaptureQueriesContext(connection) as seen:
            client.get(url(notewell))
        counts.append(len(seen))
    assert counts == [counts[0]] * 3


def test_an_evaluation_under_way_is_gone_on_with(cast: Cast, browse: Browse, notewell: Vendor):
    evaluation = start_evaluation(
        vendor=notewell, by=cast.officer, title="2026", tools=[factories.make_tool(vendor=notewell)]
    )
    response = browse(cast.officer).get(url(notewell))
    assert response.context["under_way"] == evaluation
    assert "Go to the evaluation" in response.content.decode()
