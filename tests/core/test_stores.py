"""What the environment says of database, cache, files and keys becomes the settings that stand for it."""

import re
from pathlib import Path
from typing import Any

import pytest

from practice_vetting import stores
from practice_vetting.core.archive import scratch
from practice_vetting.core.supervisor import ROOT

DATA = Path("/data")
URL = "postgres://vetting:secret@db.example:5432/vetting"
S3 = {"S3_BUCKET": "files", "S3_ENDPOINT": "http://127.0.0.1:9000"}
SHARED = {**S3, "SECRET_KEY": "x", "KEYS_DIR": "/shared/keys"}


def options(**environment: str) -> dict[str, Any]:
    found = stores.databases({"DATABASE_URL": URL, **environment}, DATA)["default"]["OPTIONS"]
    assert isinstance(found, dict)
    return found


def test_without_an_environment_everything_lies_in_the_folder():
    assert stores.databases({}, DATA)["default"]["NAME"] == "/data/practice.sqlite3"
    kept: dict[str, Any] = stores.storages({}, DATA)
    places = {name: kept[name]["OPTIONS"]["location"] for name in ("default", "held")}
    assert places == {"default": DATA / "files", "held": DATA / "held"}
    assert (stores.not_shared({}), stores.keys_dir({}, DATA)) == ([], DATA / "keys")


def test_only_the_web_server_keeps_the_file_of_sqlite_open_and_for_a_minute():
    found = [stores.databases(asked, DATA)["default"].get("CONN_MAX_AGE", 0) for asked in ({}, {"SERVES_PAGES": "1"})]
    assert found == [0, 60]


def test_a_page_gives_up_on_a_busy_database_within_five_seconds_and_long_work_does_not():
    page, work = options(SERVES_PAGES="1"), options()
    assert page["options"] == (
        "-c lock_timeout=4000 -c statement_timeout=20000 -c idle_in_transaction_session_timeout=60000"
    )
    assert work["options"] == "-c lock_timeout=15000"
    assert [each["pool"]["timeout"] for each in (page, work)] == [3, 15]


def test_the_pool_is_as_large_as_the_environment_says():
    assert [each["pool"]["max_size"] for each in (options(), options(DATABASE_POOL="3"))] == [8, 3]


def test_what_the_address_of_the_database_asks_for_is_kept():
    assert options(DATABASE_URL=f"{URL}?sslmode=verify-full")["sslmode"] == "verify-full"


def test_a_secret_may_lie_in_a_file(tmp_path: Path):
    (tmp_path / "url").write_text(f"{URL}\n")
    found = stores.databases({"DATABASE_URL_FILE": str(tmp_path / "url")}, DATA)["default"]
    assert (found["HOST"], found["PASSWORD"]) == ("db.example", "secret")


def test_a_secret_whose_file_is_not_there_is_no_empty_secret():
    with pytest.raises(FileNotFoundError):
        stores.secret({"SECRET_KEY_FILE": "/nowhere/key"}, "SECRET_KEY")


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        (SHARED, []),
        ({**S3, "SECRET_KEY_FILE": "/run/key", "SEAL_PKCS12": "/run/seal.p12"}, []),
        (S3, ["SECRET_KEY", "KEYS_DIR"]),
        ({**SHARED, "AWS_ACCESS_KEY_ID": "x"}, ["AWS_ACCESS_KEY_ID"]),
        ({"S3_ENDPOINT": "http://127.0.0.1:9000"}, ["S3_ENDPOINT"]),
        ({**SHARED, "S3_ENDPOINT": "http://files.example.org:9000"}, ["http://"]),
        ({**SHARED, "S3_ENDPOINT": "https://files.example.org"}, []),
    ],
)
def test_machines_that_share_files_must_share_their_keys(environment: dict[str, str], named: list[str]):
    wrong = stores.not_shared(environment)
    assert len(wrong) == len(named)
    assert all(name in sentence for name, sentence in zip(named, wrong, strict=True))


def test_a_restore_that_is_tried_out_knows_nothing_of_what_is_shared():
    assert set(stores.NAMES) <= set(scratch._OURS)


#: everything that differs between a folder and a bucket stands in one file; tests may look where they like
ABOUT_FOLDERS = re.compile(r"default_storage\.(path|location|save|url)\b|FileSystemStorage|storages\[")
MAY = {"practice_vetting/core/files/store.py", "practice_vetting/core/files/held.py"}


def test_nobody_else_believes_that_files_lie_on_this_machine():
    rooms = [ROOT / "practice_vetting" / "core", ROOT / "vendors", ROOT / "checklists"]
    found = {path for room in rooms for path in room.rglob("*.py") if ABOUT_FOLDERS.search(path.read_text())}
    assert {str(path.relative_to(ROOT)) for path in found} == MAY
