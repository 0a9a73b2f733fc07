"""The product's own settings, with a folder of the test run's own and nothing that waits or leaves the machine."""

import os
import tempfile

os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="practice-vetting-tests-")
os.environ.setdefault("SECRET_KEY", "only-for-tests")

from practice_vetting.settings import *  # noqa: E402, F403
from practice_vetting.settings import DATA_DIR  # noqa: E402

(DATA_DIR / "static").mkdir()
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "files"},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CELERY_BROKER_URL = "memory://"
