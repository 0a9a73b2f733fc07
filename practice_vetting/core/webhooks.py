"""The practice's webhook: told what is due and what happened, signed, each fact once.

Signed as the Standard Webhooks describe: `webhook-id`, `webhook-timestamp` (seconds since 1970) and
`webhook-signature`, which is "v1," and the base64 of the HMAC-SHA256 over "ID.TIMESTAMP.BODY" under the secret after
"whsec_".
"""

import base64
import hashlib
import hmac
import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db.models import F, Q

from practice_vetting.core import clock, ledger, outside
from practice_vetting.core.actions import action
from practice_vetting.core.models import CallState, Person, Practice, Webhook, WebhookCall

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
GAPS = [timedelta(minutes=minutes) for minutes in (1, 5, 30, 120)]  # then each six hours
LATER = timedelta(hours=6)
GIVEN_UP_AFTER = timedelta(days=3)
A_RUN = 50  # calls
SHOWN = 20


def webhook_of(practice: Practice) -> Webhook | None:
    """The practice's webhook, if it has one."""
    return Webhook.objects.of(practice).filter(ended_at=None).select_related("practice", "made_by").first()


def secret_of(webhook: Webhook) -> str:
    """The secret that signs, as the receiver keeps it: "whsec_" and base64. It changes with SECRET_KEY."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"practice vetting: webhook {webhook.uid}".encode())
    return "whsec_" + base64.b64encode(derived.derive(settings.SECRET_KEY.encode())).decode()


@action("webhook.made", says="set up the webhook:")
def make_webhook(*, practice: Practice, by: Person, url: str, form_id: str | None = None) -> Webhook:
    """Tell this address from now on; an earlier one ends. Raises Refused for an address that is never sent to."""
    outside.check(url)
    _end(practice, by)
    webhook = Webhook(practice=practice, url=url, made_by=by, form_id=form_id)
    webhook.save(force_insert=True)
    ledger.record(webhook)
    return webhook


@action("webhook.ended", says="ended the webhook:")
def end_webhook(*, practice: Practice, by: Person) -> None:
    """Tell nobody any more; what waits is not sent. Without a webhook nothing changes."""
    ended = _end(practice, by)
    ledger.record(ended or practice, ended=bool(ended))


def _end(practice: Practice, by: Person) -> Webhook | None:
    webhook = Webhook.objects.select_for_update(no_key=True).filter(practice=practice, ended_at=None).first()
    if webhook is not None:
        webhook.ended_at, webhook.ended_by = clock.now(), by
        webhook.save(update_fields=["ended_at", "ended_by"])
    return webhook


@dataclass(frozen=True)
class Fact:
    """What is told: its kind, the key under which it is told once, and plain values, never patient data."""

    kind: str
    key: str
    data: dict[str, Any]


def tell(practice: Practice, facts: Iterable[Fact]) -> None:
    """Have the practice's webhook told, when it has one. Call it inside the action that made the facts so."""
    webhook = webhook_of(practice)
    if webhook is None:
        return
    calls = [_call(webhook, fact) for fact in facts]
    WebhookCall.objects.bulk_create(calls, ignore_conflicts=True)


def _call(webhook: Webhook, fact: Fact) -> WebhookCall:
    data = {"practice": webhook.practice.uid, **fact.data}
    body = ledger.canonical({"type": fact.kind, "timestamp": clock.now().isoformat(), "data": data})
    return WebhookCall(practice=webhook.practice, webhook=webhook, key=fact.key, body=body)


@action("webhook.tried", says="tried out the webhook:")
def try_it(*, practice: Practice, by: Person) -> None:
    """Have a message sent that says nothing but that the address works. Without a webhook nothing is sent."""
    tell(practice, [Fact("test", f"test:{uuid.uuid4()}", {})])
    ledger.record(webhook_of(practice) or practice)


def deliver_waiting() -> int:
    """Send what waits and whose time has come, oldest first, and tell how many were taken.

    A receiver that did not take one is not asked again in this run: it would let us wait for each in turn.
    """
    sent, away = 0, set[int]()
    waiting = _waiting().order_by("next_try_at", "id").values_list("pk", "webhook_id")
    for pk, webhook_id in list(waiting[:A_RUN]):
        call = _claim(pk) if webhook_id not in away else None
        if call is None:
            continue
        if _send(call):
            sent += 1
        else:
            away.add(webhook_id)
    return sent


def _waiting() -> Any:
    now = clock.now()
    open_ones = WebhookCall.objects.filter(webhook__ended_at=None)
    return open_ones.filter(
        Q(state=CallState.WAITING, next_try_at__lte=now) | Q(state=CallState.SENDING, lease_until__lte=now)
    )


def _claim(pk: int) -> WebhookCall | None:
    lease = {"state": CallState.SENDING, "claim": str(uuid.uuid4()), "lease_until": clock.now() + LEASE}
    mine = WebhookCall.objects.filter(pk__in=_waiting().filter(pk=pk))
    taken = mine.update(**lease, attempts=F("attempts") + 1)
    return WebhookCall.objects.select_related("webhook").get(pk=pk, claim=lease["claim"]) if taken else None


def _send(call: WebhookCall) -> bool:
    try:
        outside.post(call.webhook.url, call.body.encode(), headers_of(call))
    except outside.Unreached as problem:
        _not_taken(call, str(problem), for_good=problem.for_good)
        return False
    return _release(call, state=CallState.SENT, sent_at=clock.now(), last_error="")


def headers_of(call: WebhookCall) -> dict[str, str]:
    """What goes with the body: its id, the moment, and the signature over all three."""
    at = str(int(clock.now().timestamp()))
    key = base64.b64decode(secret_of(call.webhook).removeprefix("whsec_"))
    signed = hmac.digest(key, f"{call.uid}.{at}.{call.body}".encode(), hashlib.sha256)
    return {
        "Content-Type": "application/json",
        "User-Agent": "practice-vetting",
        "webhook-id": call.uid,
        "webhook-timestamp": at,
        "webhook-signature": "v1," + base64.b64encode(signed).decode(),
    }


def _not_taken(call: WebhookCall, why: str, *, for_good: bool) -> None:
    now = clock.now()
    given_up = for_good or now - call.created_at >= GIVEN_UP_AFTER
    gap = GAPS[call.attempts - 1] if call.attempts <= len(GAPS) else LATER
    state = CallState.FAILED if given_up else CallState.WAITING
    _release(call, state=state, next_try_at=now + gap, last_error=why[:300])


def _release(call: WebhookCall, **columns: Any) -> bool:
    """Write the outcome, unless another worker took the call over meanwhile."""
    mine = WebhookCall.objects.filter(pk=call.pk, claim=call.claim, state=CallState.SENDING)
    kept = bool(mine.update(claim="", lease_until=None, **columns))
    if not kept:
        log.warning("The webhook call %s was taken over while it was being sent", call.uid)
    return kept
