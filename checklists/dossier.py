"""Everything about a vendor as plain data: what a page may show, what the dossier prints, and what its seal covers.

`build` reads the rows as they are, or as they stood at the end of a past day; `snapshot.text_of` writes the one form
that is hashed, and `snapshot.read` gives it back.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from checklists import snapshot, standing, vendor_file
from checklists.catalogue import current_on
from checklists.dossier_diligence import (
    exposures_of,
    map_of_flows,
    part2_of,
    rollout_of,
    sub_processors_of,
    triggers_of,
)
from checklists.dossier_history import history_of
from checklists.dossier_records import (
    agreements_of,
    evaluations_of,
    evidence_of,
    holds_of,
    reminders_of,
    signatures_of,
    tools_of,
)
from checklists.facts import Judgement, judge_unevaluated
from checklists.links import words
from checklists.models import Evaluation
from checklists.past import too_early
from checklists.rules.first_data import REMEDIATED
from checklists.standing import Judged
from checklists.states import EvaluationState
from checklists.verdict import Finding, Outcome, Verdict
from practice_vetting.core.models import LedgerEntry, LedgerHead, Practice, SealCertificate
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
    judgement: Judgement | None

    @property
    def evaluation(self) -> Evaluation | None:
        return self.judgement.evaluation if self.judgement else None


class NotYetThere(ValueError):
    """Nothing can be told of that day; the words are for a person."""


def build(
    vendor: Vendor, *, at: datetime, as_of: date | None = None, asked_by: str = "", certificate: str = ""
) -> dict[str, Any]:
    """Everything known of the vendor at the moment `at`, judged on that day of the practice's time zone.

    With `as_of`, everything as it stood at the end of that day, judged on it. Raises NotYetThere when nobody had added
    the vendor by then, or the day has not come. Either way it takes a fixed number of queries. `certificate` is the
    fingerprint of the one that is about to seal it; without it, that of the one which sealed last is told.
    """
    then = end_of(as_of, vendor.practice, at) if as_of else None
    found = vendor_file.load(vendor, at=then)
    if found is None:
        raise NotYetThere(too_early(vendor))
    on = (then or at).astimezone(ZoneInfo(found.practice.time_zone)).date()
    judged, judgements = standing.look(found, on)
    judged = standing.going_on(judged, getattr(found, "standing", None), on)
    counted = counted_of(found, judgements, on)
    head = _head(found.practice.uid, then)
    return {
        "format": FORMAT,
        "software": software_version(),
        "made_at": at,
        "as_of": as_of,
        "judged_on": on,
        "asked_by": asked_by,
        "practice": snapshot.practice_data(found.practice),
        "vendor": _vendor(found),
        "standing": _standing(found, judged, counted, on),
        "judged": _judged(counted, on),
        "holds": holds_of(found),
        "tools": tools_of(found, on),
        "agreements": agreements_of(found, on),
        "sub_processors": sub_processors_of(found),
        "map": map_of_flows(found, on),
        "triggers": triggers_of(found),
        "exposures": exposures_of(found),
        "part2": part2_of(found),
        "rollout": rollout_of(found),
        "evidence": evidence_of(found, on),
        "evaluations": evaluations_of(found),
        "signatures": signatures_of(counted.evaluation),
        "reminders": reminders_of(found, until=head.seq, then=then),
        "history": history_of(found, until=head.seq),
        "ledger": {"entries": head.seq, "digest": head.digest},
        "certificate": certificate or _certificate(then or at),
    }


def end_of(day: date, practice: Practice, now: datetime) -> datetime:
    """The last moment of that day where the practice was then; for today, `now`. Raises NotYetThere before it."""
    end = _last_moment(day, practice.time_zone)
    kept = practice.history.filter(history_date__lte=end).order_by("-history_date", "-history_id").first()
    end = _last_moment(day, kept.time_zone) if kept else end
    if day > now.astimezone(ZoneInfo(practice.time_zone)).date():
        raise NotYetThere("This day is still to come. Choose today or a day before.")
    return min(end, now)


def _last_moment(day: date, zone: str) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(zone)).astimezone(UTC) - timedelta(
        microseconds=1
    )


def _head(practice_uid: str, then: datetime | None) -> LedgerHead | LedgerEntry:
    """The end of the practice's chain, now or at that moment."""
    if then is None:
        return LedgerHead.objects.filter(practice_uid=practice_uid).first() or LedgerHead()
    known = LedgerEntry.objects.filter(practice_uid=practice_uid, at__lte=then)
    return known.order_by("-seq").only("seq", "digest").first() or LedgerEntry(seq=0)


def counted_of(vendor: Vendor, judgements: list[Judgement], on: date) -> Counted:
    """What counts: an evaluation that stops the vendor, else the signed one, else the one under way, else none."""
    stopped = [each for each in judgements if each.verdict.outcome is Outcome.STOPPED]
    for each in [*stopped, *judgements]:
        return Counted(each.verdict, each)
    return Counted(judge_unevaluated(vendor, on=on), None)


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


def _standing(vendor: Vendor, judged: Judged, counted: Counted, on: date) -> dict[str, Any]:
    """Where the vendor stands, judged afresh; since when is what the kept standing says, if it says the same."""
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
    if counted.judgement is None:
        asked = current_on(on)
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
    evaluation, content = counted.judgement.evaluation, snapshot.judged_data(counted.judgement)
    return content | {
        "signed": evaluation.state == EvaluationState.SIGNED,
        "evaluation": content["evaluation"]
        | {
            "state": EvaluationState(evaluation.state).label,
            "signed_at": evaluation.signed_at,
            "snapshot_sha256": evaluation.snapshot_sha256,
        },
    }


def _certificate(at: datetime) -> str:
    """The fingerprint of the certificate that sealed our documents at that moment, "" before there was one."""
    sealed = SealCertificate.objects.exclude(source="time")
    used = sealed.filter(Q(retired_at=None) | Q(retired_at__gt=at), first_used_at__lte=at)
    newest = used.order_by("-first_used_at", "-pk").first()
    return newest.fingerprint if newest else ""
