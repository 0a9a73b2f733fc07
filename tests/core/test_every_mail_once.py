"""A mail server that refuses, delays, drops and stalls: in the end each reminder is in one mail, or is marked refused.

"Once" is counted by Message-ID: who hangs up after the text may have taken it, and nobody can know. It goes again
under the same Message-ID then, and a receiver drops the second copy. Rather twice than never.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.db import connection

from practice_vetting.core import clock, delivery, ledger, reminders, summary
from practice_vetting.core.models import LedgerEntry, Mail, MailState, Person, Practice, Reminder
from practice_vetting.core.roles import Role
from tests.conftest import Cast
from tests.core.deadlines_for_tests import DUE, OPEN, SOURCE, set_deadline
from tests.factories import make_member
from tests.services import free_port

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 11, 9, 14, tzinfo=UTC)  # 09:00 in New York
OFFICERS = 14
MODES = ["accept", "greylist", "busy", "drop early", "drop late", "slow", "data refused for now"]


class Moody:
    """An SMTP server whose answers come from a seeded sequence; addresses that begin with "gone" never exist."""

    def __init__(self, seed: int) -> None:
        self.chance, self.calm = random.Random(seed), False
        self.taken: list[tuple[str, str, str]] = []  # Message-ID, to, text
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    def _mood(self, *possible: str) -> str:
        mood = "accept" if self.calm else self.chance.choice(MODES)
        return mood if mood in possible else "accept"

    async def handle_RCPT(self, server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address.startswith("gone"):
            return "550 5.1.1 No such address"
        match self._mood("greylist", "busy", "drop early"):
            case "greylist":
                return "451 4.7.1 Greylisted, try again later"
            case "busy":
                return "421 4.3.2 Too busy, come again"
            case "drop early":
                server.transport.abort()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        mood = self._mood("drop late", "slow", "data refused for now")
        if mood == "data refused for now":
            return "452 4.3.1 Disk is full"
        if mood == "slow":
            await asyncio.sleep(0.05)
        message = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        text = message.get_body(("plain",)).get_content()
        self.taken.append((str(message["Message-ID"]), envelope.rcpt_tos[0], text))
        if mood == "drop late":
            server.transport.abort()
        return "250 OK"

    def __enter__(self) -> "Moody":
        self._controller.start()
        return self

    def __exit__(self, *_problem: object) -> None:
        self._controller.stop()


@pytest.fixture(autouse=True)
def _own_source(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.DEADLINES = SOURCE
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_TIMEOUT = "127.0.0.1", 2
    monkeypatch.setattr(summary, "is_open", lambda practice, day, on: False)
    OPEN.clear()
    yield
    OPEN.clear()


def three_deadlines(practice: Practice) -> None:
    each = [
        set_deadline(practice, subject_uid=f"subject{n}", vendor_name=f"Vendor {n}", due_on=DUE + timedelta(days=n))
        for n in (0, 1, 7)
    ]
    OPEN[practice.uid] = each


def officers(practice: Practice) -> list[Person]:
    """Two of them have an address that is refused for good."""
    gone = [f"gone{n}@x.example" for n in range(2)]
    others = [f"officer{n}@x.example" for n in range(OFFICERS - 2)]
    return [make_member(practice=practice, name="Robin", role=Role.OFFICER, email=each) for each in gone + others]


def a_run(moment: datetime, killed: random.Random | None = None) -> None:
    """What the clock and the sweep do at that moment; now and then a worker is killed with a mail in its hands."""
    with clock.set_to(moment):
        reminders.send_all()
        waiting = list(delivery._waiting().values_list("pk", flat=True))
        if killed and waiting and killed.random() < 0.3:
            delivery.claim(killed.choice(waiting))  # and then nothing more is heard of it
        delivery.deliver_waiting()


def in_a_thread(moment: datetime, killed: random.Random) -> None:
    try:
        a_run(moment, killed)
    finally:
        if connection.vendor == "postgresql":
            connection.close()


def by_address(server: Moody) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for message_id, to, _ in server.taken:
        found.setdefault(to, set()).add(message_id)
    return found


def outcomes() -> Counter[str]:
    verbs = LedgerEntry.objects.filter(record_kind="reminder").values_list("record_uid", "verb")
    return Counter(verb for _, verb in verbs)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", [3, 14])
def test_none_is_lost_and_none_comes_twice(seed: int, cast: Cast, settings: Any):
    three_deadlines(cast.practice)
    people = [*officers(cast.practice), cast.officer]
    at_once = 2 if connection.vendor == "postgresql" else 1  # SQLite in memory has one connection only
    killed = random.Random(seed)
    with Moody(seed) as server, ThreadPoolExecutor(at_once) as workers:
        settings.EMAIL_PORT = server.port
        for minutes in range(0, 60 * 12, 30):
            server.calm = minutes > 60 * 8
            moment = MORNING + timedelta(minutes=minutes)
            runs = [workers.submit(in_a_thread, moment, killed) for _ in range(2)]
            for each in runs:
                each.result()
    assert Reminder.objects.count() == 3 * len(people)
    assert Counter(Mail.objects.values_list("state", flat=True)) == {
        MailState.SENT: len(people) - 2, MailState.FAILED: 2,
    }  # fmt: skip
    assert outcomes() == {
        "reminder.made": 3 * len(people), "reminder.sent": 3 * (len(people) - 2), "reminder.refused": 6,
    }  # fmt: skip
    kept = dict(Mail.objects.filter(state=MailState.SENT).values_list("person__email", "message_id"))
    assert by_address(server) == {to: {message_id} for to, message_id in kept.items()}
    assert all(text.count("Vendor 0") and text.count("Vendor 7") for _, _, text in server.taken)
    assert ledger.broken_at(cast.practice.uid) is None


def test_a_server_away_for_three_days_gets_one_mail_each_with_all_that_is_due(cast: Cast, settings: Any):
    three_deadlines(cast.practice)
    settings.EMAIL_PORT = free_port()  # nobody listens
    for hours in range(0, 50, 5):
        a_run(MORNING + timedelta(hours=hours))
    with Moody(1) as server:
        server.calm, settings.EMAIL_PORT = True, server.port
        a_run(MORNING + timedelta(days=2, hours=3))
    mine = [text for _, to, text in server.taken if to == cast.officer.email]
    assert len(mine) == 1
    assert all(mine[0].count(f"agreement with Vendor {n}:") == 1 for n in (0, 1, 7))
    assert [each.on for each in Mail.objects.filter(person=cast.officer)] == [date(2026, 11, 11)]
    assert set(Mail.objects.values_list("state", flat=True)) == {MailState.SENT}


def test_a_doubtful_mail_of_yesterday_goes_on_under_a_new_name_because_it_says_more(cast: Cast, settings: Any):
    three_deadlines(cast.practice)
    with clock.set_to(MORNING):
        for plans in reminders.due(cast.practice, DUE):
            reminders.make(cast.practice, plans, DUE)
        first = Mail.objects.get()
        delivery.claim(first.pk)  # and the worker is killed
    with Moody(1) as server:
        server.calm, settings.EMAIL_PORT = True, server.port
        a_run(MORNING + timedelta(days=1))
    mine = [message_id for message_id, to, _ in server.taken if to == cast.officer.email]
    assert (len(mine), mine == [first.message_id]) == (1, False)
