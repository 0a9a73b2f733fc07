"""Counts for Prometheus: only for who has the token, without names, and the same as the documentation lists."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client

from practice_vetting.core import clock, figures, health, metrics, metrics_files
from practice_vetting.core.models import (
    BackupRun,
    BackupState,
    ClockTurn,
    HistoryCheck,
    JobState,
    MailState,
    Membership,
)
from tests.conftest import Cast
from tests.core.document_kinds import make_job
from tests.factories import make_mail

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TOKEN = "7v-Nq2Xh0KpT4sWbYz81LmEdRcAfGu"
Read = Callable[[], dict[str, float]]


@pytest.fixture
def read(cast: Cast, settings: Any) -> Read:
    """All values as a scrape sees them: {'name{labels}': value}."""
    settings.METRICS_TOKEN = TOKEN

    def values() -> dict[str, float]:
        said = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()
        lines = [line.rpartition(" ") for line in said.splitlines() if not line.startswith("#")]
        return {name.removeprefix("practice_vetting_"): float(value) for name, _, value in lines}

    return values


@pytest.mark.parametrize("given", [{}, {"Authorization": "Bearer "}, {"Authorization": "Bearer é"}])
@pytest.mark.parametrize("token", ["", TOKEN])
def test_without_the_token_there_is_no_such_page(cast: Cast, settings: Any, token: str, given: dict[str, str]):
    settings.METRICS_TOKEN = token
    refused, nowhere = Client().get("/metrics", headers=given), Client().get("/nowhere")
    assert refused.status_code == nowhere.status_code == 404
    assert [words(refused), "practice_vetting" in refused.content.decode()] == [words(nowhere), False]


def words(response: Any) -> str:
    return re.sub(r'"X-CSRFToken": "\w+"', "", response.content.decode())


def test_answers_are_counted_by_the_name_of_the_address(read: Read, cast: Cast, browse: Any):
    name = 'requests_total{method="GET",route="core:people",status="2xx"}'
    before = read().get(name, 0)
    browse(cast.owner).get("/people/")
    assert read()[name] - before == 1


def test_waiting_work_is_told_by_how_long_it_waits(read: Read, cast: Cast):
    officer = Membership.objects.get(person=cast.officer)
    with clock.set_to(NOON):
        make_job(
            subject=officer, key="1", requested_at=NOON - timedelta(hours=2), next_try_at=NOON - timedelta(hours=1)
        )
        make_job(subject=officer, key="2", requested_at=NOON, next_try_at=NOON + timedelta(minutes=5))
        make_mail(
            practice=cast.practice, person=cast.officer, state=MailState.WAITING, trying_since=NOON - timedelta(hours=3)
        )
        told = read()
    assert (told["jobs_waiting"], told["queue_lag_seconds"], told["render_lag_seconds"]) == (2, 3600, 7200)
    assert (told["mails_waiting"], told["reminder_lag_seconds"]) == (1, 10800)


def test_a_document_that_waits_for_another_is_not_late(cast: Cast):
    officer = Membership.objects.get(person=cast.officer)
    with clock.set_to(NOON):
        first = make_job(subject=officer, key="1", next_try_at=NOON)
        make_job(subject=officer, key="2", after=first, next_try_at=NOON - timedelta(hours=5))
        assert figures.read().queue_lag == 0


def test_what_ended_is_told_of_a_day(read: Read, cast: Cast):
    officer = Membership.objects.get(person=cast.officer)
    with clock.set_to(NOON):
        for number, (seconds, ago) in enumerate([(10, 1), (20, 2), (90, 3), (5, 30)]):
            ended = NOON - timedelta(hours=ago)
            times = {"requested_at": ended - timedelta(seconds=seconds), "finished_at": ended, "next_try_at": ended}
            make_job(subject=officer, key=str(number), state=JobState.DONE, **times)
        make_job(subject=officer, key="no", state=JobState.FAILED, finished_at=NOON, next_try_at=NOON)
        make_mail(practice=cast.practice, person=cast.officer, state=MailState.SENT, sent_at=NOON, next_try_at=NOON)
        told = read()
    kind = 'kind="attestation"'
    assert [told[f'jobs_ended{{{kind},outcome="{each}"}}'] for each in ("done", "failed")] == [3, 1]
    assert [told[f'job_seconds{{{kind},which="{each}"}}'] for each in ("median", "longest")] == [20, 90]
    assert told['mails_ended{outcome="sent"}'] == 1


def test_what_the_clock_does_is_told_by_its_age(read: Read, cast: Cast, strangers: Cast):
    for practice, problem in ((cast.practice, ""), (strangers.practice, "It does not fit.")):
        HistoryCheck.objects.create(practice=practice, checked_at=NOON - timedelta(hours=9), problem=problem)
    ClockTurn.objects.create(task="core.send_reminders", turn="2026-11-22T11:45:00")
    with clock.set_to(NOON - timedelta(seconds=50)):
        health.worker_looked()
    with clock.set_to(NOON):
        told = read()
    ages = ("sweep_age_seconds", "reminders_age_seconds", "history_check_age_seconds", "history_misfits")
    assert [told[name] for name in ages] == [50, 900, 9 * 3600, 1]


def test_a_database_that_is_away_is_told(read: Read, monkeypatch: pytest.MonkeyPatch):
    def away() -> None:
        raise OperationalError

    monkeypatch.setattr(figures, "read", away)
    told = read()
    assert (told["database_up"], "jobs_waiting" in told) == (0, False)


def test_no_name_and_no_id_stands_in_a_label(read: Read, cast: Cast):
    make_job(subject=Membership.objects.get(person=cast.officer), state=JobState.FAILED, finished_at=clock.now())
    said = " ".join(read())
    assert [each for each in (cast.practice.uid, "Harbor", cast.officer.uid, "Okafor") if each in said] == []


def test_the_documentation_lists_what_is_served(read: Read, cast: Cast):
    cache.set(health.LAST_SWEEP, clock.now())
    HistoryCheck.objects.create(practice=cast.practice)
    ClockTurn.objects.create(task="core.send_reminders", turn="2026-11-22T11:45:00")
    BackupRun.objects.create(state=BackupState.DONE, finished_at=clock.now())
    officer = Membership.objects.get(person=cast.officer)
    make_job(subject=officer, state=JobState.DONE, finished_at=clock.now())
    read()
    served = {re.sub(r"_(bucket|sum|count)$", "", name.partition("{")[0]) for name in read()}
    page = (Path(configured.BASE_DIR) / "docs" / "watch.md").read_text()
    assert set(re.findall(r"^\| `practice_vetting_(\w+)`", page, re.MULTILINE)) == served


# --- several processes ----------------------------------------------------------------------------------

COUNT = """
import os, sys
from django.conf import settings
settings.configure(METRICS_TOKEN="x")
from practice_vetting.core import metrics
for _ in range(int(sys.argv[1])):
    metrics.answered("today", "GET", 200, 0.02)
print(os.getpid())
if "tell" in sys.argv:
    print(metrics._of_requests().decode())
"""


FULL = """
import os
def full(*_):
    raise OSError(28, "No space left on device")
os.posix_fallocate = full
"""


def count(times: int, *more: str) -> str:
    command = [sys.executable, "-c", (FULL if "full" in more else "") + COUNT, str(times), *more]
    return subprocess.run(command, cwd=configured.BASE_DIR, capture_output=True, text=True, check=True).stdout


def test_what_a_worker_counted_stays_counted_when_it_ends(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PYTHONPATH", str(configured.BASE_DIR))
    monkeypatch.setattr(metrics_files.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setenv(metrics.FOLDER, "")
    (tmp_path / "practice-vetting-metrics-4194305").mkdir()  # of a server that is gone
    metrics_files.prepare()
    folder = Path(metrics_files.os.environ[metrics.FOLDER])
    assert [each.name for each in tmp_path.iterdir()] == [folder.name]
    for times in (3, 4):
        metrics_files.add_to_the_dead(None, SimpleNamespace(pid=int(count(times))))
    said = count(5, "tell")
    assert 'practice_vetting_requests_total{method="GET",route="today",status="2xx"} 12.0' in said
    assert 'practice_vetting_request_seconds_count{method="GET",route="today"} 12.0' in said
    files = list(folder.glob("*.db"))
    assert len(files) == 4  # two of the dead, two of the living
    assert all(each.stat().st_blocks * 512 >= each.stat().st_size for each in files)  # no full disk kills who counts
    assert (folder.stat().st_mode & 0o777, folder.name == f"practice-vetting-metrics-{os.getpid()}") == (0o700, False)
    metrics_files.remove()
    assert not folder.exists()


def test_a_disk_without_room_costs_counts_and_no_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTHONPATH", str(configured.BASE_DIR))
    monkeypatch.setenv(metrics.FOLDER, str(tmp_path))
    assert "practice_vetting" not in count(3, "full", "tell")
    assert not [*tmp_path.glob("*.db")]


def test_a_file_that_grows_has_its_room_first(tmp_path: Path) -> None:
    counts = metrics_files.with_room()(str(tmp_path / "counter_1.db"))
    for number in range(2000):
        counts.write_value(f"a route with a long name {number}", 1.0, 0.0)
    counts.close()
    grown = (tmp_path / "counter_1.db").stat()
    assert (grown.st_size, grown.st_blocks * 512 >= grown.st_size) == (1 << 17, True)
