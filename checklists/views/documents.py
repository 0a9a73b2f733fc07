"""Asking for signed documents."""

from datetime import date

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from checklists.actions import dossiers
from checklists.evidence_files import ZIP
from checklists.forms.dossiers import DossierForm
from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import Job, Person
from vendors.models import Vendor

_TOO_OLD = "This page was too old to ask for the dossier. Press the button once more."


@practice_view("issue")
@require_POST
def request_dossier(request: PracticeRequest, uid: str) -> HttpResponse:
    vendor = get_object_or_404(Vendor.objects.of(request.practice).select_related("practice"), uid=uid)
    form = DossierForm(request.POST)
    if not form.is_valid():
        messages.error(request, _TOO_OLD)
        return redirect("checklists:vendor", uid=vendor.uid)
    try:
        if _ask(vendor, request.user, **form.cleaned_data):
            messages.success(request, "We are preparing it. You can leave this page.")
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect(reverse("checklists:vendor", args=[vendor.uid]) + "#documents")


def _ask(vendor: Vendor, by: Person, *, form_id: str, evidence: str, as_of: date | None) -> bool:
    """Ask for it, unless the same form did so before."""
    key = dossiers.job_key(vendor, form_id, evidence, as_of)
    if Job.objects.filter(practice=vendor.practice, key=key).exists():
        return False
    if evidence == ZIP:
        dossiers.request_bundle(vendor=vendor, by=by, form_id=form_id, as_of=as_of)
    else:
        dossiers.request_dossier(vendor=vendor, by=by, form_id=form_id, evidence=evidence, as_of=as_of)
    return True
