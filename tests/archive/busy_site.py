"""An installation with something of everything, that is backed up while fifty people write; it says in JSON what was.

python -m tests.archive.busy_site FOLDER
"""

import json
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

if __name__ == "__main__":
    django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import DatabaseError, connection  # noqa: E402
from psycopg_pool import PoolTimeout  # noqa: E402

from checklists.demo import load  # noqa: E402
from practice_vetting.core import clock  # noqa: E402
from practice_vetting.core.accounts.factor_reset import ask_for_reset  # noqa: E402
from practice_vetting.core.archive import backup  # noqa: E402
from practice_vetting.core.documents import jobs  # noqa: E402
from practice_vetting.core.models import Job, JobState, LedgerHead, Mail, MailKind, Person, Practice, Reminder  # noqa: E402
from practice_vetting.core.people import invite  # noqa: E402
from practice_vetting.core.roles import Role  # noqa: E402
from tests.core.factors import give_app  # noqa: E402
from vendors.actions.vendors import add_vendor  # noqa: E402
from vendors.models import Vendor  # noqa: E402

PASSPHRASE = "harbour mist over slate"
WRITERS = 50


def main(folder: Path) -> None:
    prepare()
    practice, owner = Practice.objects.get(), Person.objects.get(memberships__role=Role.OWNER)
    arrange(practice, owner)
    stop, written = threading.Event(), [0] * WRITERS
    writers = [
        threading.Thread(target=write, args=(practice, owner, number, stop, written)) for number in range(WRITERS)
    ]
    for writer in writers:
        writer.start()
    deadline = time.monotonic() + 30
    while sum(written) < 10 and time.monotonic() < deadline:
        time.sleep(0.02)
    before = sum(written)
    made = backup.make(folder, PASSPHRASE)
    after = sum(written)
    stop.set()
    for writer in writers:
        writer.join()
    facts = {"path": str(made.path), "before": before, "after": after, "written": sum(written)}
    facts |= {"sha256": made.sha256, "problems": made.problems, "vendor": connection.vendor, "at_the_end": ends()}
    sys.stdout.write(json.dumps(facts))


def prepare() -> None:
    call_command("migrate", run_syncdb=True, verbosity=0)
    call_command("createcachetable", verbosity=0)
    load._STORIES[:] = [story for story in load._STORIES if story[1]["name"] == "Claridesk"]
    load.load(PASSPHRASE)


def arrange(practice: Practice, owner: Person) -> None:
    """A sealed document, a job that was running, mails that were sent, being sent and waiting; a second factor with a
    reset that waits, and an open invitation."""
    done = Job.objects.get()
    jobs.run(done.uid)
    done.pk, done.uid, done.key, done.claim = None, "2" * 12, "another", "somebody"
    done.state, done.lease_until, done.number = JobState.RUNNING, clock.now() + timedelta(hours=1), ""
    done.save(force_insert=True)
    give_app(owner)
    reset = ask_for_reset(membership=owner.memberships.get(), by=None, reason="The phone is lost")
    assert reset.applied_at is None, "the only owner has a day to stop it"
    invite(practice=practice, by=owner, email="late@x.example", name="Late", role=Role.STAFF)
    for number, state in enumerate(["sent", "sending", "waiting", "failed"]):
        about: dict[str, Any] = {"practice": practice, "person": owner, "kind": "virus", "due_on": "2026-11-20"}
        words = {"subject": f"Mail {number}", "text": "t", "html": "h", "path": "/", "rung": 0}
        mail = Mail.objects.create(
            practice=practice, person=owner, kind=MailKind.NEWS, on="2026-11-20", message_id=f"<{number}@x>",
            state=state, sent_at=clock.now() if state == "sent" else None,
        )  # fmt: skip
        Reminder.objects.create(**about, **words, mail=mail, subject_kind="vendor", subject_uid=str(number))


def write(practice: Practice, owner: Person, number: int, stop: threading.Event, written: list[int]) -> None:
    while not stop.is_set():
        try:
            add_vendor(practice=practice, by=owner, name=f"Busy {number}-{written[number]}")
            written[number] += 1
        except (DatabaseError, PoolTimeout):  # fifty of them wait for one another
            time.sleep(0.01)
    connection.close()


def ends() -> dict[str, Any]:
    heads = LedgerHead.objects.values_list("practice_uid", "seq")
    return {"heads": [list(head) for head in heads], "vendors": Vendor.objects.count(), "data": str(settings.DATA_DIR)}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
