"""The reference of a request goes with the tasks that it hands over; each task has one line in the log when it ends.

Celery's own lines are left out: they print arguments, and the words of errors.
"""

import logging
import time
from typing import Any

from celery import signals

from practice_vetting.core import tracing

log = logging.getLogger(__name__)

HEADER = "reference"
JOB_TASKS = {"core.run_job", "core.make_export"}  # their first argument is the uid of a row
_began: dict[str, float] = {}


@signals.setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Celery sets up no log of its own: the settings did."""


@signals.before_task_publish.connect
def hand_over(headers: dict[str, Any] | None = None, **_: Any) -> None:
    trace = tracing.current()
    if trace and headers is not None:
        headers[HEADER] = trace.reference


@signals.task_prerun.connect
def begin(task_id: str = "", task: Any = None, args: Any = (), **_: Any) -> None:
    given = str(getattr(task.request, HEADER, None) or "")
    trace = tracing.Trace(given if _is_reference(given) else tracing.new_reference(), task=task.name, task_id=task_id)
    if task.name in JOB_TASKS and args and str(args[0]).isalnum():
        trace.job = str(args[0])[:12]
    _began[task_id] = time.perf_counter()
    tracing.begin(trace)


@signals.task_postrun.connect
def end(task_id: str = "", task: Any = None, state: str | None = None, **_: Any) -> None:
    seconds = time.perf_counter() - _began.pop(task_id, time.perf_counter())
    told = {"ms": round(seconds * 1000, 1), "state": (state or "").lower()}
    log.info("%s %s", task.name, told["state"], extra=told)
    tracing.begin(None)


@signals.task_failure.connect
def failed(sender: Any = None, exception: BaseException | None = None, **_: Any) -> None:
    log.error("The task %s broke", getattr(sender, "name", "?"), exc_info=exception)


@signals.task_retry.connect
def tried_again(sender: Any = None, reason: Any = None, **_: Any) -> None:
    log.warning("The task %s is tried again later", getattr(sender, "name", "?"))


def _is_reference(text: str) -> bool:
    """A message may be forged: what it says is printed only when it looks like one of ours."""
    return len(text) == 9 and text[4] == "-" and set(text.replace("-", "", 1)) <= set(tracing.LETTERS)
