"""Restoring where the tables come from the migrations, as they do everywhere but in tests."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from practice_vetting.core.supervisor import ROOT
from tests import prepared, services
from tests.archive.busy_site import PASSPHRASE

SET_UP = """
from practice_vetting.core import installation, people
from practice_vetting.core.models import Person
installation.new_code()
owner = Person(name="Maria Reyes", email="maria@x.example")
people.set_up(by=owner, name="Harbor Light", time_zone="UTC", states=["CA"], part2=False, password="long enough words")
"""
pytestmark = pytest.mark.servers


def installation(data_dir: Path, home: Path) -> dict[str, str]:
    """The environment of a migrated installation that nobody uses yet."""
    environment = {**services.environment_of_a_site(), "DATA_DIR": str(data_dir), "BACKUP_PASSPHRASE": PASSPHRASE}
    environment["DATABASE_URL"] = ""
    if server := os.environ.get("DATABASE_URL"):
        environment["DATABASE_URL"] = services.own_database(server, data_dir)
    prepared.copy_to(data_dir, environment, home=home)
    return environment


def manage(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout.strip()


def test_it_restores_and_passes_its_trial(tmp_path: Path, home: Path):
    used = installation(tmp_path / "used", home)
    manage(used, "shell", "--no-imports", "-c", SET_UP)
    path = manage(used, "backup", "--to", str(tmp_path / "backups")).splitlines()[0]
    for said in (
        manage(installation(tmp_path / "empty", home), "restore", path),
        manage(used, "restore", path, "--check"),
    ):
        assert said.splitlines()[-1] == "Everything is right."
