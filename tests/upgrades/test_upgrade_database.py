"""What the release before left behind is brought up to this one, on the database that the run has."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from practice_vetting.core.supervisor import ROOT
from tests import prepared, services
from tests.upgrades import released

pytestmark = pytest.mark.servers


@pytest.fixture
def empty(tmp_path: Path) -> dict[str, str]:
    """The environment of an installation without any table."""
    environment = {**services.environment_of_a_site(), "DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": ""}
    if server := os.environ.get("DATABASE_URL"):
        environment["DATABASE_URL"] = services.own_database(server, tmp_path)
    return environment


@pytest.fixture
def migrated(empty: dict[str, str], home: Path) -> dict[str, str]:
    """The same with the tables of this release."""
    prepared.copy_to(Path(empty["DATA_DIR"]), empty, home=home)
    return empty


def run(environment: dict[str, str], *words: str) -> Sequence[str]:
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout.splitlines()


def test_its_database_is_upgraded_in_place_and_every_row_fits_its_history(empty: dict[str, str]):
    if empty["DATABASE_URL"]:
        services.make_database(empty["DATABASE_URL"])
    said = run(empty, "-m", "tests.upgrades.upgraded_site", "upgrade")
    assert [line for line in said if "fits" in line or "standings" in line] == [
        "  all of it fits",
        "  all of it fits",
        "All 8 standings are as a fresh judgement has them.",
    ]


def test_its_code_goes_on_writing_into_our_tables(migrated: dict[str, str]):
    assert run(migrated, "-m", "tests.upgrades.upgraded_site", "write") == []


def test_its_backup_is_restored_by_this_release(migrated: dict[str, str], tmp_path: Path):
    backup = released.seal_to(tmp_path / "of-before.tar")
    said = run({**migrated, "BACKUP_PASSPHRASE": released.PASSPHRASE}, "manage.py", "restore", str(backup))
    assert said[-1] == "Everything is right."
