"""What was recorded stays as it was, also for somebody who writes SQL."""

from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, transaction

from practice_vetting.core import triggers
from practice_vetting.core.models import LedgerEntry, LedgerHead, Practice, SealCertificate
from practice_vetting.core.people import change_practice
from tests.conftest import Cast
from tests.core.document_kinds import make_document

KEPT = "History, ledger and what was signed are never changed."


def change(cast: Cast, name: str) -> None:
    practice = Practice.objects.get(pk=cast.practice.pk)
    change_practice(practice=practice, by=cast.owner, version=practice.version, name=name)


def refused(statement: str) -> str:
    """The sentence with which the database refuses it; "" when it does not."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except (IntegrityError, DatabaseError) as problem:
        return str(problem).partition("\n")[0]
    return ""


@pytest.fixture
def told(cast: Cast) -> Cast:
    change(cast, "Harbor Light Counseling Group")
    make_document(subject=cast.owner.memberships.get())
    return cast


TABLES = ["core_historicalpractice", "core_ledgerentry", "core_document", "core_historicalmembership"]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("statement", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"])
def test_a_row_is_neither_changed_nor_deleted(told: Cast, table: str, statement: str):
    key = "history_id" if "historical" in table else "id"
    assert refused(statement.format(table, key)) == KEPT


@pytest.mark.parametrize("table", TABLES)
def test_a_row_is_not_replaced(told: Cast, table: str):
    if connection.vendor == "sqlite":
        assert refused(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}") == KEPT
    else:
        assert refused(f"SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE {table} CASCADE") == KEPT


def test_the_end_of_a_ledger_only_moves_on(told: Cast):
    seq = LedgerHead.objects.get().seq
    assert refused("UPDATE core_ledgerhead SET seq = seq - 1") == "A ledger only grows."
    assert refused("DELETE FROM core_ledgerhead") == "The end of a ledger is not taken away."
    change(told, "Harbor Light")
    assert LedgerHead.objects.get().seq == seq + 1 == LedgerEntry.objects.count()


def test_a_certificate_is_only_ever_retired(db: None):
    facts = {"fingerprint": "f" * 64, "certificate": "PEM", "chain": "PEM", "source": "own"}
    SealCertificate.objects.create(**facts)
    for column in facts:
        assert refused(f"UPDATE core_sealcertificate SET {column} = 'x'").startswith("A certificate that sealed")
    assert refused("DELETE FROM core_sealcertificate").startswith("A certificate that sealed")
    assert refused("UPDATE core_sealcertificate SET retired_at = first_used_at") == ""


def test_every_table_of_history_is_kept(db: None):
    history = {m._meta.db_table for m in apps.get_models(include_auto_created=True) if triggers.is_history(m)}
    kept = {each.table for each in triggers.wanted() if each.on == "UPDATE"}
    assert len(history) >= 17
    assert history - kept == set()


def test_what_somebody_dropped_is_missed_and_made_again(db: None):
    assert triggers.missing() == []
    dropped = next(each for each in triggers.wanted() if (each.table, each.on) == ("core_ledgerentry", "DELETE"))
    with connection.cursor() as cursor:
        on = ' ON "core_ledgerentry"' if connection.vendor == "postgresql" else ""
        cursor.execute(f'DROP TRIGGER "{dropped.name}"{on}')
    assert triggers.missing() == [dropped]
    triggers.install()
    assert triggers.missing() == []


def test_one_that_was_emptied_under_its_name_is_missed_too(db: None):
    weak = next(each for each in triggers.wanted() if (each.table, each.on) == ("core_ledgerentry", "UPDATE"))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            empty = f'CREATE OR REPLACE FUNCTION "{weak.name}"() RETURNS trigger LANGUAGE plpgsql AS $$'
            cursor.execute(empty + " BEGIN RETURN NEW; END $$")
        else:
            cursor.execute(f'DROP TRIGGER "{weak.name}"')
            cursor.execute(weak.on_sqlite.replace("FOR EACH ROW", "FOR EACH ROW WHEN 0"))
    assert triggers.missing() == [weak]
    triggers.install()
    assert triggers.missing() == []


def test_no_row_takes_the_place_of_another_by_any_of_its_keys(told: Cast):
    if connection.vendor != "sqlite":
        assert refused("INSERT INTO core_ledgerhead SELECT * FROM core_ledgerhead") != ""  # it knows no REPLACE
        return
    columns = "practice_uid, seq, at, person_uid, person_name, verb, record_kind, record_uid, record_label, "
    columns += "record_digest, detail, bound, previous, digest"
    again = f"INSERT OR REPLACE INTO core_ledgerentry ({columns}) SELECT {columns} FROM core_ledgerentry"
    assert refused(again) == KEPT
    for table in ("core_ledgerhead", "core_document", "core_storedfile", "core_person", "core_membership"):
        assert refused(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}") == KEPT


def test_none_of_these_tables_is_emptied(told: Cast):
    wanted = triggers.wanted()
    tables = {each.table for each in wanted if each.on in {"UPDATE", "DELETE"}}
    assert {"checklists_citation", "core_sealcertificate", "core_ledgerhead"} <= tables
    if connection.vendor == "postgresql":
        assert tables - {each.table for each in wanted if each.on == "TRUNCATE"} == set()
        assert refused("SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE core_ledgerhead") == KEPT


def test_an_end_does_not_become_anothers(told: Cast):
    assert refused("UPDATE core_ledgerhead SET practice_uid = 'x', seq = seq + 1") == "A ledger only grows."


def test_an_outdated_one_goes(db: None, monkeypatch: Any):
    before = set(triggers._present())
    with monkeypatch.context() as patch:
        patch.setattr(triggers, "REMOVAL_AT_WORK", "(1 = 0)")
        triggers.install()
        assert set(triggers._present()) != before
    triggers.install()
    assert set(triggers._present()) == before
