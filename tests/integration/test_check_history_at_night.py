"""The check of the night reads one moment through a connection of its own, and writes what it found through another."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from practice_vetting.core.supervisor import ROOT
from tests import prepared, services


@pytest.mark.servers
def test_what_does_not_fit_is_kept_and_mailed(tmp_path: Path, home: Path):
    environment = {**services.environment_of_a_site(), "DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": ""}
    environment["DJANGO_SETTINGS_MODULE"] = "practice_vetting.settings"
    if server := os.environ.get("DATABASE_URL"):
        environment["DATABASE_URL"] = services.own_database(server, tmp_path)
    prepared.copy_to(tmp_path / "data", environment, home=home, demo=True)
    command = [sys.executable, "-m", "tests.integration.check_history"]
    said = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True).stdout
    assert json.loads(said) == {
        "problems": ["", "It was changed after it was written."],
        "mailed": ["Dana Okafor", "Maria Reyes"],
        "in the ledger": 1,
    }
