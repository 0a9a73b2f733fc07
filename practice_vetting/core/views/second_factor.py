"""A person's second factor: what they have, adding, naming, removing, recovery codes."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import clear_totp_secret
from allauth.mfa.webauthn.internal.auth import begin_registration
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from practice_vetting.core import clock
from practice_vetting.core.access import own
from practice_vetting.core.accounts import second_factor
from practice_vetting.core.accounts.adapter import where
from practice_vetting.core.accounts.second_factor import NAMED, Type
from practice_vetting.core.accounts.second_factor_forms import AddAppForm, AddPasskeyForm, RenamePasskeyForm
from practice_vetting.core.errors import Refused
from practice_vetting.core.qr import squares_of

SHOWN_FOR = 300  # seconds in which new recovery codes can be read and downloaded, in the session that made them
_SHOWN_UNTIL = "recovery_codes_until"
_OWN = "everybody keeps their own second factor"


@own(_OWN)
def overview(request: Any) -> HttpResponse:
    return render(request, "core/second_factor/overview.html", second_factor.overview_of(request.user))


@own("who must have a second factor adds it here first")
def needed(request: Any) -> HttpResponse:
    if second_factor.factors_of(request.user).exists():
        return redirect("mfa_index")
    return render(request, "core/second_factor/needed.html")


@own(_OWN, fresh=True)
@sensitive_post_parameters("code")
def add_app(request: Any) -> HttpResponse:
    if second_factor.factors_of(request.user).filter(type=Type.TOTP).exists():
        return redirect("mfa_index")
    form = AddAppForm(request.POST if request.method == "POST" else None, user=request.user)
    if form.is_valid():
        response = _add(request, second_factor.authenticator_app(request.user, form.secret))
        clear_totp_secret(request)
        return response
    url = second_factor.Adapter().build_totp_url(request.user, form.secret)
    groups = [form.secret[start : start + 4] for start in range(0, len(form.secret), 4)]
    page = {"form": form, "qr": squares_of(url), "key": " ".join(groups), "url": url}
    return render(request, "core/second_factor/add_app.html", page, status=422 if form.errors else 200)


@own(_OWN, fresh=True)
def add_passkey(request: Any) -> HttpResponse:
    form = AddPasskeyForm(request.POST if request.method == "POST" else None, user=request.user)
    if form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("name", "credential")}
        return _add(request, second_factor.passkey(request.user, **given))
    page = {"form": form, "js_data": {"creation_options": begin_registration(request.user, True)}}
    return render(request, "core/second_factor/add_passkey.html", page, status=422 if form.errors else 200)


def _factor(request: Any, named: str, **more: Any) -> Authenticator:
    own_ones = second_factor.factors_of(request.user).filter(**more)
    found = next((factor for factor in own_ones if second_factor.id_of(factor) == named), None)
    if found is None:
        raise Http404
    return found


def _add(request: Any, factor: Authenticator) -> HttpResponse:
    first_codes = second_factor.add_factor(by=request.user, factor=factor, where=where(request))
    messages.success(request, "Your second factor was added. You need it at your next sign-in.")
    if first_codes:
        return _show_codes(request)
    return redirect(request.session.pop(second_factor.GO_ON, "mfa_index"))


@own(_OWN, fresh=True)
def rename(request: Any, factor_id: str) -> HttpResponse:
    passkey = _factor(request, factor_id, type=Type.WEBAUTHN)
    form = RenamePasskeyForm(request.POST or None, initial={"name": str(passkey)})
    if form.is_valid():
        second_factor.rename_passkey(by=request.user, passkey=passkey, **form.cleaned_data)
        return redirect("mfa_index")
    page = {"form": form, "factor": passkey}
    return render(request, "core/second_factor/rename.html", page, status=422 if form.errors else 200)


@own(_OWN, fresh=True)
def remove(request: Any, factor_id: str) -> HttpResponse:
    factor = _factor(request, factor_id)
    refusal = ""
    if request.method == "POST":
        try:
            second_factor.remove_factor(by=request.user, factor=factor, where=where(request))
            messages.success(request, "Your second factor was removed.")
            return redirect("mfa_index")
        except Refused as refused:
            refusal = refused.sentence
    page = {"factor": factor, "words": NAMED[Type(factor.type)], "refusal": refusal}
    return render(request, "core/second_factor/remove.html", page, status=422 if refusal else 200)


@own("everybody sees their own recovery codes, once", fresh=True)
def recovery_codes(request: Any) -> HttpResponse:
    codes = second_factor.recovery_codes(request.user)
    if not second_factor.factors_of(request.user).exists():
        return redirect("mfa_index")
    page = {
        "codes": codes if _may_see(request) else [],
        "left": len(codes),
        "go_on": request.session.pop(second_factor.GO_ON, None),
    }
    return render(request, "core/second_factor/recovery_codes.html", page)


@own(_OWN, fresh=True)
@require_POST
def make_codes(request: Any) -> HttpResponse:
    try:
        second_factor.make_recovery_codes(by=request.user, where=where(request))
    except Refused as refusal:
        messages.error(request, refusal.sentence)
        return redirect("mfa_index")
    return _show_codes(request)


@own("everybody sees their own recovery codes, once", fresh=True)
def download_codes(request: Any) -> HttpResponse:
    if not _may_see(request):
        raise Http404
    page = {"codes": second_factor.recovery_codes(request.user), "person": request.user}
    response = render(request, "core/second_factor/recovery_codes.txt", page, content_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="practice-vetting-recovery-codes.txt"'
    return response


def _show_codes(request: HttpRequest) -> HttpResponse:
    request.session[_SHOWN_UNTIL] = clock.now().timestamp() + SHOWN_FOR
    return redirect("mfa_view_recovery_codes")


def _may_see(request: HttpRequest) -> bool:
    return bool(clock.now().timestamp() < request.session.get(_SHOWN_UNTIL, 0))
