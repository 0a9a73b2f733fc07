"""A tool's rollout: its steps are recorded while their gates are open, taken back with a reason, and told."""

from datetime import date

import pytest
import time_machine

from checklists.actions.rollout import record_step, take_back_step
from checklists.models import Evaluation
from checklists.rollout import Standing as Where
from checklists.rollout_plan import plan_of, topic
from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.models import LedgerEntry
from tests.checklists import signing
from tests.checklists.conftest import TODAY, make_evidence
from tests.conftest import Cast
from tests.factories import change, make_tool, make_vendor
from vendors.models import ClauseReading, RolloutStep, Tool
from vendors.rollout_due import deadlines

pytestmark = pytest.mark.django_db
FORM_ID = "6f0c7d7e-2f5b-4a4e-9f0b-0d7a5d2f6a12"
PILOT = {
    "scope": "Letters to payers",
    "users": "Two people of the front desk",
    "pilot_from": date(2026, 11, 2),
    "pilot_until": date(2026, 11, 13),
    "stop_criteria": "A letter that names the wrong person",
    "incidents": 0,
    "incidents_handled": "",
}
EXPAND = {"decision": "expand", "decided_name": "Maria Reyes"}


@pytest.fixture(autouse=True)
def _on_the_day():
    with time_machine.travel("2026-11-21T18:00:00Z", tick=False):
        yield


@pytest.fixture
def tool(cast: Cast) -> Tool:
    """A tool that nobody evaluated."""
    return make_tool(vendor=make_vendor(practice=cast.practice))


@pytest.fixture
def signed(cleared: Evaluation, cast: Cast) -> Tool:
    signing.submit(cleared, cast.officer)
    signing.attest(cleared, cast.officer)
    signing.countersign(cleared, cast.owner)
    return Tool.objects.get()


def do(tool: Tool, cast: Cast, step: int, *, on: date = TODAY, **facts: object) -> RolloutStep:
    return record_step(tool=tool, by=cast.officer, step=step, done_on=on, note="Seen and filed.", **facts)


def done(tool: Tool, cast: Cast, *steps: int, on: date = TODAY) -> None:
    for step in steps:
        do(tool, cast, step, on=on, **(PILOT if step == 5 else {}))


def send(client, tool: Tool, step: int, **changes: object):
    given = {"form_id": FORM_ID, "done_on": "2026-11-20", "note": "Seen and filed.", "evidence": "", **changes}
    return client.post(f"/tools/{tool.uid}/rollout/{step}/", given)


def where(tool: Tool) -> list[Where]:
    return [row.standing for row in plan_of(tool, on=TODAY).rows]


@pytest.mark.parametrize(("who", "step"), [("owner", 200), ("officer", 200), ("staff", 403), ("auditor", 403)])
def test_everybody_may_look_and_officers_and_owners_record(tool: Tool, cast: Cast, browse, who: str, step: int):
    client = browse(getattr(cast, who))
    answers = [client.get(f"/tools/{tool.uid}/rollout/{more}").status_code for more in ("", "1/")]
    assert answers == [200, step]


def test_another_practices_tool_is_not_found(tool: Tool, strangers: Cast, browse):
    assert send(browse(strangers.owner), tool, 1).status_code == 404
    assert not RolloutStep.objects.exists()


@pytest.mark.parametrize("number", [0, 7])
def test_there_is_no_other_step(tool: Tool, cast: Cast, browse, number: int):
    assert send(browse(cast.owner), tool, number).status_code == 404


def test_a_step_is_kept_with_its_day_person_note_and_document(tool: Tool, cast: Cast, browse):
    paper = make_evidence(vendor=tool.vendor, by=cast.officer)
    client = browse(cast.officer)
    answers = [send(client, tool, 1, evidence=paper.uid).status_code for _ in range(2)]
    row = RolloutStep.objects.get()
    assert answers == [302, 302]
    assert (row.step, row.done_on, row.done_by, row.note, row.evidence) == (
        1,
        date(2026, 11, 20),
        cast.officer,
        "Seen and filed.",
        paper,
    )
    entry = LedgerEntry.objects.get(verb="rollout.done")
    assert (entry.record_label, entry.detail["title"]) == (f"Step 1 of {tool.name}", "Map where patient data goes")


def test_the_form_of_one_step_does_not_record_another(tool: Tool, cast: Cast, browse):
    other, client = make_tool(vendor=tool.vendor, name="Notewell Letters"), browse(cast.officer)
    assert [send(client, each, 1).status_code for each in (tool, other)] == [302, 422]
    assert [send(client, tool, 3).status_code, RolloutStep.objects.count()] == [422, 1]


def test_a_document_of_another_vendor_is_refused(tool: Tool, cast: Cast, browse):
    other = make_evidence(vendor=make_vendor(practice=cast.practice, name="Claridesk"), by=cast.officer)
    answer = send(browse(cast.officer), tool, 1, evidence=other.uid)
    assert (answer.status_code, RolloutStep.objects.exists()) == (422, False)


@pytest.mark.parametrize(("step", "facts"), [(2, {}), (5, PILOT), (6, EXPAND)])
def test_a_step_whose_gate_is_shut_is_refused_with_the_reason_and_nothing_typed_is_lost(
    tool: Tool, cast: Cast, browse, step: int, facts: dict
):
    answer = send(browse(cast.officer), tool, step, note="The owner said so.", **facts)
    page = answer.content.decode()
    assert (answer.status_code, "No evaluation names this tool yet." in page, "The owner said so." in page) == (
        422,
        True,
        True,
    )
    assert not RolloutStep.objects.exists()


def test_the_page_says_what_is_missing_and_leads_there(draft: Evaluation, cast: Cast, browse):
    tool = Tool.objects.get()
    page = browse(cast.officer).get(f"/tools/{tool.uid}/rollout/").content.decode()
    assert where(tool) == [Where.READY] + [Where.SHUT] * 5
    assert "Not yet: requirement 3 is not met." in page
    assert f"/evaluations/{draft.uid}/#question-4" in page


def test_a_cleared_tool_goes_through_all_six(signed: Tool, cast: Cast, browse):
    for step in (1, 2, 3, 4):
        do(signed, cast, step)
    do(signed, cast, 5, **PILOT)
    last = do(signed, cast, 6, **EXPAND)
    assert where(signed) == [Where.DONE] * 6
    assert last.next_on == date(2027, 11, 21)
    page = browse(cast.staff).get(f"/tools/{signed.uid}/rollout/").content.decode()
    assert ("6 of 6 steps done" in page, "Letters to payers" in page, "Record as done" in page) == (True, True, False)


def test_what_was_done_stays_and_says_so_when_its_gate_shuts(signed: Tool, cast: Cast):
    do(signed, cast, 2)
    change(ClauseReading.objects.get(code="B07"), status="absent")
    assert where(signed)[1] is Where.SHUT_SINCE
    line = topic(signed.vendor, TODAY)
    assert line is not None
    assert (line.says, line.tone) == (f"{signed.name}: Not met now", "failed")


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"pilot_until": date(2026, 11, 1)}, "pilot_until", "The pilot cannot end before it begins."),
        ({"pilot_until": date(2026, 11, 22)}, "pilot_until", "The pilot was not over on the day of this step."),
        ({"incidents": 2}, "incidents_handled", "Say how each incident was handled."),
    ],
)
def test_a_pilot_that_cannot_be(signed: Tool, cast: Cast, changes: dict, field: str, sentence: str):
    done(signed, cast, 1, 2, 3, 4)
    with pytest.raises(Refused) as refused:
        do(signed, cast, 5, **{**PILOT, **changes})
    assert (refused.value.field, refused.value.sentence.startswith(sentence)) == (field, True)


def test_the_pilot_asks_for_everything_that_shows_it(signed: Tool, cast: Cast, browse):
    errors = send(browse(cast.officer), signed, 5).context["form"].errors
    assert set(errors) == {"scope", "users", "pilot_from", "pilot_until", "stop_criteria", "incidents"}


def test_a_day_to_come_a_second_time_and_a_retired_tool_are_refused(signed: Tool, cast: Cast):
    with pytest.raises(Refused, match="still to come"):
        do(signed, cast, 1, on=date(2026, 11, 22))
    do(signed, cast, 1)
    with pytest.raises(Refused, match="done already"):
        do(signed, cast, 1)
    change(signed, retired_on=TODAY)
    with pytest.raises(Refused, match="has ended"):
        do(signed, cast, 2)


# --- taking back --------------------------------------------------------------------------------------------


def test_a_step_is_taken_back_with_a_reason_and_can_be_done_again(tool: Tool, cast: Cast, browse):
    row, client = do(tool, cast, 1), browse(cast.owner)
    url = f"/rollout-steps/{row.uid}/take-back/"
    assert client.post(url, {"version": 1, "reason": ""}).status_code == 422
    assert client.post(url, {"version": 1, "reason": "The map missed the fax."}).status_code == 302
    row.refresh_from_db()
    assert (row.taken_back_on, row.taken_back_by, row.taken_back_reason) == (
        TODAY,
        cast.owner,
        "The map missed the fax.",
    )
    assert where(tool)[0] is Where.READY
    do(tool, cast, 1)
    assert (where(tool)[0], RolloutStep.objects.count()) == (Where.DONE, 2)
    assert "The map missed the fax." in client.get(f"/tools/{tool.uid}/rollout/").content.decode()


def test_two_who_take_back_the_same_step(tool: Tool, cast: Cast):
    row = do(tool, cast, 1)
    take_back_step(rolloutstep=row, by=cast.owner, version=1, reason="Once")
    with pytest.raises(Stale):
        take_back_step(rolloutstep=row, by=cast.officer, version=1, reason="Twice")
    with pytest.raises(Refused):
        take_back_step(rolloutstep=row, by=cast.officer, version=2, reason="Twice")


# --- the yearly decision ------------------------------------------------------------------------------------


def test_the_decision_is_due_again_in_a_year_and_a_newer_one_takes_its_place(signed: Tool, cast: Cast):
    done(signed, cast, 1, 2, 3, 4, 5)
    do(signed, cast, 6, on=date(2025, 11, 10), **EXPAND)
    assert where(signed)[5] is Where.DUE_AGAIN
    due = list(deadlines(signed.practice, TODAY))
    assert [(each.kind, each.due_on, each.vendor_name, each.url) for each in due] == [
        ("rollout-review", date(2026, 11, 10), "Notewell", f"/tools/{signed.uid}/rollout/")
    ]
    do(signed, cast, 6, **EXPAND)
    assert (where(signed)[5], list(deadlines(signed.practice, TODAY))) == (Where.DONE, [])


def test_pilot_and_decision_ask_for_the_steps_before_them(signed: Tool, cast: Cast, browse):
    done(signed, cast, 1, 3)
    with pytest.raises(Refused, match="Record steps 2 and 4 first. That is our policy."):
        do(signed, cast, 5, **PILOT)
    done(signed, cast, 2, 4)
    assert where(signed)[4:] == [Where.READY, Where.SHUT]
    with pytest.raises(Refused, match="Record step 5 first"):
        do(signed, cast, 6, **EXPAND)
    assert "Record step 5 first" in browse(cast.officer).get(f"/tools/{signed.uid}/rollout/").content.decode()
    assert do(signed, cast, 6, decision="stop", decided_name="Maria Reyes").decision == "stop"


def test_a_decision_to_stop_asks_for_no_other(signed: Tool, cast: Cast):
    do(signed, cast, 6, on=date(2025, 11, 10), decision="stop", decided_name="Maria Reyes")
    assert (where(signed)[5], list(deadlines(signed.practice, TODAY))) == (Where.STOPPED, [])


def test_a_decision_that_was_taken_back_and_a_retired_tool_ask_for_none(signed: Tool, cast: Cast):
    done(signed, cast, 1, 2, 3, 4, 5)
    row = do(signed, cast, 6, on=date(2025, 11, 10), **EXPAND)
    change(signed, retired_on=TODAY)
    assert list(deadlines(signed.practice, TODAY)) == []
    change(signed, retired_on=None)
    take_back_step(rolloutstep=row, by=cast.owner, version=1, reason="Not decided")
    assert list(deadlines(signed.practice, TODAY)) == []


def test_a_decision_older_than_the_last_is_refused(signed: Tool, cast: Cast):
    done(signed, cast, 1, 2, 3, 4, 5)
    do(signed, cast, 6, **EXPAND)
    with pytest.raises(Refused, match="a later one is on file"):
        do(signed, cast, 6, **EXPAND)


# --- where else it is told ----------------------------------------------------------------------------------


def test_the_vendors_page_and_the_gate_lead_to_it(tool: Tool, cast: Cast, browse):
    client = browse(cast.officer)
    assert f"/tools/{tool.uid}/rollout/" in client.get(f"/tools/{tool.uid}/start/").content.decode()
    line = topic(tool.vendor, TODAY)
    assert line is not None
    assert (line.says, line.url) == ("Not begun", f"/tools/{tool.uid}/rollout/")


def test_a_vendor_without_tools_has_no_line(cast: Cast):
    assert topic(make_vendor(practice=cast.practice), TODAY) is None
