"""A vendor as it stood on a past day, and what changed between two days or two evaluations."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from checklists import dossier, past, snapshot
from checklists.actions.looking import tell_past_view
from checklists.differences import differences
from checklists.forms.past import PastDayForm, TwoDaysForm
from checklists.models import Evaluation
from checklists.states import EvaluationState
from practice_vetting.core import clock
from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.forms import new_form_id
from vendors.models import Vendor


@practice_view("see")
def choose_day(request: PracticeRequest, uid: str) -> HttpResponse:
    """Asks for a day; `?on=` leads to it, or to the sentence why it cannot be shown."""
    vendor = _vendor(request, uid)
    form = PastDayForm(request.GET if "on" in request.GET else None, today=request.practice.today())
    if form.is_valid():
        return redirect("checklists:as_of", uid=uid, day=form.cleaned_data["on"].isoformat())
    return _asking(request, vendor, form)


@practice_view("see")
def as_of(request: PracticeRequest, uid: str, day: str) -> HttpResponse:
    vendor, today = _vendor(request, uid), request.practice.today()
    form = PastDayForm({"on": day}, today=today)
    content = _content(vendor, form, form.cleaned_data["on"]) if form.is_valid() else None
    if content is None:
        return _asking(request, vendor, form)
    tell_past_view(vendor=vendor, by=request.membership.person, days=[content["as_of"]])
    context = {
        "vendor": vendor,
        "form": form,
        "day": content["as_of"],
        "today": today,
        "content": content,
        "choices": past.choices_for(vendor, today),
        "form_id": new_form_id(),
        **past.page_of(content),
    }
    return render(request, "checklists/as_of.html", context)


@practice_view("see")
def vendor_differences(request: PracticeRequest, uid: str) -> HttpResponse:
    vendor, today = _vendor(request, uid), request.practice.today()
    usual = {"from": max(past.a_year_before(today), past.added_on(vendor)), "to": today}
    form = TwoDaysForm({**usual, **request.GET.dict()}, today=today)
    days = [form.cleaned_data["from"], form.cleaned_data["to"]] if form.is_valid() else []
    same = days[0] if days and days[0] == days[1] else None
    sides_of = [] if same else zip(days, ("from", "to"), strict=False)
    found = [_content(vendor, form, day, field) for day, field in sides_of]
    context: dict[str, Any] = {"vendor": vendor, "form": form, "days": days}
    context |= {"same": same, "added": past.added_on(vendor)}
    if len(sides := [each for each in found if each]) == 2:
        tell_past_view(vendor=vendor, by=request.membership.person, days=days)
        context["sections"] = differences(*sides)
    return render(request, "checklists/differences.html", context, status=422 if form.errors else 200)


@practice_view("see")
def evaluation_differences(request: PracticeRequest, uid: str) -> HttpResponse:
    """With `?with=` another evaluation of the vendor; else with the one signed before it."""
    known = Evaluation.objects.of(request.practice).select_related("vendor__practice", "practice", "started_by")
    after = get_object_or_404(known, uid=uid)
    others = known.filter(vendor=after.vendor, state=EvaluationState.SIGNED).exclude(pk=after.pk)
    asked = request.GET.get("with", "").replace("\0", "")
    earlier = others.filter(pk__lt=after.pk).order_by("-pk").first()
    before = get_object_or_404(others, uid=asked) if asked else earlier
    context: dict[str, Any] = {"vendor": after.vendor, "after": after, "before": before, "others": others}
    if before:
        context["sections"] = differences(_said(before), _said(after))
    return render(request, "checklists/evaluation_differences.html", context)


def _said(evaluation: Evaluation) -> dict[str, Any]:
    """What was signed, or is to be; of one that is being filled in, what it says now."""
    if evaluation.snapshot:
        return snapshot.read(evaluation.snapshot)
    return snapshot.read(snapshot.text_of(snapshot.build(evaluation, on=evaluation.practice.today())))


def _content(vendor: Vendor, form: Any, day: date, field: str = "on") -> dict[str, Any] | None:
    """Everything as of that day, or None with the sentence beside the field."""
    try:
        return dossier.build(vendor, at=clock.now(), as_of=day)
    except dossier.NotYetThere as why:
        form.add_error(field, str(why))
        return None


def _asking(request: PracticeRequest, vendor: Vendor, form: PastDayForm) -> HttpResponse:
    context = {"vendor": vendor, "form": form, "choices": past.choices_for(vendor, request.practice.today())}
    return render(request, "checklists/past.html", context, status=422 if form.errors else 200)


def _vendor(request: PracticeRequest, uid: str) -> Vendor:
    return get_object_or_404(Vendor.objects.of(request.practice).select_related("practice"), uid=uid)
