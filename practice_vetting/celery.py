"""The Celery application: it finds `tasks.py` in every app; what runs by the clock stands in the settings."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "practice_vetting.settings")

app = Celery("practice_vetting")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
