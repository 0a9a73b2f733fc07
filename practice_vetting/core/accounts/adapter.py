"""How allauth behaves here: nobody signs up by themselves, and every sign-in, good or bad, is told to the ledger."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from practice_vetting.core.accounts import devices, fresh, sign_ins
from practice_vetting.core.accounts.belonging import homes
from practice_vetting.core.accounts.browsers import in_words
from practice_vetting.core.accounts.notices import Where
from practice_vetting.core.models import Person

CLOSED = "This account is closed. Ask the owner of your practice for a new invitation."


class Adapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "This e-mail and this password do not fit together. Type both once more.",
        "incorrect_password": "This is not your password.",
        "too_many_login_attempts": "Too many wrong passwords. Wait five minutes, then try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(self, *args: Any, **options: Any) -> None:
        """Pages speak in our own words, and a page that opens says enough."""

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Wrong passwords are counted by account and address together: a stranger locks nobody else out."""
        return f"{credentials.get('email', '').lower()} from {address_of(request)}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            sign_ins.slow_down(credentials.get("email", ""), where(request))
            raise

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        person = super().authenticate(request, **credentials)
        if person and not person.is_active:
            self.authentication_failed(request, **credentials)
            raise ValidationError(CLOSED)  # who knows the password may know this
        return person

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        sign_ins.fail(credentials.get("email", ""), where(request))

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        return redirect("account_login")

    def post_login(self, request: HttpRequest, user: Any, **details: Any) -> HttpResponse:
        if homes(user):
            known, here = devices.knows(request, user), where(request)
            unusual = sign_ins.is_unusual(user, here, known_device=known)
            sign_ins.sign_in(by=user, where=here, method=fresh.confirmed_by(request), unusual=unusual)
        response = super().post_login(request, user, **details)
        devices.remember(request, response, user)
        return response


def enter(request: HttpRequest, person: Person) -> HttpResponse:
    """Sign in who has just set up or joined with their password. An account with a second factor is asked for it."""
    fresh.remember_password(request, person)
    response: HttpResponse = perform_login(request, Login(user=person, redirect_url="/"))
    return response


def address_of(request: HttpRequest) -> str:
    """The address a request came from, of which a proxy tells only where settings trust one."""
    return str(get_adapter(request).get_client_ip(request))


def where(request: HttpRequest) -> Where:
    """From where the request came, in the words that a person reads."""
    return Where(address_of(request), in_words(request.headers.get("User-Agent", "")))
