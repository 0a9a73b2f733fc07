"""Legal holds, and the return of patient data by a vendor that has ended."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.errors import Refused
from practice_vetting.core.once import once
from practice_vetting.core.views.changing import send, told
from vendors.actions import holds as actions
from vendors.forms.holds import DataGoneForm, LiftHoldForm, PlaceHoldForm
from vendors.models import LegalHold, Vendor


@practice_view("hold")
def place_hold(request: PracticeRequest, uid: str) -> HttpResponse:
    vendor = _vendor(request, uid)
    form = PlaceHoldForm(
        request.POST if request.method == "POST" else None, initial={"since": request.practice.today()}
    )
    if form.is_valid() and _placed(request, vendor, form):
        messages.success(
            request, f"The hold is placed. Nothing of {vendor.name} can be removed until an owner lifts it."
        )
        return redirect("checklists:vendor", uid=uid)
    return render(
        request, "vendors/hold_place.html", {"form": form, "vendor": vendor}, status=422 if form.errors else 200
    )


@practice_view("remove", fresh=True)
def lift_hold(request: PracticeRequest, uid: str) -> HttpResponse:
    holds = LegalHold.objects.of(request.practice).select_related("vendor", "placed_by")
    hold = get_object_or_404(holds, uid=uid)
    sent = send(request, LiftHoldForm.of, hold, actions.lift_hold)
    if sent.made:
        messages.success(request, "The hold is lifted. It stays on record with both reasons.")
        return redirect("checklists:vendor", uid=hold.vendor.uid)
    return sent.page(request, "vendors/hold_lift.html", hold=hold, vendor=hold.vendor)


@practice_view("record")
def data_gone(request: PracticeRequest, uid: str) -> HttpResponse:
    vendor = _vendor(request, uid)
    sent = send(request, DataGoneForm.of, vendor, actions.record_data_gone)
    if sent.made:
        messages.success(request, f"Recorded: no patient data is left at {vendor.name}.")
        return redirect("checklists:vendor", uid=uid)
    return sent.page(request, "vendors/vendor_data_gone.html", vendor=vendor)


def _placed(request: PracticeRequest, vendor: Vendor, form: PlaceHoldForm) -> LegalHold | None:
    facts = {**form.cleaned_data, "by": request.membership.person, "vendor": vendor}
    form_id = facts["form_id"]
    try:
        return once(
            LegalHold,
            practice=request.practice,
            form_id=form_id,
            about={"vendor": vendor},
            make=lambda: actions.place_hold(**facts),
        )
    except Refused as refusal:
        told(form, refusal)
        return None


def _vendor(request: PracticeRequest, uid: str) -> Vendor:
    return get_object_or_404(Vendor.objects.of(request.practice).select_related("practice"), uid=uid)
