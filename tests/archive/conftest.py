"""One backup for all tests of a file: it was made while fifty people wrote."""

import functools
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from practice_vetting.core.archive import sealed
from practice_vetting.core.supervisor import ROOT
from tests import prepared, services
from tests.archive.busy_site import PASSPHRASE

SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.archive.site_settings"}
#: where the backup was made: on SQLite, and on PostgreSQL where the tests have one
KINDS = ["sqlite", *(["postgresql"] if "DATABASE_URL" in os.environ else [])]


@dataclass(frozen=True)
class Backup:
    """A backup, the installation that it was made of, and what `busy_site` says of it."""

    path: Path
    data_dir: Path
    facts: dict[str, Any]


#: for what comes back from a backup that was made on the other database; a refusal looks at the file alone
from_each = pytest.mark.parametrize("backup", KINDS, indirect=True)


@pytest.fixture(scope="session", params=KINDS[-1:])
def backup(request: pytest.FixtureRequest, home: Path) -> Backup:
    """Made once a run, whichever of its processes asks first."""
    folder = home / f"busy-{request.param}"
    with prepared._locked(home / f"{folder.name}.lock"):
        if not (folder / "facts.json").exists():
            folder.mkdir()
            (folder / "facts.json").write_bytes(_made(request.param, folder))
    facts = json.loads((folder / "facts.json").read_bytes())
    return Backup(Path(facts["path"]), folder / "data", facts)


def _made(kind: str, folder: Path) -> bytes:
    environment = {**services.environment_of_a_site(), **SETTINGS, "DATA_DIR": str(folder / "data"), "DATABASE_URL": ""}
    if kind == "postgresql":
        environment["DATABASE_URL"] = services.own_database(os.environ["DATABASE_URL"], folder)
        services.make_database(environment["DATABASE_URL"])
    command = [sys.executable, "-m", "tests.archive.busy_site", str(folder)]
    return subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True).stdout


@pytest.fixture(scope="session")
def _opened_once() -> Any:
    return functools.cache(sealed.by_passphrase.decrypt)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, _opened_once: Any, tmp_path: Path, settings: Any) -> None:
    """A key that was opened once is remembered: that takes a second on purpose. Each test has its own folder."""
    monkeypatch.setattr(sealed.by_passphrase, "decrypt", _opened_once)
    for name in ("BACKUP_PASSPHRASE", "BACKUP_PASSPHRASE_FILE", "BACKUP_DIR"):
        monkeypatch.delenv(name, raising=False)
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()


@pytest.fixture
def passphrase(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("BACKUP_PASSPHRASE", PASSPHRASE)
    return PASSPHRASE
