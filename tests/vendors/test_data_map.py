"""The patient-data map on its pages: adding, changing, ending and confirming flows, and what is shown of them."""

from collections.abc import Callable
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from practice_vetting.core import actions as core_actions
from practice_vetting.core import ledger
from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.models import LedgerEntry
from tests.conftest import Cast
from tests.factories import (
    arranging,
    change,
    make_agreement,
    make_evidence,
    make_flow,
    make_standing,
    make_sub_processor,
    make_tool,
    make_vendor,
)
from vendors.actions.data_flows import add_flow, change_flow, confirm_drafts, end_flow
from vendors.flow_drafts import drafts
from vendors.flow_map import map_of, topic, with_maps
from vendors.kinds import Known
from vendors.models import DataFlow, SubProcessorList, Tool, Vendor

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

FORM_ID = "0a7c2a52-3f0d-4c53-8a52-5a9d3c1f7e62"
SENT: dict[str, Any] = {
    "form_id": FORM_ID, "origin": "person", "kind_of_data": "phi", "carries": ["notes"], "purpose": "To draft the note",
    "logged": "unknown", "human_gate": "unknown", "consent": "unknown", "ai_output": "no",
}  # fmt: skip


@pytest.fixture
def scene(cast: Cast) -> SimpleNamespace:
    """Notewell with one tool and one model provider behind it."""
    vendor = make_vendor(practice=cast.practice)
    make_standing(vendor=vendor)
    tool = make_tool(vendor=vendor, in_use_since=date(2026, 1, 5))
    model = make_sub_processor(vendor=vendor, name="Big Model", role_of="model", gets_patient_data="yes")
    return SimpleNamespace(vendor=vendor, tool=tool, model=model, cast=cast, today=cast.practice.today())


def sent(scene: SimpleNamespace, **changes: Any) -> dict[str, Any]:
    return {**SENT, "target": f"tool:{scene.tool.uid}", **changes}


def seen(vendor: Vendor) -> Any:
    return map_of(with_maps(Vendor.objects.filter(pk=vendor.pk)).get(), vendor.practice.today())


def add(scene: SimpleNamespace, **columns: Any) -> DataFlow:
    given = {"from_kind": "person", "to_kind": "tool", "to_tool": scene.tool, "data": "phi", "carries": ["notes"]}
    return add_flow(vendor=scene.vendor, by=scene.cast.officer, **{**given, "purpose": "To draft the note", **columns})


# --- adding


def test_a_flow_is_added_once_however_often_it_is_sent(scene: SimpleNamespace, browse: Callable[..., Client]):
    client, url = browse(scene.cast.officer), reverse("vendors:add_flow", args=[scene.vendor.uid])
    assert [client.post(url, sent(scene)).status_code for _ in range(2)] == [302, 302]
    flow = DataFlow.objects.get()
    assert (flow.ends, flow.carries, flow.logged) == ("Person at your practice → Notewell Scribe", ["notes"], "unknown")
    assert LedgerEntry.objects.filter(verb="dataflow.added", record_uid=flow.uid).count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"origin": ""}, "Choose where the data come from."),
        ({"origin": "practice_system"}, "Write what it is called."),
        ({"target": "person"}, "A flow goes from one place to another. Choose two."),
        ({"carries": []}, "Mark what is in the data, or choose “No patient data” above."),
        ({"purpose": ""}, "Say why the data go there."),
        ({"target": "tool:zzzzzzzzzzzz"}, "Choose a place of this list."),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_typed_is_lost(
    scene: SimpleNamespace, browse: Callable[..., Client], changes: dict[str, Any], sentence: str
):
    url = reverse("vendors:add_flow", args=[scene.vendor.uid])
    response = browse(scene.cast.officer).post(url, sent(scene, safeguard="Encrypted on the way", **changes))
    page = response.content.decode()
    assert (response.status_code, DataFlow.objects.count()) == (422, 0)
    assert (sentence in page, "Encrypted on the way" in page) == (True, True)


def test_a_vendor_that_has_ended_keeps_its_map(scene: SimpleNamespace):
    change(scene.vendor, ended_on=scene.today)
    with pytest.raises(Refused, match="its map stays as it is"):
        add(scene)


def test_what_belongs_to_another_vendor_is_refused(scene: SimpleNamespace):
    other = make_tool(vendor=make_vendor(practice=scene.cast.practice, name="Other"), name="Elsewhere")
    with pytest.raises(Refused, match="another vendor"):
        add(scene, to_tool=other)


def test_nothing_is_added_when_the_ledger_cannot_tell_it(scene: SimpleNamespace, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ledger, "record", lambda *args, **told: None)
    with pytest.raises(core_actions.Unrecorded):
        add(scene)
    assert DataFlow.objects.count() == 0


# --- changing and ending


def test_a_flow_is_changed_through_its_form(scene: SimpleNamespace, browse: Callable[..., Client]):
    flow = add(scene)
    given = sent(scene, version=1, target=f"sub_processor:{scene.model.uid}", logged="yes")
    response = browse(scene.cast.officer).post(reverse("vendors:change_flow", args=[flow.uid]), given)
    changed = DataFlow.objects.get()
    assert response.status_code == 302
    assert (changed.to_tool, changed.to_sub_processor, changed.logged) == (None, scene.model, Known.YES)
    assert LedgerEntry.objects.get(verb="dataflow.changed").detail["changed"] == [
        "logged", "to_kind", "to_sub_processor", "to_tool",
    ]  # fmt: skip


def test_who_was_slower_reads_both_texts(scene: SimpleNamespace, browse: Callable[..., Client]):
    flow = add(scene)
    change_flow(dataflow=flow, by=scene.cast.owner, version=1, purpose="To bill")
    given = sent(scene, version=1, purpose="To read")
    response = browse(scene.cast.officer).post(reverse("vendors:change_flow", args=[flow.uid]), given)
    page = response.content.decode()
    assert (response.status_code, "To bill" in page, "To read" in page) == (409, True, True)


def test_a_flow_that_ended_stays_on_file_and_is_judged_no_more(scene: SimpleNamespace, browse: Callable[..., Client]):
    flow = add(scene)
    form = {"version": 1, "on": scene.today, "reason": "Switched off"}
    assert browse(scene.cast.officer).post(reverse("vendors:end_flow", args=[flow.uid]), form).status_code == 302
    after = seen(scene.vendor)
    assert ([each.uid for each in after.ended], after.rows) == ([flow.uid], [])
    page = browse(scene.cast.officer).get(reverse("vendors:data_map", args=[scene.vendor.uid])).content.decode()
    assert "“Switched off”" in page
    with pytest.raises(Refused, match="This flow has ended"):
        change_flow(dataflow=flow, by=scene.cast.owner, version=2, purpose="Another")


def test_a_flow_does_not_end_on_a_day_to_come_or_behind_somebodys_back(scene: SimpleNamespace):
    flow = add(scene)
    with pytest.raises(Refused, match="not come yet"):
        end_flow(dataflow=flow, by=scene.cast.owner, version=1, on=date(2099, 1, 1))
    with pytest.raises(Stale):
        end_flow(dataflow=flow, by=scene.cast.owner, version=7, on=scene.today)


# --- suggesting


def test_what_is_on_file_makes_drafts_and_looking_writes_nothing(scene: SimpleNamespace, browse: Callable[..., Client]):
    page = browse(scene.cast.officer).get(reverse("vendors:suggested_flows", args=[scene.vendor.uid])).content.decode()
    ends = [(each.origin.name, each.target.name, each.ai_output) for each in drafts(seen(scene.vendor).facts)]
    assert ends == [
        ("People at your practice", "Notewell Scribe", False),
        ("Notewell Scribe", "Patient record", True),
        ("Notewell Scribe", "Big Model", False),
    ]
    assert ("Big Model gets patient data." in page, DataFlow.objects.count()) == (True, 0)


def test_a_person_confirms_one_or_all_and_what_is_there_is_asked_no_more(
    scene: SimpleNamespace, browse: Callable[..., Client]
):
    client, url = browse(scene.cast.officer), reverse("vendors:suggested_flows", args=[scene.vendor.uid])
    first, *others = drafts(seen(scene.vendor).facts)
    client.post(url, {"chosen": [first.key]})
    assert [each.ends for each in DataFlow.objects.all()] == ["Person at your practice → Notewell Scribe"]
    assert client.post(url, {"chosen": [first.key]}).status_code == 422
    client.post(url, {"all": "1"})
    assert (DataFlow.objects.count(), drafts(seen(scene.vendor).facts)) == (1 + len(others), [])
    assert LedgerEntry.objects.filter(verb="dataflow.confirmed").count() == 2


def test_confirming_nothing_is_refused(scene: SimpleNamespace, browse: Callable[..., Client]):
    url = reverse("vendors:suggested_flows", args=[scene.vendor.uid])
    response = browse(scene.cast.officer).post(url, {})
    assert (response.status_code, "Mark at least one flow" in response.content.decode()) == (422, True)
    with pytest.raises(Refused):
        confirm_drafts(vendor=scene.vendor, by=scene.cast.officer, chosen=[])


def test_what_is_known_to_get_nothing_and_a_retired_tool_make_no_draft(scene: SimpleNamespace):
    change(scene.model, gets_patient_data="no")
    assert len(drafts(seen(scene.vendor).facts)) == 2
    change(scene.tool, retired_on=scene.today)
    assert drafts(seen(scene.vendor).facts) == []


# --- facts


def test_the_facts_say_what_the_records_say(scene: SimpleNamespace):
    agreement = make_agreement(
        vendor=scene.vendor, practice_signed_on=date(2026, 1, 5), vendor_signed_on=date(2026, 1, 5)
    )
    paper = make_evidence(vendor=scene.vendor, checked_by=scene.cast.officer, expires_on=date(2026, 1, 31))
    make_flow(vendor=scene.vendor, to_tool=scene.tool, agreement=agreement, logged="yes", region="United States")
    make_flow(vendor=scene.vendor, to_tool=scene.tool, data="de_identified", method_evidence=paper)
    codes = [[finding.code for finding in row.findings] for row in seen(scene.vendor).rows]
    assert codes == [[], ["method-expired"]]


@pytest.mark.parametrize(
    ("rows", "state", "expected"),
    [([{"name": "BIG MODEL"}], "confirmed", True), ([], "confirmed", False), ([], "draft", None)],
)
def test_a_sub_processor_is_looked_for_on_the_list_that_a_person_confirmed(
    scene: SimpleNamespace, rows: list[dict[str, str]], state: str, expected: bool | None
):
    given: dict[str, Any] = {"vendor": scene.vendor, "rows": rows, "state": state, "received_on": scene.today}
    if state == "confirmed":
        given |= {"decided_by": scene.cast.officer, "decided_at": scene.vendor.created_at}
    with arranging():
        SubProcessorList(practice=scene.vendor.practice, source="pasted", **given).save()
    assert seen(scene.vendor).facts.sub_processors[0].listed is expected


@pytest.mark.parametrize("flows", [1, 3])
def test_a_map_takes_the_same_queries_however_many_flows(scene: SimpleNamespace, flows: int):
    for _ in range(flows):
        make_flow(vendor=scene.vendor, to_tool=scene.tool)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert len(map_of(with_maps(Vendor.objects.all()).get(), scene.today).rows) == flows
    assert len(queries) == 7


# --- pages


def test_the_page_shows_a_finding_in_the_list_beside_its_flow_and_in_the_drawing(
    scene: SimpleNamespace, browse: Callable[..., Client]
):
    flow = make_flow(vendor=scene.vendor, to_kind="consumer_tool", to_name="Free Chat")
    page = browse(scene.cast.staff).get(reverse("vendors:data_map", args=[scene.vendor.uid])).content.decode()
    assert page.count("Patient data reaches Free Chat, a consumer tool.") == 2
    assert "Flow 1: People at your practice to Free Chat (error)" in page
    assert reverse("vendors:change_flow", args=[flow.uid]) not in page  # staff read


def test_the_same_sentence_stands_once_with_the_flows_it_is_about(
    scene: SimpleNamespace, browse: Callable[..., Client]
):
    flows = [make_flow(vendor=scene.vendor, to_kind="consumer_tool", to_name="Free Chat") for _ in range(3)]
    page = browse(scene.cast.owner).get(reverse("vendors:data_map", args=[scene.vendor.uid])).content.decode()
    assert "Flows 1, 2 and 3." in page
    assert all(f'"{reverse("vendors:change_flow", args=[flow.uid])}"' in page for flow in flows)


def test_the_map_of_the_practice_has_the_vendors_in_use_and_links_to_each(
    scene: SimpleNamespace, browse: Callable[..., Client]
):
    idle = make_vendor(practice=scene.cast.practice, name="Idle")
    make_tool(vendor=idle, name="Unused")
    make_flow(vendor=scene.vendor, to_tool=scene.tool)
    page = browse(scene.cast.auditor).get(reverse("vendors:practice_map")).content.decode()
    assert reverse("vendors:data_map", args=[scene.vendor.uid]) in page
    assert ("Idle" in page, "Patient-data map of your practice" in page) == (False, True)


@pytest.mark.parametrize("count", [1, 3])
def test_the_map_of_the_practice_takes_the_same_queries_however_many_vendors(
    cast: Cast, browse: Callable[..., Client], count: int
):
    for number in range(count):
        vendor = make_vendor(practice=cast.practice, name=f"Vendor {number}")
        make_standing(vendor=vendor)
        tool: Tool = make_tool(vendor=vendor, in_use_since=date(2026, 1, 5))
        make_flow(vendor=vendor, to_tool=tool)
        make_agreement(vendor=vendor)
    client = browse(cast.owner)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse("vendors:practice_map")).status_code == 200
    asked = [each["sql"] for each in queries if "vendors_" in each["sql"]]
    assert len(asked) == 10


def test_the_line_on_the_vendors_page_tells_what_was_found(scene: SimpleNamespace):
    assert topic(scene.vendor, scene.today).says == "No flows yet"
    make_flow(vendor=scene.vendor, to_tool=scene.tool, logged="no", region="United States")
    line = topic(scene.vendor, scene.today)
    assert (line.says, line.tone) == ("1 flow: 2 errors", "failed")
