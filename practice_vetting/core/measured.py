"""The figures of the installation as Prometheus reads them. docs/watch.md says what each means, and when to worry."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db import DatabaseError
from prometheus_client.core import GaugeMetricFamily, Metric

from practice_vetting.core import figures
from practice_vetting.core.figures import Figures
from practice_vetting.core.metrics import PREFIX
from practice_vetting.core.version import software_version

#: name -> what it says, and where it stands in the figures
_ONE_VALUE: dict[str, tuple[str, str]] = {
    "jobs_waiting": ("Documents that wait for a worker", "waiting"),
    "jobs_running": ("Documents that are being made", "running"),
    "queue_lag_seconds": ("How long the oldest job that could begin has waited for a worker", "queue_lag"),
    "render_lag_seconds": ("Age of the oldest document that is not ready", "render_lag"),
    "mails_waiting": ("Mails that wait to be sent", "mails_waiting"),
    "reminder_lag_seconds": ("How long the oldest mail that is due has not been sent", "reminder_lag"),
    "sweep_age_seconds": ("Since a worker last looked for forgotten work", "sweep_age"),
    "reminders_age_seconds": ("Since the reminders were last looked through", "reminders_age"),
    "history_check_age_seconds": ("Age of the oldest newest check of a practice's history", "check_age"),
    "history_misfits": ("Practices whose newest check found something that does not fit", "misfits"),
    "backup_age_seconds": ("Age of the newest backup", "backup_age"),
    "disk_free_bytes": ("Room that is left where DATA_DIR lies", "disk_free"),
    "disk_size_bytes": ("Size of the disk on which DATA_DIR lies", "disk_size"),
}


def families() -> Iterator[Metric]:
    yield _labelled("version_info", "The software that answers", ["version"], {(software_version(),): 1})
    try:
        read = figures.read()
    except (DatabaseError, OSError):
        yield GaugeMetricFamily(PREFIX + "database_up", "Whether the database answers", 0)
        return
    yield GaugeMetricFamily(PREFIX + "database_up", "Whether the database answers", 1)
    for name, (says, column) in _ONE_VALUE.items():
        if (value := getattr(read, column)) is not None:
            yield GaugeMetricFamily(PREFIX + name, says, value)
    yield from _by_kind(read)


def _by_kind(read: Figures) -> Iterator[Metric]:
    ended = {(kind, str(outcome)): count for (kind, outcome), count in read.finished.items()}
    took = {
        (kind, which): getattr(times, which) for kind, times in read.took.items() for which in ("median", "longest")
    }
    yield _labelled("jobs_ended", "Documents that ended in 24 hours", ["kind", "outcome"], ended)
    yield _labelled("job_seconds", "From the wish to the file, in 24 hours", ["kind", "which"], took)
    mails = {(outcome,): count for outcome, count in read.mails.items()}
    yield _labelled("mails_ended", "Mails sent and given up in 24 hours", ["outcome"], mails)


def _labelled(name: str, says: str, labels: Sequence[str], values: Mapping[Any, float]) -> Metric:
    """`values` has a value for each tuple of labels."""
    family = GaugeMetricFamily(PREFIX + name, says, labels=labels)
    for key, value in values.items():
        family.add_metric(list(key), value)
    return family
