"""The practices that a person belongs to, and going from one to another."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from practice_vetting.core.access import own
from practice_vetting.core.accounts.joining import LANDING, enter
from practice_vetting.core.practices import enter_practice
from practice_vetting.core.roles import Role


@own("everybody sees which practices they belong to")
def practices(request: Any) -> HttpResponse:
    if request.method == "POST":
        chosen = request.POST.get("practice", "")
        membership = next((each for each in request.memberships if each.practice.uid == chosen), None)
        if membership is None:
            raise Http404
        enter_practice(membership=membership, by=request.user)
        enter(request, membership.practice)
        return redirect(LANDING)
    return render(
        request, "core/practices.html", {"memberships": [(each, Role(each.role)) for each in request.memberships]}
    )
