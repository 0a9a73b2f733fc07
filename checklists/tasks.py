"""What runs in the background: one-line doors."""

from celery import shared_task

from checklists import standing


@shared_task(name="checklists.judge_due")
def judge_due() -> None:
    standing.judge_due()
