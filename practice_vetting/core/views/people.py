"""The people of the practice: who they are and what they may do, inviting, joining, ending access."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from practice_vetting.core import clock, due, history
from practice_vetting.core.access import PracticeRequest, practice_view, public
from practice_vetting.core.accounts import second_factor, sign_ins
from practice_vetting.core.accounts.adapter import where
from practice_vetting.core.accounts.joining import come_in, guessed_too_often
from practice_vetting.core.accounts.own_account import end_sessions_of
from practice_vetting.core.errors import Refused
from practice_vetting.core.forms import JoinForm
from practice_vetting.core.limits import limited
from practice_vetting.core.members import change_member
from practice_vetting.core.models import Invitation, LedgerEntry, Membership, Person
from practice_vetting.core.people import end_membership as end
from practice_vetting.core.people import invite as invite_person
from practice_vetting.core.people import join as take_up
from practice_vetting.core.people import open_invitation, turn_away
from practice_vetting.core.people_forms import InviteForm, MemberForm
from practice_vetting.core.roles import MAY_GIVE, PERMISSIONS, Role
from practice_vetting.core.views.changing import send, told

HAPPENED = 12  # entries on the page of one member; the rest is in the history


@practice_view("people")
@require_safe
def people(request: PracticeRequest) -> HttpResponse:
    return render(request, "core/people.html", _page(request, InviteForm(today=request.practice.today())))


@practice_view("people", fresh=True)
@require_POST
@limited("invite")
def invite(request: PracticeRequest) -> HttpResponse:
    today = request.practice.today()
    form, invited = InviteForm(request.POST, today=today), None
    if form.is_valid():
        try:
            invited = invite_person(practice=request.practice, by=request.user, **form.cleaned_data)
            form = InviteForm(today=today)
        except Refused as refusal:
            told(form, refusal)
    page = {**_page(request, form), "invited": invited}
    return render(request, "core/people.html", page, status=422 if form.errors else 200)


@practice_view("people")
@require_safe
def roles(request: PracticeRequest) -> HttpResponse:
    page = {
        "permissions": [(says, [role in has for role in Role]) for says, has in PERMISSIONS.values()],
        "roles": list(Role),
        "giving": [(role, [each.label for each in Role if each in MAY_GIVE[role]]) for role in Role],
    }
    return render(request, "core/roles.html", page)


@practice_view("people")
@require_safe
def member(request: PracticeRequest, uid: str) -> HttpResponse:
    return _member_page(request, _member(request, uid))


@practice_view("people", fresh=True)
def change_role(request: PracticeRequest, uid: str) -> HttpResponse:
    membership = _member(request, uid)
    sent = send(request, MemberForm.of, membership, change_member)
    if sent.made:
        messages.success(request, f"Saved. It holds from the next page that {membership.person.name} opens.")
        return redirect("core:member", uid=uid)
    return sent.page(request, "core/member_role.html", member=membership)


@practice_view("people", fresh=True)
@require_POST
def end_membership(request: PracticeRequest, uid: str) -> HttpResponse:
    membership = _member(request, uid)
    try:
        end(membership=membership, by=request.user)
        messages.success(request, f"{membership.person.name} has no access any more.")
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("core:people")


@practice_view("people")
@require_POST
def end_member_sessions(request: PracticeRequest, uid: str) -> HttpResponse:
    membership = _member(request, uid)
    try:
        end_sessions_of(membership=membership, by=request.user)
        messages.success(request, f"{membership.person.name} is signed out everywhere.")
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("core:member", uid=uid)


@public("an invited person has no account yet; the secret in the link is the key")
@sensitive_post_parameters("password")
@limited("join", links=True)
def join(request: HttpRequest, token: str) -> HttpResponse:
    invitation = open_invitation(token)
    if invitation is None:
        turn_away(token)
        return render(request, "core/link_not_valid.html", status=410)
    person = Person.objects.filter(email__iexact=invitation.email).first() or Person(
        email=invitation.email, name=invitation.name
    )
    if guessed_too_often(request, person):
        return render(request, "429.html", status=429)
    form = JoinForm(request.POST or None, invited=person, practice=invitation.practice)
    if request.method == "POST" and form.is_valid() and _joined(request, invitation, person, form):
        return come_in(request, person, invitation.practice)
    page = {"form": form, "invitation": invitation, "role": Role(invitation.role)}
    return render(request, "core/join.html", page, status=422 if form.errors else 200)


def _joined(request: HttpRequest, invitation: Invitation, person: Person, form: JoinForm) -> bool:
    try:
        take_up(invitation=invitation, by=person, password=form.cleaned_data["password"])
    except Refused as refusal:
        if person.pk and refusal.field == "password":  # a guess here is told as one at sign-in is
            sign_ins.fail(person.email, where(request))
        told(form, refusal)
        return False
    return True


def _page(request: PracticeRequest, form: InviteForm) -> dict[str, Any]:
    today = request.practice.today()
    members = Membership.objects.of(request.practice).select_related("person").order_by("person__name")
    active = set(members.active(today).values_list("pk", flat=True))
    return {
        "form": form,
        "invited": None,
        "members": [(member, Role(member.role), member.pk in active) for member in members],
        "refused": due.refused(request.practice, [member.person for member in members]),
        "waiting": Invitation.objects.of(request.practice)
        .filter(used_at=None, expires_at__gt=clock.now())
        .order_by("-created_at"),
    }


def _member(request: PracticeRequest, uid: str) -> Membership:
    members = Membership.objects.of(request.practice).select_related("person", "practice")
    return get_object_or_404(members, uid=uid)


def _member_page(request: PracticeRequest, membership: Membership) -> HttpResponse:
    about = Q(record_kind="membership", record_uid=membership.uid)
    about |= Q(record_kind="person", record_uid=membership.person.uid)
    entries = LedgerEntry.objects.filter(about, practice_uid=request.practice.uid).order_by("-seq")
    page = {
        "member": membership,
        "role": Role(membership.role),
        "has_access": membership.person.is_active and not membership.has_ended,
        "has_factor": second_factor.factors_of(membership.person).exists(),
        "acts": history.in_short(request.practice, list(entries[:HAPPENED])),
    }
    return render(request, "core/member.html", page)
