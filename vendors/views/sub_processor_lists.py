"""A list of sub-processors: brought in, looked at beside the rows that stand, confirmed or set aside."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.once import once
from practice_vetting.core.views.changing import send, told
from vendors.actions import sub_processor_lists as actions
from vendors.forms.sub_processor_lists import BringInForm, DecideForm, SetAsideForm
from vendors.kinds import ListState, SubProcessorRole
from vendors.models import SubProcessorList, Vendor
from vendors.sub_processor_changes import compare, uncompared
from vendors.sub_processor_upload import Brought, brought
from vendors.uploading import unread_words
from vendors.views.sub_processors import HERE, found_vendor

LIST = "vendors:sub_processor_list"


@practice_view("record")
def bring_in_list(request: PracticeRequest, uid: str) -> HttpResponse:
    vendor = found_vendor(request, uid)
    sent = [request.POST, request.FILES] if request.method == "POST" else []
    form = BringInForm(*sent, membership=request.membership)
    page: dict[str, Any] = {"form": form, "vendor": vendor, "waiting": _waiting(vendor)}
    made = _brought(request, vendor, form) if form.is_valid() else None
    if made:
        messages.success(request, f"{len(made.rows)} rows were read, {len(made.refused)} not. Nothing is changed yet.")
        return redirect(LIST, uid=made.uid)
    return render(request, "vendors/sub_processor_import.html", page, status=422 if form.errors else 200)


def _brought(request: PracticeRequest, vendor: Vendor, form: BringInForm) -> SubProcessorList | None:
    form_id = form.cleaned_data["form_id"]
    try:
        came = brought(form, request.membership, vendor)
        keep = _to_keep(vendor, form, came)
        made = once(
            SubProcessorList,
            practice=request.practice,
            form_id=form_id,
            about={"vendor": vendor},
            make=lambda: actions.bring_in_list(
                vendor=vendor, by=request.membership.person, found=came.found, source=came.source, keep=keep,
                file_name=came.file_name, received_on=form.cleaned_data["received_on"], form_id=form_id,
            ),
        )  # fmt: skip
    except Refused as refusal:
        told(form, refusal)
        return None
    if came.came and keep and (words := unread_words(came.came.looked.state)):
        messages.info(request, words)
    return made


def _to_keep(vendor: Vendor, form: BringInForm, came: Brought) -> dict[str, Any] | None:
    if came.came is None or not form.cleaned_data["keep"]:
        return None
    title = f"Sub-processors of {vendor.name}"[:200]
    return {
        **came.came.facts, "no_patient_data": True, "title": title, "dated_on": form.cleaned_data["received_on"],
    }  # fmt: skip


@practice_view("see")
def sub_processor_list(request: PracticeRequest, uid: str) -> HttpResponse:
    return _page(request, _found(request, uid))


@practice_view("record")
def confirm_list(request: PracticeRequest, uid: str) -> HttpResponse:
    found = _found(request, uid)
    if request.method != "POST":
        return redirect(LIST, uid=uid)
    try:
        made = _confirmed(request, found)
    except actions.Decided as refusal:
        messages.info(request, refusal.sentence)
        return redirect(HERE, uid=found.vendor.uid)
    except (Stale, actions.RowsMoved) as refusal:
        return _page(request, found, refusal=refusal.sentence, status=409)
    if isinstance(made, DecideForm):
        return _page(request, found, form=made, status=422)
    messages.success(request, f"Confirmed. {made.changes}")
    return redirect(HERE, uid=found.vendor.uid)


def _confirmed(request: PracticeRequest, found: SubProcessorList) -> SubProcessorList | DecideForm:
    """The list as it is confirmed now, or the form with what is missing in it. Raises what the action raises."""
    if found.state != ListState.DRAFT:
        raise actions.Decided(found)
    form = _form(found, request.POST)
    if request.POST.get("seen") != form.initial["seen"]:
        raise actions.RowsMoved
    if not form.is_valid():
        return form
    try:
        return actions.confirm_list(
            subprocessorlist=found, by=request.membership.person, version=form.cleaned_data["version"],
            decisions=form.decisions, rows_seen=form.cleaned_data["seen"],
        )  # fmt: skip
    except Refused as refusal:
        if refusal.field in form.fields:
            told(form, refusal)
            return form
        raise


@practice_view("record")
def set_list_aside(request: PracticeRequest, uid: str) -> HttpResponse:
    found = _found(request, uid)
    sent = send(request, SetAsideForm.of, found, actions.set_list_aside)
    if sent.made:
        messages.success(request, "The list is set aside. The sub-processors stay as they were.")
        return redirect(HERE, uid=found.vendor.uid)
    return sent.page(request, "vendors/sub_processor_set_aside.html", list=found, vendor=found.vendor)


def _page(request: PracticeRequest, found: SubProcessorList, **more: Any) -> HttpResponse:
    status, form = more.pop("status", 200), more.pop("form", None)
    page: dict[str, Any] = {"list": found, "vendor": found.vendor, **more}
    if found.state == ListState.DRAFT:
        changes = _changes(found)
        page |= {"form": form or _form(found), "same": [each for each in changes if each.kind == "same"]}
        page["uncompared"] = uncompared(changes)
    page["rows"] = [{**row, "kind": SubProcessorRole(row["role"]).label} for row in found.rows]
    return render(request, "vendors/sub_processor_list.html", page, status=status)


def _form(found: SubProcessorList, data: Any = None) -> DecideForm:
    return DecideForm(data, of=found, changes=_changes(found), standing=_standing(found.vendor))


def _changes(found: SubProcessorList) -> Any:
    return compare(found.rows, _standing(found.vendor))


def _standing(vendor: Vendor) -> Any:
    return list(vendor.sub_processors.standing())


def _waiting(vendor: Vendor) -> SubProcessorList | None:
    return vendor.sub_processor_lists.filter(state=ListState.DRAFT).first()


def _found(request: PracticeRequest, uid: str) -> SubProcessorList:
    rows = SubProcessorList.objects.of(request.practice).select_related("vendor__practice", "decided_by", "evidence")
    return get_object_or_404(rows, uid=uid)
