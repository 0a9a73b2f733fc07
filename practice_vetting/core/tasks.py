"""What runs in the background: one-line doors to actions and services."""

from celery import shared_task

from practice_vetting.core import delivery, health, reminders
from practice_vetting.core.documents import jobs


@shared_task(name="core.run_job")
def run_job(uid: str) -> None:
    jobs.run(uid)


@shared_task(name="core.sweep")
def sweep() -> None:
    health.worker_looked()
    jobs.sweep()
    delivery.deliver_waiting()


@shared_task(name="core.send_reminders")
def send_reminders() -> None:
    reminders.send_all()


@shared_task(name="core.deliver_reminders")
def deliver_reminders() -> None:
    delivery.deliver_waiting()
