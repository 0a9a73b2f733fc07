"""The servers that the tests bring along do what they say."""

import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from practice_vetting.core.supervisor import ROOT
from tests import services
from tests.services import MailMode, MailServer

LETTER = b"Subject: Yearly review\r\nTo: officer@practice.example\r\n\r\nIt is due.\r\n"


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


def post(server: MailServer, timeout: float = 5) -> None:
    with smtplib.SMTP("127.0.0.1", server.port, timeout=timeout) as client:
        client.sendmail("site@practice.example", ["officer@practice.example"], LETTER)


def subjects(server: MailServer) -> list[str]:
    return [str(message["Subject"]) for message in server.messages]


def test_a_letter_is_taken_with_its_recipients(mail_server: MailServer) -> None:
    post(mail_server)
    assert (subjects(mail_server), mail_server.recipients) == (
        ["Yearly review"],
        [["officer@practice.example"]],
    )


@pytest.mark.parametrize(("mode", "code"), [(MailMode.REFUSE, 550), (MailMode.LATER, 421)])
def test_a_refusal_has_its_code_and_keeps_nothing(mail_server: MailServer, mode: MailMode, code: int) -> None:
    mail_server.mode = mode
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        post(mail_server)
    assert (refused.value.recipients["officer@practice.example"][0], mail_server.messages) == (code, [])


def test_hanging_up_after_the_letter_still_took_it(mail_server: MailServer) -> None:
    mail_server.mode = MailMode.DROP
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        post(mail_server)
    assert subjects(mail_server) == ["Yearly review"]


def test_a_stalled_server_lets_the_sender_wait(mail_server: MailServer) -> None:
    mail_server.mode = MailMode.STALL
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        post(mail_server, timeout=0.3)


def test_the_mode_may_change_between_letters(mail_server: MailServer) -> None:
    mail_server.mode = MailMode.REFUSE
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        post(mail_server)
    mail_server.mode = MailMode.ACCEPT
    post(mail_server)
    assert subjects(mail_server) == ["Yearly review"]


def test_a_command_gets_both_addresses_and_its_status_comes_back() -> None:
    see = "import os, sys; print(os.environ['DATABASE_URL'][:11], os.environ['REDIS_URL'][:8]); sys.exit(3)"
    command = [sys.executable, "-m", "tests.services", sys.executable, "-c", see]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "postgres:// redis://\n")


def test_servers_that_are_named_are_used_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", "postgres://elsewhere/db")
    monkeypatch.setenv("TEST_REDIS_URL", "redis://elsewhere")
    with services.postgresql() as database, services.redis() as queue:
        assert (database, queue) == ("postgres://elsewhere/db", "redis://elsewhere")


def test_a_missing_program_is_an_error_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    monkeypatch.setattr(services, "postgresql_program", lambda _name: None)
    with pytest.raises(RuntimeError, match=r"^initdb is not on this machine\. Install postgresql: "):
        services.postgresql().__enter__()


def test_a_server_that_ends_at_once_is_quoted(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('no room left')"]
    with (
        pytest.raises(RuntimeError, match="no room left"),
        services._running(command, services.free_port(), None, tmp_path / "log"),
    ):
        pass


def test_a_free_port_can_be_listened_at() -> None:
    with socket.create_server(("127.0.0.1", services.free_port())) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
