"""Starting, filling in and withdrawing evaluations."""

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from checklists.actions.evaluations import start_evaluation, withdraw_evaluation
from checklists.facts import judgement_of, tools_in_scope
from checklists.forms.evaluations import StartForm
from checklists.judged_file import judged_file
from checklists.models import Evaluation
from checklists.page import page_of
from checklists.part2_facts import block_of
from checklists.states import EvaluationState, Response
from checklists.what_changed import newest_changes
from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.documents import jobs
from practice_vetting.core.errors import Refused
from practice_vetting.core.once import once
from vendors.models import Vendor


@practice_view("evaluate")
def start(request: PracticeRequest, uid: str) -> HttpResponse:
    vendor = get_object_or_404(Vendor.objects.of(request.practice).select_related("practice"), uid=uid)
    today = request.practice.today()
    first = {"title": f"{today.year} evaluation", "tools": tools_in_scope(vendor, today)}
    form = StartForm(request.POST or None, tools=vendor.tools.all(), initial=first)
    if request.method == "POST" and form.is_valid():
        given = {**form.cleaned_data, "vendor": vendor, "by": request.user}
        try:
            evaluation = once(
                Evaluation,
                practice=request.practice,
                form_id=given["form_id"],
                about={"vendor": vendor},
                make=lambda: start_evaluation(**given),
            )
            return redirect("checklists:evaluation", uid=evaluation.uid)
        except Refused as refusal:
            form.add_error(refusal.field or None, refusal.sentence)
    status = 422 if form.errors else 200
    return render(request, "checklists/evaluation_start.html", {"form": form, "vendor": vendor}, status=status)


@practice_view("see")
def evaluation(request: PracticeRequest, uid: str) -> HttpResponse:
    found = _evaluation(request, uid)
    page = page_of(judgement_of(_in_memory(found), on=request.practice.today()))
    state, editable = EvaluationState(found.state), found.is_open and request.membership.may("answer")
    begun = state is not EvaluationState.DRAFT  # before that nobody has signed, and no document is made
    context = {
        "page": page,
        "part2": block_of(page.judgement.evaluation.vendor, page.judgement.tools, page.verdict.on),
        "evaluation": found,
        "vendor": found.vendor,
        "state": state,
        "responses": list(Response),
        "on_file": list(found.vendor.evidence.usable()) if editable else [],
        "attestations": list(found.attestations.all()) if begun else [],
        "job": jobs.latest(request.practice, found.kind(), found.uid, "attestation") if begun else None,
        "editable": editable,
        "changes": newest_changes(page.judgement),
    }
    return render(request, "checklists/evaluation.html", context)


def _evaluation(request: PracticeRequest, uid: str) -> Evaluation:
    evaluations = Evaluation.objects.of(request.practice).select_related("vendor", "started_by").defer("snapshot")
    signed_before = Evaluation.objects.filter(
        vendor=OuterRef("vendor"), state=EvaluationState.SIGNED, pk__lt=OuterRef("pk")
    )
    found: Evaluation = get_object_or_404(evaluations.annotate(has_round_before=Exists(signed_before)), uid=uid)
    found.practice = found.vendor.practice = request.practice
    return found


def _in_memory(found: Evaluation) -> Evaluation:
    """The evaluation with all that its verdict looks at, read at once; an old one as it is: nothing rests on it."""
    return next((each for each in judged_file(found.vendor).evaluations.all() if each.pk == found.pk), found)


@practice_view("evaluate")
@require_POST
def withdraw(request: PracticeRequest, uid: str) -> HttpResponse:
    found = get_object_or_404(Evaluation.objects.of(request.practice), uid=uid)
    try:
        withdraw_evaluation(evaluation=found, by=request.user, reason=_reason(request))
        messages.success(request, "The evaluation was withdrawn. It stays readable.")
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("checklists:vendor", uid=found.vendor.uid)


def _reason(request: PracticeRequest) -> str:
    """Why, in the person's words. PostgreSQL takes no NUL in a text."""
    return request.POST.get("reason", "").replace("\0", "").strip()[:1000]
