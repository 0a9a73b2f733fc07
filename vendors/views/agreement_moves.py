"""What moves an agreement on: sending it out, its signatures, a new version, and what that one changes."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.views.changing import send
from vendors.actions import agreements as actions
from vendors.agreement_states import Act, refusal, state_of
from vendors.clause_sheet import agreement_sheet
from vendors.forms.agreements import RecordAgreementForm, SendAgreementForm, SignAgreementForm
from vendors.kinds import COVERING_KINDS
from vendors.versions import compared, earlier_of
from vendors.views.agreements import agreement_of, recorded


@practice_view("record")
def send_agreement(request: PracticeRequest, uid: str) -> HttpResponse:
    found = agreement_of(request, uid)
    sent = send(request, SendAgreementForm.of, found, actions.send_agreement)
    if sent.made:
        messages.success(request, "Noted as sent. Record the signatures when it comes back.")
        return redirect("vendors:agreement", uid=uid)
    return sent.page(request, "vendors/agreement_send.html", agreement=found, vendor=found.vendor)


@practice_view("record")
def sign_agreement(request: PracticeRequest, uid: str) -> HttpResponse:
    found = agreement_of(request, uid)
    sent = send(request, SignAgreementForm.of, found, actions.sign_agreement)
    if sent.made:
        messages.success(request, "The signatures are on record.")
        return redirect("vendors:agreement", uid=uid)
    unread = agreement_sheet(found, request.practice.today()).unread if found.kind_of in COVERING_KINDS else []
    return sent.page(request, "vendors/agreement_sign.html", agreement=found, vendor=found.vendor, unread=unread)


@practice_view("record")
def new_version(request: PracticeRequest, uid: str) -> HttpResponse:
    old = agreement_of(request, uid)
    if why := refusal(state_of(old.dates, on=request.practice.today()), Act.RENEW):
        messages.error(request, why)
        return redirect("vendors:agreement", uid=uid)
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = RecordAgreementForm.after(old, *sent, vendor=old.vendor, membership=request.membership)
    made = recorded(request, old.vendor, form, replaces=old) if form.is_valid() else None
    if made:
        messages.success(request, "The new version is on file. Now read its clauses.")
        return redirect("vendors:agreement", uid=made.uid)
    page = {"form": form, "vendor": old.vendor, "replaces": old}
    return render(request, "vendors/agreement_form.html", page, status=422 if form.errors else 200)


@practice_view("see")
def differences(request: PracticeRequest, uid: str) -> HttpResponse:
    found = agreement_of(request, uid)
    earlier = earlier_of(found)
    page = {"agreement": found, "vendor": found.vendor, "earlier": earlier}
    page |= compared(earlier, found, on=request.practice.today()) if earlier else {}
    return render(request, "vendors/agreement_differences.html", page)
