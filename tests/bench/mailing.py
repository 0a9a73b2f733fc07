"""A run of the reminders with its mails: how many, that each is made once, and mails a second against smtplib alone."""

import smtplib
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any
from unittest.mock import patch

from django.test import override_settings

from practice_vetting.core import clock, delivery, reminders, rounds
from practice_vetting.core.models import Mail, MailState, Practice, Reminder
from tests.bench.clocks import Clock, Cost
from tests.bench.figure import Figure
from tests.services import free_port, wait_until

_SMTP = "django.core.mail.backends.smtp.EmailBackend"
#: a server of its own that takes every mail and throws it away
_SINK = [sys.executable, "-m", "aiosmtpd", "--nosetuid", "--class", "aiosmtpd.handlers.Sink", "--listen"]


def figures(today: date, practices: int, batch: int, rounds_: int, cpu: Clock) -> Iterator[Figure]:
    """Of so many practices, which nobody has looked at on that day; all others have been."""
    keys = list(Practice.objects.order_by("pk").values_list("pk", flat=True))
    rounds.looked(dict.fromkeys(keys[practices:], 0), today, set())
    with patch.object(delivery, "deliver_waiting", lambda _: 0):
        began = cpu()
        made = reminders.send_all(today)
        took = cpu() - began
        name = f"reminders made in a run over {practices:,} practices on their day"
        yield Figure(name, made / took, "a second", better="more")
        again = reminders.send_all(today)
    made_again = again + Reminder.objects.count() - made
    yield Figure("rows that a second run makes", made_again, "rows", goal=0, goal_is="value")
    yield _mails(batch, rounds_, cpu)


def _mails(batch: int, times: int, cpu: Clock) -> Figure:
    """The mails of that run, a batch a round, over the line; then the same bytes by smtplib alone."""
    keys = list(Mail.objects.filter(state=MailState.WAITING).order_by("pk").values_list("pk", flat=True))
    batches = [keys[first : first + batch] for first in range(0, batch * (times + 1), batch)]
    assert all(len(each) == batch for each in batches), f"{len(keys)} mails are too few"
    Mail.objects.update(next_try_at=clock.now() + timedelta(days=9))
    ours, floor = [], []
    with _sink() as port, override_settings(EMAIL_BACKEND=_SMTP, EMAIL_HOST="127.0.0.1", EMAIL_PORT=port):
        for number, each in enumerate(batches):
            Mail.objects.filter(pk__in=each).update(next_try_at=clock.now())
            kept: list[Any] = []
            with _heard(kept):
                spent = _spent(lambda: delivery.deliver_waiting(), cpu)
            assert Mail.objects.filter(pk__in=each, state=MailState.SENT).count() == batch
            alone = _spent(lambda kept=kept: _by_smtplib(kept, port), cpu)
            if number:  # the first warms both
                ours.append(spent / batch)
                floor.append(alone / batch)
    cost = Cost(tuple(ours), tuple(floor))
    name = "mails a second, each put into words, with its rows and its entry in the ledger"
    value, least = 1 / cost.value, 1 / cost.least
    return Figure(name, value, "a second", least, "smtplib alone, the same bytes over one connection", better="more",
                  noise=cost.noise / cost.ratio**2, rounds=times)  # fmt: skip


@contextmanager
def _heard(kept: list[Any]) -> Iterator[None]:
    """Keep what is handed to smtplib."""
    send = smtplib.SMTP.sendmail

    def told(self: smtplib.SMTP, sender: str, to: Any, message: Any, *more: Any, **named: Any) -> Any:
        kept.append((sender, to, message))
        return send(self, sender, to, message, *more, **named)

    with patch.object(smtplib.SMTP, "sendmail", told):
        yield


def _by_smtplib(messages: list[Any], port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port) as server:
        for sender, to, message in messages:
            server.sendmail(sender, to, message)


def _spent(function: Callable[[], object], cpu: Clock) -> float:
    began = cpu()
    function()
    return cpu() - began


@contextmanager
def _sink() -> Iterator[int]:
    port = free_port()
    server = subprocess.Popen([*_SINK, f"127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: _answers(port), "the mail server of the benchmark answers")
        yield port
    finally:
        server.terminate()
        server.wait()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
