"""F10 and F28: a mail server that refuses, waits, hangs up, loses, never answers, or is away for a day."""

import re
import socket
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html

from tests.faults.conftest import Report
from tests.faults.desk import journals_of, signed_in, slowest_of
from tests.faults.installation import Installation
from tests.faults.officers import Officer
from tests.faults.pages import form_of
from tests.faults.processes import at_another_time
from tests.services import MailMode, wait_until

pytestmark = pytest.mark.faults
A_PAGE = 5.0  # seconds, on a machine that does much else besides; a server that stalls holds who waits for it for 30
WAITING = "SELECT count(*) FROM core_mail WHERE state IN ('waiting', 'sending')"


def states_on_the_page(officer: Officer) -> Counter[str]:
    """How often each state stands in the table of mails on the page “Reminders”."""
    tree = html.fromstring(officer.open("/reminders/"))
    rows = tree.xpath('//section[@aria-labelledby="mails-title"]//td[@data-label="State"]')
    return Counter(row.xpath('.//*[contains(@class, "state")]')[0].text_content() for row in rows)


def tried(site: Installation, state: str, since: int) -> bool:
    found = site.postgresql.ask("SELECT count(*) FROM core_mail WHERE state = %s AND id > %s", state, since)
    return bool(found[0][0])


def last_mail(site: Installation) -> int:
    return int(site.postgresql.ask("SELECT coalesce(max(id), 0) FROM core_mail")[0][0])


def hurry(site: Installation) -> None:
    """Leave out the gaps between tries: they are minutes and hours long. A worker that holds one is waited for."""
    site.postgresql.ask("UPDATE core_mail SET next_try_at = now() WHERE state = 'waiting' RETURNING 1")


def all_left(site: Installation) -> None:
    def rest() -> bool:
        hurry(site)
        return site.postgresql.ask(WAITING) == [(0,)]

    wait_until(rest, "no mail waits any more", 180)


@pytest.mark.parametrize(
    ("mode", "state", "shown"),
    [
        (MailMode.LATER, "waiting", "Waiting"),
        (MailMode.GREYLIST, "waiting", "Waiting"),
        (MailMode.DROP, "waiting", "Waiting"),
        ("away", "waiting", "Waiting"),
        (MailMode.SLOW, "sent", "Sent"),
    ],
)
def test_mail_goes_once_whatever_the_server_says_first(
    mode: str, state: str, shown: str, small_site: Installation, desk: list[Officer], report: Report
):
    report.fault("F10", f"the mail server: {mode}")
    since = last_mail(small_site)
    if mode == "away":
        small_site.mail.stop()
    else:
        small_site.mail.mode = MailMode(mode)
    desk[0].quarantine()
    wait_until(lambda: tried(small_site, state, since), f"a mail is {state}", 120)
    assert states_on_the_page(desk[0])[shown] > 0
    report.counts["slowest page while it lasted"] = f"{slowest_of(desk):.1f} s"
    assert slowest_of(desk) < A_PAGE
    if mode == "away":
        small_site.mail.start()
    small_site.mail.mode = MailMode.ACCEPT
    all_left(small_site)
    report.healing(small_site)
    report.holds(small_site, journals_of(desk))


def test_an_address_that_is_refused_is_shown_and_goes_when_somebody_tries_again(
    small_site: Installation, desk: list[Officer], report: Report
):
    report.fault("F10", "the mail server: 550")
    since = last_mail(small_site)
    small_site.mail.mode = MailMode.REFUSE
    desk[0].quarantine()
    wait_until(lambda: tried(small_site, "failed", since), "a mail is refused", 120)
    wait_until(lambda: small_site.postgresql.ask(WAITING) == [(0,)], "and so are the others", 60)
    page = desk[0].open("/reminders/")
    assert "do not arrive" in page
    assert "refused this address" in page
    small_site.mail.mode = MailMode.ACCEPT
    for path in sorted(set(re.findall(r'action="(/mails/\w+/again/)"', page))):
        answer = desk[0].ask("POST", path, data=form_of(page, action=path))
        assert answer is not None
        assert answer.status_code == 302
    all_left(small_site)
    report.healing(small_site)
    report.holds(small_site, journals_of(desk))


def test_no_page_waits_for_a_server_that_says_nothing(small_site: Installation, desk: list[Officer], report: Report):
    """It took the mail, and says nothing: after 30 seconds the worker lets go, and tries again under the same name."""
    report.fault("F28", "the mail server takes a mail and never answers, while somebody is invited too")
    since = last_mail(small_site)
    small_site.mail.mode = MailMode.STALL
    desk[0].quarantine()
    fields = form_of(desk[0].open("/people/"), action="/people/invite/")
    fields |= {"name": "Robin Vale", "email": "robin@faults.example", "role": "staff"}
    answer = desk[0].ask("POST", "/people/invite/", data=fields)
    assert answer is not None
    assert "/join/" in answer.text or answer.status_code == 302
    wait_until(lambda: tried(small_site, "waiting", since), "the worker lets go", 120)
    assert slowest_of(desk) < A_PAGE
    small_site.mail.mode = MailMode.ACCEPT
    all_left(small_site)
    report.counts["slowest page while it lasted"] = f"{slowest_of(desk):.1f} s"
    report.healing(small_site)
    report.holds(small_site, journals_of(desk))
    wait_until(lambda: any("robin@" in str(each["To"]) for each in small_site.mail.messages), "the invitation came", 90)


def test_what_a_server_loses_is_told_as_sent_and_nobody_can_know(
    small_site: Installation, desk: list[Officer], report: Report
):
    report.fault("F10", "the mail server says 250 and loses the mail: the page says what “Sent” means")
    since = last_mail(small_site)
    small_site.mail.mode = MailMode.LOSE
    desk[0].quarantine()
    wait_until(lambda: tried(small_site, "sent", since), "a mail is sent", 120)
    all_left(small_site)
    small_site.mail.mode = MailMode.ACCEPT
    assert "“Sent” means that your mail server took it" in desk[0].open("/reminders/")
    lost = [str(each["Message-ID"]) for each in small_site.mail.lost]
    assert len(lost) == len(set(lost)) > 0
    small_site.mail.messages += small_site.mail.lost  # as far as anybody on our side can know
    small_site.mail.lost.clear()
    report.healing(small_site)
    report.holds(small_site, journals_of(desk))


# --- a day -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One of its own, whose clock goes a day forward."""
    with Installation(tmp_path_factory.mktemp("day"), web=1, workers=2, clocks=1) as running:
        running.arrange(practices=1, officers=2)
        yield running


def at(site: Installation, offset: str) -> None:
    """Every process of ours at that time; the servers and this test stay at theirs."""
    for each in site.ours:
        each.stop()
    for each in site.ours:
        each.start(**(at_another_time(offset) if offset else {}))
    site.heals()


def test_a_server_that_is_away_for_a_day_gets_each_mail_once(site: Installation, report: Report, seed: int):
    report.fault("F10", "the mail server away for a day: six, twelve, eighteen and twenty-four hours, and back")
    desk = signed_in(site, seed)
    site.mail.stop()
    began = last_mail(site)
    for number, offset in enumerate(["", "+6h", "+12h", "+18h", "+24h"]):
        if number:
            at(site, offset)
        for each in desk:
            each.quarantine()
        wait_until(lambda: tried(site, "waiting", began), "a mail waits", 60)
        time.sleep(8)  # two sweeps
        if number == 0:
            assert states_on_the_page(desk[0])["Waiting"] > 0
    assert site.postgresql.ask("SELECT count(*) FROM core_mail WHERE state = 'sent' AND id > %s", began) == [(0,)]
    slowest = slowest_of(desk)
    site.mail.start()
    at(site, "+25h")
    wait_until(lambda: site.postgresql.ask(WAITING) == [(0,)], "every mail left by itself", 180)
    assert states_on_the_page(desk[0])["Waiting"] == 0
    report.counts |= {"slowest page while it lasted": f"{slowest:.1f} s"}
    assert slowest < A_PAGE
    report.healing(site)
    report.holds(site, journals_of(desk))


@pytest.fixture
def deaf() -> Iterator[int]:
    """A port where somebody listens, takes no connection, and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        yield int(listener.getsockname()[1])


def test_a_mail_host_that_never_answers_is_given_up(site: Installation, deaf: int, tmp_path: Path, report: Report):
    report.fault("F28", "a mail host that takes connections and never says a word, asked by a page's own process")
    words = (
        "import time; from django.core.mail import get_connection; began = time.monotonic();\n"
        "try: get_connection().open()\n"
        "except OSError: print(round(time.monotonic() - began, 1))"
    )
    done = site.manage("shell", "-c", words, EMAIL_URL=f"smtp://127.0.0.1:{deaf}", SERVES_PAGES="1")
    seconds = float(done.stdout.strip().splitlines()[-1])
    report.counts["seconds until it gave up"] = seconds
    assert seconds < 8
