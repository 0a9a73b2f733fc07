"""Loaded first by every process, so that each task finds this queue and not Celery's default one."""

from practice_vetting.celery import app as celery_app

__all__ = ["celery_app"]
