"""The patient-data map: of one vendor, of the practice, and the flows on it."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.errors import Refused
from practice_vetting.core.once import once
from practice_vetting.core.views.changing import send, told
from vendors.actions import data_flows as actions
from vendors.boundary_drawing import draw
from vendors.flow_drafts import drafts
from vendors.flow_links import found
from vendors.flow_map import map_of, maps_of, with_maps
from vendors.flow_rules import Severity
from vendors.forms.data_flows import AddFlowForm, ChangeFlowForm, EndFlowForm, SuggestedForm, columns_of
from vendors.models import DataFlow, Tool, Vendor

VENDORS_A_PAGE = 12


@practice_view("see")
def data_map(request: PracticeRequest, uid: str) -> HttpResponse:
    vendor = _vendor(request, uid)
    seen = map_of(vendor, request.practice.today())
    listed = found(seen.findings, vendor)
    page = {
        "vendor": vendor,
        "map": seen,
        "drawing": draw(seen.facts) if seen.rows else None,
        "errors": [each for each in listed if each.finding.severity is Severity.FAILED],
        "warnings": [each for each in listed if each.finding.severity is not Severity.FAILED],
        "suggested": len(drafts(seen.facts)),
        "editable": request.membership.may("record") and vendor.ended_on is None,
    }
    return render(request, "vendors/data_map.html", page)


@practice_view("see")
def practice_map(request: PracticeRequest) -> HttpResponse:
    today = request.practice.today()
    in_use = Tool.objects.of(request.practice).in_use(today).values("vendor")
    listed = with_maps(Vendor.objects.of(request.practice).filter(pk__in=in_use, ended_on=None).order_by("name", "pk"))
    page = Paginator(listed, VENDORS_A_PAGE).get_page(request.GET.get("page"))
    maps = maps_of(page.object_list, today)
    drawn = [each.facts for each in maps if each.rows]
    context = {
        "maps": maps,
        "flows": [(each, row) for each in maps for row in each.rows],
        "drawing": draw(drawn) if drawn else None,
        "pages": {
            "previous_url": f"?page={page.previous_page_number()}" if page.has_previous() else "",
            "next_url": f"?page={page.next_page_number()}" if page.has_next() else "",
            "summary": f"{page.start_index()} to {page.end_index()} of {page.paginator.count} vendors in use",
        },
    }
    return render(request, "vendors/practice_map.html", context)


@practice_view("record")
def add_flow(request: PracticeRequest, uid: str) -> HttpResponse:
    vendor = _vendor(request, uid)
    form = AddFlowForm(request.POST or None, vendor=vendor)
    made = _added(request, vendor, form) if request.method == "POST" and form.is_valid() else None
    if made:
        messages.success(request, "The flow is on the map.")
        if "another" in request.POST:
            return redirect("vendors:add_flow", uid=uid)
        return redirect("vendors:data_map", uid=uid)
    page = {"form": form, "vendor": vendor}
    return render(request, "vendors/flow_form.html", page, status=422 if form.errors else 200)


def _added(request: PracticeRequest, vendor: Vendor, form: AddFlowForm) -> DataFlow | None:
    facts = columns_of(form.cleaned_data)
    form_id = facts["form_id"]
    try:
        return once(
            DataFlow,
            practice=request.practice,
            form_id=form_id,
            about={"vendor": vendor},
            make=lambda: actions.add_flow(vendor=vendor, by=request.membership.person, **facts),
        )
    except Refused as refusal:
        told(form, refusal)
        return None


@practice_view("record")
def change_flow(request: PracticeRequest, uid: str) -> HttpResponse:
    flow = _flow(request, uid)
    sent = send(request, ChangeFlowForm.of, flow, _change)
    if sent.made:
        messages.success(request, "The flow is saved.")
        return redirect("vendors:data_map", uid=flow.vendor.uid)
    return sent.page(request, "vendors/flow_form.html", flow=flow, vendor=flow.vendor)


def _change(**given: Any) -> DataFlow:
    return actions.change_flow(**columns_of(given))


@practice_view("record")
def end_flow(request: PracticeRequest, uid: str) -> HttpResponse:
    flow = _flow(request, uid)
    sent = send(request, EndFlowForm.of, flow, actions.end_flow)
    if sent.made:
        messages.success(request, "The flow has ended. It stays on file.")
        return redirect("vendors:data_map", uid=flow.vendor.uid)
    return sent.page(request, "vendors/flow_end.html", flow=flow, vendor=flow.vendor)


@practice_view("record")
def suggested_flows(request: PracticeRequest, uid: str) -> HttpResponse:
    vendor = _vendor(request, uid)
    offered = drafts(map_of(vendor, request.practice.today()).facts)
    sent = {"chosen": [each.key for each in offered]} if "all" in request.POST else request.POST
    form = SuggestedForm(sent if request.method == "POST" else None, drafts=offered)
    if form.is_valid() and _confirmed(request, vendor, form):
        return redirect("vendors:data_map", uid=uid)
    page = {"form": form, "vendor": vendor, "drafts": offered, "marked": request.POST.getlist("chosen")}
    return render(request, "vendors/flow_suggested.html", page, status=422 if form.errors else 200)


def _confirmed(request: PracticeRequest, vendor: Vendor, form: SuggestedForm) -> bool:
    try:
        made = actions.confirm_drafts(vendor=vendor, by=request.membership.person, chosen=form.cleaned_data["chosen"])
    except Refused as refusal:
        told(form, refusal)
        return False
    messages.success(request, "1 flow is on the map." if len(made) == 1 else f"{len(made)} flows are on the map.")
    return True


def _vendor(request: PracticeRequest, uid: str) -> Vendor:
    return get_object_or_404(with_maps(Vendor.objects.of(request.practice)), uid=uid)


def _flow(request: PracticeRequest, uid: str) -> DataFlow:
    flows = DataFlow.objects.of(request.practice).select_related(
        "vendor__practice", "practice", "from_tool", "to_tool", "from_sub_processor", "to_sub_processor", "agreement"
    )
    return get_object_or_404(flows.select_related("method_evidence"), uid=uid)
