"""The records of a vendor as the dossier prints them: tools, agreements with every clause, evidence, signatures."""

from datetime import date
from typing import Any

from checklists import snapshot
from checklists.models import Attestation, Citation, Evaluation
from checklists.states import EvaluationState
from practice_vetting.core.models import Reminder, ReminderState
from practice_vetting.core.roles import Role
from vendors.clauses import clause_list
from vendors.deadlines import force
from vendors.models import Agreement, Evidence, Review, Tool, Vendor
from vendors.set_aside import set_aside


def tools_of(vendor: Vendor, on: date) -> list[dict[str, Any]]:
    """Every tool of the vendor, retired ones too, with whether it is in use on that day."""
    return [_tool(tool, on) for tool in vendor.tools.order_by("name", "pk")]


def _tool(tool: Tool, on: date) -> dict[str, Any]:
    retired = tool.retired_on is not None and tool.retired_on <= on
    use = "Retired" if retired else "In use" if tool.is_in_use(on) else "Not in use"
    return snapshot.tool_data(tool) | {"use": use, "use_reason": tool.use_reason}


def agreements_of(vendor: Vendor, on: date) -> list[dict[str, Any]]:
    """Every agreement, the newest first, with its readings, the clauses nobody read, and its reviews."""
    agreements = vendor.agreements.select_related("evidence__file").order_by("-vendor_signed_on", "-pk")
    return [_agreement(each, on) for each in agreements.prefetch_related("tools", "readings__read_by", "reviews__by")]


def _agreement(agreement: Agreement, on: date) -> dict[str, Any]:
    stands = force(agreement.dates, on=on)
    read = {reading.code for reading in agreement.readings.all()}
    listed = clause_list(agreement.clause_list).clauses
    return snapshot.agreement_data(agreement) | {
        "stands": stands.label,
        "tone": stands.tone,
        "end_reason": agreement.end_reason,
        "unread": [{"code": each.code, "title": each.title} for each in listed if each.code not in read],
        "reviews": [_review(each) for each in agreement.reviews.all()],
    }


def _review(review: Review) -> dict[str, Any]:
    return {
        "made_on": review.on,
        "by": review.by.name,
        "finding": review.get_finding_display(),
        "notes": review.notes,
        "next_review_on": review.next_review_on,
    }


def evidence_of(vendor: Vendor, on: date) -> list[dict[str, Any]]:
    """Every document on file, by number, with the questions and agreements that rest on it."""
    cited: dict[int, set[int]] = {}
    citations = Citation.objects.filter(evidence__vendor=vendor).exclude(
        answer__evaluation__state=EvaluationState.WITHDRAWN
    )
    for evidence_id, question in citations.values_list("evidence_id", "answer__question"):
        cited.setdefault(evidence_id, set()).add(question)
    rows = vendor.evidence.select_related("file", "checked_by", "practice").order_by("number")
    return [_evidence(each, sorted(cited.get(each.pk, ())), on) for each in rows]


def _evidence(evidence: Evidence, questions: list[int], on: date) -> dict[str, Any]:
    expired = evidence.expires_on is not None and evidence.expires_on < on
    return snapshot.evidence_data(evidence) | {
        "questions": questions,
        "expired": expired,
        "set_aside": set_aside(evidence),
    }


def evaluations_of(vendor: Vendor) -> list[dict[str, Any]]:
    """Every round of judging the vendor, the newest first, in a line each."""
    return [
        {
            "uid": each.uid,
            "title": each.title,
            "state": EvaluationState(each.state).label,
            "edition": each.edition,
            "started_on": each.started_on,
            "signed_at": each.signed_at,
            "snapshot_sha256": each.snapshot_sha256,
        }
        for each in vendor.evaluations.order_by("-started_on", "-pk")
    ]


def signatures_of(evaluation: Evaluation | None) -> list[dict[str, Any]]:
    """The signatures under an evaluation, in the order in which they were set."""
    return [signature_data(each) for each in evaluation.attestations.order_by("signed_at")] if evaluation else []


def signature_data(attestation: Attestation) -> dict[str, Any]:
    """One signature as it was captured: who, in which role, when, how, from where, over what."""
    names = ("part", "person_name", "typed_name", "statement", "statement_edition", "signed_at", "method")
    facts = {name: getattr(attestation, name) for name in names}
    roles = {role.value: role.label for role in Role}
    return facts | {
        "role": roles.get(attestation.person_role, attestation.person_role),
        "address": attestation.address or "",
        "snapshot_sha256": attestation.snapshot_sha256,
        "alone": attestation.alone,
    }


def reminders_of(vendor: Vendor) -> list[dict[str, Any]]:
    """Every mail about the vendor or its agreements, oldest first, with what became of it."""
    uids = [vendor.uid, *vendor.agreements.values_list("uid", flat=True)]
    rows = Reminder.objects.filter(practice=vendor.practice, subject_uid__in=uids).select_related("person")
    return [
        {
            "to": each.person.name,
            "subject": each.subject,
            "due_on": each.due_on,
            "made_at": each.created_at,
            "sent_at": each.sent_at,
            "state": ReminderState(each.state).label,
        }
        for each in rows.order_by("id")
    ]
