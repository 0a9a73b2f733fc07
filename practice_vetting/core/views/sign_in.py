"""Signing in and out, by allauth; the pages are ours."""

from allauth.account.views import LoginView
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from practice_vetting.core.access import public
from practice_vetting.core.people import sign_out as tell_sign_out

_page = LoginView.as_view(template_name="core/sign_in.html")


@public("people come in here")
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    return _page(request)


@public("who is signed in may leave; who is not sees the sign-in page")
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    membership = getattr(request, "membership", None)
    if membership:
        tell_sign_out(membership=membership, by=membership.person)
    logout(request)
    response = redirect("account_login")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response
