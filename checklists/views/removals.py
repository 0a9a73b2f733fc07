"""What is kept and how long, and the removal of what may go: proposed by one person, approved by another."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from checklists import removing
from checklists.actions import removals as actions
from checklists.forms.removals import ApproveRemovalForm, ProposeRemovalForm
from checklists.retention import ended, kept
from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import Membership, Practice, Removal, RemovalState
from practice_vetting.core.once import once
from practice_vetting.core.roles import Role
from practice_vetting.core.views.changing import told
from vendors.models import LegalHold, Vendor
from vendors.record_periods import unchecked
from vendors.retention_rules import longest, periods

SHOWN_REMOVALS = 50


@practice_view("kept")
def kept_page(request: PracticeRequest) -> HttpResponse:
    rows, page = ended(request.practice, request.practice.today(), request.GET.get("page"))
    pages = {
        "previous_url": f"?page={page.previous_page_number()}" if page.has_previous() else "",
        "next_url": f"?page={page.next_page_number()}" if page.has_next() else "",
        "summary": f"{page.start_index()} to {page.end_index()} of {page.paginator.count} vendors",
    }
    context = {"rows": rows, "pages": pages, **_periods(request.practice), **_removals(request.practice)}
    context["holds"] = (
        LegalHold.objects.of(request.practice).standing().filter(vendor__ended_on=None).select_related("vendor")
    )
    context["in_work"] = Vendor.objects.of(request.practice).filter(ended_on=None).count()
    return render(request, "checklists/kept.html", context)


@practice_view("hold", fresh=True)
def propose(request: PracticeRequest, uid: str) -> HttpResponse:
    vendor = get_object_or_404(Vendor.objects.of(request.practice).select_related("practice"), uid=uid)
    form = ProposeRemovalForm(request.POST if request.method == "POST" else None, name=vendor.name)
    made = _proposed(request, vendor, form) if form.is_valid() else None
    if made:
        messages.success(
            request, "Proposed. The owners and officers were told by mail. Nothing goes until one approves."
        )
        return redirect("checklists:removal", uid=made.uid)
    today = request.practice.today()
    found = kept(vendor, today)
    page = {"form": form, "vendor": vendor, "kept": found, "why_not": found.refusal(today)}
    page["counts"] = removing.belongings(vendor).counts
    return render(request, "checklists/removal_propose.html", page, status=422 if form.errors else 200)


def _proposed(request: PracticeRequest, vendor: Vendor, form: ProposeRemovalForm) -> Removal | None:
    facts = {**form.cleaned_data, "vendor": vendor, "by": request.membership.person}
    form_id = facts["form_id"]
    try:
        return once(
            Removal,
            practice=request.practice,
            form_id=form_id,
            about={"vendor_uid": vendor.uid},
            make=lambda: actions.propose_removal(**facts),
        )
    except Refused as refusal:
        told(form, refusal)
        return None


@practice_view("kept")
def removal(request: PracticeRequest, uid: str) -> HttpResponse:
    return render(request, "checklists/removal.html", _facts(request, _removal(request, uid)))


@practice_view("remove", fresh=True)
def approve(request: PracticeRequest, uid: str) -> HttpResponse:
    found = _removal(request, uid)
    if not found.is_open:
        messages.info(request, "This proposal waits no more.")
        return redirect("checklists:removal", uid=uid)
    form = ApproveRemovalForm(request.POST if request.method == "POST" else None, name=found.vendor_label)
    if form.is_valid():
        try:
            actions.approve_removal(removal=found, by=request.membership.person, **form.cleaned_data)
            messages.success(request, f"The records of {found.vendor_label} are removed. The ledger says so.")
            return redirect("checklists:removal", uid=uid)
        except Refused as refusal:
            told(form, refusal)
    page = {**_facts(request, found), "form": form}
    return render(request, "checklists/removal_approve.html", page, status=422 if form.errors else 200)


@practice_view("hold")
def withdraw(request: PracticeRequest, uid: str) -> HttpResponse:
    found = _removal(request, uid)
    if request.method != "POST":  # the address was typed, or kept
        return redirect("checklists:removal", uid=uid)
    try:
        actions.withdraw_removal(removal=found, by=request.membership.person)
        messages.success(request, "Withdrawn. Everything stays.")
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("checklists:removal", uid=uid)


def _removal(request: PracticeRequest, uid: str) -> Removal:
    rows = Removal.objects.of(request.practice).select_related("practice", "proposed_by", "approved_by", "withdrawn_by")
    return get_object_or_404(rows, uid=uid)


def _facts(request: PracticeRequest, found: Removal) -> dict[str, Any]:
    """The removal, and while it waits, what keeps the records by now."""
    vendor = Vendor.objects.of(request.practice).select_related("practice").filter(uid=found.vendor_uid).first()
    today = request.practice.today()
    why_not = kept(vendor, today).refusal(today) if vendor and found.is_open else ""
    own = found.proposed_by_id == request.user.pk
    return {"removal": found, "vendor": vendor, "why_not": why_not, "own": own}


def _periods(practice: Practice) -> dict[str, Any]:
    found = periods(practice.states, practice.record_years)
    return {"periods": found, "longest": longest(found), "unchecked": unchecked(practice.states)}


def _removals(practice: Practice) -> dict[str, Any]:
    rows = Removal.objects.of(practice).select_related("proposed_by", "approved_by")
    done = list(rows.filter(state=RemovalState.DONE)[:SHOWN_REMOVALS])
    owners = Membership.objects.of(practice).filter(role=Role.OWNER).values_list("person", flat=True)
    return {"waiting": list(rows.filter(state=RemovalState.PROPOSED)), "done": done, "owners": set(owners)}
