"""All that is kept of a practice, compared with its ledger (45 CFR 164.312(c)(2), a mechanism to authenticate).

The chain of entries, every row that they name, every record against its history, the bytes of every file. It reads one
moment of the database while others go on writing.
"""

import logging
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from django.db import InterfaceError, InternalError, OperationalError, transaction

from practice_vetting.core import clock, ledger, reminders, triggers
from practice_vetting.core.actions import action
from practice_vetting.core.archive.snapshot import snapshot
from practice_vetting.core.files.store import StorageAway
from practice_vetting.core.models import HistoryCheck, Practice
from practice_vetting.core.proof import chain, files, live
from practice_vetting.core.proof.misfit import Misfit
from practice_vetting.core.roles import Role

log = logging.getLogger(__name__)

MOST = 100  # misfits that are told of one practice; whoever sees so many needs the backup, not a longer list


@dataclass
class Checked:
    """How much was compared, and what does not fit: in the order of the ledger, then what no entry speaks of.

    `practice` is None for what belongs to no practice alone: people, strays, triggers.
    """

    practice: Practice | None
    using: str
    entries: int = 0
    rows: int = 0
    files: int = 0
    misfits: list[Misfit] = field(default_factory=list)

    def add(self, part: Iterable[Misfit]) -> None:
        """Whatever that part finds. A part that cannot go on is a misfit, and stops no other. Raises StorageAway."""
        try:
            with transaction.atomic(using=self.using):  # PostgreSQL answers nothing more after a statement that failed
                for misfit in part:
                    if len(self.misfits) < MOST:
                        self.misfits.append(misfit)
        except StorageAway:
            raise  # nothing is known of the files: that is no misfit, and nobody is alarmed
        except Exception as problem:  # noqa: BLE001 - somebody may have written whatever the database takes
            if _nothing_is_known(problem):
                raise
            log.warning("A part of the history could not be compared", exc_info=problem)
            sentence = f"Something was written that cannot be read ({type(problem).__name__})."
            home = self.practice
            self.misfits.append(Misfit(0, "practice", home.uid if home else "", home.name if home else "", sentence))


def _nothing_is_known(problem: Exception) -> bool:
    """Whether the database did not answer, or gave up waiting: that says nothing of what is written there.

    SQLite says in the same way that it cannot read a text, and that is something written.
    """
    said = problem.__cause__
    if isinstance(said, sqlite3.OperationalError):
        return getattr(said, "sqlite_errorname", "SQLITE_ERROR") != "SQLITE_ERROR"
    return isinstance(problem, InterfaceError | InternalError | OperationalError)


def check_all(practices: Iterable[Practice] | None = None) -> Iterator[Checked]:
    """Each practice; without a choice of them, the installation as a whole comes last."""
    with snapshot() as using:
        every = list(practices) if practices is not None else list(Practice.objects.using(using).order_by("pk"))
        named: set[int] = set()
        for practice in every:
            checked, walked = _check(practice, using)
            named |= walked.people
            yield checked
        if practices is None:
            yield _whole(every, named, using)


def check_one(practice: Practice) -> Checked:
    """What this practice alone has. Only the night looks at the installation as a whole."""
    with snapshot() as using:
        return _check(practice, using)[0]


def _check(practice: Practice, using: str) -> tuple[Checked, chain.Walked]:
    checked, walked = Checked(practice, using), chain.Walked()
    checked.add(chain.misfits(practice, using=using, walked=walked))
    checked.add(live.unnamed(practice, using=using, named=walked.rows))
    checked.add(live.misfits(practice, using=using))
    checked.add(_files(checked, using))
    checked.entries, checked.rows = walked.entries, sum(walked.rows.values())
    return checked, walked


def _files(checked: Checked, using: str) -> Iterator[Misfit]:
    for misfit in files.misfits(checked.practice, using=using) if checked.practice else ():
        checked.files += 1
        if misfit:
            yield misfit


def _whole(practices: list[Practice], named: set[int], using: str) -> Checked:
    whole = Checked(None, using)
    whole.add(live.orphans(using=using))
    whole.add(live.people(using=using, named=named))
    whole.add(live.strays(using=using, homes=[practice.pk for practice in practices]))
    whole.add(_triggers())
    return whole


def _triggers() -> Iterator[Misfit]:
    """What keeps the database from changing such rows, where it is not there."""
    for trigger in triggers.missing():
        sentence = f"The database does not refuse {trigger.on} there. Run: manage.py migrate"
        yield Misfit(0, "database", "", trigger.table, sentence)


def keep_all() -> None:
    """Compare everything, and keep what was found. What belongs to no practice alone is told to each, without names."""
    found = list(check_all())
    whole = [replace(misfit, uid="", label="this installation") for misfit in found[-1].misfits]
    for checked in found[:-1]:
        checked.misfits += whole
        keep(checked)


def keep(checked: Checked, still: HistoryCheck | None = None) -> HistoryCheck:
    """The row that says what was found. Owners and officers are told by mail of what does not fit, once a day.

    `still` is what the night found of the installation as a whole, where this was no look at all of it.
    """
    assert checked.practice
    practice = Practice.objects.get(pk=checked.practice.pk)  # it was read from a database that takes no writing
    first = checked.misfits[0] if checked.misfits else None
    kept = HistoryCheck.objects.create(
        practice=practice,
        entries=checked.entries,
        rows=checked.rows,
        files=checked.files,
        problem=str(first)[:500] if first else still.problem if still else "",
        record_kind=first.kind if first else still.record_kind if still else "",
        record_uid=first.uid if first else "",
        seq=first.seq if first else 0,
    )
    if first:
        tell_misfit(practice=practice, by=None, misfit=first, more=len(checked.misfits) - 1)
    return kept


@action("history.misfit_found", says="found that something is not as it was recorded, in")
def tell_misfit(*, practice: Practice, by: None, misfit: Misfit, more: int) -> None:
    reason = f"{misfit}" + (f" And {more} more." if more else "")
    ledger.record(practice, reason=reason)
    reminders.tell_now(
        practice=practice,
        kind="history",
        subject=practice,
        roles=[Role.OWNER, Role.OFFICER],
        template="history_misfit",
        context={"misfit": misfit, "more": more, "path": "/history/", "checked_at": clock.now()},
    )


def latest(practice: Practice) -> HistoryCheck | None:
    """The newest check of the practice's history."""
    return HistoryCheck.objects.filter(practice=practice).order_by("-pk").first()
