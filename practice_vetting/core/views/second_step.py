"""Showing who one is beside the password: the second step of signing in, a passkey instead of both, and once more."""

from typing import Any

from allauth.account.utils import get_next_redirect_url
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.webauthn.internal.auth import begin_authentication
from allauth.mfa.webauthn.views import LoginWebAuthnView
from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from practice_vetting.core.access import own, public
from practice_vetting.core.accounts import second_factor
from practice_vetting.core.accounts.adapter import address_of
from practice_vetting.core.accounts.fresh import by_single_sign_on, confirmed_by
from practice_vetting.core.accounts.second_factor import Type, factors_of
from practice_vetting.core.accounts.second_factor_forms import (
    CodeAgainForm,
    CodeForm,
    PasskeyAgainForm,
    PasskeyForm,
    PasskeySignInForm,
    PasswordAgainForm,
    note_shown,
)
from practice_vetting.core.limits import limited


class _SecondStep(AuthenticateView):
    template_name = "core/second_factor/second_step.html"

    def get_form_class(self) -> type[CodeForm]:
        return CodeForm

    def get_webauthn_form_class(self) -> type[PasskeyForm]:
        return PasskeyForm

    def form_invalid(self, form: Any) -> HttpResponse:
        _tell_refused(self.request, self.stage.login.user)
        response = super().form_invalid(form)
        response.status_code = 422
        return response

    def get_context_data(self, **given: Any) -> dict[str, Any]:
        person = self.stage.login.user
        has_passkey = factors_of(person).filter(type=Type.WEBAUTHN).exists()
        return {**super().get_context_data(**given), "has_passkey": has_passkey, "email": person.email}


class _PasskeySignIn(LoginWebAuthnView):
    def get_form_class(self) -> type[PasskeySignInForm]:
        return PasskeySignInForm

    def form_valid(self, form: Any) -> HttpResponse:
        return super().form_valid(form) if form.cleaned_data["credential"].user.is_active else self.form_invalid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        messages.error(self.request, "We do not know this passkey. Sign in with your e-mail and password.")
        return redirect("account_login")


def _tell_refused(request: HttpRequest, person: Any) -> None:
    """Once a minute: nobody guesses the ledger full."""
    if cache.add(f"factor-refused-{person.pk}", True, timeout=60):
        second_factor.tell_refused(by=None, person=person, address=address_of(request))


_second_step = _SecondStep.as_view()
_passkey_sign_in = _PasskeySignIn.as_view()


@public("who gave a password shows the second factor here")
@sensitive_post_parameters("code")
def second_step(request: HttpRequest) -> HttpResponse:
    return _second_step(request)


@public("people come in here with a passkey")
@never_cache
def passkey_sign_in(request: HttpRequest) -> HttpResponse:
    return _passkey_sign_in(request)


@own("who is signed in says once more who they are")
@sensitive_post_parameters("password", "code")
@limited("reauthenticate")
def say_again(request: Any) -> HttpResponse:
    """By passkey, code or password, whichever the person has; then back to where they were."""
    forms = _ways(request)
    sent = next((form for form in forms.values() if form.is_bound), None)
    if sent and sent.is_valid():
        note_shown(sent)
        second_factor.tell_confirmed(by=request.user, method=confirmed_by(request))
        if request.session.pop("press_again", False):
            messages.info(request, "Thank you. Now press the button once more.")
        return HttpResponseRedirect(get_next_redirect_url(request) or "/")
    if sent:
        _tell_refused(request, request.user)
    page = {
        "ways": forms,
        "form": sent,
        "next": get_next_redirect_url(request) or "/",
        "js_data": {"request_options": begin_authentication(request.user)} if "passkey" in forms else None,
        "by_single_sign_on": by_single_sign_on(request),
    }
    return render(request, "core/second_factor/say_again.html", page, status=422 if sent else 200)


def _ways(request: Any) -> dict[str, Any]:
    """A form for each way that this person has; bound is the one that was sent."""
    person = request.user
    types = set(factors_of(person).values_list("type", flat=True))
    known: dict[str, Any] = {}
    if Type.WEBAUTHN in types:
        known["passkey"] = ("credential", PasskeyAgainForm, {})
    if types:
        known["code"] = ("code", CodeAgainForm, {})
    if person.has_usable_password():
        known["password"] = ("password", PasswordAgainForm, {"request": request})
    return {
        way: form(request.POST if field in request.POST else None, user=person, **more)
        for way, (field, form, more) in known.items()
    }
