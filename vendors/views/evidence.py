"""Evidence: all of the practice, one document, adding, changing, downloading."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode

from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.errors import Refused
from practice_vetting.core.files import keeping
from practice_vetting.core.views.changing import send, told
from vendors.actions import evidence as actions
from vendors.ask_for_new import letter_for
from vendors.forms.evidence import AddEvidenceForm, ChangeEvidenceForm
from vendors.models import Evidence, Vendor
from vendors.uploading import incoming, unread_words, without_upload
from vendors.views.looking import looked_at
from vendors.views.patient_data import withheld

PER_PAGE = 50
SHOWN = [("", "All"), ("expired", "Expired"), ("expiring", "Expires in 30 days")]


@practice_view("see")
def evidence_list(request: PracticeRequest) -> HttpResponse:
    asked = {name: request.GET.get(name, "").replace("\0", "").strip()[:200] for name in ["q", "show", "vendor"]}
    page = Paginator(_listed(request, asked), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "evidence_list": page,
        "pages": _pages(page, asked),
        "asked": asked,
        "filtered": any(asked.values()),
        "chips": [(label, _address({**asked, "show": show}), show == asked["show"]) for show, label in SHOWN],
        "vendors": Vendor.objects.of(request.practice).filter(evidence__isnull=False).distinct().order_by("name"),
        "today": request.practice.today(),
    }
    return render(request, "vendors/evidence_list.html", context)


@practice_view("answer")
def add_evidence(request: PracticeRequest, uid: str) -> HttpResponse:
    vendor = get_object_or_404(Vendor.objects.of(request.practice).select_related("practice"), uid=uid)
    sent = [request.POST, request.FILES] if request.method == "POST" else []
    older = request.GET.get("replaces", "")
    form = AddEvidenceForm(*sent, vendor=vendor, membership=request.membership, initial=_like(vendor, older))
    page: dict[str, Any] = {"form": form, "vendor": vendor}
    made = _added(request, vendor, form, page) if form.is_valid() else None
    if made:
        messages.success(request, f"{made.label} is on file. {unread_words(made.text_read)}".strip())
        return redirect("vendors:evidence", made.uid)
    return render(request, "vendors/evidence_form.html", page, status=422 if form.errors else 200)


@practice_view("see")
def evidence(request: PracticeRequest, uid: str) -> HttpResponse:
    return _page(request, _found(request, uid))


@practice_view("answer")
def ask_for_new(request: PracticeRequest, uid: str) -> HttpResponse:
    found = _found(request, uid)
    letter = letter_for(found, practice=request.practice.name, by=request.membership.person.name)
    page = {"evidence": found, "vendor": found.vendor, "letter": letter, "today": request.practice.today()}
    return render(request, "vendors/evidence_ask.html", page)


@practice_view("record")
def change_evidence(request: PracticeRequest, uid: str) -> HttpResponse:
    found = _found(request, uid)
    changing = send(request, ChangeEvidenceForm.of, found, actions.change_evidence)
    if changing.made:
        messages.success(request, f"{changing.made.label} is saved.")
        return redirect("vendors:evidence", uid)
    return changing.page(request, "vendors/evidence_form.html", evidence=found, vendor=found.vendor)


@practice_view("download")
def download(request: PracticeRequest, uid: str) -> Any:  # a streamed file, or the page that says why not
    found = _found(request, uid)
    if not found.is_usable:
        return withheld(request, found)
    try:
        response = keeping.serve(found.file, found.file_name)
    except (keeping.Damaged, keeping.Away) as refusal:
        status = 503 if isinstance(refusal, keeping.Away) else 410
        return _page(request, found, refusal=refusal.sentence, status=status)
    actions.record_download(evidence=found, by=request.membership.person)
    return response


def _found(request: PracticeRequest, uid: str) -> Evidence:
    known = Evidence.objects.of(request.practice).select_related(
        "vendor", "replaces", "file__purged_by", "checked_by", "quarantined_by", "practice"
    )
    return get_object_or_404(known, uid=uid)


def _page(request: PracticeRequest, found: Evidence, *, refusal: str = "", status: int = 200) -> HttpResponse:
    page = {
        "evidence": found,
        "vendor": found.vendor,
        "citations": found.citations.select_related("answer__evaluation"),
        "agreements": found.agreements.select_related("vendor"),
        "today": request.practice.today(),
        "refusal": refusal,
        "look": looked_at(request, found),
        "newer": Evidence.objects.filter(replaces=found).first(),
        "places": _places(found),
    }
    return render(request, "vendors/evidence.html", page, status=status)


def _like(vendor: Vendor, older: str) -> dict[str, str]:
    """What a form starts with that was opened to put a newer document in the place of this one."""
    found = vendor.evidence.filter(uid=older.replace("\0", "")).first() if older else None
    return {"replaces": found.uid, "kind_of": found.kind_of} if found else {}


def _places(found: Evidence) -> list[Any]:
    """Where the document that it replaces stands in an evaluation that can still be filled in, and it does not yet."""
    if found.replaces is None or not found.is_usable:
        return []
    drafts = found.replaces.citations.filter(answer__evaluation__state="draft").select_related("answer__evaluation")
    there = set(found.citations.values_list("answer_id", flat=True))
    return [each for each in drafts if each.answer_id not in there]


def _added(request: PracticeRequest, vendor: Vendor, form: AddEvidenceForm, page: dict[str, Any]) -> Evidence | None:
    try:
        came = incoming(form, request.membership)
        facts = {**without_upload(form.cleaned_data), **came.facts}
        return actions.add_evidence_once(vendor=vendor, by=request.membership.person, **facts)
    except Refused as refusal:
        page["already"] = getattr(refusal, "evidence", None)
        told(form, refusal)
        return None


def _listed(request: PracticeRequest, asked: dict[str, str]) -> QuerySet[Evidence]:
    """The practice's evidence that was asked for, the newest first."""
    found, today = Evidence.objects.of(request.practice).matching(asked["q"]), request.practice.today()
    found = {"expired": found.expired(today), "expiring": found.expiring(today)}.get(asked["show"], found)
    if asked["vendor"]:
        found = found.filter(vendor__uid=asked["vendor"])
    return found.with_uses().select_related("vendor", "file").order_by("-created_at", "-id")


def _address(asked: dict[str, str], page: int = 1) -> str:
    named = {name: value for name, value in asked.items() if value}
    return "?" + urlencode({**named, "page": str(page)} if page > 1 else named)


def _pages(page: Page[Evidence], asked: dict[str, str]) -> dict[str, str]:
    return {
        "previous_url": _address(asked, page=page.previous_page_number()) if page.has_previous() else "",
        "next_url": _address(asked, page=page.next_page_number()) if page.has_next() else "",
        "summary": f"{page.start_index()} to {page.end_index()} of {page.paginator.count:,} documents",
    }
