"""`manage.py verify_history`: whatever was changed behind the application's back is found, and named."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, models, transaction
from django.test import override_settings

from checklists.actions.removals import approve_removal, propose_removal
from checklists.demo import load
from checklists.demo.past import ZONE
from checklists.models import Citation
from practice_vetting.core import clock, installation, ledger, records, triggers
from practice_vetting.core.documents import jobs
from practice_vetting.core.models import (
    Document,
    HistoryCheck,
    Job,
    JobState,
    LedgerEntry,
    Person,
    Practice,
    Reminder,
    StoredFile,
)
from practice_vetting.core.proof import check, kept
from practice_vetting.core.proof.misfit import Misfit
from practice_vetting.core.roles import Role
from tests.checklists import kept_records
from vendors.actions.agreements import end_agreement
from vendors.actions.holds import record_data_gone
from vendors.actions.vendors import end_vendor
from vendors.models import Evidence, Tool, Vendor

pytestmark = pytest.mark.django_db

STORY = "tidewater"


@pytest.fixture(scope="module")
def told(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SimpleNamespace]:
    """One vendor with a year of history, told by the actions that people use, and one sealed document."""
    folder = tmp_path_factory.mktemp("told")
    stored = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": folder / "files"}}
    places = {"DATA_DIR": folder, "KEYS_DIR": folder / "keys", "STORAGES": {**settings.STORAGES, "default": stored}}
    stories = [each for each in load._STORIES if each[0].__name__ == STORY]
    with (
        django_db_blocker.unblock(),
        override_settings(**places),
        pytest.MonkeyPatch.context() as patch,
        transaction.atomic(),
    ):
        installation.forget()
        patch.setattr(load, "_STORIES", stories)
        load.load("harbour mist over slate")
        kept_records.keep(Vendor.objects.select_related("practice").get())
        jobs.run(Job.objects.earliest("pk").uid)
        assert Document.objects.count() == 1
        yield SimpleNamespace(practice=Practice.objects.get(), places=places)
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _own_places(told: SimpleNamespace) -> Iterator[None]:
    with override_settings(**told.places), transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def behind_its_back() -> Iterator[Any]:
    """A cursor of somebody who owns the database and has dropped the triggers; all is undone at the end."""
    with transaction.atomic():
        triggers.drop_all()
        with connection.cursor() as cursor:
            yield cursor
        transaction.set_rollback(True)


def member(role: Role) -> Person:
    return Person.objects.get(memberships__role=role)


def now(vendor: Vendor) -> Vendor:
    return Vendor.objects.select_related("practice").get(pk=vendor.pk)


def today() -> date:
    return clock.today(ZONE)


def last_file() -> int:
    return StoredFile.objects.latest("pk").pk


def check_everything() -> list[Misfit]:
    return [misfit for checked in check.check_all() for misfit in checked.misfits]


def whole() -> list[Misfit]:
    """Whatever does not fit, in the order in which it is told; the dropped triggers left out."""
    return [each for each in check_everything() if each.kind != "database"]


def found() -> list[tuple[str, str]]:
    """(kind, uid) of the same."""
    return [(each.kind, each.uid) for each in whole()]


def verified(**options: Any) -> str:
    said = StringIO()
    call_command("verify_history", stdout=said, **options)
    return said.getvalue()


def test_all_of_it_fits(told: SimpleNamespace):
    entries, files = LedgerEntry.objects.count(), StoredFile.objects.count()
    checked = next(iter(check.check_all()))
    assert (checked.entries, checked.files, checked.misfits) == (entries, files, [])
    assert checked.rows > 100
    assert (
        f"{entries} entries of the ledger, {checked.rows} rows of history, {files} files\n  all of it fits"
        in verified()
    )


def other(field: Any, value: Any) -> Any:
    """Another value of that column, as somebody would write it who wants to be believed."""
    if value is None and field.related_model:
        return 1
    if isinstance(field, models.JSONField):
        return '["changed"]'
    if isinstance(field, models.BooleanField):
        return not value
    if isinstance(field, models.DateTimeField):
        return "2020-02-02 02:02:02"
    if isinstance(field, models.DateField):
        return "2020-02-02"
    if isinstance(field, models.GenericIPAddressField):
        return "192.0.2.9"
    if isinstance(field, models.CharField | models.TextField):
        return f"{value}x"[-(field.max_length or 10_000) :] if value else "x"
    return (value or 0) + 1


def rows_of(kind: str) -> list[Any]:
    return list(kept.models_by_kind()[kind]._base_manager.order_by("pk"))


def kinds_told() -> list[str]:
    return [kind for kind in kept.models_by_kind() if rows_of(kind)]


def test_the_story_leaves_rows_of_nearly_every_kind(told: SimpleNamespace):
    elsewhere = {"factorreset", "hold", "removal", "review", "snooze", "webhook"}
    assert set(kept.models_by_kind()) - set(kinds_told()) <= elsewhere


def columns_of(kind: str) -> list[Any]:
    return [field for field in kept.models_by_kind()[kind]._meta.concrete_fields if not field.primary_key]


def overwrite(cursor: Any, row: Any, field: Any) -> bool:
    """Another value in that column; False where a constraint of the database refuses it."""
    table, key, value = row._meta.db_table, row._meta.pk.column, other(field, getattr(row, field.attname))
    try:
        with transaction.atomic():
            cursor.execute(f'UPDATE {table} SET "{field.column}" = %s WHERE "{key}" = %s', [value, row.pk])
    except IntegrityError:
        return False
    return True


def test_each_column_of_each_kind_of_row(told: SimpleNamespace):
    """Each column in turn, in one row of every kind at once: the record is named that the row speaks of."""
    kinds, missed, tried = kinds_told(), [], 0
    rows = {kind: rows_of(kind) for kind in kinds}
    for place in range(max(len(columns_of(kind)) for kind in kinds)):
        with behind_its_back() as cursor:
            changed = []
            for kind in kinds:
                row, fields = rows[kind][place % len(rows[kind])], columns_of(kind)
                if place < len(fields) and overwrite(cursor, row, fields[place]):
                    changed.append((kind, row.uid, fields[place].column))
            named = found()
        missed += [each for each in changed if each[:2] not in named]
        tried += len(changed)
    assert (missed, tried > 200) == ([], True)


@pytest.mark.parametrize("place", [0, 1, -1])
def test_a_row_of_each_kind_deleted(told: SimpleNamespace, place: int):
    gone = [(kind, rows[place if place < len(rows) else -1]) for kind in kinds_told() if (rows := rows_of(kind))]
    with behind_its_back() as cursor:
        for _, row in gone:
            cursor.execute(f'DELETE FROM {row._meta.db_table} WHERE "{row._meta.pk.column}" = %s', [row.pk])
        named = found()
    assert [kind for kind, row in gone if (kind, row.uid) not in named] == []


def test_two_rows_of_each_kind_in_each_others_place(told: SimpleNamespace):
    pairs = [(kind, rows[0], rows[-1]) for kind in kinds_told() if len(rows := rows_of(kind)) > 1]
    with behind_its_back() as cursor:
        for _, first, last in pairs:
            table, key = first._meta.db_table, first._meta.pk.column
            for old, new in ((first.pk, -1), (last.pk, first.pk), (-1, last.pk)):
                cursor.execute(f'UPDATE {table} SET "{key}" = %s WHERE "{key}" = %s', [new, old])
        named = found()
    assert [kind for kind, first, last in pairs if not {(kind, first.uid), (kind, last.uid)} <= set(named)] == []


def test_rows_written_past_the_ledger(told: SimpleNamespace):
    copied = [(kind, rows_of(kind)[0]) for kind in kinds_told() if kept.has_history(kind)]
    with behind_its_back() as cursor:
        for _, row in copied:
            names = ", ".join(f'"{field.column}"' for field in row._meta.concrete_fields if not field.primary_key)
            table, key = row._meta.db_table, row._meta.pk.column
            cursor.execute(
                f'INSERT INTO {table} ("{key}", {names}) SELECT 1000000, {names} FROM {table} WHERE "{key}" = %s',
                [row.pk],
            )
        named = found()
    assert [kind for kind, row in copied if (kind, row.uid) not in named] == []


def live_rows() -> dict[str, Any]:
    """One record of each kind that has history."""
    models_of = {kind: model for kind, model in records.kinds().items() if hasattr(model, "history")}
    found = {kind: model._base_manager.order_by("pk").last() for kind, model in models_of.items()}
    return {kind: row for kind, row in found.items() if row is not None}


def test_a_record_of_each_kind_changed_past_its_history(told: SimpleNamespace):
    changed = []
    with behind_its_back() as cursor:
        for kind, row in live_rows().items():
            texts = [
                each for each in row._meta.concrete_fields if isinstance(each, models.CharField | models.TextField)
            ]
            free = [each for each in texts if each.name not in {"form_id", *row.UNKEPT} and not each.unique]
            changed += [(kind, row.uid)] if free and overwrite(cursor, row, free[0]) else []
        named = found()
    assert (set(changed) - set(named), len(changed) >= 10) == (set(), True)


def test_a_record_of_each_kind_deleted_past_its_history(told: SimpleNamespace):
    rows = {kind: row for kind, row in live_rows().items() if kind != "practice"}
    with behind_its_back() as cursor:
        for row in rows.values():
            cursor.execute(f"DELETE FROM {row._meta.db_table} WHERE id = %s", [row.pk])
        gone = {each.kind for each in whole() if each.sentence == "It is gone, and its history does not say why."}
    assert gone == set(rows)


def test_history_for_a_practice_that_is_not_here(told: SimpleNamespace):
    """It would be compared with nobody's, and still be read as what the vendor was called."""
    vendor = Vendor.objects.get()
    row = kept.models_by_kind()["vendor"].objects.filter(id=vendor.pk).first()
    row.pk, row.practice_id, row.name = None, 999_999, "Fake name"
    row.save(force_insert=True)
    assert found() == [("vendor", vendor.uid)]


def test_a_record_forged_without_any_history(told: SimpleNamespace):
    with behind_its_back() as cursor:
        names = ", ".join(
            f'"{f.column}"' for f in Tool._meta.concrete_fields if f.name not in {"id", "uid", "name", "form_id"}
        )
        table = Tool._meta.db_table
        cursor.execute(
            f"INSERT INTO {table} (id, uid, name, {names}) "
            f"SELECT 999999, 'forged', 'Forged', {names} FROM {table} LIMIT 1"
        )
        assert found() == [("tool", "forged")]


def test_what_is_there_though_it_was_taken_away(told: SimpleNamespace):
    citation = Citation.objects.order_by("pk").last()
    with behind_its_back() as cursor:
        last = citation.history.latest("history_id")
        cursor.execute(f"UPDATE {last._meta.db_table} SET history_type = '-' WHERE history_id = %s", [last.pk])
        sentences = [each.sentence for each in whole() if (each.kind, each.uid) == ("citation", citation.uid)]
    assert "It is there, though its history says that it was taken away." in sentences


def test_a_practice_that_is_gone(told: SimpleNamespace):
    with behind_its_back() as cursor:
        cursor.execute("DELETE FROM core_practice")
        assert {("practice", told.practice.uid), ("practice", "")} <= set(found())


def test_a_missing_trigger_is_told(told: SimpleNamespace):
    with behind_its_back():
        sentences = {each.sentence for each in check_everything() if each.kind == "database"}
    assert "The database does not refuse UPDATE there. Run: manage.py migrate" in sentences


def test_a_forged_removal_excuses_nothing(told: SimpleNamespace):
    row, entry = rows_of("vendor")[0], LedgerEntry.objects.get(seq=30)
    removed = json.dumps({"rows": {row._meta.db_table: [row.pk]}, "records": {}})
    with behind_its_back() as cursor:
        cursor.execute("UPDATE core_ledgerentry SET verb = 'records.removed', detail = %s WHERE seq = 30", [removed])
        cursor.execute(f"DELETE FROM {row._meta.db_table} WHERE history_id = %s", [row.pk])
        named = found()
    assert {("vendor", row.uid), (entry.record_kind, entry.record_uid)} <= set(named)


def test_an_odd_value_stops_nothing(told: SimpleNamespace):
    with behind_its_back() as cursor:
        cursor.execute(
            "UPDATE core_storedfile SET sha256 = '../../../../../../etc/passwd' WHERE id = %s", [last_file()]
        )
        cursor.execute("UPDATE vendors_vendor SET name = 'Changed as well'")
        assert {"storedfile", "vendor"} <= {kind for kind, _ in found()}


def test_a_part_that_cannot_be_read_is_told_and_the_others_go_on(
    told: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
):
    def broken(*args: Any, **named: Any) -> Iterator[Misfit]:
        yield from ()
        raise OSError("no such column")

    monkeypatch.setattr(check.chain, "misfits", broken)
    with behind_its_back() as cursor:
        cursor.execute("UPDATE vendors_vendor SET name = 'Changed as well'")
        sentences = [each.sentence for each in whole()]
    assert "Something was written that cannot be read (OSError)." in sentences
    assert "It was changed past its history: name." in sentences


def test_a_record_changed_past_its_history(told: SimpleNamespace):
    vendor = Vendor.objects.get()
    with behind_its_back() as cursor:
        cursor.execute("UPDATE vendors_vendor SET name = 'Tidewater Billing Inc'")
        [misfit] = whole()
    assert (misfit.kind, misfit.uid, misfit.sentence) == (
        "vendor",
        vendor.uid,
        "It was changed past its history: name.",
    )


def test_a_tool_put_under_an_agreement_past_its_history(told: SimpleNamespace):
    with behind_its_back() as cursor:
        cursor.execute("DELETE FROM vendors_agreement_tools")
        named = found()
    assert {kind for kind, _ in named} == {"agreement"}


def test_what_two_persons_removed_is_not_missed(told: SimpleNamespace):
    vendor, (owner, officer) = Vendor.objects.get(), (member(Role.OWNER), member(Role.OFFICER))
    with clock.set_to(clock.now() + timedelta(days=1)):
        for agreement in vendor.agreements.filter(ended_on=None):
            end_agreement(agreement=agreement, by=officer, version=agreement.version, on=today(), reason="It is over")
        end_vendor(vendor=vendor, by=officer, version=now(vendor).version, ended_on=today(), reason="It is over")
        gone = {"gone_on": today(), "reason": "They wrote so"}
        record_data_gone(vendor=vendor, by=officer, version=now(vendor).version, **gone)
    Job.objects.filter(state=JobState.QUEUED).update(state=JobState.FAILED)  # a document under way is waited for
    with clock.set_to(clock.now() + timedelta(days=366 * 12)):
        removal = propose_removal(vendor=now(vendor), by=officer, typed_name=vendor.name, reason="Its time is over")
        approve_removal(removal=removal, by=owner, typed_name=vendor.name)
    assert (Vendor.objects.count(), Document.objects.count(), found()) == (0, 0, [])


# --- the ledger itself ------------------------------------------------------------------------------------


def first_seq() -> int:
    """The entry that is named first."""
    return next(misfit.seq for checked in check.check_all() for misfit in checked.misfits)


def test_each_column_of_an_entry(told: SimpleNamespace):
    entries = list(LedgerEntry.objects.order_by("seq"))
    for place, field in enumerate(LedgerEntry._meta.concrete_fields[1:]):
        entry = entries[place * 7 % len(entries)]
        with behind_its_back() as cursor:
            value = 1_000_000 if field.name == "seq" else other(field, getattr(entry, field.attname))
            cursor.execute(f'UPDATE core_ledgerentry SET "{field.column}" = %s WHERE id = %s', [value, entry.pk])
            # Moved away, it is missed by the one that followed it.
            assert (field.name, first_seq()) == (field.name, entry.seq + (field.name in {"seq", "practice_uid"}))


@pytest.mark.parametrize("place", [0, 20, -1])
def test_an_entry_deleted(told: SimpleNamespace, place: int):
    entry = list(LedgerEntry.objects.order_by("seq"))[place]
    with behind_its_back() as cursor:
        cursor.execute("DELETE FROM core_ledgerentry WHERE id = %s", [entry.pk])
        assert first_seq() == (entry.seq if place == -1 else entry.seq + 1)


def test_two_entries_in_each_others_place(told: SimpleNamespace):
    with behind_its_back() as cursor:
        for old, new in ((10, 1_000_000), (11, 10), (1_000_000, 11)):
            cursor.execute("UPDATE core_ledgerentry SET seq = %s WHERE seq = %s", [new, old])
        assert first_seq() == 10


def test_the_end_cut_off_with_its_mark(told: SimpleNamespace):
    """What left the house speaks of entries that are not there any more."""
    document = Document.objects.get()
    with behind_its_back() as cursor:
        cursor.execute("DELETE FROM core_ledgerentry WHERE seq >= %s", [document.ledger_seq])
        last = LedgerEntry.objects.order_by("seq").last()
        cursor.execute("UPDATE core_ledgerhead SET seq = %s, digest = %s", [last.seq, last.digest])
        sentences = [each.sentence for checked in check.check_all() for each in checked.misfits]
    assert f"Document {document.number} speaks of entry {document.ledger_seq}." in sentences


def test_the_whole_chain_computed_anew(told: SimpleNamespace):
    """Somebody who owns the database rewrites one entry and every hash after it: the document tells."""
    document = Document.objects.get()
    with behind_its_back() as cursor:
        cursor.execute("UPDATE core_ledgerentry SET person_name = 'Nobody' WHERE seq = 5")
        previous = ""
        for entry in LedgerEntry.objects.order_by("seq"):
            entry.previous = previous
            previous = ledger.chain_digest(entry)
            cursor.execute(
                "UPDATE core_ledgerentry SET previous = %s, digest = %s WHERE id = %s",
                [entry.previous, previous, entry.pk],
            )
        cursor.execute("UPDATE core_ledgerhead SET digest = %s", [previous])
        misfits = whole()
    assert [(each.seq, each.sentence) for each in misfits] == [
        (document.ledger_seq, f"Document {document.number} left the house with another hash of it.")
    ]


@pytest.mark.parametrize("statement", ["DELETE FROM core_ledgerhead", "UPDATE core_ledgerhead SET digest = 'x'"])
def test_the_mark_at_the_end(told: SimpleNamespace, statement: str):
    with behind_its_back() as cursor:
        cursor.execute(statement)
        assert found() == [("practice", told.practice.uid)]


# --- files ------------------------------------------------------------------------------------------------


def spoiled(path: Path, how: str) -> None:
    content = bytearray(path.read_bytes())
    if how == "gone":
        path.unlink()
        return
    if how == "flipped":
        content[len(content) // 2] ^= 1
    path.write_bytes(content[:-1] if how == "cut" else content)


@pytest.mark.parametrize("how", ["flipped", "cut", "gone"])
def test_a_file_of_evidence_and_a_stored_document(told: SimpleNamespace, how: str):
    evidence, document = Evidence.objects.order_by("pk").last(), Document.objects.get()
    for stored, named in (
        (evidence.file, ("storedfile", evidence.file.uid)),
        (document.file, ("document", document.uid)),
    ):
        path = Path(default_storage.path(stored.path))
        kept_bytes = path.read_bytes()
        try:
            spoiled(path, how)
            assert found() == [named]
        finally:
            path.write_bytes(kept_bytes)


# --- what people are told -----------------------------------------------------------------------------------


def test_the_command_names_the_first_and_ends_with_an_error(told: SimpleNamespace):
    with behind_its_back() as cursor:
        cursor.execute("UPDATE core_ledgerentry SET person_name = 'Nobody' WHERE seq IN (5, 9)")
        said = StringIO()
        with pytest.raises(CommandError, match="Not everything is as it was recorded: Harbor Light"):
            call_command("verify_history", stdout=said)
    entry = LedgerEntry.objects.get(seq=5)
    assert f"DOES NOT FIT  entry 5, {entry.record_kind} {entry.record_uid}" in said.getvalue()
    assert "more: --all names them" in said.getvalue()


def test_a_practice_that_is_not_there(told: SimpleNamespace):
    with pytest.raises(CommandError, match="There is no practice nowhere"):
        call_command("verify_history", practice="nowhere")


def test_the_night_keeps_what_it_found_and_tells_owner_and_officer_once(told: SimpleNamespace):
    check.keep_all()
    assert (check.latest(told.practice).problem, Reminder.objects.filter(kind="history").count()) == ("", 0)
    path = Path(default_storage.path(Document.objects.get().file.path))
    kept_bytes = path.read_bytes()
    try:
        spoiled(path, "flipped")
        check.keep_all()
        check.keep_all()
    finally:
        path.write_bytes(kept_bytes)
    latest = check.latest(told.practice)
    assert (latest.record_kind, "Its file was changed in the storage" in latest.problem) == ("document", True)
    mails = Reminder.objects.filter(kind="history")
    assert (mails.count(), HistoryCheck.objects.count()) == (2, 3)
    assert "Its file was changed in the storage. Restore it from a backup." in mails.first().text
