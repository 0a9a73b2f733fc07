"""What keeps a vendor's clearance true, as the dossier prints it: who stands behind it, what flows, what was found."""

from datetime import date
from typing import Any

from django.template.loader import render_to_string

from checklists.rollout import step_of
from checklists.vendor_file import practice_memos
from vendors.boundary_drawing import draw
from vendors.flow_map import Row, map_of
from vendors.flow_rules import FlowFinding
from vendors.kinds import DataClass, FlowData, Known, SubProcessorRole, TriggerKind
from vendors.models import Exposure, Part2Check, Part2Memo, ReviewTrigger, RolloutStep, SubProcessor, Vendor
from vendors.part2 import CheckStatus

Data = dict[str, Any]


def sub_processors_of(vendor: Vendor) -> list[Data]:
    """Every company behind the vendor, those that it no longer names too."""
    return [_sub_processor(each) for each in vendor.sub_processors.all()]


def _sub_processor(each: SubProcessor) -> Data:
    return {
        "uid": each.uid,
        "name": each.name,
        "role": SubProcessorRole(each.role_of).label,
        "does": each.does,
        "region": each.region,
        "gets_patient_data": Known(each.gets_patient_data).label,
        "covered": Known(each.covered).label,
        "tools": [tool.name for tool in each.tools.all()],
        "since_on": each.since,
        "removed_on": each.removed_on,
    }


def map_of_flows(vendor: Vendor, on: date) -> Data:
    """The data flows that stood on that day, what the rules find of each, and the same as a drawing (SVG)."""
    seen = map_of(vendor, on)
    drawing = render_to_string("vendors/_boundary.html", {"drawing": draw(seen.facts, for_paper=True)})
    return {"flows": [_flow(row) for row in seen.rows], "drawing": drawing if seen.rows else ""}


def _flow(row: Row) -> Data:
    flow, fact = row.flow, row.fact
    return {
        "uid": flow.uid,
        "number": fact.number,
        "source": fact.origin.name,
        "target": fact.target.name,
        "data": FlowData(flow.data).label,
        "carries": [DataClass(value).label for value in flow.carries],
        "purpose": flow.purpose,
        "safeguard": flow.safeguard,
        "region": flow.region,
        "ai_output": flow.ai_output,
        "logged": Known(flow.logged).label,
        "human_gate": Known(flow.human_gate).label,
        "agreement": str(flow.agreement) if flow.agreement else "",
        "method": str(flow.method_evidence) if flow.method_evidence else "",
        "findings": [_flow_finding(each) for each in row.findings],
    }


def _flow_finding(finding: FlowFinding) -> Data:
    return {
        "state": finding.severity.value,
        "word": finding.severity.word,
        "sentence": finding.sentence,
        "change": finding.change,
        "basis_label": finding.basis.label,
        "citation": finding.citation,
    }


def triggers_of(vendor: Vendor) -> list[Data]:
    """Every reason for a review before its year was over, and what became of it."""
    return [_trigger(each) for each in vendor.triggers.all()]


def _trigger(trigger: ReviewTrigger) -> Data:
    return {
        "uid": trigger.uid,
        "kind": TriggerKind(trigger.kind_of).label,
        "what": trigger.what,
        "happened_on": trigger.on,
        "due_on": trigger.due_on,
        "noticed_by": trigger.noticed_by.name if trigger.noticed_by else "",
        "answered_on": trigger.answered_by.on if trigger.answered_by else None,
        "set_aside_at": trigger.set_aside_at,
        "set_aside_by": trigger.set_aside_by.name if trigger.set_aside_by else "",
        "set_aside_reason": trigger.set_aside_reason,
    }


def rollout_of(vendor: Vendor) -> list[Data]:
    """The steps that were done for each tool, in their order."""
    return [_step(each) for tool in vendor.tools.all() for each in tool.rollout_steps.all()]


def _step(step: RolloutStep) -> Data:
    return {
        "uid": step.uid,
        "tool": step.tool.name,
        "step": step.step,
        "title": step_of(step.step).title,
        "done_on": step.done_on,
        "done_by": step.done_by.name,
        "note": step.note,
        "evidence": str(step.evidence) if step.evidence else "",
        "scope": step.scope,
        "incidents": step.incidents,
        "decision": step.get_decision_display(),
        "decided_by": step.decided_name,
        "next_on": step.next_on,
        "taken_back_on": step.taken_back_on,
        "taken_back_reason": step.taken_back_reason,
    }


def exposures_of(vendor: Vendor) -> list[Data]:
    """Every exposure, the newest first: how it stands, what was decided, and which notices were made."""
    return [_exposure(each) for each in vendor.exposures.all()]


def _exposure(exposure: Exposure) -> Data:
    return {
        "uid": exposure.uid,
        "label": exposure.label,
        "tool": exposure.tool.name if exposure.tool else "",
        "state": exposure.stage.label,
        "tone": exposure.stage.tone,
        "what_happened": exposure.what_happened,
        "began_on": exposure.began_on,
        "last_on": exposure.last_on,
        "discovered_on": exposure.discovered_on,
        "stopped_on": exposure.stopped_on,
        "stopped_how": exposure.stopped_how,
        "data": exposure.data_labels,
        "part2": exposure.part2,
        "people": exposure.people,
        "decision": exposure.decision_label,
        "decision_reason": exposure.decision_reason,
        "decided_at": exposure.decided_at,
        "decided_by": exposure.decided_name,
        "snapshot_sha256": exposure.snapshot_sha256,
        "people_told_on": exposure.people_told_on,
        "media_told": [f"{state}: {told}" for state, told in sorted(exposure.media_told.items())],
        "hhs_told_on": exposure.hhs_told_on,
        "part2_told_on": exposure.part2_told_on,
        "closed_on": exposure.closed_on,
    }


def part2_of(vendor: Vendor) -> Data:
    """Every memo about a tool of the vendor or the practice, newest first, and what was found of the vendor."""
    memos = sorted([*vendor.part2_memos.all(), *practice_memos(vendor)], key=lambda each: (each.signed_at, each.pk))
    return {
        "memos": [_memo(each) for each in reversed(memos)],
        "checks": [_check(each) for each in vendor.part2_checks.all()],
    }


def _memo(memo: Part2Memo) -> Data:
    return {
        "uid": memo.uid,
        "subject": memo.tool.name if memo.tool else "The practice",
        "applies": memo.applies,
        "reason": memo.reason,
        "differs": memo.differs,
        "signed_by": memo.signed_name,
        "signed_at": memo.signed_at,
        "lapses_on": memo.lapses_on,
        "content_sha256": memo.content_sha256,
    }


def _check(check: Part2Check) -> Data:
    return {
        "code": check.code,
        "title": check.listed.title,
        "status": CheckStatus(check.status).label,
        "tone": check.tone,
        "note": check.note,
        "evidence": str(check.evidence) if check.evidence else "",
        "checked_by": check.checked_by.name,
        "checked_on": check.checked_on,
    }
