"""Installations that are prepared once a run and then copied: to migrate and to compress takes ten seconds each time.

python -m tests.prepared [--demo]     prepares the one of DATA_DIR as `manage.py serve` does, and ends
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from practice_vetting.core.supervisor import ROOT


def copy_to(data_dir: Path, environment: Mapping[str, str], *, home: Path, demo: bool = False) -> None:
    """Fill that folder, and the database that the environment names, as a first start would have left them.

    `home` is the folder in which the originals of this run lie, whichever of its processes made them.
    """
    kind = ("demo" if demo else "plain") + ("-server" if environment.get("DATABASE_URL") else "")
    original = home / kind
    with _locked(home / f"{kind}.lock"):
        if not (home / f"{kind}.done").exists():
            _prepare(original, environment, demo=demo)
            (home / f"{kind}.done").touch()
    shutil.copytree(original, data_dir)
    if url := environment.get("DATABASE_URL"):
        with _server(url) as server:
            names = [sql.Identifier(name) for name in (_database_of(url), _original_of(home, kind))]
            server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))


def _prepare(folder: Path, environment: Mapping[str, str], *, demo: bool) -> None:
    ours = {**environment, "DATA_DIR": str(folder)}
    if url := environment.get("DATABASE_URL"):
        name = _original_of(folder.parent, folder.name)
        with _server(url) as server:
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        ours["DATABASE_URL"] = urlsplit(url)._replace(path=f"/{name}").geturl()
    command = [sys.executable, "-m", "tests.prepared", *(["--demo"] if demo else [])]
    subprocess.run(command, cwd=ROOT, env=ours, check=True)


def _original_of(home: Path, kind: str) -> str:
    return f"original_{hashlib.sha256(f'{home} {kind}'.encode()).hexdigest()[:16]}"


def _database_of(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


@contextmanager
def _server(url: str) -> Iterator[psycopg.Connection]:
    """A connection to the server of that database, which itself need not be there."""
    with psycopg.connect(urlsplit(url)._replace(path="/postgres").geturl(), autocommit=True) as connection:
        yield connection


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "practice_vetting.settings")
    django.setup()
    from practice_vetting.core.management.commands.serve import Command

    Command()._prepare(demo="--demo" in sys.argv)


if __name__ == "__main__":
    main()
