"""A document with patient data in it: quarantined by anybody who works here, released or purged by the owner."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.errors import Refused
from practice_vetting.core.views.changing import told
from vendors.actions import patient_data as actions
from vendors.forms.evidence import WhyForm
from vendors.models import Evidence


@practice_view("quarantine")
def quarantine(request: PracticeRequest, uid: str) -> HttpResponse:
    done = "It is quarantined: nobody can open it. The practice owner was told, and decides."
    return _answer(request, uid, "quarantine", actions.quarantine_evidence, done)


@practice_view("purge")
def release(request: PracticeRequest, uid: str) -> HttpResponse:
    done = "It is released: it opens and counts again."
    return _answer(request, uid, "release", actions.release_evidence, done)


@practice_view("purge", fresh=True)
def purge(request: PracticeRequest, uid: str) -> HttpResponse:
    done = "It is purged: nobody gets it any more. What it was, and why it went, stays on record."
    return _answer(request, uid, "purge", actions.purge_evidence, done)


def withheld(request: PracticeRequest, evidence: Evidence) -> HttpResponse:
    """In place of the file: that nobody opens it, by whom and when, and what comes next."""
    return render(request, "vendors/evidence_withheld.html", {"evidence": evidence}, status=410)


def _answer(request: PracticeRequest, uid: str, act: str, action: Callable[..., Evidence], done: str) -> HttpResponse:
    """The page that asks why, and, once somebody said so, what came of it."""
    known = Evidence.objects.of(request.practice).select_related("vendor", "file__purged_by", "quarantined_by")
    found = get_object_or_404(known, uid=uid)
    form = WhyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            action(evidence=found, by=request.membership.person, **form.cleaned_data)
            messages.success(request, done)
            return redirect("vendors:evidence", uid=uid)
        except Refused as refusal:
            told(form, refusal)
    page: dict[str, Any] = {"form": form, "evidence": found, "vendor": found.vendor, "act": act}
    page["sharing"] = Evidence.objects.filter(file=found.file).exclude(pk=found.pk).select_related("vendor")
    return render(request, "vendors/evidence_why.html", page, status=422 if form.errors else 200)
