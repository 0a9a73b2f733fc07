"""Signing in at the practice's own provider: going there, and coming back."""

from typing import Any

from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from practice_vetting.core.access import public
from practice_vetting.core.accounts import single_sign_on
from practice_vetting.core.limits import limited


@public("people come in here; the provider says who they are")
@never_cache
@limited("single_sign_on")
def start(request: HttpRequest, provider_id: str) -> HttpResponse:
    """A page that leads there by itself: browsers forbid a form of ours to end on another's page."""
    provider = _provider(request, provider_id)
    if request.method != "POST":
        return redirect("account_login")
    try:
        there = single_sign_on.leave(request, provider, get_next_redirect_url(request))
    except single_sign_on.AWAY as why:
        return single_sign_on.away(request, why)
    return render(request, "core/single_sign_on_leave.html", {"there": there, "name": settings.OIDC_NAME})


@public("the provider sends people back here; the state in their session is the key")
@never_cache
@require_safe
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    _provider(request, provider_id)
    answered = OAuth2CallbackView.adapter_view(single_sign_on.Asking(request, provider_id))
    try:
        response: HttpResponse = answered(request)
    except single_sign_on.AWAY as why:
        return single_sign_on.away(request, why)
    return response


def _provider(request: HttpRequest, provider_id: str) -> Any:
    try:
        return get_adapter(request).get_provider(request, provider=provider_id)
    except SocialApp.DoesNotExist:
        raise Http404 from None
