"""Rows that nobody changes, not even by SQL: triggers in the database, the same on PostgreSQL and SQLite.

Installed after every migration, because SQLite drops them whenever it rebuilds a table, and asked for again by the
check of all history. Whoever owns the database can drop them; then the ledger still tells what was changed.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.utils.module_loading import import_string

KEPT = "History, ledger and what was signed are never changed."
#: only then do history, documents and signatures go: see core.models.removal
REMOVAL_AT_WORK = "EXISTS (SELECT 1 FROM core_removal WHERE state = 'at_work')"


@dataclass(frozen=True)
class Trigger:
    """Refuse `on` (INSERT, UPDATE, DELETE) of a row of `table` when `when` holds, with the sentence `says`.

    `when` is SQL that both databases read, over OLD and NEW; "" is always. `only` names a database: "postgresql" for
    TRUNCATE, which SQLite does not know.
    """

    table: str
    on: str
    says: str
    when: str = ""
    only: str = ""

    @property
    def name(self) -> str:
        """Tells one definition from another, so that an outdated one is noticed; at most 63 letters."""
        said = hashlib.sha256(f"{self.table}|{self.on}|{self.when}|{self.says}".encode()).hexdigest()[:12]
        return f"keep_{said}_{self.on.lower()}_{self.table}"[:63]

    def statements(self, vendor: str) -> list[str]:
        """The SQL that makes it, for "postgresql" or "sqlite"."""
        if vendor != "postgresql":
            return [self.on_sqlite]
        each = "STATEMENT" if self.on == "TRUNCATE" else "ROW"
        return [
            f'CREATE OR REPLACE FUNCTION "{self.name}"() RETURNS trigger LANGUAGE plpgsql AS $${self.body}$$',
            f'CREATE TRIGGER "{self.name}" BEFORE {self.on} ON "{self.table}" '
            f'FOR EACH {each} EXECUTE FUNCTION "{self.name}"()',
        ]

    @property
    def on_sqlite(self) -> str:
        """The whole of it, as SQLite keeps it."""
        when = f"WHEN {self.when} " if self.when else ""
        return (
            f'CREATE TRIGGER "{self.name}" BEFORE {self.on} ON "{self.table}" FOR EACH ROW {when}'
            f"BEGIN SELECT RAISE(ABORT, '{self.says}'); END"
        )

    @property
    def body(self) -> str:
        """The body of its function, as PostgreSQL keeps it."""
        returned = "NEW" if self.on in {"INSERT", "UPDATE"} else "OLD"
        refuse = f"RAISE EXCEPTION '{self.says}' USING ERRCODE = 'integrity_constraint_violation';"
        refuse = f"IF {self.when} THEN {refuse} END IF;" if self.when else refuse
        return f" BEGIN {refuse} RETURN {returned}; END "

    @property
    def kept_as(self) -> str:
        """What the database keeps of it, word by word; `_present` reads the same."""
        if connection.vendor != "postgresql":
            return self.on_sqlite
        level = 0 if self.on == "TRUNCATE" else 1
        return f"{2 + level + _EVENTS[self.on]} {self.body}"


#: pg_trigger.tgtype: 1 for each row, 2 before, and one of these
_EVENTS = {"INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}


def wanted() -> list[Trigger]:
    """Every trigger that must be there: of history, ledger, UNCHANGING models, and what an app freezes (FROZEN)."""
    kept = [model for model in apps.get_models(include_auto_created=True) if is_history(model)]
    kept += [apps.get_model(label) for label in settings.UNCHANGING]
    found = [trigger for model in kept for trigger in _unchanging(model, f"NOT {REMOVAL_AT_WORK}")]
    for label in ("core.LedgerEntry", "core.HistoryCheck"):
        found += _unchanging(apps.get_model(label), "")
    found += [*_end_of_a_ledger(), *_certificates(), *import_string(settings.FROZEN)()]
    found += [_emptied(table) for table in sorted({trigger.table for trigger in found})]
    live = [model for model in apps.get_models() if hasattr(model, "history")]
    found += [_replaced(model) for model in [*kept, *live, *map(apps.get_model, _ONCE)]]
    return [trigger for trigger in found if trigger.only in {"", connection.vendor}]


_ONCE = ("core.LedgerEntry", "core.LedgerHead", "core.HistoryCheck", "core.SealCertificate")


def _end_of_a_ledger() -> list[Trigger]:
    moved = "NEW.seq <= OLD.seq OR NEW.practice_uid <> OLD.practice_uid"
    return [
        Trigger("core_ledgerhead", "DELETE", "The end of a ledger is not taken away."),
        Trigger("core_ledgerhead", "UPDATE", "A ledger only grows.", moved),
    ]


def _certificates() -> list[Trigger]:
    """A certificate is kept for good; only the day on which it was retired is written later."""
    says = "A certificate that sealed documents is kept as it is."
    kept = ("fingerprint", "certificate", "chain", "source", "first_used_at")
    changed = " OR ".join(f"NEW.{name} <> OLD.{name}" for name in kept)
    return [Trigger("core_sealcertificate", "UPDATE", says, changed), Trigger("core_sealcertificate", "DELETE", says)]


def _emptied(table: str) -> Trigger:
    return Trigger(table, "TRUNCATE", KEPT, only="postgresql")


def _replaced(model: Any) -> Trigger:
    """INSERT OR REPLACE deletes without a word to the trigger on DELETE, by whatever key is unique."""
    keys = [[field] for field in model._meta.concrete_fields if field.unique]
    keys += [
        [model._meta.get_field(name) for name in each.fields]
        for each in model._meta.constraints
        if isinstance(each, models.UniqueConstraint) and each.fields and each.condition is None
    ]
    same = " OR ".join(
        "(" + " AND ".join(f'"{field.column}" = NEW."{field.column}"' for field in key) + ")" for key in keys
    )
    table = model._meta.db_table
    there = f'EXISTS (SELECT 1 FROM "{table}" WHERE {same})'  # noqa: S608 - names of our own
    return Trigger(table, "INSERT", KEPT, there, only="sqlite")


def is_history(model: Any) -> bool:
    """Whether its rows are history, or the links of such rows."""
    return model._meta.pk.name in {"history_id", "m2m_history_id"}


def _unchanging(model: Any, unless_removed: str) -> list[Trigger]:
    table = model._meta.db_table
    return [Trigger(table, "UPDATE", KEPT), Trigger(table, "DELETE", KEPT, unless_removed)]


def install(**_told: Any) -> None:
    """Make what is missing, and drop what is outdated. Safe to call again and again, and beside a running site.

    Nothing is done while a table is missing: `migrate core` alone is followed by a migration of the other apps.
    """
    there, every = _present(), {trigger.name: trigger for trigger in wanted()}
    if not {trigger.table for trigger in every.values()} <= set(connection.introspection.table_names()):
        return
    sound = {name for name, (_, kept_as) in there.items() if name in every and every[name].kept_as == kept_as}
    with connection.cursor() as cursor:
        for name in there.keys() - sound:
            _drop(cursor, there[name][0], name)
        for name in every.keys() - sound:
            for statement in every[name].statements(connection.vendor):
                cursor.execute(statement)


def missing() -> list[Trigger]:
    """The triggers that are not there, or not as they were made."""
    there = _present()
    return [trigger for trigger in wanted() if there.get(trigger.name) != (trigger.table, trigger.kept_as)]


def drop_all() -> None:
    """For tests that empty their tables."""
    with connection.cursor() as cursor:
        for name, (table, _) in _present().items():
            _drop(cursor, table, name)


def _drop(cursor: Any, table: str, name: str) -> None:
    if connection.vendor == "postgresql":
        cursor.execute(f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"')
        cursor.execute(f'DROP FUNCTION IF EXISTS "{name}"()')
    else:
        cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"')


def _present() -> dict[str, tuple[str, str]]:
    """name -> table and definition of each trigger of ours that the database fires."""
    if connection.vendor == "postgresql":
        asked = (
            "SELECT t.tgname, c.relname, t.tgtype || ' ' || p.prosrc FROM pg_trigger t "
            "JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
            "WHERE t.tgname LIKE 'keep\\_%' AND t.tgenabled IN ('O', 'A') AND t.tgqual IS NULL"
        )
    else:
        asked = (
            "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'keep\\_%' ESCAPE '\\'"
        )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return {str(name): (str(table), str(kept_as)) for name, table, kept_as in cursor.fetchall()}
