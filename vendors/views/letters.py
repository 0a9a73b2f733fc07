"""The letter that asks a vendor for what its agreement lacks: to copy, to mail, or as a PDF."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.documents.jobs import documents_of
from practice_vetting.core.errors import Refused
from practice_vetting.core.forms import CreatingForm, new_form_id
from practice_vetting.core.models import Job
from vendors.actions import letters as actions
from vendors.letters import letter_of
from vendors.views.agreements import agreement_of


@practice_view("issue")
def letter(request: PracticeRequest, uid: str) -> HttpResponse:
    agreement = agreement_of(request, uid)
    told = letter_of(agreement, person=request.membership.person.name, on=request.practice.today())
    page = {
        "agreement": agreement,
        "vendor": agreement.vendor,
        "letter": told,
        "mailto": told.mailto(agreement.vendor.contact_email),
        "form_id": new_form_id(),
        "documents": documents_of(request.practice, [(agreement.kind(), agreement.uid)]),
    }
    return render(request, "vendors/letter.html", page)


@practice_view("issue")
@require_POST
def request_letter(request: PracticeRequest, uid: str) -> HttpResponse:
    agreement, form = agreement_of(request, uid), CreatingForm(request.POST)
    back = redirect(reverse("vendors:letter", args=[uid]) + "#documents")
    if not form.is_valid():
        messages.error(request, "This page was too old to ask for the letter. Press the button once more.")
        return back
    form_id = form.cleaned_data["form_id"]
    if Job.objects.filter(practice=request.practice, key=actions.job_key(agreement, form_id)).exists():
        return back
    try:
        actions.request_letter(agreement=agreement, by=request.membership.person, form_id=form_id)
        messages.success(request, "We are preparing it. You can leave this page.")
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return back
