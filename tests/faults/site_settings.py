"""The product's own settings, with a quicker clock, and kinds of documents that nobody can make."""

import os

from practice_vetting.settings import *  # noqa: F403
from practice_vetting.settings import CELERY_BEAT_SCHEDULE, JOB_KINDS, JOB_MEGABYTES, JOB_SECONDS

JOB_KINDS = {
    **JOB_KINDS,
    **{name: f"tests.faults.document_kinds.{name}" for name in ("endless", "hungry", "long_letter")},
}
JOB_SECONDS = int(os.environ.get("FAULTS_JOB_SECONDS", JOB_SECONDS))
JOB_MEGABYTES = int(os.environ.get("FAULTS_JOB_MEGABYTES", JOB_MEGABYTES))
for _name in ("send what is due", "judge what changes today"):
    CELERY_BEAT_SCHEDULE[_name] = {**CELERY_BEAT_SCHEDULE[_name], "schedule": 20, "options": {"expires": 20}}
