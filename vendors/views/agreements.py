"""Agreements: all of the practice, one with its clauses and reviews, recording, changing and ending."""

from datetime import date

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode

from practice_vetting.core import reminders
from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import Practice
from practice_vetting.core.once import once
from practice_vetting.core.views.changing import send, told
from vendors import agreement_states
from vendors.actions import agreements as actions
from vendors.actions.evidence import AlreadyOnFile, add_evidence
from vendors.agreement_states import AgreementState
from vendors.clause_sheet import Sheet, agreement_sheet
from vendors.coverage import uncovered_tools
from vendors.forms.agreements import ChangeAgreementForm, EndAgreementForm, RecordAgreementForm
from vendors.kinds import EvidenceKind
from vendors.models import Agreement, Evidence, Vendor
from vendors.models.agreement import AgreementQuerySet
from vendors.models.vendor import ToolQuerySet
from vendors.review_list import why_due
from vendors.uploading import incoming, without_upload

PER_PAGE = 50
UNCOVERED = 8  # tools that the list names at once
SOON = "soon"
SHOWN = [("", "All"), (SOON, "Review soon"), *((state.value, state.label) for state in AgreementState)]


@practice_view("see")
def agreement_list(request: PracticeRequest) -> HttpResponse:
    today, show = request.practice.today(), request.GET.get("show", "")
    page = Paginator(_listed(request.practice, show, today), PER_PAGE).get_page(request.GET.get("page"))
    context = {"agreements": page, "pages": _pages(page, show), "today": today, "show": show, "shown": SHOWN}
    context["uncovered"] = uncovered_tools(request.practice, today)[: UNCOVERED + 1]
    return render(request, "vendors/agreement_list.html", context)


@practice_view("record")
def add_agreement(request: PracticeRequest, uid: str) -> HttpResponse:
    vendor = get_object_or_404(Vendor.objects.of(request.practice).select_related("practice"), uid=uid)
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = RecordAgreementForm(*sent, vendor=vendor, membership=request.membership)
    made = recorded(request, vendor, form) if form.is_valid() else None
    if made:
        messages.success(request, "The agreement is on file. Now read its clauses.")
        return redirect("vendors:agreement", uid=made.uid)
    page = {"form": form, "vendor": vendor}
    return render(request, "vendors/agreement_form.html", page, status=422 if form.errors else 200)


def recorded(
    request: PracticeRequest, vendor: Vendor, form: RecordAgreementForm, *, replaces: Agreement | None = None
) -> Agreement | None:
    """The agreement that the form says, once; None when it was refused, with the sentence on the form."""
    facts = {**without_upload(form.cleaned_data), "by": request.membership.person, "vendor": vendor}
    facts["replaces"] = replaces
    facts.pop("no_patient_data")

    def make() -> Agreement:
        if form.cleaned_data["file"] or form.asked:
            facts["evidence"] = _filed(request, vendor, form)
        return actions.record_agreement(**facts)

    try:
        about = {"vendor": vendor, "replaces": replaces}
        return once(Agreement, practice=request.practice, form_id=facts["form_id"], make=make, about=about)
    except Refused as refusal:
        told(form, refusal)
        return None


def _filed(request: PracticeRequest, vendor: Vendor, form: RecordAgreementForm) -> Evidence:
    """The signed file as the vendor's evidence: new, or the one that is this very file."""
    came = incoming(form, request.membership)
    try:
        return add_evidence(
            vendor=vendor,
            by=request.membership.person,
            no_patient_data=form.cleaned_data["no_patient_data"],
            kind_of=EvidenceKind.AGREEMENT,
            **came.facts,
        )
    except AlreadyOnFile as found:
        return found.evidence


@practice_view("see")
def agreement(request: PracticeRequest, uid: str) -> HttpResponse:
    found = agreement_of(request, uid)
    return agreement_page(request, found, agreement_sheet(found, request.practice.today()))


@practice_view("record")
def change_agreement(request: PracticeRequest, uid: str) -> HttpResponse:
    found = agreement_of(request, uid)
    sent = send(request, ChangeAgreementForm.of, found, actions.change_agreement)
    if sent.made:
        messages.success(request, "Your changes are saved.")
        return redirect("vendors:agreement", uid=uid)
    return sent.page(request, "vendors/agreement_form.html", agreement=found, vendor=found.vendor)


@practice_view("record")
def end_agreement(request: PracticeRequest, uid: str) -> HttpResponse:
    found = agreement_of(request, uid)
    sent = send(request, EndAgreementForm.of, found, actions.end_agreement)
    if sent.made:
        messages.success(request, "The agreement has ended. It stays on file.")
        return redirect("vendors:agreement", uid=uid)
    return sent.page(request, "vendors/agreement_end.html", agreement=found, vendor=found.vendor)


def agreement_of(request: PracticeRequest, uid: str) -> Agreement:
    """The practice's agreement of this address; 404 for any other."""
    found = Agreement.objects.of(request.practice).select_related(
        "vendor__practice", "practice", "evidence", "amends", "replaces"
    )
    return get_object_or_404(found.prefetch_related("tools"), uid=uid)


def agreement_page(request: PracticeRequest, agreement: Agreement, sheet: Sheet, status: int = 200) -> HttpResponse:
    """The whole page of one agreement."""
    today = request.practice.today()
    stands = agreement_states.stands(agreement.dates, on=today)
    page = {
        **why_due(agreement),
        "agreement": agreement,
        "vendor": agreement.vendor,
        "sheet": sheet,
        "reviews": agreement.reviews.select_related("by"),
        "reminders": reminders.of(agreement),
        "today": today,
        "stands": stands,
        "acts": agreement_states.MOVES[stands.state] if request.membership.may("record") else {},
        "newer": agreement.replaced_by.first(),
        "amendments": agreement.amendments.order_by("id"),
        "uncovered": _uncovered(agreement, stands.state, today),
        "editable": request.membership.may("record") and agreement.ended_on is None,
    }
    return render(request, "vendors/agreement.html", page, status=status)


def _uncovered(agreement: Agreement, state: AgreementState, on: date) -> ToolQuerySet:
    """The vendor's tools that no agreement covers; on one that is still to be signed, those that it does not name."""
    found = uncovered_tools(agreement.practice, on).filter(vendor=agreement.vendor)
    if state in (AgreementState.DRAFT, AgreementState.OUT):
        return found.exclude(pk__in=[tool.pk for tool in agreement.tools.all()])
    return found


def _listed(practice: Practice, show: str, today: date) -> AgreementQuerySet:
    """The practice's agreements, or those in one state, the next review first and those that are over last."""
    found = Agreement.objects.of(practice)
    if show == SOON:
        found = found.review_due(today)
    elif show in set(AgreementState):
        found = found.standing(AgreementState(show), today)
    return found.next_review_first(today).select_related("vendor").prefetch_related("tools")


def _pages(page: Page[Agreement], show: str) -> dict[str, str]:
    def url(number: int) -> str:
        return "?" + urlencode({"show": show, "page": str(number)} if show else {"page": str(number)})

    return {
        "previous_url": url(page.previous_page_number()) if page.has_previous() else "",
        "next_url": url(page.next_page_number()) if page.has_next() else "",
        "summary": f"{page.start_index()} to {page.end_index()} of {page.paginator.count} agreements",
    }
