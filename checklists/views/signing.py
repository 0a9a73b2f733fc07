"""Checking the answers, submitting them, sending them back, and the two signatures."""

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from checklists import snapshot
from checklists.actions import signing as actions
from checklists.facts import judgement_of
from checklists.forms.signing import SendBackForm, SignForm
from checklists.models import Evaluation
from checklists.page import page_of
from checklists.signers import may_sign_alone
from checklists.statements import STATEMENT_EDITION, statement_for
from checklists.states import EvaluationState, refusal_to_move
from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.accounts.adapter import address_of
from practice_vetting.core.accounts.fresh import confirmed_by
from practice_vetting.core.errors import Refused

#: the state in which an evaluation waits for each part, and the one that its signature leads to
_FROM = {"officer": EvaluationState.SUBMITTED, "owner": EvaluationState.ATTESTED}
_TO = {"officer": EvaluationState.ATTESTED, "owner": EvaluationState.SIGNED}


@practice_view("evaluate")
@require_safe
def check(request: PracticeRequest, uid: str) -> HttpResponse:
    found = _evaluation(request, uid)
    if not found.is_open:
        return redirect("checklists:evaluation", uid=uid)
    return _check_page(request, found)


@practice_view("evaluate")
@require_POST
def submit(request: PracticeRequest, uid: str) -> HttpResponse:
    found = _evaluation(request, uid)
    if found.state == EvaluationState.SUBMITTED:
        messages.info(request, "It is submitted already.")
        return redirect("checklists:evaluation", uid=uid)
    try:
        actions.submit_evaluation(evaluation=found, by=request.user)
    except Refused as refusal:
        return _check_page(request, found, refusal.sentence)
    messages.success(request, "Submitted. It can now be attested.")
    return redirect("checklists:evaluation", uid=uid)


@practice_view("evaluate")
def send_back(request: PracticeRequest, uid: str) -> HttpResponse:
    found = _evaluation(request, uid)
    form = SendBackForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            actions.send_back_evaluation(evaluation=found, by=request.user, **form.cleaned_data)
            messages.success(request, "Sent back. The answers can be changed again.")
        except Refused as refusal:
            messages.error(request, refusal.sentence)
        return redirect("checklists:evaluation", uid=uid)
    page = {"evaluation": found, "vendor": found.vendor, "form": form}
    return render(request, "checklists/send_back.html", page, status=422 if form.errors else 200)


@practice_view("attest", fresh=True)
def attest(request: PracticeRequest, uid: str) -> HttpResponse:
    return _signing(request, _evaluation(request, uid), "officer", actions.attest_evaluation)


@practice_view("countersign", fresh=True)
def countersign(request: PracticeRequest, uid: str) -> HttpResponse:
    return _signing(request, _evaluation(request, uid), "owner", actions.countersign_evaluation)


def _signing(request: PracticeRequest, found: Evaluation, part: str, act: Any) -> HttpResponse:
    """One of the two signatures: the page with everything that is signed, and what was made of its form."""
    if found.state != _FROM[part]:
        return _passed_by(request, found, part)
    form = SignForm(request.POST if request.method == "POST" else None, person=request.user)
    if form.is_valid():
        try:
            _sign(request, found, form, act)
            messages.success(request, "Signed. Thank you.")
            return redirect(reverse("checklists:evaluation", args=[found.uid]) + "#signatures")
        except Refused as refusal:
            found.refresh_from_db()
            if found.state != _FROM[part]:
                return _passed_by(request, found, part)
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.sentence)
    return _sign_page(request, found, part, form)


def _sign(request: PracticeRequest, found: Evaluation, form: SignForm, act: Any) -> None:
    signed = {name: form.cleaned_data[name] for name in ("typed_name", "snapshot_sha256")}
    act(evaluation=found, by=request.user, method=confirmed_by(request), address=address_of(request), **signed)


def _passed_by(request: PracticeRequest, found: Evaluation, part: str) -> HttpResponse:
    """Back to the evaluation: it is signed in this part already, or not that far, or given up."""
    signature = found.attestations.filter(part=part).first()
    if signature and found.state != EvaluationState.WITHDRAWN:
        messages.info(request, f"{signature.person_name} signed this already. It counts once.")
    else:
        messages.error(request, refusal_to_move(EvaluationState(found.state), _TO[part]))
    return redirect("checklists:evaluation", uid=found.uid)


def _sign_page(request: PracticeRequest, found: Evaluation, part: str, form: Form) -> HttpResponse:
    content = snapshot.read(found.snapshot)
    first = found.attestations.filter(part="officer").first()
    by_themselves = may_sign_alone(found.practice, request.user)
    alone = by_themselves if part == "officer" else bool(first and first.person_id == request.user.pk)
    page = {
        "evaluation": found,
        "vendor": found.vendor,
        "content": content,
        "form": form,
        "first": first,
        "alone": alone,
        "not_by_you": alone and not by_themselves,
        "statement": statement_for(part, content, alone=alone),
        "statement_edition": STATEMENT_EDITION,
    }
    template = "checklists/attest.html" if part == "officer" else "checklists/countersign.html"
    return render(request, template, page, status=422 if form.errors else 200)


def _check_page(request: PracticeRequest, found: Evaluation, refusal: str = "") -> HttpResponse:
    today = request.practice.today()
    page = {
        "evaluation": found,
        "vendor": found.vendor,
        "page": page_of(judgement_of(found, on=today)),
        "content": snapshot.build(found, on=today),
        "changeable": True,
        "refusal": refusal,
    }
    return render(request, "checklists/check.html", page, status=422 if refusal else 200)


def _evaluation(request: PracticeRequest, uid: str) -> Evaluation:
    evaluations = Evaluation.objects.of(request.practice).select_related("vendor__practice", "practice", "started_by")
    return get_object_or_404(evaluations, uid=uid)
