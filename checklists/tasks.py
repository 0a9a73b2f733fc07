"""What runs in the background: one-line doors."""

from celery import shared_task

from checklists import standing
from vendors import trigger_clock


@shared_task(name="checklists.judge_due")
def judge_due() -> None:
    trigger_clock.raise_due()
    standing.judge_due()
