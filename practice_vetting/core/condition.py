"""How this installation is doing, part by part: a plain word, what was seen, and what to do where it is not well.

It is for who answers for a practice. All practices of the installation are counted together, and none is named.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from practice_vetting.core import clock, health
from practice_vetting.core.archive import nightly
from practice_vetting.core.figures import Figures
from practice_vetting.core.files import virus_scan
from practice_vetting.core.models import Installation
from practice_vetting.core.version import software_version

MINUTE, HOUR, DAY = (timedelta(**{unit: 1}).total_seconds() for unit in ("minutes", "hours", "days"))
#: seconds after which a part is late; a queue may be long on a busy morning, and is worth a look after this
QUEUE_LATE, REMINDERS_LATE, MAIL_LATE, CHECK_LATE = 10 * MINUTE, HOUR, HOUR, 2 * DAY
ROOM_LEFT = 0.1  # of the disk; on a large one
LEAST_ROOM = 5 * 1024**3  # bytes are enough


def _say(words: str) -> str:
    return f"Tell the person who runs this installation: “{words}”"


_TELL_THIS = "Tell the person who runs this installation, in these words."
_WORKER = _say("The worker or the clock has stopped. Please start it again.")
_CHECK = _say("The nightly check of the history did not come to its end. Please look at the log of the worker.")


class State(StrEnum):
    """The words of the page, each with the tone in which it is shown."""

    WELL = "Well"
    LATE = "Late"
    AWAY = "Away"
    CARE = "Needs care"
    MISFIT = "Does not fit"
    UNUSED = "Not set up"

    @property
    def tone(self) -> str:
        tones = {self.WELL: "met", self.LATE: "open", self.CARE: "open", self.AWAY: "failed", self.MISFIT: "failed"}
        return tones.get(self, "plain")


@dataclass(frozen=True)
class Part:
    name: str
    state: State
    seen: str
    to_do: str = ""


def parts(read: Figures) -> list[Part]:
    """Every part, those that people feel first."""
    return [
        Part("Web server", State.WELL, f"It answered this page, with version {software_version()}."),
        _database(),
        *_redis(),
        _storage(),
        _worker(read),
        _documents(read),
        _reminders(read),
        _mails(read),
        *_scanner(),
        _backup(),
        _history(read),
        _disk(read),
    ]


def _part(name: str, seen: str, *, wrong: bool, to_do: str, state: State = State.LATE) -> Part:
    """Well, unless it is `wrong`: then in that state, with what to do."""
    return Part(name, state, seen, to_do) if wrong else Part(name, State.WELL, seen)


def _answers(name: str, check: Callable[[], str], meanwhile: str) -> Part:
    try:
        check()
    except health.Unwell as trouble:
        seen = str(trouble)
        return Part(name, State.AWAY, f"{seen[0].upper()}{seen[1:]}. {meanwhile}", _TELL_THIS)
    return Part(name, State.WELL, "It answers.")


def _database() -> Part:
    executor = MigrationExecutor(connection)
    lacks = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    seen = f"{connection.display_name} answers. Its tables are those of this version."
    if lacks:
        seen = f"{connection.display_name} answers. It lacks {lacks} change{'' if lacks == 1 else 's'} of this version."
    return _part("Database", seen, wrong=bool(lacks), state=State.CARE, to_do=_say("Please run manage.py prepare."))


def _redis() -> Iterator[Part]:
    """Only where it is set up."""
    if settings.REDIS_URL:
        yield _answers("Redis", health.redis, "Nothing is lost, but documents and mails come a minute later.")


def _storage() -> Part:
    return _answers("File storage", health.storage, "No file can be added or opened.")


def _scanner() -> Iterator[Part]:
    """Only where it is set up."""
    if virus_scan.is_set_up():
        yield _answers("Virus scanner", health.scanner, "Files that come now are scanned when it is back.")


def _worker(read: Figures) -> Part:
    name, late = "Worker and clock", 5 * settings.SWEEP_SECONDS
    if read.sweep_age is None:
        return Part(name, State.AWAY, "No worker has looked for work yet.", _WORKER)
    seen = f"A worker last looked for work {long(read.sweep_age)} ago."
    return _part(name, seen, wrong=read.sweep_age > late, state=State.AWAY, to_do=_WORKER)


def _documents(read: Figures) -> Part:
    seen = f"{read.waiting} waiting, {read.running} being made, {read.failed} could not be made in the last 24 hours."
    if read.waiting or read.running:
        seen += f" The oldest was asked for {long(read.render_lag)} ago."
    late = read.queue_lag > QUEUE_LATE
    if late:
        seen += f" One could have been begun {long(read.queue_lag)} ago."
    return _part("Documents", seen, wrong=late, to_do=_say("The worker cannot keep up, or it has stopped."))


def _reminders(read: Figures) -> Part:
    if read.reminders_age is None:
        new = Installation.objects.filter(set_up_at__gt=clock.now() - timedelta(seconds=REMINDERS_LATE)).exists()
        return _part("Reminders", "Nobody has looked yet for what is due.", wrong=not new, to_do=_WORKER)
    seen = f"What is due was last looked through {long(read.reminders_age)} ago."
    return _part("Reminders", seen, wrong=read.reminders_age > REMINDERS_LATE, to_do=_WORKER)


def _mails(read: Figures) -> Part:
    sent, failed = read.mails["sent"], read.mails["failed"]
    seen = f"{sent} sent and {failed} given up in the last 24 hours, {read.mails_waiting} waiting."
    late = read.reminder_lag > MAIL_LATE
    if late:
        seen += f" The oldest that is due has waited for {long(read.reminder_lag)}. It is tried again by itself."
    return _part("Mail", seen, wrong=late, to_do=_say("The mail server does not take our mail."))


def _backup() -> Part:
    name, state = "Nightly backup", nightly.state_of(clock.now())
    newest = state.newest
    seen = (
        f"The last was made {long((clock.now() - newest.started_at).total_seconds())} ago." if newest else "None yet."
    )
    if not state.next_at:
        return Part(name, State.UNUSED, seen, "The page “Backups” says what to do.")
    broken = bool(state.failed or (state.checked and state.checked.check_problem))
    to_do = "The page “Backups” says what is wrong, and what to do."
    return _part(name, seen, wrong=broken or state.late, state=State.CARE if broken else State.LATE, to_do=to_do)


def _history(read: Figures) -> Part:
    name = "Nightly check of the history"
    if read.check_age is None:
        return Part(name, State.WELL, "None was due yet. The first comes tonight.")
    seen = f"All history was compared with its ledger {long(read.check_age)} ago."
    if not read.misfits:
        return _part(name, seen, wrong=read.check_age > CHECK_LATE, to_do=_CHECK)
    found = "in one practice" if read.misfits == 1 else f"in {read.misfits} practices"
    told = "The owner and officers there were told by mail. Their page “History” says what it is."
    return Part(name, State.MISFIT, f"{seen} Something does not fit {found}.", told)


def _disk(read: Figures) -> Part:
    seen = f"{_gigabytes(read.disk_free)} of {_gigabytes(read.disk_size)} are free."
    full = read.disk_free < min(LEAST_ROOM, ROOM_LEFT * read.disk_size)
    to_do = _say("The disk is nearly full.") + " A full disk keeps nothing new."
    return _part("Disk", seen, wrong=full, state=State.CARE, to_do=to_do)


def _gigabytes(size: int) -> str:
    return f"{size / 1024**3:.1f} GB"


def long(seconds: float) -> str:
    """ "40 seconds", "5 minutes", "3 hours", "2 days": the largest that fits."""
    for unit, length in (("day", DAY), ("hour", HOUR), ("minute", MINUTE), ("second", 1.0)):
        if seconds >= 2 * length or (seconds >= length and unit != "day"):
            break
    count = int(seconds // length)
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


@dataclass(frozen=True)
class Took:
    """One line of the table of times: how long people waited for a kind of document."""

    kind: str
    median: str
    longest: str


def times(read: Figures) -> list[Took]:
    return [
        Took(kind.replace("_", " ").replace("-", " ").capitalize(), long(took.median), long(took.longest))
        for kind, took in sorted(read.took.items())
    ]
