"""The product's own settings, with a folder of the test run's own and nothing that waits or leaves the machine."""

import atexit
import os
import shutil
import tempfile
from datetime import UTC, datetime

os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="practice-vetting-tests-")
atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)
os.environ.setdefault("SECRET_KEY", "only-for-tests")

from practice_vetting.core.documents.certificates import make_authority  # noqa: E402
from practice_vetting.settings import *  # noqa: E402, F403
from practice_vetting.settings import CACHES, DATA_DIR, KEYS_DIR, REDIS_URL, STORAGES  # noqa: E402

(DATA_DIR / "static").mkdir()
make_authority(KEYS_DIR, organisation="Tests", now=datetime(2020, 1, 1, tzinfo=UTC))  # tests set the clock back
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
CELERY_BROKER_URL = "memory://"
if REDIS_URL:
    # Tests that run side by side empty the cache, each its own.
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    own = f"{REDIS_URL.rsplit('/', 1)[0]}/{worker}"
    CACHES["default"]["LOCATION"] = own
