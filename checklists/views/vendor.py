"""One vendor with everything about it: standing, scope, reasons, and what is on file."""

from datetime import date
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from checklists.actions.dossiers import sizes_of
from checklists.catalogue import current
from checklists.forms.dossiers import choices_for
from checklists.models import Evaluation
from checklists.retention import waiting_removal
from checklists.standing import ASKED_AGAIN_AFTER
from checklists.states import UNDER_WAY, EvaluationState
from checklists.topics import topics_of
from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.documents.jobs import documents_of
from practice_vetting.core.forms import new_form_id
from practice_vetting.core.models import Practice
from vendors.coverage import uncovered_tools
from vendors.exposures import unassessed
from vendors.kinds import StandingState
from vendors.models import Exposure, Standing, Tool, Vendor

SHOWN_REASONS = 6


@practice_view("see")
def vendor(request: PracticeRequest, uid: str) -> HttpResponse:
    found = get_object_or_404(_whole(request.practice), uid=uid)
    today, tools = request.practice.today(), list(found.tools.all())
    context = {
        "vendor": found,
        "today": today,
        "tools": tools,
        "scope": _scope(tools, today),
        "holding": [tool.name for tool in tools if tool.holds_patient_data],
        "agreements": found.agreements.select_related("vendor").prefetch_related("tools"),
        "evidence_list": found.evidence.select_related("file", "checked_by"),
        "uncovered": uncovered_tools(found.practice, today).filter(vendor=found),
        "had_data": any(tool.may_have_had_data for tool in tools),
        "legal_holds": found.legal_holds.standing().select_related("placed_by"),
        "removal": waiting_removal(found),
        "topics": topics_of(found, today),
        "early": unassessed(found, today),
        "exposures": [each for each in found.exposures.all() if each.is_open],
        **_evaluations(found),
        **_standing(found.standing),
        **_dossier(found),
        "asked_again_on": found.no_patient_data_on and found.no_patient_data_on + ASKED_AGAIN_AFTER,
    }
    return render(request, "checklists/vendor.html", context)


def _whole(practice: Practice) -> QuerySet[Vendor]:
    """The vendors of the practice with what tells whether patient data reached them too early."""
    rows: QuerySet[Vendor] = Vendor.objects.of(practice).select_related("standing", "practice")
    return rows.prefetch_related(
        "tools", "agreements__tools", "agreements__readings", Prefetch("exposures", Exposure.objects.defer("snapshot"))
    )


def _dossier(vendor: Vendor) -> dict[str, Any]:
    """What the form that asks for a dossier shows."""
    size = sum(sizes_of(vendor))
    return {"dossier_form_id": new_form_id(), "dossier_choices": choices_for(size), "evidence_size": size}


def _standing(standing: Standing) -> dict[str, Any]:
    """What the head shows: the state in words, five seals with their names, and the reasons."""
    kept = {seal["number"]: seal["state"] for seal in standing.seals}
    seals = [
        {"number": each.number, "short": each.short, "state": kept.get(each.number, "")}
        for each in current().requirements
    ]
    return {
        "standing": standing,
        "state": StandingState(standing.state),
        "seals": [] if standing.state in (StandingState.ENDED, StandingState.NO_PATIENT_DATA) else seals,
        "reasons": standing.reasons[:SHOWN_REASONS],
        "more_reasons": standing.reasons[SHOWN_REASONS:],
    }


def _scope(every: list[Tool], today: date) -> dict[str, Any]:
    """What all of the vendor's present tools come to, put together, and the retired ones that had patient data."""
    retired = [tool for tool in every if tool.retired_on is not None and tool.retired_on <= today]
    tools = [tool for tool in every if tool not in retired]
    first_days = [tool.first_phi_on for tool in tools if tool.first_phi_on]
    earlier_days = [tool.first_phi_on for tool in retired if tool.first_phi_on]
    used_since = [tool.in_use_since for tool in tools if tool.in_use_since]
    return {
        "data": list(dict.fromkeys(label for tool in tools for label in tool.data_labels)),
        "ai": [tool.name for tool in tools if tool.has_ai],
        "part2": [tool.name for tool in tools if tool.part2],
        "in_use_since": min(used_since, default=None),
        "first_phi_on": min(first_days, default=None),
        "use_reasons": [(tool.name, tool.use_reason) for tool in tools if tool.use_reason],
        "first_phi_before": min(earlier_days, default=None),
        "retired": [tool for tool in retired if tool.holds_patient_data],
    }


def _evaluations(vendor: Vendor) -> dict[str, Any]:
    """All of them, newest first, the one that is not signed yet, and the documents that were made."""
    evaluations: list[Evaluation] = list(vendor.evaluations.select_related("started_by"))
    for each in evaluations:
        each.vendor = vendor
        each.state_label = EvaluationState(each.state).label  # type: ignore[attr-defined]
    under_way = next((each for each in evaluations if each.state in UNDER_WAY), None)
    about = [(vendor.kind(), vendor.uid), *((each.kind(), each.uid) for each in evaluations)]
    documents = documents_of(vendor.practice, about)
    return {"evaluations": evaluations, "under_way": under_way, "documents": documents}
