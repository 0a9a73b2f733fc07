"""Bringing a practice in elsewhere: the same rows, the same ids, the same ledger; and out again the same files."""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from practice_vetting.core import clock, installation
from practice_vetting.core.archive import export, import_practice, imported, opened_export, restore, tables
from practice_vetting.core.models import FactorReset, Invitation, LedgerEntry, Person, Practice, SealCertificate
from practice_vetting.core.people import invite, join
from practice_vetting.core.practices import add_practice
from practice_vetting.core.roles import Role
from tests.archive.conftest import Backup, from_each
from tests.conftest import Cast
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def _exports() -> dict[Path, bytes]:
    return {}


@pytest.fixture
def given(backup: Backup, passphrase: str, tmp_path: Path, _exports: dict[Path, bytes]) -> Path:
    """The export of a practice that was restored here; afterwards this installation is empty again."""
    path = tmp_path / "given.zip"
    if backup.path not in _exports:
        _export(backup.path, passphrase, path)
        _exports[backup.path] = path.read_bytes()
    path.write_bytes(_exports[backup.path])
    return path


def _export(backup: Path, passphrase: str, place: Path) -> None:
    point = connection.savepoint()
    restore.restore(backup, passphrase)
    practice = Practice.objects.get()
    _somebody_of_two_practices(practice)
    export.write_file(practice, place)
    connection.savepoint_rollback(point)
    shutil.rmtree(default_storage.location)
    installation.forget()


def _somebody_of_two_practices(practice: Practice) -> None:
    """Noor Haddad, who came to another practice first: its ledger tells of her account, and this one does not."""
    second = add_practice(
        by=None, name="Second", time_zone="UTC", states=["CA"], owner_name="Noor Haddad", owner_email="noor@x.example"
    )
    noor = Person(email="noor@x.example", name="Noor Haddad")
    join(invitation=second.invitation, by=noor, password=PASSWORD)
    owner = Person.objects.get(memberships__role=Role.OWNER, memberships__practice=practice)
    first = invite(practice=practice, by=owner, email=noor.email, name=noor.name, role=Role.STAFF)
    join(invitation=first.invitation, by=noor, password=PASSWORD)


def brought(path: Path) -> str:
    said = StringIO()
    call_command("import_practice", str(path), stdout=said)
    return said.getvalue()


def data(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist() if name.startswith(("data/", "files/", "doc"))}


@from_each
def test_out_in_and_out_again_gives_the_same_files(given: Path, tmp_path: Path):
    assert brought(given).splitlines()[-1].startswith("Everything is right.")
    export.write_file(Practice.objects.get(), tmp_path / "again.zip")
    first, again = data(given), data(tmp_path / "again.zip")
    differ = [name for name in first if again[name] != first[name]]
    assert sorted(differ) == sorted([*CHANGED_HERE, *LEDGER])
    noor = Person.objects.get(name="Noor Haddad")
    assert [row.history_change_reason for row in noor.history.all()] == ["practice.imported"]
    entries = [name for name in LEDGER if name.startswith("data/core_ledgerentry")]
    assert [again[name].startswith(first[name]) for name in entries] == [True] * len(entries)
    last = LedgerEntry.objects.order_by("-seq")[0]
    assert (last.verb, last.person_name) == ("practice.imported", "Practice Vetting")
    assert set(again) == set(first)


#: whose history another practice keeps is told here, and old links end
CHANGED_HERE = [
    f"data/core_{kind}.{ends}"
    for kind in ("person_history", "factorreset", "factorreset_history", "invitation", "invitation_history")
    for ends in ("jsonl", "csv")
]
#: the import itself is told
LEDGER = [f"data/core_ledger{part}.{ends}" for part in ("entry", "head") for ends in ("jsonl", "csv")]


@from_each
def test_who_owns_it_and_what_sealed_it_is_said_and_told(given: Path):
    said = brought(given)
    owner = Person.objects.get(memberships__role=Role.OWNER)
    seal = SealCertificate.objects.get()
    assert f"      owner        {owner.name}, {owner.email}\n      certificate  {seal.fingerprint}\n" in said
    assert "compare what follows with a paper in other hands" in said
    last = LedgerEntry.objects.get(verb="practice.imported")
    assert last.detail["owners"] == [[owner.name, owner.email]]
    assert last.detail["certificates"] == [seal.fingerprint]


@from_each
def test_no_link_that_was_sent_out_over_there_opens_anything_here(given: Path):
    before = Invitation.objects.count(), FactorReset.objects.count()
    brought(given)
    assert before == (0, 0)
    assert not Invitation.objects.filter(used_at=None, expires_at__gt=clock.now()).exists()
    assert [reset.stopped_at is None for reset in FactorReset.objects.all()] == [False]
    assert LedgerEntry.objects.get(verb="practice.imported").detail["invitations_ended"] == ["late@x.example"]


@from_each
def test_people_come_without_passwords_and_may_ask_for_new_ones(given: Path, client: Any):
    brought(given)
    person = Person.objects.order_by("id")[0]
    assert {each.has_usable_password() for each in Person.objects.all()} == {False}
    assert person.is_active
    assert installation.is_set_up()


@from_each
def test_an_installation_with_a_practice_is_left_alone(given: Path, cast: Cast):
    with pytest.raises(CommandError, match="holds a practice already"):
        brought(given)
    assert Practice.objects.get() == cast.practice


def changed(given: Path, out: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    with zipfile.ZipFile(given) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            if (content := change(name, source.read(name))) is not None:
                target.writestr(name, content)
    return out


def forged(given: Path, out: Path, changes: dict[str, Callable[[bytes], bytes]]) -> Path:
    """The export with these members changed, and a list of hashes that fits."""
    held: dict[str, bytes] = {}
    changed(given, out, lambda name, content: held.setdefault(name, changes.get(name, bytes)(content)))
    del held["SHA256SUMS"]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in held.items():
            target.writestr(name, content)
        sums = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(held.items())]
        target.writestr("SHA256SUMS", changes.get("sums", bytes)("".join(sums).encode()))
    return out


def each(change: Callable[[dict[str, Any]], None]) -> Callable[[bytes], bytes]:
    def changed_lines(content: bytes) -> bytes:
        rows = [json.loads(line) for line in content.splitlines()]
        for row in rows:
            change(row)
        return b"".join(json.dumps(row).encode() + b"\n" for row in rows)

    return changed_lines


def about(change: Callable[[dict[str, Any]], None]) -> dict[str, Callable[[bytes], bytes]]:
    return {"format.json": lambda content: each(change)(json.dumps(json.loads(content)).encode())}


def refusal(path: Path) -> str:
    with pytest.raises(CommandError) as refused:
        brought(path)
    assert sum(tables.count(model, using="default") for model in tables.kept_models()) == 0
    files = Path(default_storage.location)
    assert [place for place in files.rglob("*") if place.is_file()] == []
    return str(refused.value)


def only(who: str, columns: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    """Change these columns of the rows of that person."""

    def change(row: dict[str, Any]) -> None:
        row.update(columns if row["name"] == who else {})

    return change


@pytest.mark.parametrize("columns", [{"email": "mallory@evil.example"}, {"name": "Mallory"}, {"is_active": False}])
def test_an_owner_that_history_does_not_know_is_refused(given: Path, tmp_path: Path, columns: Any):
    owner = _owner_of(given)
    path = forged(given, tmp_path / "forged.zip", {"data/core_person.jsonl": each(only(owner, columns))})
    assert "says of " in refusal(path)


def _owner_of(given: Path) -> str:
    rows = {name: content for name, content in data(given).items() if name.endswith(".jsonl")}
    role = [json.loads(line) for line in rows["data/core_membership.jsonl"].splitlines()]
    [owner] = [row["person_id"] for row in role if row["role"] == "owner"]
    people = [json.loads(line) for line in rows["data/core_person.jsonl"].splitlines()]
    return next(row["name"] for row in people if row["id"] == owner)


def test_who_is_known_by_an_invitation_alone_has_its_email(given: Path, tmp_path: Path):
    mallory = each(only("Noor Haddad", {"email": "mallory@evil.example"}))
    assert "Noor Haddad (mallory@evil.example)" in refusal(
        forged(given, tmp_path / "forged.zip", {"data/core_person.jsonl": mallory})
    )


def test_an_owner_whose_history_was_taken_out_is_refused(given: Path, tmp_path: Path):
    owner = _owner_of(given)

    def without(content: bytes) -> bytes:
        return b"".join(line for line in content.splitlines(True) if json.loads(line)["name"] != owner)

    def fewer(row: dict[str, Any]) -> None:
        row["rows"]["core_person_history"] = len(without(data(given)["data/core_person_history.jsonl"]).splitlines())

    changes = {"data/core_person_history.jsonl": without, **about(fewer)}
    said = refusal(forged(given, tmp_path / "forged.zip", changes))
    assert said.startswith(("Not everything in this export is right", "This export says of"))


def test_a_role_that_the_ledger_does_not_bind_is_refused(given: Path, tmp_path: Path):
    owners = each(lambda row: row.update(role="owner"))
    said = refusal(forged(given, tmp_path / "forged.zip", {"data/core_membership.jsonl": owners}))
    assert said.startswith(
        "Not everything in this export is right, so nothing was brought in.\nThe history does not fit"
    )


def test_a_seal_under_another_fingerprint_is_refused(given: Path, tmp_path: Path):
    other = each(lambda row: row.update(fingerprint="a" * 64))
    path = forged(given, tmp_path / "forged.zip", {"data/core_sealcertificate.jsonl": other})
    assert refusal(path) == imported.OTHER_SEAL


def test_exactly_the_one_practice_that_it_names(given: Path, tmp_path: Path):
    def two(content: bytes) -> bytes:
        other = json.loads(content) | {"id": 77, "uid": "zzzzzzzzzzzz", "name": "Other"}
        return content + json.dumps(other).encode() + b"\n"

    def more(row: dict[str, Any]) -> None:
        row["rows"]["core_practice"] += 1

    twice = forged(given, tmp_path / "two.zip", {"data/core_practice.jsonl": two, **about(more)})
    away = each(lambda row: row.update(uid="../../../../"))
    path = forged(given, tmp_path / "away.zip", {"data/core_practice.jsonl": away})
    assert (refusal(twice), refusal(path)) == (import_practice.NOT_ONE, import_practice.NOT_ONE)


def test_rows_that_point_nowhere_are_refused(given: Path, tmp_path: Path):
    nowhere = each(lambda row: row.update(practice_id=4711))
    path = forged(given, tmp_path / "forged.zip", {"data/core_storedfile.jsonl": nowhere})
    assert "The rows of this file do not fit the tables here" in refusal(path)


@pytest.mark.parametrize("line", [b"[1]", b"{", b'{"id": 1e400}', b'{"no": 1}', b'{"name": "\\ud800"}', b"\xff", b"7"])
def test_a_line_that_is_no_row_is_refused(given: Path, tmp_path: Path, line: bytes):
    for name in ("core_person", "core_reminder", "vendors_vendor"):
        path = forged(given, tmp_path / f"{name}.zip", {f"data/{name}.jsonl": lambda content: line + b"\n"})
        assert refusal(path).startswith(("The rows of this file", "This export is damaged"))


OTHER_RELEASES = [
    lambda row: row.update(format=2),
    lambda row: row["migrations"].append("core.0009_later"),
]


@pytest.mark.parametrize("change", OTHER_RELEASES)
def test_an_export_of_another_release_is_refused(given: Path, tmp_path: Path, change: Any):
    said = refusal(forged(given, tmp_path / "other.zip", about(change)))
    assert said.startswith("This file was made by")


SAYS_NOTHING = [
    lambda row: row.pop("kind"),
    lambda row: row.update(format="1"),
    lambda row: row.update(practice_uid="../../x"),
    lambda row: row.update(migrations=None),
    lambda row: row.update(rows=[]),
    lambda row: row.update(missing=["a"]),
    lambda row: row.pop("made_at"),
]


@pytest.mark.parametrize("change", SAYS_NOTHING)
def test_a_format_that_says_something_else_is_no_export(given: Path, tmp_path: Path, change: Any):
    assert refusal(forged(given, tmp_path / "other.zip", about(change))) == opened_export.NO_EXPORT


@pytest.mark.parametrize("content", [b"", b"not json", b"[]", b"7", b"[" * 200_000, b"\xff"])
def test_a_format_that_is_none_is_no_export(given: Path, tmp_path: Path, content: bytes):
    path = forged(given, tmp_path / "other.zip", {"format.json": lambda old: content})
    assert refusal(path) == opened_export.NO_EXPORT


def test_nothing_is_read_without_an_end(given: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("format.json", "SHA256SUMS"):
        with monkeypatch.context() as little:
            little.setitem(opened_export.LARGEST, name, 100)
            assert refusal(given) == opened_export.TOO_LARGE % name
    monkeypatch.setattr(opened_export, "LONGEST_LINE", 100)
    assert refusal(given).startswith("This export holds a file that is larger than any that we write (data/")


def test_a_list_of_hashes_that_cannot_be_read_is_refused(given: Path, tmp_path: Path):
    path = forged(given, tmp_path / "other.zip", {"sums": lambda old: b"\xff\xfe" + old})
    assert refusal(path) == opened_export.CHANGED % "the list of files"


@pytest.mark.parametrize(("flag", "packed"), [(1, 8), (0, 12), (0, 99)])
def test_what_is_encrypted_or_packed_another_way_is_no_export(given: Path, flag: int, packed: int):
    """In the list at the end of the file, as another program would have written it."""
    whole = bytearray(given.read_bytes())
    at = whole.index(b"PK\x01\x02")
    whole[at + 8] |= flag
    whole[at + 10 : at + 12] = packed.to_bytes(2, "little")
    given.write_bytes(whole)
    assert refusal(given) == opened_export.NO_EXPORT


def test_a_name_that_is_there_twice_is_refused(given: Path):
    with zipfile.ZipFile(given, "a") as target, pytest.warns(UserWarning, match="Duplicate name"):
        target.writestr("data/core_person.jsonl", b"")
    assert refusal(given) == opened_export.CHANGED % "the list of files"


def test_one_changed_byte_is_refused_in_a_sentence(given: Path, tmp_path: Path):
    whole = given.read_bytes()
    with zipfile.ZipFile(given) as zipped:
        members = [each for each in zipped.infolist() if each.compress_size > 40]
    for member in members[::4]:
        spoilt = bytearray(whole)
        name, extra = (int.from_bytes(whole[member.header_offset + at :][:2], "little") for at in (26, 28))
        spoilt[member.header_offset + 30 + name + extra + member.compress_size // 2] ^= 0x55
        (tmp_path / "spoilt.zip").write_bytes(spoilt)
        assert refusal(tmp_path / "spoilt.zip").startswith("This export is damaged")


def spoiled(name: str, content: bytes) -> bytes:
    return content.replace(b"Claridesk", b"Claridusk") if name == "data/vendors_vendor.jsonl" else content


def without_evidence(name: str, content: bytes) -> bytes | None:
    return None if name.startswith("files/") else content


@pytest.mark.parametrize("harm", [spoiled, without_evidence])
def test_what_was_changed_on_the_way_is_refused(given: Path, tmp_path: Path, harm: Any):
    path = changed(given, tmp_path / "changed.zip", harm)
    with pytest.raises(CommandError, match="Nothing was brought in"):
        brought(path)
    assert sum(tables.count(model, using="default") for model in tables.kept_models()) == 0


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"words"])
def test_any_other_file_is_no_export(content: bytes, tmp_path: Path):
    (tmp_path / "other.zip").write_bytes(content)
    with pytest.raises(CommandError) as refused:
        brought(tmp_path / "other.zip")
    assert str(refused.value) == opened_export.NO_EXPORT
