"""Exposures: all of the practice with the yearly log, one with its assessment and clocks, and what is written in it."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.errors import Refused
from practice_vetting.core.once import once
from practice_vetting.core.views.changing import send, told
from vendors.actions import exposures as actions
from vendors.exposure_page import list_of, page_of
from vendors.exposure_states import FACTORS
from vendors.exposures import unassessed
from vendors.forms.exposures import FactorForm, FactsForm, PeopleForm, ReportForm, ScreeningForm, StopForm
from vendors.models import Exposure, Vendor


@practice_view("see")
@require_safe
def exposure_list(request: PracticeRequest) -> HttpResponse:
    asked = request.GET.get("vendor", "").replace("\0", "")
    vendor = get_object_or_404(Vendor.objects.of(request.practice), uid=asked) if asked else None
    return render(request, "vendors/exposure_list.html", list_of(request.practice, vendor))


@practice_view("report")
@require_safe
def choose_vendor(request: PracticeRequest) -> HttpResponse:
    """At whom it happened, for who begins at the list of exposures and not on the page of a vendor."""
    vendors = Vendor.objects.of(request.practice).order_by(F("ended_on").asc(nulls_first=True), "name")
    return render(request, "vendors/exposure_vendor.html", {"vendors": vendors.prefetch_related("tools")})


@practice_view("report")
def report_exposure(request: PracticeRequest, uid: str) -> HttpResponse:
    vendor = get_object_or_404(Vendor.objects.of(request.practice).select_related("practice"), uid=uid)
    sent = request.POST if request.method == "POST" else None
    form = ReportForm(sent, vendor=vendor, initial=_from_dates(request, vendor))
    made = _reported(request, vendor, form) if form.is_valid() else None
    if made:
        messages.success(request, f"{made.label} is on file. First, stop the use.")
        return redirect("vendors:exposure", uid=made.uid)
    page = {"form": form, "vendor": vendor, "found": bool(form.initial.get("tool"))}
    return render(request, "vendors/exposure_report.html", page, status=422 if form.errors else 200)


def _from_dates(request: PracticeRequest, vendor: Vendor) -> dict[str, Any]:
    """What the tool's own dates say, when the address names one that patient data reached too early."""
    today, asked = request.practice.today(), request.GET.get("tool", "")
    early = next((each for each in unassessed(vendor, today) if each.tool.uid == asked), None)
    if early is None:
        return {"discovered_on": today}
    days = {"began_on": early.first, "last_on": early.days.last}  # of the discovery the dates say nothing
    return {"tool": early.tool.uid, "what_happened": early.says[0], **days}


def _reported(request: PracticeRequest, vendor: Vendor, form: ReportForm) -> Exposure | None:
    facts = {**form.cleaned_data, "by": request.membership.person, "vendor": vendor}
    facts["found_how"] = "dates" if form.initial.get("tool") else "reported"
    try:
        return once(
            Exposure,
            practice=request.practice,
            form_id=facts["form_id"],
            about={"vendor": vendor},
            make=lambda: actions.report_exposure(**facts),
        )
    except Refused as refusal:
        told(form, refusal)
        return None


@practice_view("see")
@require_safe
def exposure(request: PracticeRequest, uid: str) -> HttpResponse:
    found = exposure_of(request, uid)
    return render(request, "vendors/exposure.html", page_of(found, request.membership))


@practice_view("record")
def stop_exposure(request: PracticeRequest, uid: str) -> HttpResponse:
    return _step(request, uid, StopForm.of, actions.stop_exposure, "stop", "The stop is recorded.")


@practice_view("record")
def change_exposure(request: PracticeRequest, uid: str) -> HttpResponse:
    return _step(request, uid, FactsForm.of, actions.change_exposure, "facts", "The days are saved.")


@practice_view("record")
def count_exposure(request: PracticeRequest, uid: str) -> HttpResponse:
    return _step(request, uid, PeopleForm.of, actions.change_exposure, "people", "The counts are saved.")


@practice_view("record")
def screen_exposure(request: PracticeRequest, uid: str) -> HttpResponse:
    return _step(request, uid, ScreeningForm.of, actions.change_exposure, "questions", "Your answers are saved.")


@practice_view("record")
def write_factor(request: PracticeRequest, uid: str, number: int) -> HttpResponse:
    factor = next((each for each in FACTORS if each.number == number), None)
    if factor is None:
        raise Http404
    form_of, act = partial(FactorForm.of, factor=factor), partial(actions.write_factor, number=number)
    return _step(request, uid, form_of, act, "factor", f"Factor {number} is saved.", factor=factor)


def exposure_of(request: PracticeRequest, uid: str) -> Exposure:
    """The practice's exposure of this address; 404 for any other."""
    rows = Exposure.objects.of(request.practice)
    named = rows.select_related("vendor__practice", "practice", "tool", "reported_by", "decided_by")
    found: Exposure = get_object_or_404(named, uid=uid)
    return found


def _step(
    request: PracticeRequest, uid: str, form_of: Any, act: Any, step: str, saved: str, **context: Any
) -> HttpResponse:
    """One page of the assessment: its form, or back to the exposure when it was saved."""
    found = exposure_of(request, uid)
    sent = send(request, form_of, found, act)
    if sent.made:
        messages.success(request, saved)
        return redirect("vendors:exposure", uid=uid)
    return sent.page(request, "vendors/exposure_step.html", exposure=found, vendor=found.vendor, step=step, **context)
