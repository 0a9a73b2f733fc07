"""A lost second factor: an owner resets it, and its person may stop that."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from practice_vetting.core.access import PracticeRequest, practice_view, public
from practice_vetting.core.accounts import factor_reset
from practice_vetting.core.accounts.second_factor_forms import ResetForm
from practice_vetting.core.errors import Refused
from practice_vetting.core.limits import limited
from practice_vetting.core.models import Membership


@practice_view("reset", fresh=True)
def reset(request: PracticeRequest, uid: str) -> HttpResponse:
    member = get_object_or_404(Membership.objects.of(request.practice).select_related("person", "practice"), uid=uid)
    form = ResetForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            asked = factor_reset.ask_for_reset(membership=member, by=request.user, **form.cleaned_data)
            when = "is reset" if asked.applied_at else "will be reset in one day, unless they stop it"
            messages.success(request, f"The second factor of {member.person.name} {when}.")
            return redirect("core:people")
        except Refused as refusal:
            form.add_error(None, refusal.sentence)
    page = {"form": form, "member": member}
    return render(request, "core/second_factor/reset.html", page, status=422 if form.errors else 200)


@public("the secret in the link is the key; it was mailed to the person whose second factor it is")
@limited("stop_reset", links=True)
def stop(request: Any, token: str) -> HttpResponse:
    waiting = factor_reset.waiting_reset(token)
    if waiting is None:
        return render(request, "core/link_not_valid.html", status=410)
    if request.method == "POST":
        try:
            factor_reset.stop_reset(reset=waiting, by=waiting.person)
        except Refused:
            return render(request, "core/link_not_valid.html", status=410)
    page = {"reset": waiting, "stopped": request.method == "POST"}
    return render(request, "core/second_factor/stop_reset.html", page)
