"""F23: a backup while officers write, and its restore into an empty installation beside the old one."""

import json
import time

import pytest

from tests.faults.conftest import Report
from tests.faults.installation import Installation
from tests.faults.journal import CONFIRMED
from tests.faults.officers import at_work, gather

pytestmark = pytest.mark.faults
PASSPHRASE = "harbour mist over slate and water"
RUN = (
    "from datetime import timedelta; from practice_vetting.core import clock, delivery, reminders;\n"
    "delivery.deliver_waiting()\n"
    "reminders.send_all()\n"
    "delivery.deliver_waiting()"
)


def test_a_backup_under_writes_restores_to_one_moment_and_mails_nothing_again(
    small_site: Installation, report: Report, seed: int
):
    site = small_site
    report.fault("F23", "a backup while officers write, restored into an empty installation of another name")
    officers = at_work(site, seed, think=0.2, quarantine=3, dossier=1)
    time.sleep(20)
    before = [act for each in officers for act in [*each.journal.acts] if act.state == CONFIRMED]
    folder = site.folder / "backups"
    folder.mkdir()
    site.manage("backup", "--to", str(folder), check=True, BACKUP_PASSPHRASE=PASSPHRASE)
    time.sleep(3)
    journals = gather(officers)
    [backup] = folder.iterdir()
    site.rests(within=240)
    site.mails_rest(within=60)

    site.postgresql.ask("CREATE DATABASE restored")
    url = site.postgresql.url.removesuffix("/postgres") + "/restored"
    there = {"DATABASE_URL": url, "DATA_DIR": str(site.folder / "restored"), "BACKUP_PASSPHRASE": PASSPHRASE}
    done = site.manage("restore", str(backup), **there)
    assert (done.returncode, "Everything is right." in done.stdout) == (0, True), done.stdout + done.stderr
    sent = len(site.mail.messages)
    site.manage("shell", "-c", RUN, check=True, **there)
    again = [str(each["Subject"]) for each in site.mail.messages[sent:]]
    facts = json.loads(site.run("tests.faults.facts", check=True, **there).stdout)
    names, said = {each["name"] for each in facts["vendors"]}, {each["said"] for each in facts["said"]}
    gone = [act for act in before if act.kind == "vendor" and act.mark not in names]
    gone += [act for act in before if act.kind in ("answer", "share") and act.mark not in said]
    verified = site.manage("verify_history", "--all", **there)
    report.counts |= {"confirmed before the backup": len(before), "of these not restored": len(gone)}
    report.counts |= {"mails sent from the restored site": len(again)}
    report.healing(site)
    report.holds(site, journals)
    assert gone == []
    assert verified.returncode == 0, verified.stdout
    assert facts["damaged"] == []
    old = {each["message_id"] for each in facts["mails"] if each["state"] == "sent"}
    assert [each for each in site.mail.messages[sent:] if str(each["Message-ID"]) in old] == []
