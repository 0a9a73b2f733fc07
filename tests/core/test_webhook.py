"""The practice's webhook: what is due, signed, told once, and never a way into this network."""

import base64
import contextlib
import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from practice_vetting.core import clock, outside, webhooks
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import CallState, LedgerEntry, Practice, Webhook, WebhookCall
from tests.conftest import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

Browse = Callable[..., Client]
INSIDE = [
    "127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.0.9", "0.0.0.0", "224.0.0.1", "::1", "fe80::1", "fec0::1",
    "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
]  # fmt: skip


class Receiver(HTTPServer):
    """A system of the practice's own, which answers as it is told and keeps what it got."""

    answers: list[int]
    got: list[tuple[str, dict[str, str], bytes]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/due?list=1"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        status = self.server.answers.pop(0) if self.server.answers else 200
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()

    def log_message(self, *said: Any) -> None:
        """It stays silent."""


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_PRIVATE_HOSTS = ["127.0.0.1"]
    server = Receiver(("127.0.0.1", 0), _Handler)
    server.answers, server.got = [], []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def webhook(cast: Cast, receiver: Receiver) -> Webhook:
    return webhooks.make_webhook(practice=cast.practice, by=cast.owner, url=receiver.url)


def fact(key: str = "agreement-review:abc:2027-01-01:-30") -> webhooks.Fact:
    return webhooks.Fact("agreement-review", key, {"says": "Review the agreement with Nöthwell"})


def tell(practice: Practice, *facts: webhooks.Fact) -> None:
    webhooks.tell(practice, facts or [fact()])


def later(days: float = 1) -> None:
    """Time goes on: whatever waits for its next try may be tried."""
    WebhookCall.objects.update(next_try_at=clock.now() - timedelta(seconds=1))
    WebhookCall.objects.update(created_at=clock.now() - timedelta(days=days))


def test_a_fact_is_told_once_and_its_signature_fits(cast: Cast, webhook: Webhook, receiver: Receiver):
    tell(cast.practice)
    tell(cast.practice)
    assert [webhooks.deliver_waiting(), webhooks.deliver_waiting()] == [1, 0]

    path, headers, body = receiver.got[0]
    key = base64.b64decode(webhooks.secret_of(webhook).removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    assert headers["webhook-signature"] == "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert (path, json.loads(body)["type"], len(receiver.got)) == ("/due?list=1", "agreement-review", 1)


def test_without_a_webhook_nothing_is_made(cast: Cast):
    tell(cast.practice)

    assert WebhookCall.objects.count() == 0


@pytest.mark.parametrize("status", [500, 404, 302])
def test_what_is_not_taken_is_tried_again_with_the_same_id(
    status: int, cast: Cast, webhook: Webhook, receiver: Receiver
):
    receiver.answers = [status]
    tell(cast.practice)
    webhooks.deliver_waiting()
    call = WebhookCall.objects.get()
    assert (call.state, call.last_error) == (CallState.WAITING, f"It answered {status} instead of 200.")

    later()
    assert webhooks.deliver_waiting() == 1
    assert len({headers["webhook-id"] for _, headers, _ in receiver.got}) == 1


def test_it_is_given_up_after_three_days(cast: Cast, webhook: Webhook, receiver: Receiver):
    receiver.answers = [500]
    tell(cast.practice)
    later(days=3)
    webhooks.deliver_waiting()

    assert WebhookCall.objects.get().state == CallState.FAILED


def test_one_that_says_it_is_gone_is_believed(cast: Cast, webhook: Webhook, receiver: Receiver):
    receiver.answers = [410]
    tell(cast.practice)
    webhooks.deliver_waiting()

    assert WebhookCall.objects.get().state == CallState.FAILED


def test_a_worker_that_died_is_followed_by_another(cast: Cast, webhook: Webhook, receiver: Receiver):
    tell(cast.practice)
    WebhookCall.objects.update(state=CallState.SENDING, claim="dead", lease_until=clock.now() - timedelta(seconds=1))

    assert webhooks.deliver_waiting() == 1


def test_an_ended_webhook_is_told_nothing_that_waited(cast: Cast, webhook: Webhook, receiver: Receiver):
    tell(cast.practice)
    webhooks.end_webhook(practice=cast.practice, by=cast.owner)

    assert (webhooks.deliver_waiting(), receiver.got) == (0, [])


def test_a_server_that_is_away_is_said(cast: Cast, settings: Any):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings.WEBHOOK_PRIVATE_HOSTS = ["127.0.0.1"]
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        webhooks.make_webhook(practice=cast.practice, by=cast.owner, url=url)
        tell(cast.practice)
        webhooks.deliver_waiting()

    assert WebhookCall.objects.get().last_error == "It does not answer."


def test_a_receiver_that_speaks_one_letter_at_a_time_is_cut_off(
    cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(outside, "SECONDS", 0.6)
    settings.WEBHOOK_PRIVATE_HOSTS = ["127.0.0.1"]
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_speak_slowly, args=[server])
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        webhooks.make_webhook(practice=cast.practice, by=cast.owner, url=url)
        tell(cast.practice)
        began = time.monotonic()
        webhooks.deliver_waiting()
        took = time.monotonic() - began
        thread.join()

    assert took < 3
    assert "did not answer" in WebhookCall.objects.get().last_error


def _speak_slowly(server: socket.socket) -> None:
    """An answer that never ends, a little at a time: each piece alone comes soon enough."""
    heard, _ = server.accept()
    with heard, contextlib.suppress(OSError):
        for piece in [b"HTTP/1.1 200 OK\r\n", *[b"X-A: b\r\n"] * 50]:
            heard.sendall(piece)
            time.sleep(0.1)


def test_one_that_is_away_is_not_asked_twice_in_a_run(cast: Cast, webhook: Webhook, receiver: Receiver):
    receiver.answers = [500, 500]
    tell(cast.practice, fact("a"), fact("b"))
    webhooks.deliver_waiting()

    assert len(receiver.got) == 1


def test_a_form_sent_twice_makes_one_webhook(cast: Cast, browse: Browse, receiver: Receiver):
    owner, sent = browse(cast.owner), {"form_id": "0a7c2a52-3f0d-4c53-8a52-5a9d3c1f7e60", "url": receiver.url}
    answers = [owner.post(reverse("core:webhook"), sent).status_code for _ in range(2)]

    assert (answers, Webhook.objects.count()) == ([302, 302], 1)


@pytest.mark.parametrize("url", ["http://tasks.practice.example/", "ftp://x.example/", "https://dana:pw@x.example/"])
def test_an_address_that_is_not_safe_is_refused(url: str, cast: Cast):
    with pytest.raises(Refused):
        webhooks.make_webhook(practice=cast.practice, by=cast.owner, url=url)


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_into_the_network_is_never_asked(address: str, monkeypatch: pytest.MonkeyPatch):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    found = [(family, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 443)), (family, socket.SOCK_STREAM, 6, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **how: found)

    with pytest.raises(outside.Unreached) as told:
        outside.post("https://tasks.practice.example/", b"{}", {})
    assert told.value.for_good


def test_the_owner_sets_it_up_tries_it_and_ends_it(cast: Cast, browse: Browse, receiver: Receiver):
    owner = browse(cast.owner)
    page = owner.get(reverse("core:webhook"))
    form_id = page.context["form"]["form_id"].value()
    owner.post(reverse("core:webhook"), {"form_id": form_id, "url": receiver.url})
    owner.post(reverse("core:try_webhook"))
    webhooks.deliver_waiting()

    page = owner.get(reverse("core:webhook"))
    assert json.loads(receiver.got[0][2])["type"] == "test"
    assert "Taken" in page.content.decode()
    owner.post(reverse("core:end_webhook"))
    verbs = LedgerEntry.objects.filter(verb__startswith="webhook.").order_by("seq").values_list("verb", flat=True)
    assert list(verbs) == ["webhook.made", "webhook.tried", "webhook.ended"]


def test_a_bad_address_is_told_beside_the_field_and_kept(cast: Cast, browse: Browse):
    page = browse(cast.owner).post(
        reverse("core:webhook"), {"form_id": "0a7c2a52-3f0d-4c53-8a52-5a9d3c1f7e60", "url": "http://inside.example/x"}
    )

    assert page.status_code == 422
    assert "https://" in page.context["form"].errors["url"][0]
    assert "http://inside.example/x" in page.content.decode()
