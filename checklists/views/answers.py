"""Saving one answer, and the documents under it. Each change is saved by itself, with and without JavaScript."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from checklists.actions.answers import Recorded, cite, record_answer, take_away
from checklists.attach import attach_upload
from checklists.catalogue import edition
from checklists.facts import Judgement, judgement_of
from checklists.forms.evaluations import AnswerForm, AttachForm, CiteForm
from checklists.models import Answer, Citation
from checklists.page import page_of
from checklists.states import Response
from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.errors import Refused, Stale
from vendors.uploading import LooksLikePatientData


@practice_view("answer")
@require_POST
def answer(request: PracticeRequest, uid: str, number: int) -> HttpResponse:
    found = _answer(request, uid, number)
    if request.POST.get("keep") == "theirs":
        return _back(found)
    question = edition(found.evaluation.edition).question(number)
    form = AnswerForm(request.POST, question=question, practice=request.practice)
    if not form.is_valid():
        return _not_saved(request, found, form)
    try:
        changes, version = form.changes(found), form.version_to_replace()
        kept = record_answer(answer=found, by=request.user, version=version, **changes) if changes else None
    except Stale as stale:
        return _conflict(request, found, stale, form)
    except Refused as refusal:
        form.add_error(refusal.field or None, refusal.sentence)
        return _not_saved(request, found, form)
    return _saved(request, found, kept)


@practice_view("answer")
@require_POST
def add_evidence(request: PracticeRequest, uid: str, number: int) -> HttpResponse:
    """Put a document under the answer: one on file, or one that comes with the form."""
    found = _answer(request, uid, number)
    refusal: Refused | None = None
    try:
        if _is_upload(request):
            attach_upload(request, found)
        else:
            form = CiteForm(request.POST, evidence=found.evaluation.vendor.evidence.all())
            if not form.is_valid():
                raise Refused(str(next(iter(form.errors.values()))[0]))
            cite(answer=found, by=request.user, **form.cleaned_data)
    except Refused as refused:
        refusal = refused
    return _evidence(request, found, refusal)


@practice_view("answer")
@require_POST
def remove_citation(request: PracticeRequest, uid: str) -> HttpResponse:
    citation = get_object_or_404(
        Citation.objects.of(request.practice).select_related("answer__evaluation__vendor", "evidence"),
        uid=uid,
    )
    refusal: Refused | None = None
    try:
        take_away(citation=citation, by=request.user)
    except Refused as refused:
        refusal = refused
    return _evidence(request, citation.answer, refusal)


def _answer(request: PracticeRequest, uid: str, number: int) -> Answer:
    if not 1 <= number <= 9:
        raise Http404
    answers = Answer.objects.of(request.practice).select_related("evaluation__vendor").defer("evaluation__snapshot")
    found: Answer = get_object_or_404(answers, evaluation__uid=uid, question=number)
    found.practice = found.evaluation.practice = found.evaluation.vendor.practice = request.practice
    return found


def _context(request: PracticeRequest, found: Answer, judgement: Judgement | None = None) -> dict[str, Any]:
    page = page_of(judgement or judgement_of(found.evaluation, on=request.practice.today()))
    return {
        "page": page,
        "asked": page.asked(found.question),
        "evaluation": found.evaluation,
        "vendor": found.evaluation.vendor,
        "responses": list(Response),
        "editable": found.evaluation.is_open and request.membership.may("answer"),
        "follow": True,
    }


def _saved(request: PracticeRequest, found: Answer, kept: Recorded | None) -> HttpResponse:
    """The answer's own line; with everything that rests on the answer, when its verdict was judged again."""
    if not request.htmx:
        messages.success(request, f"The answer to question {found.question} is saved.")
        return _back(found)
    if kept and kept.judgement:
        return render(request, "checklists/_answer_saved.html", _context(request, found, kept.judgement))
    question = edition(found.evaluation.edition).question(found.question)
    context = {"answer": kept.answer if kept else found, "n": found.question, "q": question}
    return render(request, "checklists/_words_saved.html", context)


def _not_saved(request: PracticeRequest, found: Answer, form: AnswerForm) -> HttpResponse:
    context = {**_context(request, found), "form": form, "follow": False}
    shape = "checklists/_answer_not_saved.html" if request.htmx else "checklists/answer_not_saved.html"
    return render(request, shape, context, status=422)


def _conflict(request: PracticeRequest, found: Answer, stale: Stale, form: AnswerForm) -> HttpResponse:
    context = {
        **_context(request, found),
        "theirs": stale.theirs,
        "mine": form.cleaned_data,
        "mine_response": Response(form.cleaned_data["response"]),
        "form": form,
        "follow": False,
    }
    shape = "checklists/_answer_conflict.html" if request.htmx else "checklists/answer_conflict.html"
    return render(request, shape, context, status=409)


def _evidence(request: PracticeRequest, found: Answer, refusal: Refused | None) -> HttpResponse:
    if not request.htmx and refusal is None:
        return _back(found)
    context = {**_context(request, found), "refusal": refusal, "follow": refusal is None}
    context["on_file"] = list(found.evaluation.vendor.evidence.usable())
    if refusal and _is_upload(request):  # the words are kept; the file and the word for it are asked for again
        context["asked"] = replace(context["asked"], sent=_sent_before(request, found.question, refusal))
    shape = "checklists/_answer_evidence.html" if request.htmx else "checklists/answer_evidence.html"
    return render(request, shape, context, status=422 if refusal else 200)


def _sent_before(request: PracticeRequest, number: int, refusal: Refused) -> AttachForm:
    """The words of the form that was sent; with a file that we ask about, its file and the mark as well."""
    names = ["kind_of", "expires_on", "pages", "why_no_patient_data"]
    sent = AttachForm(request.POST, number=number, membership=request.membership)
    held = (refusal.held, refusal.token) if isinstance(refusal, LooksLikePatientData) else (sent.asked, sent.token)
    if held[0]:
        names.append("no_patient_data")
    form = AttachForm(number=number, initial={name: request.POST.get(name, "") for name in names})
    form.ask_about(*held)
    return form


def _is_upload(request: PracticeRequest) -> bool:
    return bool(request.FILES) or "kind_of" in request.POST  # a browser sends nothing for a file that was not chosen


def _back(found: Answer) -> HttpResponse:
    address = reverse("checklists:evaluation", args=[found.evaluation.uid])
    return redirect(f"{address}#question-{found.question}")
