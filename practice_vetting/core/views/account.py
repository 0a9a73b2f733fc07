"""A person's own account: what it is, its password, its e-mail, its sessions, and closing it."""

from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from practice_vetting.core.access import own, public
from practice_vetting.core.accounts import links, own_account, sessions
from practice_vetting.core.accounts.adapter import where
from practice_vetting.core.accounts.forms import ChangePasswordForm, CloseAccountForm, NewEmailForm
from practice_vetting.core.accounts.second_factor import overview_of
from practice_vetting.core.errors import Refused
from practice_vetting.core.limits import limited
from practice_vetting.core.memberships import memberships_of, still_open
from practice_vetting.core.models import LinkPurpose
from practice_vetting.core.roles import Role
from practice_vetting.core.views.changing import told


@own("everybody sees their own account")
def account(request: Any) -> HttpResponse:
    belongs = [(each, Role(each.role)) for each in still_open(memberships_of(request.user))]
    return render(request, "core/account.html", {"belongs": belongs, **overview_of(request.user)})


@own("everybody changes their own password, and knows the old one")
@sensitive_post_parameters("old_password", "password")
@limited("change_password")
def change_password(request: Any) -> HttpResponse:
    form = ChangePasswordForm(request.POST or None, person=request.user)
    if request.method == "POST" and form.is_valid():
        given = {"old": form.cleaned_data["old_password"], "new": form.cleaned_data["password"]}
        try:
            own_account.change_password(by=request.user, keep=_key(request), where=where(request), **given)
            update_session_auth_hash(request, request.user)
            UserSession.objects.create_from_request(request)  # under its new key, or nobody could end it
            messages.success(request, "Your password is changed. Wherever else you were signed in, you are signed out.")
            return redirect("account")
        except Refused as refusal:
            told(form, refusal)
    return render(request, "core/account_password.html", {"form": form}, status=422 if form.errors else 200)


@own("everybody changes their own e-mail", fresh=True)
@limited("change_email")
def change_email(request: Any) -> HttpResponse:
    form = NewEmailForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        try:
            own_account.ask_new_email(by=request.user, email=email, where=where(request))
            return render(request, "core/account_email_sent.html", {"email": email})
        except Refused as refusal:
            told(form, refusal)
    return render(request, "core/account_email.html", {"form": form}, status=422 if form.errors else 200)


@public("the secret in the link is the key; it was mailed to the new address")
@never_cache
@limited("confirm_email_link", links=True)
def confirm_email(request: Any, token: str) -> HttpResponse:
    link = links.find(token, LinkPurpose.EMAIL)
    if link is None:
        links.turn_away(token, LinkPurpose.EMAIL)
        return render(request, "core/link_not_valid.html", status=410)
    if request.method != "POST":
        return render(request, "core/account_email_confirm.html", {"link": link})
    try:
        own_account.change_email(link=link, by=link.person, where=where(request))
    except Refused:
        return render(request, "core/link_not_valid.html", status=410)
    messages.success(request, f"You sign in with {link.email} from now on.")
    return redirect("account")


@own("everybody sees where they are signed in")
def list_sessions(request: Any) -> HttpResponse:
    return render(request, "core/account_sessions.html", {"places": sessions.places(request.user, _key(request))})


@own("everybody ends their own sessions")
@require_POST
def end_other_sessions(request: Any) -> HttpResponse:
    own_account.end_own_sessions(by=request.user, keep=_key(request))
    messages.success(request, "You are signed out everywhere else.")
    return redirect("usersessions_list")


@own("everybody ends their own sessions")
@require_POST
def end_session(request: Any, uid: str) -> HttpResponse:
    if uid not in {place.uid for place in sessions.places(request.user, _key(request)) if not place.is_this}:
        raise Http404
    own_account.end_own_sessions(by=request.user, only=uid)
    messages.success(request, "That browser is signed out.")
    return redirect("usersessions_list")


@own("everybody may close their own account")
@sensitive_post_parameters("password")
@limited("close_account")
def close_account(request: Any) -> HttpResponse:
    form = CloseAccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            own_account.close_account(by=request.user, password=form.cleaned_data["password"])
            logout(request)
            messages.success(request, "Your account is closed.")
            return redirect("account_login")
        except Refused as refusal:
            told(form, refusal)
    return render(request, "core/account_close.html", {"form": form}, status=422 if form.errors else 200)


def _key(request: Any) -> str | None:
    """The key of the session that this request came in."""
    key: str | None = request.session.session_key
    return key
