"""The Celery application: it finds `tasks.py` in every app; what runs by the clock stands in the settings."""

import os

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "practice_vetting.settings")

app = Celery("practice_vetting")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.worker_init.connect
def refuse_to_start(**_told: object) -> None:
    """A worker asks what the web server asks, before it takes any work. Raises SystemExit with the reasons."""
    from django.conf import settings

    from practice_vetting.core import production, unprepared

    production.refuse_to_start(settings)
    unprepared.refuse_unprepared()


@signals.worker_process_init.connect
def read_ahead(**_told: object) -> None:
    """The libraries that lay out documents are read while the worker waits, not while a person waits for the first."""
    from practice_vetting.core import limited

    limited.read_ahead("practice_vetting.core.documents.produce:produce").close()
