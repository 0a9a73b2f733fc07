"""F9: two clocks at once, and clocks that were away for three days."""

import time
from collections import Counter

import pytest

from tests.faults.conftest import Report
from tests.faults.installation import Installation
from tests.faults.officers import at_work, gather
from tests.faults.processes import at_another_time
from tests.services import wait_until

pytestmark = pytest.mark.faults
A_ROUND = 50.0  # seconds in which each clock has told the workers of the reminders twice (site_settings)


def mails_of_the_day(site: Installation) -> Counter[str]:
    """How many of them each person got, by the mail server's own account."""
    daily = "SELECT message_id FROM core_mail WHERE kind = 'daily'"
    known = {str(message_id) for (message_id,) in site.postgresql.ask(daily)}
    return Counter(str(message["To"]) for message in site.mail.messages if str(message["Message-ID"]) in known)


def everybody_got(site: Installation, mails: int) -> None:
    """Wait for that, then for another round, in which nothing more may come."""
    officers = {known.email for known in site.people}
    wait_until(lambda: len(mails_of_the_day(site)) >= len(officers), "everybody has a mail of the day", 120)
    wait_until(lambda: min(mails_of_the_day(site).values()) >= mails, "everybody has the mail of this day", 120)
    time.sleep(A_ROUND)


def test_two_clocks_and_three_days_without_one_make_no_second_mail(site: Installation, report: Report, seed: int):
    report.fault("F9", "two clocks at once for a day's reminders; then both away for three days, and back at once")
    for each in site.clocks:
        each.kill()
    officers = at_work(site, seed, think=0.2, answer=0, share=0, look=0, vendor=0, quarantine=0)
    time.sleep(60)
    journals = gather(officers)
    for each in site.clocks:
        each.start()
    everybody_got(site, 1)
    first = mails_of_the_day(site)
    for each in [*site.clocks, *site.workers]:
        each.kill()
    for each in [*site.clocks, *site.workers]:
        each.start(**at_another_time("+3d"))
    everybody_got(site, 2)
    both = mails_of_the_day(site)
    due = site.postgresql.ask("SELECT count(*), count(DISTINCT subject_uid) FROM core_reminder")
    report.counts |= {"reminders": due[0][0], "things due": due[0][1], "people": len(first)}
    for each in [*site.clocks, *site.workers]:
        each.restart()  # at their own time again
    report.healing(site)
    report.holds(site, journals)
    officers_alone = {each: times for each, times in both.items() if "officer" in each}
    assert set(first.values()) == {1}
    assert set(officers_alone.values()) == {2}
