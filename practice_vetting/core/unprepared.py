"""What every start asks: is the database prepared for this release? Apart from core.preparing, to be read quickly."""

from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

BEHIND = "The database is not prepared for this release: {what}. Run this once, then start again: manage.py prepare"


def refuse_unprepared() -> None:
    """Raises SystemExit with a sentence when the database lacks a migration of this release.

    One that is ahead is fine: releases only add. One that does not answer now is waited for by those who start.
    """
    try:
        lacking = _lacking()
    except OperationalError:
        return
    finally:
        connection.close()
        if connection.vendor == "postgresql":
            connection.close_pool()  # type: ignore[attr-defined]  # its threads would not come along into a process that is forked
    if lacking:
        more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
        raise SystemExit(BEHIND.format(what=f"it lacks {lacking[0]}{more}"))


def _lacking() -> list[str]:
    """The migrations on this disk that were not applied, by name. It imports none of them."""
    applied = set(MigrationRecorder(connection).applied_migrations())
    return [f"{app}.{name}" for app, name in _on_disk() if (app, name) not in applied]


def _on_disk() -> Iterator[tuple[str, str]]:
    for app in apps.get_app_configs():
        for file in sorted(Path(app.path, "migrations").glob("[!_]*.py")):
            yield app.label, file.stem
