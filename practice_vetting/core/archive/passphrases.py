"""The passphrase of backups: from the environment, a file, or whoever sits there. Never kept or shown."""

import getpass
import os
import sys
from pathlib import Path

from practice_vetting.core.errors import Refused

SHORTEST = 12  # characters


def given() -> str:
    """The passphrase that BACKUP_PASSPHRASE or BACKUP_PASSPHRASE_FILE names, or "". Raises Refused."""
    if words := os.environ.get("BACKUP_PASSPHRASE", ""):
        return fit(words)
    if place := os.environ.get("BACKUP_PASSPHRASE_FILE", ""):
        try:
            return fit(Path(place).read_text(encoding="utf-8").strip("\r\n"))
        except (OSError, UnicodeDecodeError) as problem:
            raise Refused(f"The file that BACKUP_PASSPHRASE_FILE names cannot be read: {place}") from problem
    return ""


def for_a_backup() -> str:
    """The one given; else asked at the terminal, twice. Raises Refused."""
    if words := given():
        return words
    _need_somebody()
    words = fit(getpass.getpass("Passphrase for this backup: "))
    if getpass.getpass("Once more: ") != words:
        raise Refused("The two were not the same. Begin again.")
    return words


def of_a_backup() -> str:
    """The one given; else asked at the terminal. Raises Refused."""
    if words := given():
        return words
    _need_somebody()
    return fit(getpass.getpass("Passphrase of this backup: "))


def fit(words: str) -> str:
    """The passphrase, if it is long enough. Raises Refused."""
    if len(words) < SHORTEST:
        raise Refused(f"A passphrase of a backup has at least {SHORTEST} characters. Five or six words are good.")
    return words


def _need_somebody() -> None:
    if not sys.stdin.isatty():
        raise Refused(
            "There is no passphrase. Set BACKUP_PASSPHRASE_FILE or BACKUP_PASSPHRASE, or call from a terminal."
        )
