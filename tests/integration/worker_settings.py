"""The product's own settings with one more kind of document: one that takes some seconds to lay out."""

from practice_vetting.settings import *  # noqa: F403

JOB_KINDS = {"long": "tests.core.document_kinds.long_letter"}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
