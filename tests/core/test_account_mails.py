"""Mails about accounts are rows: nothing that dies or forgets loses one, and none is sent after its end."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.fernet import InvalidToken
from django.core import mail as outgoing
from django.db import connection, transaction
from django.test import Client, TestCase
from kombu.exceptions import OperationalError

from practice_vetting.core import clock, encryption, figures, mailing, post, tasks
from practice_vetting.core.accounts import account_mails, notices
from practice_vetting.core.accounts.notices import Where
from practice_vetting.core.archive import tables
from practice_vetting.core.models import AccountLink, AccountMail, AccountMailKind, AccountMailState, Person
from practice_vetting.core.people import Invited, invite
from tests.conftest import Cast
from tests.services import MailMode, MailServer

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 9, 17, tzinfo=UTC)
WISHED = {"email": "", "address": "203.0.113.7", "browser": "Firefox on Windows"}


@pytest.fixture(autouse=True)
def _the_queue_loses_all(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever wakes a worker is not heard; and it is noon."""
    monkeypatch.setattr(post, "wake", lambda: None)
    with clock.set_to(NOON):
        yield


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    with MailServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 0.5
        yield server


def run(after: timedelta = timedelta()) -> int:
    with clock.set_to(NOON + after):
        return account_mails.deliver_waiting()


def invited(cast: Cast) -> Invited:
    return invite(practice=cast.practice, by=cast.owner, email="robin@x.example", name="Robin Vale", role="staff")


def told(person: Person) -> None:
    notices.password_changed(person, Where())


def wished(person: Person) -> None:
    post.wish(AccountMailKind.PASSWORD_LINK, **{**WISHED, "email": person.email})


def state() -> tuple[str, bool]:
    """Of the only row: its state, and whether it still holds what the mail says."""
    row = AccountMail.objects.get()
    return row.state, bool(row.sealed)


def link_in(body: str) -> str:
    return body.splitlines()[1]


# --- nothing is lost ---------------------------------------------------------------------------------------


def test_what_the_queue_forgot_is_mailed_once(cast: Cast):
    link = invited(cast).link
    told(cast.staff)
    wished(cast.officer)
    for _ in range(2):
        tasks.sweep()
    assert [message.subject for message in outgoing.outbox] == [
        "Maria Reyes invites you; open until 16 November",
        "Your password was changed",
        "Set a new password within one hour",
    ]
    assert link in outgoing.outbox[0].body
    assert set(AccountMail.objects.values_list("state", "sealed")) == {(AccountMailState.SENT, "")}


def test_what_was_undone_is_not_mailed(cast: Cast):
    with transaction.atomic():
        told(cast.staff)
        transaction.set_rollback(True)
    assert (run(), AccountMail.objects.count()) == (0, 0)


def test_without_a_queue_the_page_neither_fails_nor_sends(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    def away(task: str) -> None:
        raise OperationalError(task)

    monkeypatch.setattr(post, "wake", lambda: mailing.wake("core.mail_accounts"))
    monkeypatch.setattr(mailing.current_app, "send_task", away)
    with TestCase.captureOnCommitCallbacks(execute=True) as after:
        page = Client().post("/forgotten-password/", {"email": cast.staff.email})
    assert (page.status_code, len(after), outgoing.outbox) == (200, 1, [])
    assert run() == 1


def test_a_server_that_is_away_gets_it_later_at_growing_gaps(cast: Cast, mail_server: MailServer):
    told(cast.staff)
    mail_server.stop()
    tried, minutes = [], 0
    while minutes < 40:
        run(timedelta(minutes=minutes))
        tried.append(AccountMail.objects.get().attempts)
        minutes += 1
    assert [tried.index(number) for number in range(1, 7)] == [0, 1, 3, 7, 15, 25]
    mail_server.start()
    assert run(timedelta(days=2)) == 1
    assert len(mail_server.messages) == 1


def test_one_that_is_not_wanted_now_keeps_no_other_back(cast: Cast, mail_server: MailServer):
    for person in (cast.staff, cast.officer):
        told(person)
    mail_server.mode = MailMode.GREYLIST
    run()
    assert list(AccountMail.objects.values_list("attempts", flat=True)) == [1, 1]


# --- a worker that dies, and two that look ----------------------------------------------------------------


def test_a_worker_that_dies_leaves_it_to_the_next_under_one_name(cast: Cast, mail_server: MailServer):
    told(cast.staff)
    name = AccountMail.objects.get().message_id
    account_mails.claim(AccountMail.objects.get().pk)  # and then the worker is killed
    assert (run(mailing.LEASE - timedelta(seconds=1)), run(mailing.LEASE), run(mailing.LEASE)) == (0, 1, 0)
    assert [str(message["Message-ID"]) for message in mail_server.messages] == [name]


def test_one_that_hangs_up_after_it_took_all_gets_the_same_mail_again(cast: Cast, mail_server: MailServer):
    wished(cast.staff)
    mail_server.mode = MailMode.DROP
    run()
    mail_server.mode = MailMode.ACCEPT
    assert run(timedelta(minutes=1)) == 1
    first, second = mail_server.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert first.get_body(("plain",)).get_content() == second.get_body(("plain",)).get_content()
    assert AccountLink.objects.count() == 1


def test_a_worker_that_dies_while_it_makes_the_link_leaves_none(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    class Killed(BaseException):
        pass

    def killed(*_: Any, **__: Any) -> None:
        raise Killed

    wished(cast.staff)
    with monkeypatch.context() as patch:
        patch.setattr(mailing, "keep", killed)
        with pytest.raises(Killed):
            run()
    assert AccountLink.objects.count() == 0
    assert (run(mailing.LEASE), AccountLink.objects.count(), len(outgoing.outbox)) == (1, 1, 1)


def test_who_lost_the_claim_marks_nothing(cast: Cast, mail_server: MailServer):
    told(cast.staff)
    slow = account_mails.claim(AccountMail.objects.get().pk)
    assert (slow is not None, run(mailing.LEASE)) == (True, 1)
    with pytest.raises(mailing.LostClaim):
        mailing.release(slow, state=AccountMailState.FAILED)
    assert state() == (AccountMailState.SENT, False)


@pytest.mark.django_db(transaction=True)
def test_many_workers_mail_each_once(cast: Cast, mail_server: MailServer):
    people = [cast.owner, cast.officer, cast.staff, cast.auditor]
    for person in people:
        told(person)
    at_once = 4 if connection.vendor == "postgresql" else 1  # SQLite in memory has one connection only

    def in_a_thread(_: int) -> int:
        try:
            return run()
        finally:
            if at_once > 1:
                connection.close()

    with ThreadPoolExecutor(at_once) as workers:
        assert sum(workers.map(in_a_thread, range(4))) == len(people)
    assert len({str(message["Message-ID"]) for message in mail_server.messages}) == len(mail_server.messages) == 4


# --- what it says, and for how long ------------------------------------------------------------------------


def test_no_link_and_no_address_can_be_read_in_the_table(cast: Cast, mail_server: MailServer):
    token = invited(cast).link.strip("/").split("/")[-1]
    wished(cast.staff)
    wished(cast.officer)
    mail_server.stop()
    for minutes in range(3):
        run(timedelta(minutes=minutes))
    rows = repr(list(AccountMail.objects.values()))
    facts = [post.opened(row) for row in AccountMail.objects.order_by("id")]
    assert AccountLink.objects.count() == 2
    secrets = [token, link_in(facts[1]["text"]).strip("/").split("/")[-1], cast.staff.email, "robin", "password/"]
    assert [secret for secret in secrets if secret in rows] == []
    with pytest.raises(InvalidToken):
        encryption.decrypt(AccountMail.objects.all()[0].sealed, label="another label")


def test_a_wish_is_given_up_after_an_hour_and_forgets_who_wished(cast: Cast):
    wished(cast.staff)
    assert (run(post.WISH_LASTS), outgoing.outbox, AccountLink.objects.count()) == (0, [], 0)
    assert state() == (AccountMailState.FAILED, False)


def test_a_link_that_waited_lasts_an_hour_from_when_it_left(cast: Cast, mail_server: MailServer, client: Client):
    wished(cast.staff)
    mail_server.stop()
    run()
    mail_server.start()
    assert run(timedelta(minutes=50)) == 1
    link = link_in(mail_server.messages[0].get_body(("plain",)).get_content())
    path = link.removeprefix("http://localhost:8000").strip()
    answers = []
    for minutes in (109, 110):
        with clock.set_to(NOON + timedelta(minutes=minutes)):
            answers.append(client.get(path).status_code)
    assert answers == [200, 410]


def test_a_link_that_ended_meanwhile_is_not_mailed(cast: Cast, mail_server: MailServer):
    wished(cast.staff)
    mail_server.stop()
    run()
    AccountLink.objects.update(expires_at=NOON)
    mail_server.start()
    assert (run(timedelta(minutes=2)), mail_server.messages, state()) == (0, [], (AccountMailState.ENDED, False))


def test_an_invitation_that_was_ended_or_followed_is_not_mailed(cast: Cast):
    invited(cast)
    second = invited(cast)  # ends the first
    Client().post(second.link.removeprefix("http://localhost:8000"), {"password": "lantern over quiet water"})
    assert (run(), outgoing.outbox) == (0, [])
    assert set(AccountMail.objects.values_list("state", "sealed")) == {(AccountMailState.ENDED, "")}


def test_an_invitation_is_not_mailed_after_its_end(cast: Cast):
    invited(cast)
    assert (run(timedelta(days=7)), state()) == (0, (AccountMailState.FAILED, False))


def test_a_refused_address_ends_it(cast: Cast, mail_server: MailServer):
    told(cast.staff)
    mail_server.mode = MailMode.REFUSE
    run()
    mail_server.mode = MailMode.ACCEPT
    assert (run(timedelta(days=1)), state()) == (0, (AccountMailState.FAILED, False))


def test_an_address_that_no_mail_can_carry_ends_it():
    post.later("N", "a\r\nb@x.example", "Subject", "text", "<p>html</p>")
    assert (run(), state()) == (0, (AccountMailState.FAILED, False))


def test_what_was_sealed_under_a_key_that_is_gone_ends_it(cast: Cast, settings: Any):
    told(cast.staff)
    settings.SECRET_KEY = "another key, of a restored machine"
    assert (run(), state()) == (0, (AccountMailState.FAILED, False))


def test_a_row_goes_after_a_week_and_one_that_waits_stays(cast: Cast):
    told(cast.staff)
    run()
    with clock.set_to(NOON + timedelta(days=6)):
        told(cast.officer)
    run(timedelta(days=6, hours=23))
    assert AccountMail.objects.count() == 2
    run(timedelta(days=7, seconds=1))
    assert AccountMail.objects.count() == 1


def test_who_has_no_account_is_forgotten_at_once(cast: Cast):
    post.wish(AccountMailKind.PASSWORD_LINK, **{**WISHED, "email": "nobody@nowhere.example"})
    assert (run(), outgoing.outbox, state()) == (0, [], (AccountMailState.ENDED, False))


# --- backups, and the figures -------------------------------------------------------------------------------


def test_a_backup_holds_none_so_a_restore_sends_no_old_ones():
    assert AccountMail not in tables.kept_models()


def test_the_operator_sees_that_they_wait_and_what_came_of_them(cast: Cast, mail_server: MailServer):
    told(cast.staff)
    mail_server.stop()
    run()
    with clock.set_to(NOON + timedelta(hours=2)):
        waits = figures.read()
    mail_server.start()
    run(timedelta(hours=2))
    with clock.set_to(NOON + timedelta(hours=3)):
        gone = figures.read()
    assert (waits.mails_waiting, waits.reminder_lag, waits.mails["sent"]) == (1, 7200.0, 0)
    assert (gone.mails_waiting, gone.reminder_lag, gone.mails["sent"]) == (0, 0.0, 1)
