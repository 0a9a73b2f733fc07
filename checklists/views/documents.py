"""Asking for signed documents."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from checklists.actions import dossiers
from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.forms import CreatingForm
from practice_vetting.core.models import Job
from vendors.models import Vendor


@practice_view("issue")
@require_POST
def request_dossier(request: PracticeRequest, uid: str) -> HttpResponse:
    vendor = get_object_or_404(Vendor.objects.of(request.practice).select_related("practice"), uid=uid)
    form = CreatingForm(request.POST)
    if not form.is_valid():
        messages.error(request, "This page was too old to ask for the dossier. Press the button once more.")
        return redirect("checklists:vendor", uid=vendor.uid)
    form_id = form.cleaned_data["form_id"]
    if not Job.objects.filter(practice=request.practice, key=dossiers.job_key(vendor, form_id)).exists():
        dossiers.request_dossier(vendor=vendor, by=request.user, form_id=form_id)
        messages.success(request, "We are preparing the dossier. You can leave this page.")
    return redirect(reverse("checklists:vendor", args=[vendor.uid]) + "#documents")
