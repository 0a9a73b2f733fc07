"""Deciding about an exposure, recording its notices, closing it, taking it up again, and its document."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.accounts.adapter import address_of
from practice_vetting.core.accounts.fresh import confirmed_by
from practice_vetting.core.errors import Refused
from practice_vetting.core.forms import CreatingForm
from practice_vetting.core.views.changing import send
from vendors.actions import exposure_decisions as actions
from vendors.exposure_page import doubts_of, page_of
from vendors.exposure_statements import STATEMENT_EDITION
from vendors.exposure_states import Decision, ExposureState, refusal_to_decide, refusal_to_move
from vendors.forms.exposures import CloseForm, DecisionForm, NoticesForm, ReopenForm
from vendors.models import Exposure
from vendors.views.exposures import exposure_of


@practice_view("decide", fresh=True)
def decide_exposure(request: PracticeRequest, uid: str, decision: str) -> HttpResponse:
    found, chosen = exposure_of(request, uid), _decision(decision)
    if refusal := _not_now(found, chosen):
        messages.error(request, refusal)
        return redirect("vendors:exposure", uid=uid)
    proof: Any = {"method": confirmed_by(request), "address": address_of(request)}
    act = partial(actions.decide_exposure, decision=chosen, **proof)
    sent = send(request, partial(DecisionForm.of, person=request.membership.person), found, act)
    if sent.made:
        messages.success(request, "Decided, and signed with your name. The document is being made.")
        return redirect("vendors:exposure", uid=uid)
    page = {**page_of(found, request.membership), "decision": chosen, "edition": STATEMENT_EDITION}
    page["doubts"] = doubts_of(found, chosen)
    return sent.page(request, "vendors/exposure_decide.html", **page, statement=actions.statement_about(found, chosen))


def _decision(name: str) -> Decision:
    try:
        return Decision(name)
    except ValueError:
        raise Http404 from None


def _not_now(exposure: Exposure, decision: Decision) -> str:
    """Why this cannot be decided now, or ""."""
    return refusal_to_move(exposure.stage, ExposureState.DECIDED) or refusal_to_decide(decision, exposure.assessment)


@practice_view("record")
def record_notices(request: PracticeRequest, uid: str) -> HttpResponse:
    found = exposure_of(request, uid)
    sent = send(request, NoticesForm.of, found, actions.record_notices)
    if sent.made:
        messages.success(request, "The notices are recorded.")
        return redirect("vendors:exposure", uid=uid)
    page = {"exposure": found, "vendor": found.vendor, "step": "notices"}
    return sent.page(request, "vendors/exposure_step.html", **page)


@practice_view("decide")
def close_exposure(request: PracticeRequest, uid: str) -> HttpResponse:
    found = exposure_of(request, uid)
    sent = send(request, CloseForm.of, found, actions.close_exposure)
    if sent.made:
        messages.success(request, f"{found.label} is closed.")
        return redirect("vendors:exposure", uid=uid)
    page = {"exposure": found, "vendor": found.vendor, "step": "close"}
    page["missing"] = actions.missing_of(found) if found.decision else []
    return sent.page(request, "vendors/exposure_step.html", **page)


@practice_view("decide")
def reopen_exposure(request: PracticeRequest, uid: str) -> HttpResponse:
    found = exposure_of(request, uid)
    sent = send(request, ReopenForm.of, found, actions.reopen_exposure)
    if sent.made:
        messages.success(request, f"{found.label} is taken up again. The breach is presumed until somebody decides.")
        return redirect("vendors:exposure", uid=uid)
    page = {"exposure": found, "vendor": found.vendor, "step": "reopen"}
    return sent.page(request, "vendors/exposure_step.html", **page)


@practice_view("issue")
@require_POST
def request_document(request: PracticeRequest, uid: str) -> HttpResponse:
    found, form = exposure_of(request, uid), CreatingForm(request.POST)
    refusal = "" if form.is_valid() else "Load this page again, then ask once more."
    if not refusal:
        try:
            actions.request_document(exposure=found, by=request.membership.person, **form.cleaned_data)
            return redirect("vendors:exposure", uid=uid)
        except Refused as refused:
            refusal = refused.sentence
    page = {**page_of(found, request.membership), "refusal": refusal}
    return render(request, "vendors/exposure.html", page, status=422)
