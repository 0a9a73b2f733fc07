"""Single sign-on by OpenID Connect, configured by the environment alone (settings.OIDC_ISSUER and the others).

It makes no accounts. A person whose account is here, with the e-mail that the provider calls verified, is signed in and
linked at the first time; from then on the provider's own id of the person counts. allauth speaks the protocol. What
it leaves open is closed here: the nonce, the issuer, one person in both answers, and answers that make no sense.
"""

import hashlib
import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base import AuthError, AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from requests import RequestException

from practice_vetting.core import clock, ledger
from practice_vetting.core.accounts import adapter, notices
from practice_vetting.core.accounts.belonging import homes
from practice_vetting.core.accounts.notices import Where
from practice_vetting.core.actions import action
from practice_vetting.core.models import Person

log = logging.getLogger(__name__)

PROVIDER_ID = "sso"  # stands in our addresses, so the provider is told it once: /sign-in/with/sso/callback/
AWAY = (OAuth2Error, RequestException)
_JUST_NOW = 300  # seconds since the provider saw the person: its own session is no proof of who sits there
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")

UNKNOWN = "This account is not known here. Ask the owner of your practice for an invitation."
UNCONFIRMED = "{name} does not say that your e-mail is confirmed. Confirm it there, then sign in again."
STOPPED = "You stopped at {name}. Nothing was changed."
STALE = "This sign-in took too long, or it was begun elsewhere. Nothing was changed. Please begin again."
NO_ANSWER = "{name} gives no answer that we understand. Wait a minute, then try again."


def is_on() -> bool:
    return bool(settings.OIDC_ISSUER and settings.OIDC_CLIENT_ID)


def is_local(address: str) -> bool:
    """Whether it leads to this machine, where an address without TLS harms nobody."""
    return urlsplit(address).hostname in ("localhost", "127.0.0.1", "::1")


@contextmanager
def _sense() -> Iterator[None]:
    try:
        yield
    except RequestException:  # some are ValueErrors too
        raise
    except (KeyError, TypeError, ValueError, AttributeError, ValidationError) as wrong:
        raise OAuth2Error(f"An answer that makes no sense: {wrong!r}") from wrong


class Asking(OpenIDConnectOAuth2Adapter):
    """What we ask the provider. An answer that makes no sense is an OAuth2Error, never a fault of ours."""

    @property
    def openid_config(self) -> dict[str, Any]:
        with _sense():
            found: dict[str, Any] = super().openid_config
            issuer, home = found["issuer"], settings.OIDC_ISSUER
            if issuer.rstrip("/") != home.rstrip("/"):
                raise OAuth2Error(f"The provider calls itself {issuer}")
            wrong = [name for name in _ENDPOINTS if urlsplit(found[name]).scheme != "https" and not is_local(home)]
            if wrong:
                raise OAuth2Error(f"Not by https: {', '.join(wrong)}")
            return found

    def get_access_token_data(self, *args: Any, **options: Any) -> Any:
        with _sense():
            return super().get_access_token_data(*args, **options)

    def parse_token(self, data: Any) -> SocialToken:
        with _sense():
            return super().parse_token(data)

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **options: Any) -> Any:
        """The login with all that was claimed of the person."""
        with _sense():
            login: Any = super().complete_login(request, app, token, **options)
            told = login.account.extra_data
            itself, more = told["id_token"], told.get("userinfo") or {}
            if more and more["sub"] != itself["sub"]:
                raise OAuth2Error("The provider speaks of two persons")
            # The e-mail and whether it is confirmed come from one answer, or they might speak of two addresses.
            told_by = more if "email" in more else itself
            login.claims = {**more, **itself, **{name: told_by.get(name) for name in ("email", "email_verified")}}
            login.account.extra_data = {"issuer": settings.OIDC_ISSUER}
            return login

    def _fetch_user_info(self, access_token: str) -> dict[str, Any]:
        return super()._fetch_user_info(access_token) if "userinfo_endpoint" in self.openid_config else {}


class Provider(OpenIDConnectProvider):
    oauth2_adapter_class = Asking

    def extract_uid(self, data: dict[str, Any]) -> str:
        """An id that no other provider can give, of a length that always fits."""
        return hashlib.sha256(f"{settings.OIDC_ISSUER} {data['id_token']['sub']}".encode()).hexdigest()


class Adapter(DefaultSocialAccountAdapter):
    """The one provider there is, and who comes in by it."""

    def list_apps(self, request: Any, provider: str | None = None, client_id: str | None = None) -> list[SocialApp]:
        if not is_on() or provider not in (None, PROVIDER_ID, OpenIDConnectProvider.id):
            return []
        return [
            SocialApp(
                provider=OpenIDConnectProvider.id,
                provider_id=PROVIDER_ID,
                name=settings.OIDC_NAME,
                client_id=settings.OIDC_CLIENT_ID,
                secret=settings.OIDC_CLIENT_SECRET,
                settings={"server_url": settings.OIDC_ISSUER.rstrip("/"), "oauth_pkce_enabled": True},
            )
        ]

    def get_provider(self, request: Any, provider: str, client_id: str | None = None) -> Provider:
        return Provider(request, app=self.get_app(request, provider=provider, client_id=client_id))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Let in who is known. Everybody else has their page, and nothing is kept of them."""
        claims = sociallogin.claims
        if not secrets.compare_digest(str(claims.get("nonce")), str(sociallogin.state.get("nonce"))):
            raise ImmediateHttpResponse(page(request, STALE, 400))
        if int(claims.get("auth_time") or clock.now().timestamp()) < clock.now().timestamp() - _JUST_NOW:
            raise ImmediateHttpResponse(page(request, STALE, 400))
        if sociallogin.is_existing:
            if not sociallogin.user.is_active:
                raise ImmediateHttpResponse(page(request, UNKNOWN, 403))
            return
        if claims.get("email_verified") not in (True, "true"):
            raise ImmediateHttpResponse(page(request, UNCONFIRMED, 403))
        person = _known(claims.get("email"))
        if person is None:
            raise ImmediateHttpResponse(page(request, UNKNOWN, 403))
        sociallogin.account = link(by=person, uid=sociallogin.account.uid, where=adapter.where(request))
        sociallogin.user = person

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        if error == AuthError.CANCELLED:
            raise ImmediateHttpResponse(page(request, STOPPED, 403))
        if exception is None and "state" not in (extra_context or {}):
            raise ImmediateHttpResponse(page(request, STALE, 400))
        raise ImmediateHttpResponse(away(request, exception or request.GET.get("error", "")))


def _known(email: Any) -> Person | None:
    """Whose account it is: active, theirs in a practice now or before, and not linked to somebody else there yet."""
    try:
        validate_email(email)
    except ValidationError:
        return None
    person = Person.objects.filter(email__iexact=email, is_active=True).first()
    if person is None or not homes(person):
        return None
    linked = SocialAccount.objects.filter(user=person, provider=PROVIDER_ID, extra_data__issuer=settings.OIDC_ISSUER)
    if linked.exists():  # an address that the provider gave to a second person opens nothing of the first
        log.warning("Single sign-on: the e-mail of person %s now belongs to another id at the provider", person.uid)
        return None
    return person


@action("person.linked", says="linked single sign-on to the account of")
def link(*, by: Person, uid: str, where: Where) -> SocialAccount:
    """Remember the provider's id of a person, and tell their practices and themselves."""
    account = SocialAccount(user=by, provider=PROVIDER_ID, uid=uid, extra_data={"issuer": settings.OIDC_ISSUER})
    account.save()
    for practice in homes(by):
        ledger.record(by, practice=practice, issuer=settings.OIDC_ISSUER, address=where.address)
    notices.single_sign_on_linked(by, where)
    return account


def leave(request: HttpRequest, provider: Any, next_url: str | None) -> str:
    """The address at the provider to go to. State, nonce and PKCE verifier stay in the session.

    Raises one of AWAY when the provider does not answer.
    """
    nonce = secrets.token_urlsafe(24)
    proof = {"nonce": nonce, "max_age": "0"}  # the person shows who they are, whatever session they have there
    asked = provider.redirect(request, AuthProcess.LOGIN, next_url=next_url, auth_params=proof, nonce=nonce)
    return str(asked.headers["Location"])


def away(request: HttpRequest, why: Exception | str) -> HttpResponse:
    """The page for a provider that is away, and a line in the log for whoever runs this."""
    log.warning("Single sign-on did not work: %s", why if isinstance(why, Exception) else "the provider said no")
    return page(request, NO_ANSWER, 503)


def page(request: HttpRequest, sentence: str, status: int) -> HttpResponse:
    shown = {"sentence": sentence.format(name=settings.OIDC_NAME), "name": settings.OIDC_NAME}
    return render(request, "core/single_sign_on_failed.html", shown, status=status)
