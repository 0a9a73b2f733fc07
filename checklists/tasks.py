"""What runs in the background: one-line doors."""

from celery import shared_task

from checklists import standing
from practice_vetting.core import clock_turns
from vendors import trigger_clock


@shared_task(name="checklists.judge_due")
def judge_due() -> None:
    clock_turns.once("checklists.judge_due", _judge_due, every=clock_turns.QUARTER, lease=clock_turns.QUARTER)


def _judge_due() -> None:
    trigger_clock.raise_due()
    standing.judge_due()
