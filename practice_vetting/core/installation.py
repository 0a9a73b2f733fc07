"""Taking an installation: the one-time code that the console printed, and whether somebody did."""

import secrets

from django.utils.crypto import constant_time_compare

from practice_vetting.core.ledger import sha256
from practice_vetting.core.models import Installation

_done = False  # once set up, always set up: asked of the database only until then


def is_set_up() -> bool:
    global _done
    if not _done:
        _done = Installation.objects.filter(set_up_at__isnull=False).exists()
    return _done


def forget() -> None:
    """Ask the database again at the next request (tests that begin with an empty installation)."""
    global _done
    _done = False


def new_code() -> str:
    """A fresh set-up code, such as "7KXM-Q2TP-9HRD"; any earlier one ends. Only its hash is kept.

    Raises RuntimeError once the installation is set up.
    """
    if is_set_up():
        raise RuntimeError("This installation is set up already.")
    code = "-".join("".join(secrets.choice("23456789ABCDEFGHJKMNPQRSTVWXYZ") for _ in range(4)) for _ in range(3))
    Installation.objects.update_or_create(only=True, defaults={"code_sha256": sha256(code)})
    return code


def is_the_code(typed: str) -> bool:
    """Whether this is the code that the console printed; spaces, case and dashes do not matter."""
    letters = "".join(c for c in typed.upper() if c.isalnum())
    code = "-".join(letters[i : i + 4] for i in range(0, len(letters), 4))
    row = Installation.objects.filter(set_up_at=None).first()
    return bool(row and row.code_sha256 and constant_time_compare(row.code_sha256, sha256(code)))
