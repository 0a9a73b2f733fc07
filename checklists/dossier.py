"""Everything about a vendor as plain data: what a page may show, what the dossier prints, and what its seal covers.

`build` reads the rows; `snapshot.text_of` writes the one form that is hashed, and `snapshot.read` gives it back.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from checklists import snapshot, standing
from checklists.catalogue import current
from checklists.dossier_history import history_of
from checklists.dossier_records import (
    agreements_of,
    evaluations_of,
    evidence_of,
    reminders_of,
    signatures_of,
    tools_of,
)
from checklists.facts import judge_evaluation, judge_unevaluated
from checklists.links import words
from checklists.models import Evaluation
from checklists.rules.first_data import REMEDIATED
from checklists.states import UNDER_WAY, EvaluationState
from checklists.verdict import Finding, Outcome, Verdict
from practice_vetting.core.documents import certificates
from practice_vetting.core.models import LedgerHead
from practice_vetting.core.version import software_version
from vendors.clauses import clause_list
from vendors.kinds import StandingState
from vendors.models import Vendor

FORMAT = "practice-vetting-dossier/1"

_SAYS = {
    StandingState.CLEARED: "Patient data may reach the tools in scope. The scope stands below.",
    StandingState.STOPPED: "No patient data may reach this vendor. A requirement failed.",
    StandingState.LAPSED: "It was cleared and no longer is. No patient data may reach it until the gaps are closed.",
    StandingState.IN_EVALUATION: "No patient data may reach this vendor yet. Its evaluation is not signed.",
    StandingState.PROPOSED: "No patient data may reach this vendor yet. Nobody has begun to evaluate it.",
    StandingState.ENDED: "The practice has ended the work with this vendor.",
    StandingState.NO_PATIENT_DATA: "The practice recorded that no patient data reaches this vendor.",
}


@dataclass(frozen=True)
class Counted:
    """The verdict that explains where the vendor stands, and the evaluation it judges (None: nobody asked yet)."""

    verdict: Verdict
    evaluation: Evaluation | None


def build(vendor: Vendor, *, at: datetime, asked_by: str = "") -> dict[str, Any]:
    """Everything known of the vendor at the moment `at`, judged on that day of the practice's time zone."""
    on = at.astimezone(ZoneInfo(vendor.practice.time_zone)).date()
    head = LedgerHead.objects.filter(practice_uid=vendor.practice.uid).first() or LedgerHead()
    counted = counted_of(vendor, on)
    return {
        "format": FORMAT,
        "software": software_version(),
        "made_at": at,
        "judged_on": on,
        "asked_by": asked_by,
        "practice": snapshot.practice_data(vendor.practice),
        "vendor": _vendor(vendor),
        "standing": _standing(vendor, counted, on),
        "judged": _judged(counted, on),
        "tools": tools_of(vendor, on),
        "agreements": agreements_of(vendor, on),
        "evidence": evidence_of(vendor, on),
        "evaluations": evaluations_of(vendor),
        "signatures": signatures_of(counted.evaluation),
        "reminders": reminders_of(vendor),
        "history": history_of(vendor, until=head.seq),
        "ledger": {"entries": head.seq, "digest": head.digest},
        "certificate": _certificate(),
    }


def counted_of(vendor: Vendor, on: date) -> Counted:
    """The evaluation that counts: one that stops the vendor, else the signed one, else the one under way."""
    evaluations = vendor.evaluations.exclude(state=EvaluationState.WITHDRAWN)
    rounds = list(evaluations.select_related("vendor__practice", "practice", "started_by"))
    signed = next((each for each in rounds if each.state == EvaluationState.SIGNED), None)
    under_way = next((each for each in rounds if each.state in UNDER_WAY), None)
    judged = [Counted(judge_evaluation(each, on=on), each) for each in (signed, under_way) if each]
    stopped = [each for each in judged if each.verdict.outcome is Outcome.STOPPED]
    return next(iter([*stopped, *judged]), None) or Counted(judge_unevaluated(vendor, on=on), None)


def _vendor(vendor: Vendor) -> dict[str, Any]:
    names = (
        "uid",
        "name",
        "summary",
        "website",
        "contact_name",
        "contact_email",
        "no_patient_data_reason",
        "no_patient_data_on",
        "ended_on",
        "end_reason",
    )
    return {name: getattr(vendor, name) for name in names}


def _standing(vendor: Vendor, counted: Counted, on: date) -> dict[str, Any]:
    """Where the vendor stands, judged afresh; since when is what the kept standing says, if it says the same."""
    judged = standing.fresh(vendor, on=on)
    kept = getattr(vendor, "standing", None)
    told = counted.verdict if judged.seals else None
    return {
        "state": judged.state.value,
        "label": judged.state.label,
        "headline": judged.headline,
        "says": _SAYS[judged.state],
        "since_on": kept.since if kept and kept.state == judged.state else on,
        "changes_on": judged.changes_on,
        "next_review_on": judged.next_review_on,
        "in_use_not_cleared": judged.in_use_not_cleared,
        "seals": [{"number": seal["number"], "state": seal["state"]} for seal in judged.seals],
        "reasons": [_reason(finding) for finding in told.missing] if told else [],
        "exceptions": [finding.sentence for finding in counted.verdict.findings if finding.code == REMEDIATED],
    }


def _reason(finding: Finding) -> dict[str, Any]:
    return {
        "requirement": finding.requirement,
        "state": finding.state.value,
        "state_label": finding.state.label,
        "sentence": finding.sentence,
        "change": finding.change,
        "where": words(finding.target),
        "basis_label": finding.basis.label,
    }


def _judged(counted: Counted, on: date) -> dict[str, Any]:
    """The evaluation that counts in full, judged on that day; without one, what tools and agreements alone come to."""
    asked = current()
    if counted.evaluation is None:
        return {
            "signed": False,
            "evaluation": None,
            "edition": {"code": asked.code, "title": asked.title, "digest": asked.digest},
            "clause_list": {
                "code": asked.clause_list,
                "digest": clause_list(asked.clause_list).digest,
            },
            "requirements": snapshot.requirements_data(asked, counted.verdict),
            "advice": [],
            "questions": [],
            "tools": [],
        }
    content = snapshot.build(counted.evaluation, on=on)
    kept = ("edition", "clause_list", "requirements", "advice", "questions", "tools")
    evaluation = counted.evaluation
    return {name: content[name] for name in kept} | {
        "signed": evaluation.state == EvaluationState.SIGNED,
        "evaluation": content["evaluation"]
        | {
            "state": EvaluationState(evaluation.state).label,
            "signed_at": evaluation.signed_at,
            "snapshot_sha256": evaluation.snapshot_sha256,
        },
    }


def _certificate() -> str:
    """The fingerprint of the certificate that seals our documents, or "" before the first one was made."""
    try:
        return certificates.fingerprint(certificates.load(settings.KEYS_DIR).certificate)
    except FileNotFoundError:
        return ""
