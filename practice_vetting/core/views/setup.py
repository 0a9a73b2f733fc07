"""Taking a fresh installation."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from practice_vetting.core import installation
from practice_vetting.core.access import public
from practice_vetting.core.accounts.joining import come_in
from practice_vetting.core.forms import SetupForm
from practice_vetting.core.limits import limited
from practice_vetting.core.models import Membership, Person
from practice_vetting.core.people import set_up


@public("the first owner has no account yet; the one-time code keeps everybody else out")
@sensitive_post_parameters("password", "code")
@limited("setup")
def setup(request: HttpRequest) -> HttpResponse:
    if installation.is_set_up():
        return redirect("checklists:today")
    form = SetupForm(request.POST or None, initial={"time_zone": "America/New_York"})
    if request.method == "POST" and form.is_valid():
        membership = _take(form.cleaned_data)
        response = come_in(request, membership.person, membership.practice)
        messages.success(request, "Your practice is set up. Add your first vendor when you are ready.")
        return response
    return render(request, "core/setup.html", {"form": form}, status=422 if form.errors else 200)


def _take(given: dict[str, Any]) -> Membership:
    owner = Person(email=given["email"].lower(), name=given["name"])
    facts = {name: given[name] for name in ["time_zone", "states", "part2", "password"]}
    return set_up(by=owner, name=given["practice_name"], **facts)
