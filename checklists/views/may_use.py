"""“May I use this?”: the answer for every tool, for everybody; and the way to propose what is not on the list."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from checklists.actions import sheets
from checklists.forms.may_use import ProposeForm, SheetForm
from checklists.may_use import RULES
from checklists.may_use_list import lines_of, officers_of
from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.documents.jobs import latest
from practice_vetting.core.forms import new_form_id

LONGEST = 200


@practice_view("see")
def may_use(request: PracticeRequest) -> HttpResponse:
    named = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    today = request.practice.today()
    lines = lines_of(request.practice, on=today, named=named)
    page = {"lines": lines, "q": named, "today": today, **_told(request)}
    if request.membership.may("issue"):
        page |= {"job": latest(request.practice, "practice", request.practice.uid, "sheet"), "form_id": new_form_id()}
    return render(request, "checklists/may_use.html", page)


@practice_view("propose")
def propose(request: PracticeRequest) -> HttpResponse:
    asked = request.GET if "vendor" in request.GET else None
    form = ProposeForm(asked, practice=request.practice, initial={"name": request.GET.get("q", "")[:LONGEST]})
    if form.is_valid():
        return redirect(_next(form.cleaned_data["vendor"], form.cleaned_data["name"]))
    page = {"form": form, "today": request.practice.today(), **_told(request)}
    return render(request, "checklists/may_use_propose.html", page, status=422 if form.errors else 200)


@practice_view("issue")
@require_POST
def request_sheet(request: PracticeRequest) -> HttpResponse:
    form = SheetForm(request.POST)
    if form.is_valid():
        sheets.request_sheet(practice=request.practice, by=request.user, form_id=form.cleaned_data["form_id"])
        messages.success(request, "We are preparing the sheet. You can leave this page.")
    else:
        messages.error(request, "This page was too old to ask for the sheet. Press the button once more.")
    return redirect(reverse("checklists:may_use") + "#sheet")


def _told(request: PracticeRequest) -> dict[str, Any]:
    return {"rules": RULES, "officers": officers_of(request.practice)}


def _next(vendor: str, name: str) -> str:
    """The form that adds the tool, or first its vendor, with the name that was searched for."""
    if vendor:
        return f"{reverse('vendors:add_tool', args=[vendor])}?{urlencode({'tool': name})}"
    return f"{reverse('vendors:add_vendor')}?{urlencode({'tool': name})}"
