"""The practice's webhook: where it leads, what signs it, and what became of the last messages."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from practice_vetting.core import webhooks
from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.errors import Refused
from practice_vetting.core.forms import WebhookForm
from practice_vetting.core.models import Webhook
from practice_vetting.core.once import once
from practice_vetting.core.views.changing import told


@practice_view("practice", fresh=True)
@sensitive_variables("secret")
def webhook(request: PracticeRequest) -> HttpResponse:
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _make(request, form.cleaned_data)
            messages.success(request, "The webhook is set up. Give its secret to whoever receives it.")
            return redirect("core:webhook")
        except Refused as refusal:
            told(form, refusal)
    found = webhooks.webhook_of(request.practice)
    secret = webhooks.secret_of(found) if found else ""
    calls = found.calls.order_by("-id")[: webhooks.SHOWN] if found else []
    page = {"form": form, "webhook": found, "secret": secret, "calls": calls}
    return render(request, "core/webhook.html", page, status=422 if form.errors else 200)


def _make(request: PracticeRequest, facts: dict[str, Any]) -> Webhook:
    practice = request.practice

    def make() -> Webhook:
        return webhooks.make_webhook(practice=practice, by=request.user, **facts)

    return once(Webhook, practice=practice, form_id=facts["form_id"], make=make, about={})


@practice_view("practice")
@require_POST
def try_webhook(request: PracticeRequest) -> HttpResponse:
    webhooks.try_it(practice=request.practice, by=request.user)
    messages.success(request, "A message is on its way. Load this page again in a minute to see what became of it.")
    return redirect("core:webhook")


@practice_view("practice")
@require_POST
def end_webhook(request: PracticeRequest) -> HttpResponse:
    webhooks.end_webhook(practice=request.practice, by=request.user)
    messages.success(request, "The webhook has ended. Nothing is sent to it any more.")
    return redirect("core:webhook")
