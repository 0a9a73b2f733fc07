"""The page “May I use this?”: every tool with its answer, for everybody, and the way to propose one."""

from datetime import date
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from checklists.may_use import CHECKED, NO, WITHOUT, YES
from checklists.may_use_list import lines_of, officers_of
from checklists.models import Evaluation
from practice_vetting.core.models import Job, LedgerEntry
from tests.checklists import signing
from tests.checklists.conftest import TODAY
from tests.conftest import Cast
from tests.factories import change, make_exposure, make_rollout_step, make_standing, make_tool, make_vendor
from vendors.models import Standing, Tool, Vendor

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
FORM_ID = "6f0c7d7e-2f5b-4a4e-9f0b-0d7a5d2f6a12"


@pytest.fixture(autouse=True)
def _on_the_day():
    with time_machine.travel("2026-11-21T18:00:00Z", tick=False):
        yield


@pytest.fixture
def signed(cleared: Evaluation, cast: Cast) -> Tool:
    signing.submit(cleared, cast.officer)
    signing.attest(cleared, cast.officer)
    signing.countersign(cleared, cast.owner)
    return Tool.objects.get()


def answer_of(tool: Tool):
    return next(line.answer for line in lines_of(tool.practice, on=TODAY) if line.tool == tool)


@pytest.mark.parametrize("who", ["owner", "officer", "staff", "auditor"])
def test_everybody_of_the_practice_may_look(cast: Cast, browse, who: str):
    page = browse(getattr(cast, who)).get("/may-i-use/")
    assert (page.status_code, b"No tool is on the list yet" in page.content) == (200, True)


def test_nothing_of_another_practice_is_on_it(signed: Tool, strangers: Cast, browse):
    assert signed.name not in browse(strangers.owner).get("/may-i-use/").content.decode()


def test_a_cleared_tool_is_yes_with_what_was_marked_when_it_was_submitted(signed: Tool):
    answer = answer_of(signed)
    assert (answer.word, answer.data) == (YES, ("Progress notes", "Session audio, video or transcripts"))
    assert answer.until == Standing.objects.get().changes_on


def test_what_is_marked_afterwards_is_not_cleared_with_it(signed: Tool):
    with time_machine.travel("2026-11-21T19:00:00Z", tick=False):
        change(signed, data_classes=["notes", "messages"])
    answer = answer_of(signed)
    assert answer.data == ("Progress notes",)
    assert "Messages between patients and the practice" in answer.never


def test_substance_use_records_stay_out_when_they_were_marked_afterwards(signed: Tool):
    with time_machine.travel("2026-11-21T19:00:00Z", tick=False):
        change(signed, part2=True)
    assert "Substance-use records" in answer_of(signed).never


@pytest.mark.parametrize("of_tool", [True, False])
def test_an_open_exposure_of_the_tool_or_its_vendor_is_no(signed: Tool, of_tool: bool):
    exposure = make_exposure(vendor=signed.vendor, tool=signed if of_tool else None, stopped_on=TODAY)
    other = make_tool(vendor=signed.vendor, name="Notewell Intake")
    make_exposure(vendor=signed.vendor, tool=other)
    assert answer_of(signed).why == f"Exposure {exposure.label} is open: patient data may have gone astray."
    change(exposure, tool=other)
    assert answer_of(signed).word == YES


def test_the_exception_of_a_remediated_vendor_is_on_the_list(signed: Tool):
    change(Standing.objects.get(), remediated=True)
    assert (answer_of(signed).word, "Cleared as remediated" in answer_of(signed).why) == (YES, True)


def test_the_newest_decision_of_its_rollout_stops_it(signed: Tool, cast: Cast):
    stop = make_rollout_step(tool=signed, by=cast.owner, step=6, decision="stop", decided_name="Maria Reyes")
    assert (answer_of(signed).word, answer_of(signed).why) == (NO, "Its rollout was decided: stop.")
    facts = {"decision": "expand", "decided_name": "Maria Reyes", "next_on": date(2027, 11, 21)}
    make_rollout_step(tool=signed, by=cast.owner, step=6, done_on=TODAY, **facts)
    assert (answer_of(signed).word, stop.taken_back_on) == (YES, None)


def test_a_tool_that_came_later_is_not_cleared_by_its_neighbours(signed: Tool):
    assert answer_of(make_tool(vendor=signed.vendor, name="Notewell Billing")).word == CHECKED


def test_a_retired_tool_is_not_on_the_list(signed: Tool):
    change(signed, retired_on=TODAY)
    assert lines_of(signed.practice, on=TODAY) == []


def test_a_clearance_whose_day_has_come_is_no_until_it_is_judged(signed: Tool):
    change(Standing.objects.get(), changes_on=TODAY)
    assert answer_of(signed).word == CHECKED


def test_the_vendors_of_every_other_state(cast: Cast):
    states = {"no_patient_data": WITHOUT, "stopped": NO, "lapsed": NO, "ended": NO, "proposed": CHECKED}
    for state in states:
        vendor = make_vendor(practice=cast.practice, name=state)
        make_standing(vendor=vendor, state=state)
        make_tool(vendor=vendor, name=state)
    assert {line.tool.name: line.answer.word for line in lines_of(cast.practice, on=TODAY)} == states


def test_a_name_is_looked_up_in_tools_and_vendors(cast: Cast, browse):
    for name in ("Claridesk", "Notewell"):
        make_tool(vendor=make_vendor(practice=cast.practice, name=name), name=f"{name} tool")
    page = browse(cast.staff).get("/may-i-use/?q=CLARI").content.decode()
    assert ("Claridesk tool" in page, "Notewell tool" in page) == (True, False)


def test_what_is_not_on_the_list_is_no_and_leads_staff_to_proposing_it(cast: Cast, browse):
    page = unescape(browse(cast.staff).get("/may-i-use/?q=Chat%22Spark").content.decode())
    assert '“Chat"Spark” is not on the list, so the answer is no for now.' in page
    assert "/may-i-use/propose/?q=Chat%22Spark" in page
    assert "/may-i-use/propose/" not in browse(cast.auditor).get("/may-i-use/?q=x").content.decode()


def test_the_general_rules_and_whom_to_ask_stand_on_top(cast: Cast, browse):
    page = browse(cast.staff).get("/may-i-use/").content.decode()
    assert officers_of(cast.practice) == ["Dana Okafor"]
    for words in ("Consumer tools and personal accounts: no.", "never, in any tool.", "Ask Dana Okafor"):
        assert words in page


def test_without_an_officer_the_owner_is_asked(cast: Cast):
    change(cast.officer.memberships.get(), ended_on=date(2026, 11, 1))
    assert officers_of(cast.practice) == ["Maria Reyes"]


def test_fifty_tools_cost_as_many_queries_as_one(signed: Tool, cast: Cast, browse):
    client = browse(cast.staff)
    counts = []
    for number in range(50):
        if number in (0, 49):
            client.get("/may-i-use/")
            with CaptureQueriesContext(
                connection,
            ) as seen:
                client.get("/may-i-use/")
            counts.append(len(seen))
        vendor = make_vendor(practice=cast.practice, name=f"Vendor {number}")
        make_standing(vendor=vendor, state="cleared")
        make_tool(vendor=vendor, name=f"Tool {number}")
    assert counts[0] == counts[1] <= 16


# --- proposing ----------------------------------------------------------------------------------------------


def test_a_new_vendor_is_proposed_with_the_name_that_was_searched_for(cast: Cast, browse):
    client = browse(cast.staff)
    assert 'value="Chat Spark"' in client.get("/may-i-use/propose/?q=Chat+Spark").content.decode()
    first = client.get("/may-i-use/propose/?name=Chat+Spark&vendor=")
    assert first.headers["Location"] == "/vendors/add/?tool=Chat+Spark"
    then = client.post("/vendors/add/?tool=Chat+Spark", {"form_id": FORM_ID, "name": "ChatSpark Inc"})
    vendor = Vendor.objects.get()
    assert then.headers["Location"] == f"/vendors/{vendor.uid}/tools/add/?tool=Chat+Spark"
    assert 'value="Chat Spark"' in client.get(then.headers["Location"]).content.decode()


def test_a_proposed_tool_is_no_and_being_checked(cast: Cast, browse):
    vendor = make_vendor(practice=cast.practice)
    client = browse(cast.staff)
    to = client.get(f"/may-i-use/propose/?name=Scribe&vendor={vendor.uid}").headers["Location"]
    tool = {"form_id": FORM_ID, "name": "Scribe", "has_ai": "yes", "data_classes": "notes", "part2": "no"}
    client.post(to, tool)
    assert answer_of(Tool.objects.get()).word == CHECKED
    assert "No, being checked" in client.get("/may-i-use/").content.decode()


def test_a_vendor_of_another_practice_is_not_offered(cast: Cast, strangers: Cast, browse):
    theirs = make_vendor(practice=strangers.practice, name="Theirs")
    client = browse(cast.staff)
    page = client.get(f"/may-i-use/propose/?name=Scribe&vendor={theirs.uid}")
    assert (page.status_code, "Theirs" in page.content.decode()) == (422, False)


def test_an_auditor_proposes_nothing(cast: Cast, browse):
    assert browse(cast.auditor).get("/may-i-use/propose/").status_code == 403


# --- one sheet ----------------------------------------------------------------------------------------------


def test_the_sheet_is_asked_for_once_a_form_and_told_in_the_ledger(cast: Cast, browse):
    client = browse(cast.officer)
    for _ in range(2):
        client.post("/may-i-use/sheet/", {"form_id": FORM_ID})
    job = Job.objects.get()
    assert (job.kind, job.subject_kind, job.subject_uid) == ("sheet", "practice", cast.practice.uid)
    assert LedgerEntry.objects.filter(verb="sheet.requested").first().record_uid == cast.practice.uid
    assert "sheet is waiting" in client.get("/may-i-use/").content.decode()


def test_staff_print_the_page_and_ask_for_no_document(cast: Cast, browse):
    client = browse(cast.staff)
    assert client.post("/may-i-use/sheet/", {"form_id": FORM_ID}).status_code == 403
    assert "One sheet (PDF)" not in client.get("/may-i-use/").content.decode()
