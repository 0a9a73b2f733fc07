"""Mailing reminders: claimed, mailed once, tried again or refused, through a real mail server."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from smtplib import SMTPDataError, SMTPServerDisconnected

import pytest
from django.db import connection

from practice_vetting.core import clock, delivery, ledger, mail, mailing, reminders, summary
from practice_vetting.core.models import LedgerEntry, Mail, MailState, Membership, Practice, Reminder
from practice_vetting.core.people import end_membership
from practice_vetting.core.smtp_words import refusal
from tests.conftest import Cast
from tests.core.deadlines_for_tests import DUE, OPEN, SOURCE, set_deadline
from tests.factories import change
from tests.services import MailMode, MailServer

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 11, 9, 14, tzinfo=UTC)  # 09:00 in New York


@pytest.fixture(autouse=True)
def _own_source(settings, monkeypatch):
    settings.DEADLINES = SOURCE
    monkeypatch.setattr(summary, "is_open", lambda practice, day, on: False)
    OPEN.clear()
    yield
    OPEN.clear()


@pytest.fixture
def mail_server(settings) -> Iterator[MailServer]:
    with MailServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 0.3
        yield server


@pytest.fixture
def made(cast: Cast) -> Mail:
    """A mail to the officer with one reminder, made and not sent."""
    set_deadline(cast.practice)
    with clock.set_to(MORNING):
        reminders.make(cast.practice, list(reminders.planned(cast.practice, DUE)), DUE)
    return Mail.objects.get()


def run(after: timedelta = timedelta()) -> int:
    """As the sweep does each minute, and the run of the morning before it on a later day."""
    with clock.set_to(MORNING + after):
        for practice in Practice.objects.all():
            reminders.carry_over(practice, practice.today())
        return delivery.deliver_waiting()


def verbs() -> list[str]:
    return list(LedgerEntry.objects.order_by("seq").values_list("verb", flat=True))


def message_ids(server: MailServer) -> list[str]:
    return [str(message["Message-ID"]) for message in server.messages]


def test_the_mail_arrives_with_text_and_html(made: Mail, cast: Cast, mail_server: MailServer):
    assert run() == 1
    [message] = mail_server.messages
    assert mail_server.recipients == [[cast.officer.email]]
    assert (message["Subject"], message["To"], message["Message-ID"], message["Auto-Submitted"]) == (
        "Review the agreement with Notewell today, 9 November",
        f"Dana Okafor <{cast.officer.email}>",
        made.message_id,
        "auto-generated",
    )
    parts = [part.get_content_type() for part in message.walk()]
    assert parts == ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar"]
    made.refresh_from_db()
    assert (made.state, made.sent_at, made.claim, made.lease_until) == (MailState.SENT, MORNING, "", None)


def test_a_refused_address_is_told_in_plain_words_and_not_tried_again(made: Mail, mail_server: MailServer):
    mail_server.mode = MailMode.REFUSE
    run()
    mail_server.mode = MailMode.ACCEPT
    run(timedelta(days=1))
    made.refresh_from_db()
    said = "The mail server refused this address. It said: “5.1.1 No such address” (550)."
    assert (made.state, made.last_error, mail_server.messages) == (MailState.FAILED, said, [])
    assert LedgerEntry.objects.get(verb="reminder.refused").detail["reason"] == said


def test_a_busy_server_is_tried_again_after_growing_gaps(made: Mail, mail_server: MailServer):
    mail_server.mode = MailMode.LATER
    gaps, after = [], timedelta()
    for _ in range(6):
        run(after)
        made.refresh_from_db()
        gaps.append((made.next_try_at - MORNING - after) / timedelta(minutes=1))
        after = made.next_try_at - MORNING
    assert gaps == [1, 5, 15, 60, 60, 60]
    assert (made.state, made.attempts, made.last_error) == (
        MailState.WAITING,
        6,
        "The mail server asks us to wait. It said: “4.3.2 Too busy, come again” (421).",
    )
    mail_server.mode = MailMode.ACCEPT
    assert (run(after), verbs()) == (1, ["reminder.made", "reminder.sent"])


def test_it_is_not_tried_before_its_time(made: Mail, mail_server: MailServer):
    mail_server.mode = MailMode.LATER
    run()
    mail_server.mode = MailMode.ACCEPT
    assert (run(timedelta(seconds=59)), run(timedelta(seconds=60))) == (0, 1)


def test_a_server_that_hangs_up_gets_the_same_message_id_again(made: Mail, mail_server: MailServer):
    mail_server.mode = MailMode.DROP
    assert run() == 0
    mail_server.mode = MailMode.ACCEPT
    assert run(timedelta(minutes=1)) == 1
    assert message_ids(mail_server) == [made.message_id, made.message_id]


def test_a_server_that_stalls_is_left_and_tried_again(made: Mail, mail_server: MailServer):
    mail_server.mode = MailMode.STALL
    assert run() == 0
    made.refresh_from_db()
    assert (made.state, made.last_error) == (MailState.WAITING, "The mail server does not answer.")
    mail_server.mode = MailMode.ACCEPT
    assert run(timedelta(minutes=1)) == 1


def test_a_server_that_is_away_ends_the_run(cast: Cast, settings, monkeypatch):
    tried = []

    def away(**given: object) -> None:
        tried.append(given)
        raise ConnectionRefusedError

    monkeypatch.setattr(mail, "send", away)
    set_deadline(cast.practice)
    with clock.set_to(MORNING + timedelta(days=8)):
        assert reminders.send_all() == 2
        assert len(tried) == 1
        assert delivery.deliver_waiting() == 0
    assert len(tried) == 2  # the other one, while the first waits


def test_after_three_days_it_is_given_up(made: Mail, mail_server: MailServer):
    mail_server.mode = MailMode.LATER
    for hours in range(0, 72, 12):
        run(timedelta(hours=hours))
    made.refresh_from_db()
    assert (made.state, made.on) == (MailState.WAITING, DUE + timedelta(days=2))
    run(timedelta(days=3, minutes=1))
    made.refresh_from_db()
    assert made.state == MailState.FAILED
    assert made.last_error.startswith("We tried for 3 days. The mail server asks us to wait.")


# --- two workers, and one that dies --------------------------------------------------------------------


def test_only_one_of_two_workers_gets_the_claim(made: Mail):
    with clock.set_to(MORNING):
        first, second = delivery.claim(made.pk), delivery.claim(made.pk)
    assert first is not None
    assert second is None


def test_a_run_in_the_middle_of_another_mails_nothing(made: Mail, monkeypatch):
    sent: list[str] = []

    def send(**given: str) -> None:
        sent.append(given["message_id"])
        assert delivery.deliver_waiting() == 0

    monkeypatch.setattr(mail, "send", send)
    assert (run(), sent) == (1, [made.message_id])


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_mail_once(cast: Cast, mail_server: MailServer):
    set_deadline(cast.practice)

    def whole_run(_: int) -> int:
        try:
            with clock.set_to(MORNING):
                return reminders.send_all()
        finally:
            connection.close()

    at_once = 4 if connection.vendor == "postgresql" else 1  # SQLite in memory has one connection only
    with ThreadPoolExecutor(at_once) as workers:
        assert sum(workers.map(whole_run, range(4))) == 1
    assert (len(mail_server.messages), ledger.broken_at(cast.practice.uid)) == (1, None)


def test_a_worker_that_died_is_followed_by_another_with_the_same_message_id(made: Mail, mail_server: MailServer):
    with clock.set_to(MORNING):
        assert delivery.claim(made.pk) is not None  # and then the worker is killed
    assert run(mailing.LEASE - timedelta(seconds=1)) == 0
    assert run(mailing.LEASE) == 1
    assert message_ids(mail_server) == [made.message_id]


def test_a_worker_whose_lease_ended_does_not_overwrite_what_the_other_did(made: Mail, mail_server: MailServer):
    with clock.set_to(MORNING):
        slow = delivery.claim(made.pk)
    assert slow is not None
    assert run(mailing.LEASE) == 1
    with pytest.raises(mailing.LostClaim), clock.set_to(MORNING + mailing.LEASE):
        delivery.deliver(slow, mail.Words("late", "late", "late"))
    assert verbs() == ["reminder.made", "reminder.sent"]


# --- what need not be mailed any more --------------------------------------------------------------------


def dropped() -> list[str]:
    return [entry.detail["reason"] for entry in LedgerEntry.objects.filter(verb="reminder.dropped")]


def test_a_deadline_that_moved_drops_what_waits(made: Mail, cast: Cast, mail_server: MailServer):
    set_deadline(cast.practice, due_on=date(2027, 11, 9))
    assert run() == 0
    assert (Reminder.objects.count(), mail_server.messages) == (0, [])
    assert dropped() == ["It is done, or the date has moved."]


def test_a_deadline_that_comes_back_is_told_again(made: Mail, cast: Cast, mail_server: MailServer):
    OPEN.clear()
    run()
    set_deadline(cast.practice)
    with clock.set_to(MORNING + timedelta(minutes=15)):
        assert reminders.send_all() == 1
    assert len(mail_server.messages) == 1


def test_after_an_outage_of_mail_only_the_latest_of_a_ladder_goes_out(made: Mail, cast: Cast, mail_server: MailServer):
    with clock.set_to(MORNING + timedelta(days=14)):
        reminders.send_all()
    officers = [str(m["Subject"]) for m in mail_server.messages if cast.officer.email in str(m["To"])]
    assert officers == ["Late since 9 November: review the agreement with Notewell"]
    assert dropped() == ["A later reminder takes its place."]


def test_a_person_who_left_gets_no_mail(made: Mail, cast: Cast, mail_server: MailServer):
    with clock.set_to(MORNING):
        end_membership(membership=Membership.objects.get(person=cast.officer), by=cast.owner)
    assert (run(), mail_server.messages) == (0, [])
    assert dropped() == ["This person is no longer an officer or owner."]


# --- what the server said, in plain words -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (
            SMTPDataError(554, b"5.7.1 spam\r\nX-Evil: 1"),
            "The mail server refused this mail. It said: “5.7.1 spam X-Evil: 1” (554).",
        ),
        (SMTPDataError(451, b"later"), ""),
        (SMTPServerDisconnected("closed"), ""),
        (TimeoutError(), ""),
        (ValueError("header"), "This e-mail address or name cannot be written in a mail."),
    ],
)
def test_only_what_will_never_work_is_final(problem: Exception, words: str):
    assert refusal(problem) == words


@pytest.mark.parametrize("name", ["Dana\r\nBcc: all@x.example", "D" * 190, "Дана Окафор" * 12, 'Dana "D" <x>, Okafor'])
def test_a_name_never_becomes_a_header_or_another_recipient(made: Mail, cast: Cast, mail_server: MailServer, name: str):
    change(cast.officer, name=name)
    assert run() == 1
    [message] = mail_server.messages
    assert mail_server.recipients == [[cast.officer.email]]
    assert (message["Bcc"], [to.addr_spec for to in message["To"].addresses]) == (None, [cast.officer.email])


def test_the_chain_holds_after_all_of_it(made: Mail, cast: Cast, mail_server: MailServer):
    mail_server.mode = MailMode.REFUSE
    run()
    assert (verbs(), ledger.broken_at(cast.practice.uid)) == (["reminder.made", "reminder.refused"], None)
