"""The backup of each night, and once a week the trial whether the newest can be restored. Owners hear of what fails.

The worker only starts it, as a process of its own: a long backup holds up no document, and no document's limits end it.
"""

import logging
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError
from django.urls import reverse

from practice_vetting.core import clock, ledger, reminders
from practice_vetting.core.actions import action
from practice_vetting.core.archive import passphrases, runs
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import BackupRun, BackupState, Practice
from practice_vetting.core.roles import Role
from practice_vetting.core.supervisor import clean_environment

log = logging.getLogger(__name__)

SHOWN = 14
CHECKED_EVERY = timedelta(days=6, hours=12)
_children: list["subprocess.Popen[bytes]"] = []


def is_set_up() -> bool:
    """Whether the clock makes a backup each night. Without a passphrase it says so, each night."""
    return bool(settings.BACKUP_DIR)


def start() -> None:
    """Begin tonight's backup beside the worker, where it is set up."""
    _children[:] = [child for child in _children if child.poll() is None]
    if is_set_up():
        command = [sys.executable, "manage.py", "backup", "--nightly", "--skip-checks"]
        _children.append(
            subprocess.Popen(
                command,
                cwd=settings.BASE_DIR,
                env=clean_environment(),
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        )


def tonight() -> str:
    """Make the backup of this night unless somebody does or did; what is wrong with it, or ""."""
    for dead in runs.end_the_dead():
        _tell_all(f"The backup of {dead.night:%Y-%m-%d} was not made. {runs.DIED}")
    night = clock.now().date()
    if runs.was_begun(night):
        return ""
    try:
        problem = _made(night)
    except IntegrityError:
        return ""  # another clock was faster
    except Exception:  # whatever it is, owners are told
        log.exception("The backup of the night broke")
        problem = runs.BROKE
    if problem:
        _tell_all(problem)
    return problem


def _made(night: date) -> str:
    """All that is wrong with it, whatever went wrong first."""
    try:
        passphrase = _passphrase()
    except Refused as refusal:
        runs.failed_before_it_began(night, refusal.sentence)
        return refusal.sentence
    try:
        made = runs.make(runs.folder(), passphrase, night)
    except Refused as refusal:
        return refusal.sentence
    wrong = [_missing(made.problems), runs.prune(runs.folder()), _checked_when_due(passphrase)]
    return " ".join(each for each in wrong if each)


def _missing(problems: list[str]) -> str:
    if not problems:
        return ""
    return f"The backup was made, but {len(problems)} of its files are missing or damaged: {problems[0]}."


def _passphrase() -> str:
    if words := passphrases.given():
        return words
    raise Refused("There is no passphrase. Set BACKUP_PASSPHRASE_FILE.")


def _checked_when_due(passphrase: str) -> str:
    last = BackupRun.objects.exclude(checked_at=None).filter(check_problem="").order_by("-checked_at").first()
    newest = runs.newest()
    if newest is None or (last and last.checked_at and last.checked_at > clock.now() - CHECKED_EVERY):
        return ""
    problem = runs.check(newest, passphrase)
    return f"The newest backup was tried out, and could not be restored. {problem}" if problem else ""


def _tell_all(problem: str) -> None:
    for practice in Practice.objects.order_by("id"):
        try:
            tell_failed(practice=practice, by=None, problem=problem[:500])
        except Exception:
            log.exception("The owners of %s could not be told", practice.uid)


@action("backup.failed", says="could not back up")
def tell_failed(*, practice: Practice, by: None, problem: str) -> int:
    """Tell the owners of the practice today, once, that there is no good backup of this night."""
    ledger.record(practice, reason=problem)
    about: Any = practice
    context = {"problem": problem, "path": reverse("core:backups")}
    return reminders.tell_now(
        practice=practice, kind="backup", subject=about, roles=[Role.OWNER], template="backup_failed", context=context
    )


@dataclass(frozen=True)
class State:
    """What the page says. `next_at` is empty where no backup is made each night."""

    newest: BackupRun | None
    checked: BackupRun | None
    runs: list[BackupRun]
    late: bool
    next_at: datetime | None

    @property
    def failed(self) -> BackupRun | None:
        """The last one, if it could not be made."""
        return self.runs[0] if self.runs and self.runs[0].state == BackupState.FAILED else None


def state_of(now: datetime) -> State:
    last = list(BackupRun.objects.order_by("-started_at")[:SHOWN])
    by_the_clock = BackupRun.objects.filter(night__gte=now.date() - runs.STALE).exists()  # set up where the worker is
    return State(
        newest=runs.newest(),
        checked=BackupRun.objects.exclude(checked_at=None).order_by("-checked_at").first(),
        runs=last,
        late=runs.is_late(now),
        next_at=_next(now) if by_the_clock or is_set_up() else None,
    )


def _next(now: datetime) -> datetime:
    """Half past two in the night, UTC, as the schedule in the settings has it."""
    tonight_at = now.replace(hour=2, minute=30, second=0, microsecond=0)
    return tonight_at if now < tonight_at else tonight_at + timedelta(days=1)
