"""The vendors of the practice: the list, adding, changing, ending, and the finding of no patient data."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.errors import Refused
from practice_vetting.core.once import once
from practice_vetting.core.views.changing import send, told
from vendors.actions import no_patient_data as finding
from vendors.actions import vendors as actions
from vendors.forms.vendors import (
    AddVendorForm,
    ChangeVendorForm,
    EndVendorForm,
    NoPatientDataForm,
    ReopenVendorForm,
)
from vendors.models import Vendor
from vendors.queries import Listing, listing
from vendors.views.vendor_rows import page_of


@practice_view("see")
def vendor_list(request: PracticeRequest) -> HttpResponse:
    asked = Listing.asked(request.GET)
    page = page_of(listing(request.practice, asked), asked, today=request.practice.today())
    part = request.headers.get("HX-Target") == "vendor-rows"
    response = render(request, "vendors/_vendor_rows.html" if part else "vendors/vendor_list.html", page)
    response.headers["Vary"] = "HX-Target"
    return response


@practice_view("propose")
def add_vendor(request: PracticeRequest) -> HttpResponse:
    form = AddVendorForm(request.POST or None)
    vendor = _added(request, form) if request.method == "POST" and form.is_valid() else None
    if vendor:
        messages.success(request, f"{vendor.name} is on your list. Now add its first tool.")
        named = request.GET.urlencode()  # the tool that somebody looked for, on its way to the next form
        return redirect(reverse("vendors:add_tool", args=[vendor.uid]) + (f"?{named}" if named else ""))
    page = {"form": form, "wanted": request.GET.get("tool", "")}
    return render(request, "vendors/vendor_form.html", page, status=422 if form.errors else 200)


def _added(request: PracticeRequest, form: AddVendorForm) -> Vendor | None:
    facts = {**form.cleaned_data}
    form_id = facts.pop("form_id")
    try:
        return once(
            Vendor,
            practice=request.practice,
            form_id=form_id,
            about={},
            make=lambda: actions.add_vendor(
                practice=request.practice, by=request.membership.person, form_id=form_id, **facts
            ),
        )
    except Refused as refusal:
        told(form, refusal)
        return None


@practice_view("record")
def change_vendor(request: PracticeRequest, uid: str) -> HttpResponse:
    vendor = _vendor(request, uid)
    sent = send(request, ChangeVendorForm.of, vendor, actions.change_vendor)
    if sent.made:
        messages.success(request, f"{sent.made.name} is saved.")
        return redirect("checklists:vendor", uid=uid)
    return sent.page(request, "vendors/vendor_form.html", vendor=vendor)


@practice_view("record")
def no_patient_data(request: PracticeRequest, uid: str) -> HttpResponse:
    vendor = _vendor(request, uid)
    sent = send(request, NoPatientDataForm.of, vendor, finding.record_no_patient_data)
    if sent.made:
        messages.success(request, "Recorded: no patient data. We ask you again in a year.")
        return redirect("checklists:vendor", uid=uid)
    return sent.page(request, "vendors/vendor_no_patient_data.html", vendor=vendor)


@practice_view("record")
def end_vendor(request: PracticeRequest, uid: str) -> HttpResponse:
    vendor = _vendor(request, uid)
    sent = send(request, EndVendorForm.of, vendor, actions.end_vendor)
    if sent.made:
        messages.success(request, f"{vendor.name} is ended. Everything about it stays on file.")
        return redirect("checklists:vendor", uid=uid)
    tools = vendor.tools.filter(retired_on=None)
    return sent.page(request, "vendors/vendor_end.html", vendor=vendor, tools=tools)


@practice_view("record")
@require_POST
def reopen_vendor(request: PracticeRequest, uid: str) -> HttpResponse:
    vendor = _vendor(request, uid)
    sent = send(request, ReopenVendorForm.of, vendor, actions.reopen_vendor)
    if sent.made:
        messages.success(request, f"{vendor.name} is on your list again. Its tools are still retired.")
    else:
        messages.error(request, "This vendor changed in the meantime. Look at it as it is now.")
    return redirect("checklists:vendor", uid=uid)


def _vendor(request: PracticeRequest, uid: str) -> Vendor:
    return get_object_or_404(Vendor.objects.of(request.practice).select_related("practice"), uid=uid)
