"""A forgotten password: asking for a link, and setting a new password by it. It signs nobody in."""

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from practice_vetting.core.access import public
from practice_vetting.core.accounts import links, own_account
from practice_vetting.core.accounts.adapter import where
from practice_vetting.core.accounts.forms import ForgottenPasswordForm, NewPasswordForm
from practice_vetting.core.errors import Refused
from practice_vetting.core.limits import limited
from practice_vetting.core.models import LinkPurpose


@public("who forgot the password cannot sign in")
@limited("forgotten_password")
def forgotten(request: HttpRequest) -> HttpResponse:
    form = ForgottenPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        own_account.ask_reset_link(email, where(request))
        return render(request, "core/forgotten_password_sent.html", {"email": email})
    return render(request, "core/forgotten_password.html", {"form": form}, status=422 if form.errors else 200)


@public("the secret in the link is the key; it was mailed to the address of the account")
@never_cache
@sensitive_post_parameters("password")
@limited("set_password", links=True)
def set_password(request: HttpRequest, token: str) -> HttpResponse:
    link = links.find(token, LinkPurpose.PASSWORD)
    if link is None:
        links.turn_away(token, LinkPurpose.PASSWORD)
        return render(request, "core/link_not_valid.html", status=410)
    form = NewPasswordForm(request.POST or None, person=link.person)
    if request.method == "POST" and form.is_valid():
        try:
            new = form.cleaned_data["password"]
            own_account.reset_password(link=link, by=link.person, new=new, where=where(request))
        except Refused:
            return render(request, "core/link_not_valid.html", status=410)
        logout(request)
        messages.success(request, "Your new password is set. Sign in with it.")
        return redirect("account_login")
    page = {"form": form, "email": link.person.email}
    return render(request, "core/set_password.html", page, status=422 if form.errors else 200)
