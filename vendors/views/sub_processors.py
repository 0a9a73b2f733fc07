"""The companies behind a vendor: all of them, one added, changed, no longer named."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.errors import Refused
from practice_vetting.core.once import once
from practice_vetting.core.views.changing import send, told
from vendors.actions import sub_processors as actions
from vendors.chain import Chain, chain, unasked, uncovered
from vendors.forms.sub_processors import AddSubProcessorForm, ChangeSubProcessorForm, EndSubProcessorForm
from vendors.kinds import ListState
from vendors.models import SubProcessor, Vendor

HERE = "vendors:sub_processors"


@practice_view("see")
def sub_processors(request: PracticeRequest, uid: str) -> HttpResponse:
    vendor = found_vendor(request, uid)
    rows = list(vendor.sub_processors.prefetch_related("tools"))
    standing = [each for each in rows if each.removed_on is None]
    lists = list(vendor.sub_processor_lists.select_related("decided_by"))
    page = {
        "vendor": vendor,
        "standing": standing,
        "gone": [each for each in rows if each.removed_on is not None],
        "uncovered": uncovered(standing),
        "unasked": unasked(standing),
        "waiting": next((each for each in lists if each.state == ListState.DRAFT), None),
        "lists": [each for each in lists if each.state != ListState.DRAFT],
        **_chains(vendor, standing),
    }
    return render(request, "vendors/sub_processors.html", page)


def _chains(vendor: Vendor, standing: list[SubProcessor]) -> dict[str, Any]:
    """The chain behind each AI tool that is not retired, and who stands behind no tool by our record."""
    today = vendor.practice.today()
    tools = [tool for tool in vendor.tools.filter(has_ai=True) if tool.retired_on is None or tool.retired_on > today]
    behind = {tool: [each for each in standing if tool in each.tools.all()] for tool in tools}
    chains: list[Chain] = [chain(tool.name, subs) for tool, subs in behind.items() if subs]
    return {
        "chains": chains,
        "bare_tools": [tool.name for tool, subs in behind.items() if not subs],
        "untied": [each for each in standing if not each.tools.all()],
    }


@practice_view("record")
def add_sub_processor(request: PracticeRequest, uid: str) -> HttpResponse:
    vendor = found_vendor(request, uid)
    form = AddSubProcessorForm(request.POST or None, vendor=vendor)
    added = _added(request, vendor, form) if request.method == "POST" and form.is_valid() else None
    if added:
        messages.success(request, f"{added.name} is on record.")
        return redirect("vendors:add_sub_processor" if "another" in request.POST else HERE, uid=uid)
    page = {"form": form, "vendor": vendor}
    return render(request, "vendors/sub_processor_form.html", page, status=422 if form.errors else 200)


def _added(request: PracticeRequest, vendor: Vendor, form: AddSubProcessorForm) -> SubProcessor | None:
    facts = {**form.cleaned_data}
    form_id = facts.pop("form_id")
    try:
        return once(
            SubProcessor,
            practice=request.practice,
            form_id=form_id,
            about={"vendor": vendor},
            make=lambda: actions.add_sub_processor(
                vendor=vendor, by=request.membership.person, form_id=form_id, **facts
            ),
        )
    except Refused as refusal:
        told(form, refusal)
        return None


@practice_view("record")
def change_sub_processor(request: PracticeRequest, uid: str) -> HttpResponse:
    sub = _found(request, uid)
    sent = send(request, ChangeSubProcessorForm.of, sub, actions.change_sub_processor)
    if sent.made:
        messages.success(request, f"{sent.made.name} is saved.")
        return redirect(HERE, uid=sub.vendor.uid)
    return sent.page(request, "vendors/sub_processor_form.html", sub=sub, vendor=sub.vendor)


@practice_view("record")
def end_sub_processor(request: PracticeRequest, uid: str) -> HttpResponse:
    sub = _found(request, uid)
    sent = send(request, EndSubProcessorForm.of, sub, actions.end_sub_processor)
    if sent.made:
        messages.success(request, f"{sub.name} is on record as no longer named.")
        return redirect(HERE, uid=sub.vendor.uid)
    return sent.page(request, "vendors/sub_processor_end.html", sub=sub, vendor=sub.vendor)


def found_vendor(request: PracticeRequest, uid: str) -> Vendor:
    return get_object_or_404(Vendor.objects.of(request.practice).select_related("practice"), uid=uid)


def _found(request: PracticeRequest, uid: str) -> SubProcessor:
    rows = SubProcessor.objects.of(request.practice).select_related("vendor__practice", "practice")
    return get_object_or_404(rows, uid=uid)
