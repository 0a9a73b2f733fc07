"""The product's own settings, with tables made from the models and a queue that nobody reads."""

from typing import Any

from practice_vetting.settings import *  # noqa: F403


class _FromTheModels(dict[str, Any]):
    def __contains__(self, app: object) -> bool:
        return True

    def __getitem__(self, app: str) -> None:
        return None


MIGRATION_MODULES = _FromTheModels()
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_BROKER_URL = "memory://"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
