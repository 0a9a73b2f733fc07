"""What can be counted of the whole installation at a moment: for the operator's page, and for Prometheus.

Counts and times alone: nothing here tells of whom. Every question is answered by an index, but for the few days of jobs
and mails that were over last: `next_try_at` of one that ended is when it was tried last, or shortly before.
"""

import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import Min, OuterRef, Q, QuerySet, Subquery

from practice_vetting.core import clock, health
from practice_vetting.core.archive import runs
from practice_vetting.core.models import AccountMail, ClockTurn, HistoryCheck, Job, JobState, Mail, MailState, Practice

DAY = timedelta(days=1)
_PATIENCE = timedelta(days=4)  # nothing is tried for longer than that
_MOST = 20_000  # jobs of one day that are looked at
_REMINDERS = "core.send_reminders"


@dataclass(frozen=True)
class Took:
    """Of the documents of one kind that became ready: seconds from the wish to the file."""

    median: float
    longest: float


@dataclass(frozen=True)
class Figures:
    """Times are in seconds, ages too; None where there was nothing yet.

    `finished`, `took` and `mails` are of the last 24 hours; `finished` by kind and state, `mails` by outcome.
    """

    waiting: int
    running: int
    queue_lag: float
    render_lag: float
    finished: dict[tuple[str, str], int]
    took: dict[str, Took]
    mails_waiting: int
    mails: dict[str, int]
    reminder_lag: float
    sweep_age: float | None
    reminders_age: float | None
    check_age: float | None
    misfits: int
    backup_age: float | None
    disk_free: int
    disk_size: int

    @property
    def failed(self) -> int:
        return sum(count for (_, outcome), count in self.finished.items() if outcome == JobState.FAILED)


def read() -> Figures:
    """Of this moment. Raises DatabaseError when the database is away."""
    now = clock.now()
    jobs = list(_ended_jobs(now))
    check_age, misfits = _checks(now)
    disk = shutil.disk_usage(settings.DATA_DIR)
    backup = runs.newest()
    return Figures(
        waiting=Job.objects.filter(state=JobState.QUEUED).count(),
        running=Job.objects.filter(state=JobState.RUNNING).count(),
        queue_lag=_queue_lag(now),
        render_lag=_oldest(Job.objects.filter(state__in=[JobState.QUEUED, JobState.RUNNING]), "requested_at", now),
        finished=dict(Counter((kind, state) for kind, state, _ in jobs)),
        took=_took(jobs),
        mails_waiting=_unsent().count() + _unsent(AccountMail).count(),
        mails=_mails(now),
        reminder_lag=_reminder_lag(now),
        sweep_age=_age(cache.get(health.LAST_SWEEP), now),
        reminders_age=_reminders_age(now),
        check_age=check_age,
        misfits=misfits,
        backup_age=_age(backup.started_at if backup else None, now),
        disk_free=disk.free,
        disk_size=disk.total,
    )


def _age(moment: datetime | None, now: datetime) -> float | None:
    return max(0.0, (now - moment).total_seconds()) if moment else None


def _oldest(rows: QuerySet[Any], column: str, now: datetime) -> float:
    return _age(rows.aggregate(first=Min(column))["first"], now) or 0.0


def _queue_lag(now: datetime) -> float:
    """How long the job that has waited longest could have been begun: it is due, and no other is in its way."""
    free = Q(after=None) | ~Q(after__state__in=[JobState.QUEUED, JobState.RUNNING])
    due = Job.objects.filter(free, state=JobState.QUEUED, next_try_at__lte=now)
    left = Job.objects.filter(state=JobState.RUNNING, lease_until__lte=now)
    return max(_oldest(due, "next_try_at", now), _oldest(left, "lease_until", now))


def _ended_jobs(now: datetime) -> Iterable[tuple[str, str, float]]:
    """Kind, state, and seconds from the wish to the end."""
    over = Job.objects.filter(state__in=[JobState.DONE, JobState.FAILED], next_try_at__gte=now - _PATIENCE)
    rows = over.filter(finished_at__gt=now - DAY).values_list("kind", "state", "requested_at", "finished_at")
    for kind, state, asked, ended in rows.order_by("-id")[:_MOST]:
        yield kind, state, _age(asked, ended or now) or 0.0


def _took(jobs: Iterable[tuple[str, str, float]]) -> dict[str, Took]:
    by_kind: dict[str, list[float]] = {}
    for kind, state, seconds in jobs:
        if state == JobState.DONE:
            by_kind.setdefault(kind, []).append(seconds)
    return {kind: Took(median(times), max(times)) for kind, times in by_kind.items()}


def failed_jobs(practice: Practice) -> list[Job]:
    """Those of the practice that were given up in the last 24 hours, newest first."""
    failed = Job.objects.filter(practice=practice, state=JobState.FAILED, finished_at__gt=clock.now() - DAY)
    return list(failed.order_by("-id")[:10])


def _unsent(mails: type[Mail] | type[AccountMail] = Mail) -> QuerySet[Any]:
    return mails.objects.filter(state__in=[MailState.WAITING, MailState.SENDING])


def _reminder_lag(now: datetime) -> float:
    """How long the mail that has waited longest could have been sent: since its time came, or it was tried first."""
    tried = _oldest(_unsent().filter(attempts__gt=0), "trying_since", now)
    due = _oldest(_unsent().filter(attempts=0, next_try_at__lte=now), "next_try_at", now)
    return max(tried, due, _oldest(_unsent(AccountMail), "created_at", now))


def _mails(now: datetime) -> dict[str, int]:
    """Of both kinds. An account's that was over before it was tried counts as given up."""
    ended = {"sent": 0, "failed": 0}
    for mails in (Mail, AccountMail):
        recent = mails.objects.filter(next_try_at__gte=now - _PATIENCE)
        ended["sent"] += recent.filter(state=MailState.SENT, sent_at__gt=now - DAY).count()
        ended["failed"] += recent.filter(state=MailState.FAILED, next_try_at__gt=now - DAY).count()
    return ended


def _reminders_age(now: datetime) -> float | None:
    """Since the turn of the clock in which the reminders of all practices were looked through last."""
    turn = ClockTurn.objects.filter(task=_REMINDERS).exclude(turn="").values_list("turn", flat=True).first()
    return _age(datetime.fromisoformat(turn).replace(tzinfo=UTC), now) if turn else None


def _checks(now: datetime) -> tuple[float | None, int]:
    """The age of the oldest of the newest checks, and in how many practices the newest found something."""
    mine = HistoryCheck.objects.filter(practice=OuterRef("pk")).order_by("-pk")
    rows = Practice.objects.annotate(at=Subquery(mine.values("checked_at")[:1])).exclude(at=None)
    found = rows.annotate(problem=Subquery(mine.values("problem")[:1])).values_list("at", "problem")
    ages = [(_age(at, now) or 0.0, bool(problem)) for at, problem in found]
    return max((age for age, _ in ages), default=None), sum(wrong for _, wrong in ages)
