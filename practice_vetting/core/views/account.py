"""A person's own account."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from practice_vetting.core.access import own


@own("everybody sees their own account")
def account(request: HttpRequest) -> HttpResponse:
    return render(request, "core/account.html")
