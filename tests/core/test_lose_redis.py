"""Redis away, or full: the site goes on, and its limits hold."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache, caches
from django.test import Client

from practice_vetting.core.cache import MEANWHILE, RedisOrDatabase
from practice_vetting.core.supervisor import ROOT
from tests.conftest import Cast
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
TABLE = {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}
NOBODY_LISTENS = "redis://127.0.0.1:1/0"


@pytest.fixture
def redis_away(cast: Cast, settings: Any) -> None:
    backend = f"{RedisOrDatabase.__module__}.{RedisOrDatabase.__name__}"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": NOBODY_LISTENS}, MEANWHILE: TABLE}


def sign_in(client: Client, cast: Cast, password: str) -> int:
    return client.post("/sign-in/", {"login": cast.owner.email, "password": password}).status_code


def test_people_still_sign_in(redis_away: None, cast: Cast, client: Client):
    assert sign_in(client, cast, PASSWORD) == 302
    assert client.get("/healthz").status_code == 200


def test_guessing_is_still_slowed(redis_away: None, cast: Cast, client: Client):
    for _ in range(5):
        sign_in(client, cast, "a guess that is wrong")
    assert (
        "Too many wrong passwords"
        in client.post("/sign-in/", {"login": cast.owner.email, "password": PASSWORD}).content.decode()
    )


def test_what_the_database_kept_meanwhile_is_read_back(redis_away: None):
    cache.set("limit", [1, 2], timeout=60)
    assert (cache.get("limit"), caches[MEANWHILE].get("limit")) == ([1, 2], [1, 2])
    assert (cache.add("limit", 1), cache.delete("limit"), cache.has_key("limit")) == (False, True, False)


WAKE = """
import time, django
django.setup()
import practice_vetting.celery
from practice_vetting.core.documents.jobs import wake
began = time.monotonic()
wake("job")
print(time.monotonic() - began)
"""


def test_no_page_waits_for_a_queue_that_is_away(tmp_path: Path):
    environment = {**os.environ, "DATA_DIR": str(tmp_path), "REDIS_URL": NOBODY_LISTENS}
    environment["DJANGO_SETTINGS_MODULE"] = "practice_vetting.settings"
    run = subprocess.run([sys.executable, "-c", WAKE], env=environment, cwd=ROOT, capture_output=True, check=True)
    assert float(run.stdout) < 2
