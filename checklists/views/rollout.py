"""The rollout of a tool: its six steps, recording one, and taking one back."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from checklists.actions.rollout import record_step, take_back_step
from checklists.forms.rollout import FORMS, StepForm, TakeBackForm
from checklists.rollout import STEPS, step_of
from checklists.rollout_plan import Plan, plan_of
from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.errors import Refused
from practice_vetting.core.once import once
from practice_vetting.core.views.changing import send, told
from vendors.models import RolloutStep, Tool


@practice_view("see")
def rollout(request: PracticeRequest, uid: str) -> HttpResponse:
    tool = _tool(request, uid)
    page = {
        "plan": plan_of(tool, on=request.practice.today()),
        "tool": tool,
        "vendor": tool.vendor,
        "others": tool.vendor.tools.exclude(pk=tool.pk).filter(retired_on=None),
        "open_for_work": not (tool.retired_on or tool.vendor.ended_on),
    }
    return render(request, "checklists/rollout.html", page)


@practice_view("evaluate")
def do_step(request: PracticeRequest, uid: str, number: int) -> HttpResponse:
    if not 1 <= number <= len(STEPS):
        raise Http404
    tool, today = _tool(request, uid), request.practice.today()
    form_of = FORMS.get(number, StepForm)
    form = form_of(request.POST if request.method == "POST" else None, tool=tool, initial={"done_on": today})
    if form.is_valid() and _recorded(request, tool, number, form):
        messages.success(request, f"Step {number} of {tool.name} is on file.")
        return redirect("checklists:rollout", uid=uid)
    plan: Plan = plan_of(tool, on=today)
    page = {"form": form, "row": plan.rows[number - 1], "tool": tool, "vendor": tool.vendor, "step": step_of(number)}
    return render(request, "checklists/rollout_step.html", page, status=422 if form.errors else 200)


def _recorded(request: PracticeRequest, tool: Tool, number: int, form: StepForm) -> RolloutStep | None:
    facts = {**form.cleaned_data, "tool": tool, "by": request.membership.person, "step": number}
    try:
        return once(
            RolloutStep,
            practice=request.practice,
            form_id=facts["form_id"],
            about={"tool": tool, "step": number},
            make=lambda: record_step(**facts),
        )
    except Refused as refusal:
        told(form, refusal)
        return None


@practice_view("evaluate")
def take_back(request: PracticeRequest, uid: str) -> HttpResponse:
    rows = RolloutStep.objects.of(request.practice).select_related("tool__vendor", "practice", "done_by")
    record = get_object_or_404(rows, uid=uid)
    sent = send(request, TakeBackForm.of, record, take_back_step)
    if sent.made:
        messages.success(request, f"Step {record.step} of {record.tool.name} is taken back.")
        return redirect("checklists:rollout", uid=record.tool.uid)
    page = {"record": record, "tool": record.tool, "vendor": record.tool.vendor, "step": step_of(record.step)}
    return sent.page(request, "checklists/rollout_take_back.html", **page)


def _tool(request: PracticeRequest, uid: str) -> Tool:
    tools = Tool.objects.of(request.practice).select_related("vendor__practice", "vendor__standing", "practice")
    return get_object_or_404(tools, uid=uid)
