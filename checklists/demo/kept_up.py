"""What keeps a clearance true in the demo: sub-processors, map, rollout, Part 2, an amendment, a snooze."""

from datetime import timedelta
from typing import Any

from checklists.actions.rollout import record_step
from checklists.demo import papers
from checklists.demo.people import ADDRESS, NAMES
from checklists.demo.story import Story
from practice_vetting.core import snoozes, sources
from practice_vetting.core.models import Person
from practice_vetting.core.roles import Role
from vendors.actions.agreements import record_agreement
from vendors.actions.clauses import read_clause
from vendors.actions.data_flows import change_flow, confirm_drafts
from vendors.actions.part2 import record_check, sign_memo
from vendors.actions.sub_processor_lists import bring_in_list, confirm_list
from vendors.actions.sub_processors import change_sub_processor
from vendors.clauses import ReadingStatus
from vendors.flow_drafts import drafts
from vendors.flow_map import map_of
from vendors.kinds import AgreementKind, Known, ListSource
from vendors.models import Vendor
from vendors.part2 import About, CheckStatus, Said, part2_list
from vendors.sub_processor_changes import TAKE, compare, seen
from vendors.sub_processor_import import from_text, lists

_FIRST = """| Name | What it does | Where |
| --- | --- | --- |
| Fernhill Cloud | Hosting and storage | United States |
| Quartz Language | AI model that drafts the text | United States |
| Larkvoice | Speech to text | United States |
"""
_LATEST = _FIRST + "| Pebblemetrics | Error reports | Ireland |\n"


def sub_processors(story: Story, days_ago: int, *, latest: int) -> None:
    """The vendor's first list is confirmed as a whole; a newer one with a fourth company waits."""

    def confirm(by: Person) -> None:
        draft = _bring_in(story, by, _FIRST, days_ago)
        standing = list(story.vendor.sub_processors.standing())
        decisions = {change.key: TAKE for change in compare(draft.rows, standing)}
        confirm_list(
            subprocessorlist=draft, by=by, version=draft.version, decisions=decisions, rows_seen=seen(standing)
        )
        for each in story.vendor.sub_processors.standing():
            known: dict[str, Any] = {"gets_patient_data": Known.YES, "covered": Known.YES}
            tools = [tool for name, tool in story.tools.items() if each.role_of != "speech" or name.endswith("Scribe")]
            change_sub_processor(subprocessor=each, by=by, version=each.version, tools=tools, **known)

    story.note(days_ago, Role.OFFICER, confirm)
    story.note(latest, Role.OFFICER, lambda by: _bring_in(story, by, _LATEST, latest))


def _bring_in(story: Story, by: Person, text: str, days_ago: int) -> Any:
    found = lists.read(from_text.tables_in(text), vendor=story.vendor.name)
    on = story.on(days_ago)
    return bring_in_list(vendor=story.vendor, by=by, found=found, received_on=on, source=ListSource.PASTED)


def data_map(story: Story, days_ago: int, *, unasked: int = 2) -> None:
    """The flows that are likely are confirmed; all but the last are looked into."""

    def draw(by: Person) -> None:
        vendor = Vendor.objects.get(pk=story.vendor.pk)
        flows = confirm_drafts(vendor=vendor, by=by, chosen=drafts(map_of(vendor, story.on(days_ago)).facts))
        for flow in flows[: len(flows) - unasked]:
            told: dict[str, Any] = {"logged": Known.YES, "human_gate": Known.YES, "region": "United States"}
            told["safeguard"] = "Encrypted on the way and at rest"
            change_flow(dataflow=flow, by=by, version=flow.version, **told)

    story.note(days_ago, Role.OFFICER, draw)


_SHOWN = {
    1: "Every flow is on the map. Only drafts of notes need clinical data.",
    2: "Both sides signed, and every clause is read.",
    3: "We saw the list of who has access, and an export of the log.",
    4: "Nothing entered the record unsigned in our test. The consent forms are in use.",
    5: "Four weeks with two clinicians. Nothing had to be stopped.",
    6: "Notes are done a day earlier. The log shows nobody from outside.",
}


def rolled_out(story: Story, tool: str, days: dict[int, int]) -> None:
    """Steps of the rollout; `days` says how many days ago each was done."""
    for step, days_ago in days.items():
        story.note(days_ago, Role.OFFICER, _step(story, tool, step, days_ago))


def _step(story: Story, tool: str, step: int, days_ago: int) -> Any:
    facts: dict[str, Any] = {}
    if step == 5:
        facts = {
            "scope": "Notes of two clinicians, adults only", "users": "Two clinicians", "incidents": 0,
            "pilot_from": story.on(days_ago + 28), "pilot_until": story.on(days_ago),
            "stop_criteria": "A note in the wrong record, or anything said that stands in no note.",
        }  # fmt: skip
    if step == 6:
        facts = {"decision": "expand", "decided_name": NAMES[Role.OWNER]}
    on = story.on(days_ago)
    return lambda by: record_step(
        tool=story.tools[tool], by=by, step=step, done_on=on, note=_SHOWN[step], **facts
    )  # fmt: skip


def part2(story: Story, days_ago: int, tool: str, *, shown: int) -> None:
    """The practice's memo, that of one tool, and the first checks of the vendor."""
    story.note(days_ago, Role.OWNER, lambda by: _memo(story, by, "", "We hold ourselves out as giving this care."))
    reason = "It drafts notes of the substance-use groups, too."
    story.note(days_ago, Role.OFFICER, lambda by: _memo(story, by, tool, reason))
    on = story.on(days_ago - 2)
    for check in part2_list().checks[:shown]:
        found = {"code": check.code, "version": 0, "status": CheckStatus.SHOWN, "note": "Seen in its agreement."}
        story.note(days_ago - 2, Role.OFFICER, _checked(story, on, found))


def _checked(story: Story, on: Any, found: dict[str, Any]) -> Any:
    return lambda by: record_check(vendor=story.vendor, by=by, on=on, **found)


def _memo(story: Story, by: Person, tool: str, reason: str) -> None:
    about = About.TOOL if tool else About.PRACTICE
    yes = {"holds_out", "provides", "fed_license", "reaches_own"}
    asked = (question.key for question in part2_list().questions_about(about))
    answers = {key: (Said.YES if key in yes else Said.NO).value for key in asked}
    signed: dict[str, Any] = {"typed_name": by.name, "method": "password", "address": ADDRESS}
    of = story.tools[tool] if tool else None
    sign_memo(
        practice=story.cast.practice, tool=of, by=by, answers=answers, applies=True, reason=reason, **signed
    )  # fmt: skip


def amended(story: Story, days_ago: int) -> None:
    """An amendment, signed by both sides on one day: a change behind the vendor is told earlier."""
    on = story.on(days_ago)
    file = papers.letter("amendment", on, vendor=story.facts["name"])
    story.paper(days_ago, Role.OFFICER, "amendment", file, on)

    def record(by: Person) -> None:
        made = record_agreement(
            vendor=story.vendor, by=by, kind_of=AgreementKind.AMENDMENT, amends=story.agreements["agreement"],
            vendor_party=f"{story.facts['name']}, Inc.", plan=f"{story.facts['name']} Practice plan",
            vendor_signed_on=on, practice_signed_on=on, effective_on=on, evidence=story.evidence["amendment"],
            tools=story.tools.values(),
        )  # fmt: skip
        quote = "A change of a sub-processor is told 45 days ahead."
        found: dict[str, Any] = {"status": ReadingStatus.PRESENT, "page": "1", "quote": quote, "days": 45}
        read_clause(agreement=made, by=by, on=on, code="B33", version=0, reason="", **found)

    story.note(days_ago, Role.OFFICER, record)


def snoozed(story: Story, days_ago: int, *, days: int, reason: str) -> None:
    """The yearly review is silent until so many days from today."""
    until = story.today + timedelta(days=days)

    def do(by: Person) -> None:
        practice = story.cast.practice
        due = sources.deadlines_of(practice, story.today + timedelta(days=60))
        deadline = next(
            each for each in due if each.kind == "agreement-review" and each.vendor_name == story.vendor.name
        )
        snoozes.snooze(practice=practice, deadline=deadline, by=by, until=until, reason=reason)

    story.note(days_ago, Role.OFFICER, do)
