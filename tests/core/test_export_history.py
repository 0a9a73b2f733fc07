"""The history as a file: what is in it, who may take it away, and that this is told."""

import csv
import io
from typing import Any

import pytest

from practice_vetting.core import spreadsheet
from practice_vetting.core.models import LedgerEntry
from practice_vetting.core.roles import Role
from tests.conftest import Cast
from tests.factories import arranging, change, make_vendor
from vendors.actions.vendors import add_vendor

URL = "/history/export/"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("Notewell", "Notewell"),
        ("", ""),
        (None, ""),
        ("=1+1", "'=1+1"),
        ("+1 555 0100", "'+1 555 0100"),
        ("-2", "'-2"),
        (-2, "-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("  =1", "'  =1"),
        ("＝1+1", "'＝1+1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠SUM", "'＠SUM"),
        ("\u00a0=1", "'\u00a0=1"),
        ("\ufeff=1", "'=1"),
        ("\0=1", "'=1"),
        ("|cmd", "'|cmd"),
        ("a=1", "a=1"),
        ("it's", "it's"),
        ("Łódź 株式会社", "Łódź 株式会社"),
    ],
)
def test_a_cell_holds_text_and_nothing_that_runs(value: Any, kept: str):
    assert spreadsheet.cell(value) == kept


def test_quotes_commas_and_breaks_stay_inside_their_cell():
    rows = [['She said "yes", twice', "two\r\nlines"], ["a;b", "c,d"]]
    written = b"".join(spreadsheet.lines(["One", "Two"], rows))
    assert written.startswith(b'\xef\xbb\xbf"One","Two"\r\n"She said ""yes"", twice"')
    assert list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline=""))) == [["One", "Two"], *rows]


pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def table(response: Any) -> list[dict[str, str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture
def told(cast: Cast) -> None:
    """Two entries: a vendor named like a formula, and another."""
    for name in ('=HYPERLINK("http://elsewhere.example")', "Notewell"):
        add_vendor(practice=cast.practice, by=cast.officer, name=name)


@pytest.mark.usefixtures("told")
def test_every_entry_is_a_row_oldest_first(cast: Cast, browse: Any):
    rows = table(browse(cast.owner).post(URL))
    entries = LedgerEntry.objects.filter(practice_uid=cast.practice.uid).exclude(verb="history.exported")
    assert [row["Number"] for row in rows] == [str(entry.seq) for entry in entries.order_by("seq")]
    first = rows[0]
    assert (first["Person"], first["Verb"], first["Time zone"]) == ("Dana Okafor", "vendor.added", "America/New_York")
    assert first["To what"].startswith("'=HYPERLINK")


@pytest.mark.usefixtures("told")
def test_the_filters_of_the_page_apply(cast: Cast, browse: Any):
    client = browse(cast.owner)
    assert 'name="words" value="Notewell"' in client.get("/history/?words=Notewell").content.decode()
    rows = table(client.post(URL, {"words": "Notewell", "verb": "vendor.added"}))
    assert [row["To what"] for row in rows] == ["Notewell"]


@pytest.mark.usefixtures("told")
def test_it_is_told_with_the_filter_and_the_number_of_rows(cast: Cast, browse: Any):
    browse(cast.auditor).post(URL, {"words": "Notewell", "since": "2026-01-01"})
    entry = LedgerEntry.objects.get(verb="history.exported")
    assert entry.person_uid == cast.auditor.uid
    assert entry.detail["filters"] == {"words": "Notewell", "since": "2026-01-01"}
    assert entry.detail["rows"] == LedgerEntry.objects.filter(record_label__icontains="Notewell").count()


def test_a_wrong_filter_takes_nothing_away(cast: Cast, browse: Any):
    response = browse(cast.owner).post(URL, {"since": "yesterday"})
    assert (response.status_code, LedgerEntry.objects.filter(verb="history.exported").count()) == (422, 0)


def test_looking_at_the_address_takes_nothing_away(cast: Cast, browse: Any):
    assert browse(cast.owner).get(URL).status_code == 405


@pytest.mark.parametrize(("role", "status"), [("owner", 200), ("officer", 200), ("auditor", 200), ("staff", 403)])
def test_who_may(cast: Cast, browse: Any, role: str, status: int):
    client = browse(getattr(cast, Role(role)))
    assert client.post(URL).status_code == status


@pytest.mark.usefixtures("told")
def test_the_button_is_for_whom_it_works(cast: Cast, browse: Any):
    assert "Download all of it" in browse(cast.auditor).get("/history/").content.decode()


def test_nothing_of_another_practice_is_in_it(cast: Cast, strangers: Cast, browse: Any):
    add_vendor(practice=strangers.practice, by=strangers.officer, name="Theirs")
    with arranging():
        make_vendor(practice=strangers.practice, name="Theirs too")
    assert [row for row in table(browse(cast.owner).post(URL, {"words": "Theirs"}))] == []


def test_the_name_of_the_file_is_one_word_of_a_header(cast: Cast, browse: Any):
    change(cast.practice, name='Evil"\r\nSet-Cookie: a=b; ../../Łódź\u202e')
    header = browse(cast.owner).post(URL).headers["Content-Disposition"]
    assert header.startswith("attachment; filename*=utf-8''")
    assert not set('"\r\n/\\;') & set(header.partition("''")[2])
