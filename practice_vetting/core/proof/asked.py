"""The comparison of all history of a practice that a person asks for: a worker makes it, one a practice at a time.

The row is the truth, and the queue only wakes a worker, as with documents.
"""

import logging
import uuid
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet

from practice_vetting.core import clock, ledger, progress, tracing
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused
from practice_vetting.core.files.store import StorageAway
from practice_vetting.core.models import AskedCheck, CheckState, HistoryCheck, Person, Practice
from practice_vetting.core.proof import check

log = logging.getLogger(__name__)

LEASE = timedelta(hours=2)  # longer than a practice of ten years takes
MOST_ATTEMPTS = 3
UNDER_WAY = "It is being compared already. What is found will stand here."
_AWAY = "The file storage does not answer, so not all was compared. Try again later."
_DIED = "The worker was ended in the middle of it, three times. Tell the person who runs this installation."
_BROKE = "It could not be compared, and we do not know why yet. The log of this installation has the details."


@action("history.check_asked", says="asked to compare all history with the ledger, of")
def ask(*, practice: Practice, by: Person) -> AskedCheck:
    """Have it compared now. Raises Refused while it is."""
    Practice.objects.select_for_update(no_key=True).get(pk=practice.pk)  # two clicks take turns
    if _under_way().filter(practice=practice).exists():
        raise Refused(UNDER_WAY)
    asked = AskedCheck.objects.create(practice=practice, requested_by=by)
    ledger.record(practice)
    transaction.on_commit(lambda: wake(asked.uid))
    return asked


def newest(practice: Practice) -> AskedCheck | None:
    rows = AskedCheck.objects.filter(practice=practice).select_related("requested_by")
    return rows.order_by("-pk").first()


def wake(uid: str) -> None:
    """Ask a worker to begin now. Without one the sweep does: this never fails."""
    from practice_vetting.core.tasks import compare_history  # it imports us

    try:
        compare_history.apply_async(args=[uid], retry=False)
    except Exception as problem:  # noqa: BLE001 - whatever is wrong with the queue, the row is safe
        log.warning("The queue cannot be reached (%s). The next sweep finds what waits.", type(problem).__name__)


def sweep() -> None:
    """Wake what waits, and what nobody compares any more."""
    for uid in list(_due().values_list("uid", flat=True)[:20]):
        wake(uid)


def compare(uid: str) -> None:
    """Compare, unless another worker does or did, and keep what was found while the row is ours."""
    claim = str(uuid.uuid4())
    began = {"step": "", "step_done": None, "step_of": None, "step_at": clock.now()}
    lease = {"state": CheckState.RUNNING, "claim": claim, "lease_until": clock.now() + LEASE}
    if not _due().filter(uid=uid).update(**lease, **began, attempts=F("attempts") + 1):
        return
    asked = AskedCheck.objects.select_related("practice").get(uid=uid)
    tracing.belongs_to(asked.practice)
    mine = AskedCheck.objects.filter(pk=asked.pk, claim=claim, state=CheckState.RUNNING)
    over = {"claim": "", "lease_until": None, "finished_at": clock.now()}
    try:
        if asked.attempts > MOST_ATTEMPTS:
            raise Refused(_DIED)
        with progress.kept_on(mine):
            checked = check.check_one(asked.practice)
        over["finished_at"] = clock.now()
        with transaction.atomic():
            if mine.update(state=CheckState.DONE, **over):
                found = check.keep(checked, still=_of_the_night(asked.practice))
                AskedCheck.objects.filter(pk=asked.pk).update(found=found)
    except Exception as problem:  # noqa: BLE001 - whatever it is, the person is told
        log.warning("The comparison %s failed", uid, exc_info=problem)
        mine.update(state=CheckState.FAILED, problem=_explained(problem), **over)


def _of_the_night(practice: Practice) -> HistoryCheck | None:
    """What the last look found of the installation as a whole; it names no record."""
    last = check.latest(practice)
    return last if last and last.problem and not last.record_uid else None


def _explained(problem: Exception) -> str:
    if isinstance(problem, Refused):
        return problem.sentence
    return _AWAY if isinstance(problem, StorageAway) else _BROKE


def _under_way() -> QuerySet[AskedCheck]:
    return AskedCheck.objects.filter(state__in=[CheckState.WAITING, CheckState.RUNNING])


def _due() -> QuerySet[AskedCheck]:
    waits, died = Q(state=CheckState.WAITING), Q(state=CheckState.RUNNING, lease_until__lte=clock.now())
    return AskedCheck.objects.filter(waits | died)
