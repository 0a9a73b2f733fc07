"""The tools of a vendor: adding, changing, retiring. The first use has a gate of its own."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.errors import Refused
from practice_vetting.core.once import once
from practice_vetting.core.views.changing import send, told
from vendors.actions import tools as actions
from vendors.forms.tools import AddToolForm, ChangeToolForm, RetireToolForm
from vendors.models import Tool, Vendor


@practice_view("propose")
def add_tool(request: PracticeRequest, uid: str) -> HttpResponse:
    vendor = get_object_or_404(Vendor.objects.of(request.practice), uid=uid)
    may_start = request.membership.may("evaluate")
    form = AddToolForm(request.POST or None, may_start=may_start, initial={"name": request.GET.get("tool", "")})
    tool = _added(request, vendor, form) if request.method == "POST" and form.is_valid() else None
    if tool:
        waits = "" if may_start else " It is checked before anybody uses it. Until then, the answer is no."
        messages.success(request, f"{tool.name} is added.{waits}")
        if "another" in request.POST:
            return redirect("vendors:add_tool", uid=uid)
        return redirect("checklists:vendor", uid=uid)
    page = {"form": form, "vendor": vendor, "first": not vendor.tools.exists()}
    return render(request, "vendors/tool_form.html", page, status=422 if form.errors else 200)


def _added(request: PracticeRequest, vendor: Vendor, form: AddToolForm) -> Tool | None:
    facts = {**form.cleaned_data}
    form_id = facts.pop("form_id")
    try:
        return once(
            Tool,
            practice=request.practice,
            form_id=form_id,
            about={"vendor": vendor},
            make=lambda: actions.add_tool(vendor=vendor, by=request.membership.person, form_id=form_id, **facts),
        )
    except Refused as refusal:
        told(form, refusal)
        return None


@practice_view("record")
def change_tool(request: PracticeRequest, uid: str) -> HttpResponse:
    tool = _tool(request, uid)
    sent = send(request, ChangeToolForm.of, tool, actions.change_tool)
    if sent.made:
        messages.success(request, f"{sent.made.name} is saved.")
        return redirect("checklists:vendor", uid=tool.vendor.uid)
    return sent.page(request, "vendors/tool_form.html", tool=tool, vendor=tool.vendor)


@practice_view("record")
def retire_tool(request: PracticeRequest, uid: str) -> HttpResponse:
    tool = _tool(request, uid)
    sent = send(request, RetireToolForm.of, tool, actions.retire_tool)
    if sent.made:
        messages.success(request, f"{tool.name} is retired.")
        return redirect("checklists:vendor", uid=tool.vendor.uid)
    return sent.page(request, "vendors/tool_retire.html", tool=tool, vendor=tool.vendor)


def _tool(request: PracticeRequest, uid: str) -> Tool:
    return get_object_or_404(Tool.objects.of(request.practice).select_related("vendor", "practice"), uid=uid)
