"""The records of a vendor as the dossier prints them: tools, agreements with every clause, evidence, signatures."""

from datetime import date, datetime
from typing import Any

from checklists import snapshot
from checklists.models import Attestation, Evaluation
from checklists.states import EvaluationState
from checklists.vendor_file import names_of
from practice_vetting.core.models import LedgerEntry, MailState, Reminder
from practice_vetting.core.roles import Role
from vendors.agreement_states import state_of
from vendors.clauses import clause_list
from vendors.kinds import TriggerKind
from vendors.models import Agreement, Evidence, LegalHold, Review, Tool, Vendor
from vendors.review_points import point
from vendors.set_aside import set_aside


def tools_of(vendor: Vendor, on: date) -> list[dict[str, Any]]:
    """Every tool of the vendor, retired ones too, with whether it is in use on that day."""
    return [_tool(tool, on) for tool in vendor.tools.all()]


def _tool(tool: Tool, on: date) -> dict[str, Any]:
    retired = tool.retired_on is not None and tool.retired_on <= on
    use = "Retired" if retired else "In use" if tool.is_in_use(on) else "Not in use"
    return snapshot.tool_data(tool) | {"use": use, "use_reason": tool.use_reason}


def agreements_of(vendor: Vendor, on: date) -> list[dict[str, Any]]:
    """Every agreement, the newest first, with its readings, the clauses nobody read, and its reviews."""
    return [_agreement(each, on) for each in vendor.agreements.all()]


def _agreement(agreement: Agreement, on: date) -> dict[str, Any]:
    stands = state_of(agreement.dates, on=on)
    read = {reading.code for reading in agreement.readings.all()}
    listed = clause_list(agreement.clause_list).clauses
    return snapshot.agreement_data(agreement) | {
        "stands": stands.label,
        "tone": stands.tone,
        "in_force": stands.in_force,
        "end_reason": agreement.end_reason,
        "replaces": agreement.replaces.named if agreement.replaces else "",
        "amends": agreement.amends.named if agreement.amends else "",
        "superseded_by": next((each.named for each in agreement.replaced_by.all()), ""),
        "amended_by": [each.named for each in agreement.amendments.all()],
        "unread": [{"code": each.code, "title": each.title} for each in listed if each.code not in read],
        "reviews": [_review(each) for each in agreement.reviews.all()],
    }


def _review(review: Review) -> dict[str, Any]:
    return {
        "made_on": review.on,
        "by": review.by.name,
        "finding": review.get_finding_display(),
        "notes": review.notes,
        "points": [_point(**each) for each in review.points],
        "answered": [TriggerKind(each.kind_of).label for each in review.triggers.all()],
        "next_review_on": review.next_review_on,
    }


def _point(key: str, still: bool, note: str) -> dict[str, Any]:
    """One thing that a review asked about, and what was found."""
    asked = point(key)
    return {"title": asked.title if asked else key, "still": still, "note": note}


def evidence_of(vendor: Vendor, on: date) -> list[dict[str, Any]]:
    """Every document on file, by number, with the questions and agreements that rest on it."""
    return [_evidence(each, on) for each in vendor.evidence.all()]


def _evidence(evidence: Evidence, on: date) -> dict[str, Any]:
    answers = [each.answer for each in evidence.citations.all()]
    questions = {each.question for each in answers if each.evaluation.state != EvaluationState.WITHDRAWN}
    expired = evidence.expires_on is not None and evidence.expires_on < on
    return snapshot.evidence_data(evidence) | {
        "questions": sorted(questions),
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
        for each in vendor.evaluations.all()
    ]


def holds_of(vendor: Vendor) -> list[dict[str, Any]]:
    """Every legal hold on the vendor, the oldest first, lifted ones too."""
    return [_hold(each) for each in vendor.legal_holds.all()]


def _hold(hold: LegalHold) -> dict[str, Any]:
    return {
        "since_on": hold.since,
        "reason": hold.reason,
        "placed_by": hold.placed_by.name,
        "lifted_at": hold.lifted_at,
        "lifted_by": hold.lifted_by.name if hold.lifted_by else "",
        "lift_reason": hold.lift_reason,
    }


def signatures_of(evaluation: Evaluation | None) -> list[dict[str, Any]]:
    """The signatures under an evaluation, in the order in which they were set."""
    return [signature_data(each) for each in evaluation.attestations.all()] if evaluation else []


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


def reminders_of(vendor: Vendor, *, until: int, then: datetime | None) -> list[dict[str, Any]]:
    """Every mail about the vendor or its agreements that was sent or refused, as the ledger says up to that entry.

    One that still waits is not told: it may yet be dropped, and then nothing says that it was there.
    """
    uids = [vendor.uid, *(each.uid for each in vendor.agreements.all())]
    rows = Reminder.objects.filter(practice=vendor.practice, subject_uid__in=uids)
    mails = list(rows.order_by("id"))
    outcomes = LedgerEntry.objects.filter(
        practice_uid=vendor.practice.uid,
        record_kind="reminder",
        record_uid__in=[each.uid for each in mails],
        verb__in=_OUTCOMES,
        seq__lte=until,
    ).order_by("seq")
    told = {entry.record_uid: entry for entry in outcomes}
    names = names_of({each.person_id for each in mails}, at=then)
    return [_reminder(each, told[each.uid], names[each.person_id]) for each in mails if each.uid in told]


_OUTCOMES = {"reminder.sent": MailState.SENT, "reminder.refused": MailState.FAILED}


def _reminder(mail: Reminder, told: LedgerEntry, name: str) -> dict[str, Any]:
    state = _OUTCOMES[told.verb]
    return {
        "to": name,
        "subject": mail.subject,
        "due_on": mail.due_on,
        "made_at": mail.created_at,
        "sent_at": told.at if state is MailState.SENT else None,
        "state": state.label,
    }
