"""Reviews: all of a vendor, recording one, what changed meanwhile, and setting that aside."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import Record
from practice_vetting.core.once import once
from practice_vetting.core.templatetags.wording import day
from practice_vetting.core.views.changing import send, told
from vendors.actions import reviews as actions
from vendors.actions import triggers as trigger_actions
from vendors.forms.reviews import ChangeReportForm, ReviewForm, SetAsideForm
from vendors.kinds import ReviewFinding
from vendors.models import Agreement, Review, ReviewTrigger, Vendor
from vendors.review_facts import asking
from vendors.review_list import reviews_of
from vendors.views.agreements import agreement_of


@practice_view("see")
def reviews(request: PracticeRequest, uid: str) -> HttpResponse:
    vendor = _vendor(request, uid)
    page = {"vendor": vendor, "today": request.practice.today(), **reviews_of(vendor)}
    return render(request, "vendors/reviews.html", page)


@practice_view("record")
def add_review(request: PracticeRequest, uid: str) -> HttpResponse:
    agreement, today = agreement_of(request, uid), request.practice.today()
    asked = asking(agreement, today, everything="all" in request.GET)
    form = ReviewForm(request.POST if request.method == "POST" else None, asking=asked, initial={"on": today})
    review = _added(request, agreement, form) if form.is_valid() else None
    if review:
        agreement.refresh_from_db(fields=["next_review_on"])
        messages.success(request, f"The review is on file. The next one is due on {day(agreement.next_review_on)}.")
        if review.finding == ReviewFinding.CHANGES:
            return redirect("vendors:reviews", uid=agreement.vendor.uid)
        return redirect("vendors:agreement", uid=uid)
    page = {"form": form, "asking": asked, "agreement": agreement, "vendor": agreement.vendor, "today": today}
    return render(request, "vendors/review_form.html", page, status=422 if form.errors else 200)


@practice_view("record")
def report_change(request: PracticeRequest, uid: str) -> HttpResponse:
    vendor, today = _vendor(request, uid), request.practice.today()
    form = ChangeReportForm(request.POST if request.method == "POST" else None, initial={"on": today})
    made = _reported(request, vendor, form) if form.is_valid() else None
    if made:
        messages.success(
            request, "Recorded. A review is due today. More than 30 days late, the agreement counts as lapsed."
        )
        return redirect("vendors:reviews", uid=uid)
    page = {"form": form, "vendor": vendor}
    return render(request, "vendors/trigger_form.html", page, status=422 if form.errors else 200)


@practice_view("record")
def set_aside_trigger(request: PracticeRequest, uid: str) -> HttpResponse:
    found = ReviewTrigger.objects.of(request.practice).select_related("vendor", "tool", "noticed_by")
    trigger = get_object_or_404(found, uid=uid)
    sent = send(request, SetAsideForm.of, trigger, trigger_actions.set_aside_trigger)
    if sent.made:
        messages.success(request, "It is set aside, and stays on record with your reason.")
        return redirect("vendors:reviews", uid=trigger.vendor.uid)
    return sent.page(request, "vendors/trigger_set_aside.html", trigger=trigger, vendor=trigger.vendor)


def _vendor(request: PracticeRequest, uid: str) -> Vendor:
    return get_object_or_404(Vendor.objects.of(request.practice).select_related("practice"), uid=uid)


def _added(request: PracticeRequest, agreement: Agreement, form: ReviewForm) -> Review | None:
    facts = {**form.facts, "by": request.membership.person, "agreement": agreement}
    return _once(request, Review, form, lambda: actions.add_review(**facts), {"agreement": agreement})


def _reported(request: PracticeRequest, vendor: Vendor, form: ChangeReportForm) -> ReviewTrigger | None:
    facts = {**form.cleaned_data, "by": request.membership.person, "vendor": vendor}
    return _once(request, ReviewTrigger, form, lambda: trigger_actions.report_change(**facts), {"vendor": vendor})


def _once(request: PracticeRequest, model: type[Record], form: Any, make: Any, about: dict[str, Any]) -> Any:
    try:
        return once(model, practice=request.practice, form_id=form.cleaned_data["form_id"], make=make, about=about)
    except Refused as refusal:
        told(form, refusal)
        return None
