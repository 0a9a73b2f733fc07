"""What an exposure does to the verdict: early data fails until an agreement stands and its assessment is closed."""

from datetime import date

import pytest
import time_machine

from checklists.links import address
from checklists.topics import topics_of
from tests.checklists.conftest import read_every_clause
from tests.conftest import Cast
from tests.factories import change, make_agreement, make_exposure, make_standing, make_tool, make_vendor
from tests.vendors.exposing import closed, decided, low
from vendors.actions.exposure_decisions import reopen_exposure
from vendors.actions.exposures import report_exposure
from vendors.exposure_states import Decision
from vendors.exposures import exposures_topic
from vendors.models import Tool, Vendor
from vendors.standing import rejudge

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
FIRST = date(2026, 11, 2)


@pytest.fixture(autouse=True)
def _on_the_day():
    with time_machine.travel("2026-11-22T12:00:00Z", tick=False):
        yield


@pytest.fixture
def tool(cast: Cast) -> Tool:
    """Patient data reached it a day before its agreement, which has every clause."""
    vendor = make_vendor(practice=cast.practice)
    make_standing(vendor=vendor)
    tool = make_tool(vendor=vendor, in_use_since=FIRST, first_phi_on=FIRST)
    signed = {"practice_signed_on": date(2026, 11, 3), "vendor_signed_on": date(2026, 11, 3)}
    agreement = make_agreement(vendor=vendor, next_review_on=date(2027, 11, 3), **signed)
    read_every_clause(agreement=agreement, by=cast.officer)
    return tool


def reason(vendor: Vendor) -> tuple[str, str]:
    """What the standing says of the early data, and where it leads."""
    found = Vendor.objects.get(pk=vendor.pk)
    reasons = [each for each in found.standing.reasons if "Patient data reached" in each["sentence"]]
    return (reasons[0]["change"], reasons[0]["url"]) if reasons else ("", "")


def test_each_step_of_an_exposure_is_judged_at_once(cast: Cast, tool: Tool):
    vendor, facts = tool.vendor, {"began_on": FIRST, "discovered_on": date(2026, 11, 5), "what_happened": "Too early."}
    exposure = report_exposure(vendor=vendor, by=cast.officer, tool=tool, **facts)
    page = f"/exposures/{exposure.uid}/"
    assert reason(vendor) == ("Finish the exposure assessment, and sign it.", page)
    change(exposure, state="closed", decision="breach", closed_on=date(2026, 11, 22), decided_by=cast.owner,
           decided_at="2026-11-22T12:00:00Z", snapshot="x", snapshot_sha256="x" * 64)  # fmt: skip
    rejudge(vendor)
    assert reason(vendor) == ("", "")
    reopen_exposure(exposure=exposure, by=cast.owner, version=exposure.version, reason="There was more.")
    assert reason(vendor) == ("Finish the exposure assessment, and sign it.", page)


def test_without_one_it_leads_to_the_exposures_of_the_vendor(cast: Cast, tool: Tool):
    rejudge(tool.vendor)
    assert reason(tool.vendor)[1] == f"/exposures/?vendor={tool.vendor.uid}"


def test_an_exposure_of_another_time_or_tool_changes_nothing(cast: Cast, tool: Tool):
    other = make_tool(vendor=tool.vendor, name="Notewell Messages")
    closed(low(tool.vendor, cast.owner, tool=other), cast.owner)
    closed(low(tool.vendor, cast.owner, tool=tool, began_on=date(2026, 11, 4)), cast.owner)
    assert "Stop its use" in reason(tool.vendor)[0]


def test_a_closed_one_remediates_and_the_signed_word_leads_to_it(cast: Cast, tool: Tool):
    exposure = closed(low(tool.vendor, cast.owner, tool=tool, began_on=FIRST), cast.owner)
    assert reason(tool.vendor) == ("", "")
    assert address(f"exposure:{exposure.uid}", vendor=tool.vendor) == f"/exposures/{exposure.uid}/"


def says(vendor: Vendor) -> tuple[str, str]:
    topic = exposures_topic(Vendor.objects.get(pk=vendor.pk), date(2026, 11, 22))
    assert topic
    return topic.says, topic.tone


def test_the_vendor_has_one_line_for_it(cast: Cast, tool: Tool):
    vendor = tool.vendor
    assert says(vendor) == ("1 found by its dates, not assessed", "failed")
    exposure = make_exposure(vendor=vendor, tool=tool, began_on=FIRST)
    assert says(vendor) == ("1 open, next notice by 4 Jan 2027", "failed")
    assert "Exposures" in [each.title for each in topics_of(vendor, date(2026, 11, 22))]
    assert exposure.is_open


@pytest.mark.parametrize(("named", "used"), [(True, None), (False, None), (False, FIRST)])
def test_an_exposure_tells_of_data_where_the_tool_has_no_first_day(cast: Cast, tool: Tool, named: bool, used):
    change(tool, first_phi_on=None, in_use_since=used)
    exposure = make_exposure(vendor=tool.vendor, tool=tool if named else None, began_on=FIRST, last_on=FIRST)
    rejudge(tool.vendor)
    assert reason(tool.vendor) == ("Finish the exposure assessment, and sign it.", f"/exposures/{exposure.uid}/")
    assert says(tool.vendor)[0].startswith("1 open")


def test_it_tells_of_none_once_decided_that_there_were_none(cast: Cast, tool: Tool):
    change(tool, first_phi_on=None)
    screened = {"was_phi": "no", "was_unsecured": "yes", "not_permitted": "yes", "exclusion": "none"}
    exposure = make_exposure(
        vendor=tool.vendor, tool=tool, began_on=FIRST, last_on=FIRST, screening_reason="Made up.", **screened
    )
    decided(exposure, cast.owner, Decision.NOT_PHI)
    rejudge(tool.vendor)
    assert reason(tool.vendor) == ("", "")


def test_one_that_names_no_tool_says_nothing_of_a_tool_used_since(cast: Cast, tool: Tool):
    change(tool, first_phi_on=None, in_use_since=date(2026, 11, 3))
    make_exposure(vendor=tool.vendor, tool=None, began_on=FIRST, last_on=FIRST)
    rejudge(tool.vendor)
    assert reason(tool.vendor) == ("", "")


def test_what_a_closed_one_leaves_out_is_found_and_stops_the_vendor(cast: Cast, tool: Tool):
    change(tool, first_phi_on=date(2026, 10, 20))
    closed(low(tool.vendor, cast.owner, tool=tool, began_on=date(2026, 10, 20), last_on=date(2026, 10, 20)), cast.owner)
    assert reason(tool.vendor)[0] == "Correct the days of the exposure, or report these days too."
    assert says(tool.vendor) == ("1 found by its dates, not assessed", "failed")
