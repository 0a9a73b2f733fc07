"""The people of the practice: who they are, inviting, joining, ending access."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from practice_vetting.core import clock
from practice_vetting.core.access import PracticeRequest, practice_view, public
from practice_vetting.core.errors import Refused
from practice_vetting.core.forms import InviteForm, JoinForm
from practice_vetting.core.limits import limited
from practice_vetting.core.models import Invitation, Membership, Person
from practice_vetting.core.people import end_membership as end
from practice_vetting.core.people import invite as invite_person
from practice_vetting.core.people import join as take_up
from practice_vetting.core.people import open_invitation, turn_away
from practice_vetting.core.roles import PERMISSIONS, Role
from practice_vetting.core.views.setup import BACKEND


@practice_view("people")
def people(request: PracticeRequest) -> HttpResponse:
    return render(request, "core/people.html", _page(request, InviteForm()))


@practice_view("people")
@require_POST
def invite(request: PracticeRequest) -> HttpResponse:
    form, invited = InviteForm(request.POST), None
    if form.is_valid():
        try:
            invited = invite_person(practice=request.practice, by=request.user, **form.cleaned_data)
            form = InviteForm()
        except Refused as refusal:
            form.add_error(refusal.field or None, refusal.sentence)
    page = {**_page(request, form), "invited": invited}
    return render(request, "core/people.html", page, status=422 if form.errors else 200)


@practice_view("people")
@require_POST
def end_membership(request: PracticeRequest, uid: str) -> HttpResponse:
    membership = get_object_or_404(Membership.objects.of(request.practice), uid=uid)
    try:
        end(membership=membership, by=request.user)
        messages.success(request, f"{membership.person.name} has no access any more.")
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("core:people")


@public("an invited person has no account yet; the secret in the link is the key")
@sensitive_post_parameters("password")
@limited("join")
def join(request: HttpRequest, token: str) -> HttpResponse:
    invitation = open_invitation(token)
    if invitation is None:
        turn_away(token)
        return render(request, "core/link_not_valid.html", status=410)
    person = Person.objects.filter(email__iexact=invitation.email).first() or Person(
        email=invitation.email, name=invitation.name
    )
    form = JoinForm(request.POST or None, invited=person)
    if request.method == "POST" and form.is_valid() and _joined(request, invitation, person, form):
        return redirect("checklists:today")
    page = {"form": form, "invitation": invitation, "role": Role(invitation.role)}
    return render(request, "core/join.html", page, status=422 if form.errors else 200)


def _joined(request: HttpRequest, invitation: Invitation, person: Person, form: JoinForm) -> bool:
    try:
        membership = take_up(invitation=invitation, by=person, password=form.cleaned_data["password"])
    except Refused as refusal:
        form.add_error(refusal.field or None, refusal.sentence)
        return False
    login(request, person, backend=BACKEND)
    request.session["practice"] = membership.practice.uid
    return True


def _page(request: PracticeRequest, form: InviteForm) -> dict[str, Any]:
    today = request.practice.today()
    members = Membership.objects.of(request.practice).select_related("person").order_by("person__name")
    active = set(members.active(today).values_list("pk", flat=True))
    return {
        "form": form,
        "invited": None,
        "members": [(member, Role(member.role), member.pk in active) for member in members],
        "waiting": Invitation.objects.of(request.practice)
        .filter(used_at=None, expires_at__gt=clock.now())
        .order_by("-created_at"),
        "permissions": [(says, [role in roles for role in Role]) for says, roles in PERMISSIONS.values()],
        "roles": list(Role),
    }
