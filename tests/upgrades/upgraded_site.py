"""A database as an earlier release left it, brought up to this one; it prints what became of it.

    python -m tests.upgrades.upgraded_site upgrade   its tables, its rows, then our migrations
    python -m tests.upgrades.upgraded_site before    its tables and its rows, and no migration of ours
    python -m tests.upgrades.upgraded_site write     into our tables its rows, by the columns that it knew: the old code
                                                     goes on writing after our migrations ran

DATA_DIR and DATABASE_URL name an installation that is empty, and for `write` has its tables.
"""

import os
import sys
from pathlib import Path
from typing import Any

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "practice_vetting.settings")
    django.setup()

from django.apps import apps  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.files.storage import default_storage  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402

from practice_vetting.core.archive import tables  # noqa: E402
from tests.upgrades import released  # noqa: E402

OURS = ("core", "vendors", "checklists")


def main(what: str) -> None:
    if what == "write":
        put_rows()
        return
    for app in OURS:
        call_command("migrate", app, "0001", verbosity=0)
    for app in MigrationExecutor(connection).loader.migrated_apps - set(OURS):
        call_command("migrate", app, verbosity=0)
    put_rows()
    put_files()
    if what == "before":
        return
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("verify_history")
    call_command("check_standings")


def put_rows() -> None:
    """Every row, by the columns that the release knew: what its own INSERT would name, and nothing else."""
    known = models_of_the_release()
    with tables.together("default"):
        for name in ("core_installation", "checklists_loadededition"):
            tables.clear(known[name], using="default")
        for table, lines in released.lines():
            tables.write(known[table], lines, using="default")
    tables.set_sequences(using="default")


def models_of_the_release() -> dict[str, Any]:
    """Its models by table. What is not ours (people's second factors, say) has not changed."""
    state = MigrationExecutor(connection).loader.project_state([(app, "0001_initial") for app in OURS])
    then = {model._meta.db_table: model for model in state.apps.get_models(include_auto_created=True)}
    return {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)} | then


def put_files() -> None:
    places = {"files/": Path(default_storage.path("")), "keys/": Path(settings.KEYS_DIR)}
    for name, content in released.members():
        for start, folder in places.items():
            if name.startswith(start):
                place = folder / name.removeprefix(start)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)


if __name__ == "__main__":
    main(sys.argv[1])
