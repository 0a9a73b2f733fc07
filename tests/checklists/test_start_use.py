"""The gate before a tool is used: six points, a plain confirmation when all are proven, and a loud truth when not."""

from datetime import date

import pytest
import time_machine

from checklists.gate import gate_of
from checklists.models import Evaluation
from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.models import LedgerEntry
from tests.checklists import signing
from tests.checklists.conftest import TODAY
from tests.conftest import Cast
from tests.factories import arranging, make_tool, make_vendor
from vendors.models import ClauseReading, Standing, Tool

pytestmark = pytest.mark.django_db
CODES = ["C1", "C2", "C3", "C4", "C5", "C6"]
LOUD = "It is in use although it is not cleared. I know that this will be shown on every page."


@pytest.fixture(autouse=True)
def _on_the_day():
    with time_machine.travel("2026-11-21T18:00:00Z", tick=False):
        yield


@pytest.fixture
def proven(cleared: Evaluation, cast: Cast) -> Tool:
    """A tool whose vendor's evaluation is signed, five of five."""
    signing.submit(cleared, cast.officer)
    signing.attest(cleared, cast.officer)
    signing.countersign(cleared, cast.owner)
    return Tool.objects.get()


@pytest.fixture
def unproven(cast: Cast) -> Tool:
    """A tool that nobody evaluated."""
    return make_tool(vendor=make_vendor(practice=cast.practice))


def send(client, tool: Tool, **changes: object):
    given = {"version": tool.version, "in_use_since": "2026-11-20", **changes}
    return client.post(f"/tools/{tool.uid}/start/", given)


def start(client, tool: Tool, **changes: object):
    return send(client, tool, **{"use_reason": "We began in October.", "known": "on", **changes})


@pytest.mark.parametrize(("who", "status"), [("owner", 200), ("officer", 200), ("staff", 403), ("auditor", 403)])
def test_who_may_open_the_gate(unproven: Tool, cast: Cast, browse, who: str, status: int):
    assert browse(getattr(cast, who)).get(f"/tools/{unproven.uid}/start/").status_code == status


def test_another_practices_tool_is_not_found(unproven: Tool, strangers: Cast, browse):
    assert start(browse(strangers.owner), unproven).status_code == 404
    assert Tool.objects.get().in_use_since is None


def test_without_a_signed_evaluation_nothing_is_proven(unproven: Tool):
    gate = gate_of(unproven, on=TODAY)
    assert [(each.item.code, each.proven, each.why) for each in gate.items] == [
        (code, False, "No evaluation of it is signed yet.") for code in CODES
    ]
    assert {each.url for each in gate.items} == {f"/vendors/{unproven.vendor.uid}/#evaluations"}


def test_a_signed_evaluation_proves_all_six(proven: Tool):
    gate = gate_of(proven, on=TODAY)
    assert [(each.item.code, each.proven) for each in gate.items] == [(code, True) for code in CODES]
    assert (gate.cleared, gate.needs_reason) == (True, False)


def test_a_tool_that_the_signed_evaluation_does_not_name_is_not_proven(proven: Tool):
    other = make_tool(vendor=proven.vendor, name="Notewell Billing")
    gate = gate_of(other, on=TODAY)
    assert {(each.proven, each.why) for each in gate.items} == {
        (False, "The signed evaluation does not name this tool.")
    }


def test_evidence_that_expired_after_the_signature_reopens_the_points_that_rest_on_it(proven: Tool, cast: Cast):
    evidence = proven.vendor.evidence.get()
    with arranging(cast.officer):
        evidence.expires_on = "2026-11-20"
        evidence.save()
    gate = gate_of(proven, on=TODAY)
    assert [each.proven for each in gate.items] == [False] * 6
    evaluation = Evaluation.objects.get()
    assert gate.items[3].url == f"/evaluations/{evaluation.uid}/#question-4"
    assert gate.items[2].where == "Question 2"


def test_the_ban_on_training_has_to_be_read_in_the_agreement_too(proven: Tool, cast: Cast):
    reading = ClauseReading.objects.get(code="B30")
    with arranging(cast.officer):
        reading.status = "absent"
        reading.save()
    gate = gate_of(proven, on=TODAY)
    assert [each.item.code for each in gate.items if not each.proven] == ["C3"]
    assert (gate.items[2].where, gate.cleared, gate.needs_reason) == ("Clause B30", True, True)


def test_with_all_proven_it_is_a_plain_confirmation(proven: Tool, cast: Cast, browse):
    client = browse(cast.officer)
    page = client.get(f"/tools/{proven.uid}/start/").content.decode()
    assert ("All six points are proven." in page, 'name="use_reason"' in page) == (True, False)
    response = send(client, proven, first_phi_on="2026-11-21")
    kept = Tool.objects.get()
    assert response.headers["Location"] == f"/vendors/{proven.vendor.uid}/"
    assert (kept.in_use_since, kept.first_phi_on, kept.use_reason, kept.version) == (
        date(2026, 11, 20),
        date(2026, 11, 21),
        "",
        proven.version + 1,
    )
    standing = Standing.objects.get(vendor=proven.vendor)
    assert (standing.state, standing.in_use_not_cleared) == ("cleared", False)


def test_while_not_proven_a_reason_and_the_mark_are_asked(unproven: Tool, cast: Cast, browse):
    page = browse(cast.officer).get(f"/tools/{unproven.uid}/start/").content.decode()
    assert (LOUD in page, 'name="use_reason"' in page, page.count("Not proven")) == (True, True, 6)


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"use_reason": ""}, "use_reason", "Say why it is in use before everything is proven."),
        ({"known": ""}, "known", "Mark that you know how this will be shown."),
        ({"in_use_since": ""}, "in_use_since", "Say since when it is in use."),
        ({"in_use_since": "2026-11-22"}, "in_use_since", "This day is still to come. Record it when it has come."),
        ({"first_phi_on": "2026-11-22"}, "first_phi_on", "This day is still to come. Record it when it has come."),
    ],
)
def test_what_is_missing_or_cannot_be_stands_beside_its_field(unproven, cast, browse, changes, field, sentence):
    response = start(browse(cast.officer), unproven, **changes)
    assert (response.status_code, response.context["form"].errors) == (422, {field: [sentence]})
    assert Tool.objects.get().in_use_since is None


def test_a_refused_form_keeps_what_was_typed(unproven: Tool, cast: Cast, browse):
    page = start(browse(cast.officer), unproven, known="").content.decode()
    assert ("We began in October." in page, 'value="2026-11-20"' in page) == (True, True)


def test_use_without_clearance_is_kept_with_its_reason_and_shown_on_every_page(unproven, cast: Cast, browse):
    client = browse(cast.officer)
    assert "In use but not cleared" not in client.get("/vendors/").content.decode()
    start(client, unproven)
    kept = Tool.objects.get()
    assert (kept.in_use_since, kept.use_reason) == (date(2026, 11, 20), "We began in October.")
    assert Standing.objects.get(vendor=kept.vendor).in_use_not_cleared is True
    assert "In use but not cleared" in client.get("/vendors/").content.decode()
    detail = LedgerEntry.objects.get(verb="tool.put_in_use").detail
    assert (detail["reason"], detail["cleared"], detail["not_proven"]) == ("We began in October.", False, CODES)


def test_the_action_asks_for_the_mark_itself(unproven: Tool, cast: Cast):
    from checklists.actions.gate import put_in_use

    given = {"tool": unproven, "by": cast.officer, "version": 1, "in_use_since": TODAY}
    with pytest.raises(Refused, match="Mark that you know"):
        put_in_use(**given, use_reason="We began in October.")
    with pytest.raises(Stale):
        put_in_use(**{**given, "version": 7})


def test_a_tool_without_patient_data_needs_no_reason(cast: Cast, browse):
    tool = make_tool(vendor=make_vendor(practice=cast.practice), data_classes=[])
    client = browse(cast.officer)
    page = client.get(f"/tools/{tool.uid}/start/").content.decode()
    assert ("the checklist does not hold it up" in page, 'name="first_phi_on"' in page) == (True, False)
    send(client, tool)
    assert Tool.objects.get().in_use_since == date(2026, 11, 20)


def test_a_stale_form_is_answered_with_both_texts(unproven: Tool, cast: Cast, browse):
    with arranging(cast.owner):
        unproven.first_phi_on = date(2026, 11, 3)
        unproven.version += 1
        unproven.save()
    response = start(browse(cast.officer), unproven, version=1, first_phi_on="2026-11-05")
    page = response.content.decode()
    assert (response.status_code, Tool.objects.get().in_use_since) == (409, None)
    assert ("3 Nov 2026" in page, "5 Nov 2026" in page) == (True, True)
    assert f'name="version" value="{unproven.version}"' in page


def test_marking_it_twice_is_harmless(unproven: Tool, cast: Cast, browse):
    client = browse(cast.officer)
    assert [start(client, unproven).status_code for _ in range(2)] == [302, 302]
    assert LedgerEntry.objects.filter(verb="tool.put_in_use").count() == 1


@pytest.mark.parametrize("ended", ["tool", "vendor"])
def test_what_has_ended_cannot_be_used(unproven: Tool, cast: Cast, browse, ended: str):
    with arranging(cast.owner):
        if ended == "tool":
            unproven.retired_on = TODAY
            unproven.save()
        else:
            unproven.vendor.ended_on = TODAY
            unproven.vendor.save()
    response = start(browse(cast.officer), unproven)
    assert (response.status_code, Tool.objects.get().in_use_since) == (422, None)
    assert "This tool or its vendor has ended." in response.content.decode()
