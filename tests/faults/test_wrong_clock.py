"""F14: the clock of the machine is forty days ahead, a day behind, on a leap day, in the night of summer time."""

import time
from datetime import date

import pytest

from tests.core.factors import format_hotp_value, hotp_value
from tests.faults import officers
from tests.faults.conftest import Report
from tests.faults.desk import journals_of
from tests.faults.installation import Installation
from tests.faults.officers import Officer
from tests.faults.processes import at_another_time

pytestmark = pytest.mark.faults
A_ROUND = 25.0  # seconds in which the clock has told the worker of the reminders once (site_settings)
DAY = 86_400


def days_until(day: date) -> int:
    return (day - date.today()).days  # noqa: DTZ011  as faketime counts


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory):
    with Installation(tmp_path_factory.mktemp("clock"), web=1, workers=1, clocks=1) as running:
        running.arrange(practices=1, officers=2)
        yield running


def at(site: Installation, days: int) -> None:
    for each in site.ours:
        each.stop()
    for each in site.ours:
        each.start(**(at_another_time(f"{days:+}d") if days else {}))
    site.heals()


def test_a_wrong_clock_doubles_and_loses_nothing(
    site: Installation, report: Report, seed: int, monkeypatch: pytest.MonkeyPatch
):
    report.fault("F14", "the clock: 40 days ahead, a day behind, 29 February, 14 March (no two o'clock), and right")
    away = 0
    monkeypatch.setattr(
        officers, "code_of", lambda secret: format_hotp_value(hotp_value(secret, int(time.time() + away * DAY) // 30))
    )
    first, second = (Officer(site, known, seed, think=0.0) for known in site.people)
    first.sign_in()
    first.evidence()  # ends in eight days: a thing to be reminded of
    first.dossier()
    site.rests(within=120)
    for days in (40, -1, days_until(date(2028, 2, 29)), days_until(date(2027, 3, 14)), 0):
        away = days
        at(site, days)
        who = second if away in (-1, 0) else first
        who.session.cookies.clear()
        who.sign_in()
        who.answer()
        who.share()
        who.vendor()
        if days != -1:
            who.dossier()
            site.rests(within=120)
        if days > 0:
            time.sleep(A_ROUND)
        site.mails_rest(within=90)
    [[swapped]] = site.postgresql.ask(
        "SELECT count(*) FROM core_ledgerentry a JOIN core_ledgerentry b "
        "ON b.practice_id = a.practice_id AND b.seq = a.seq + 1 WHERE b.at < a.at"
    )
    report.counts |= {"entries whose clock runs backwards, in their order all the same": swapped}
    report.healing(site)
    report.holds(site, journals_of([first, second]))
    assert swapped > 0
