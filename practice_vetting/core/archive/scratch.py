"""The restore test: a backup into an installation that is made for it, verified there, and removed with all it held."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from practice_vetting.core.archive.workplaces import TRIAL, one_trial, workplace

#: what the installation that is tried out must not know of this one: its database, queue, mail server and secrets
_OURS = (
    *settings.STORE_NAMES, "EMAIL_URL", "BACKUP_PASSPHRASE", "BACKUP_PASSPHRASE_FILE", "BACKUP_DIR", "CLAMAV_SOCKET",
    "DEMO",
)  # fmt: skip


def secret_key_is_set() -> bool:
    return bool(settings.SECRET_KEY_GIVEN)


def check(file: Path, passphrase: str) -> tuple[bool, str]:
    """Whether the backup restores and verifies, and what was said of it. Nothing of this installation is touched."""
    with one_trial() as lock, workplace(f"{TRIAL}{secrets.token_hex(4)}") as folder:
        return _restored(file.resolve(), passphrase, folder, lock)


def _restored(file: Path, passphrase: str, folder: Path, lock: int) -> tuple[bool, str]:
    environment = {name: value for name, value in os.environ.items() if name not in _OURS}
    there, here = os.pipe()  # neither its arguments nor its environment tell the passphrase
    with os.fdopen(here, "w") as pipe:
        pipe.write(passphrase + "\n")
    with os.fdopen(there, "rb") as source:
        environment |= {"DATA_DIR": str(folder), "BACKUP_PASSPHRASE_FILE": f"/dev/fd/{source.fileno()}"}
        done = subprocess.run(
            [sys.executable, "manage.py", "restore", str(file), "--skip-checks"],
            cwd=settings.BASE_DIR,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[source.fileno(), lock],
            text=True,
            check=False,
        )
    return done.returncode == 0, done.stdout.strip()
