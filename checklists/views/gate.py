"""The checklist before a tool's first use."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect

from checklists.actions.gate import put_in_use
from checklists.forms.gate import StartUseForm
from checklists.gate import gate_of
from checklists.rollout_plan import plan_of
from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.views.changing import send
from vendors.models import Tool


@practice_view("evaluate")
def start_use(request: PracticeRequest, uid: str) -> HttpResponse:
    tools = Tool.objects.of(request.practice).select_related("vendor__practice", "practice")
    tool = get_object_or_404(tools, uid=uid)
    if tool.in_use_since:
        messages.info(request, f"{tool.name} is marked as in use already.")
        return redirect("checklists:vendor", uid=tool.vendor.uid)
    sent = send(request, _form_of, tool, put_in_use)
    if sent.made:
        messages.success(request, f"{tool.name} is marked as in use.")
        return redirect("checklists:vendor", uid=tool.vendor.uid)
    today = request.practice.today()
    gate = gate_of(tool, on=today)
    return sent.page(
        request, "checklists/gate.html", tool=tool, vendor=tool.vendor, gate=gate, plan=plan_of(tool, on=today)
    )


def _form_of(tool: Tool, data: Any = None) -> StartUseForm:
    return StartUseForm(data, gate=gate_of(tool, on=tool.practice.today()))
