"""One page of all that happened in the practice, from its ledger."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client

from practice_vetting.core import clock, history, ledger
from practice_vetting.core.accounts.notices import Where
from practice_vetting.core.accounts.sign_ins import sign_in
from practice_vetting.core.actions import action
from practice_vetting.core.models import HistoryCheck, Person
from practice_vetting.core.people import change_practice
from practice_vetting.core.records import kinds
from tests.conftest import Cast
from tests.factories import arranging, make_agreement, make_tool, make_vendor
from vendors.models import Vendor

pytestmark = pytest.mark.django_db


@action("test.happened", says="looked at")
def happen(*, vendor: Vendor, by: Person | None, **detail: object) -> None:
    ledger.record(vendor, **detail)


@action("test.tried", says="tried")
def try_out(*, tool: object, by: Person | None) -> None:
    ledger.record(tool)


def sentences(page: history.Pages) -> list[str]:
    return [f"{told.entry.person_name} {told.says} {told.label}".strip() for told in page.entries]


def shown(client: Client, **filters: object) -> list[str]:
    response = client.get("/history/", filters)
    assert response.status_code == 200
    return sentences(response.context["page"])


@pytest.fixture
def vendor(cast: Cast) -> Vendor:
    return make_vendor(practice=cast.practice)


def test_each_entry_is_a_sentence_that_links_to_the_record(cast: Cast, vendor: Vendor, browse):
    happen(vendor=vendor, by=cast.officer)
    response = browse(cast.auditor).get("/history/")
    [told] = response.context["page"].entries
    assert (told.entry.person_name, told.says, told.label) == ("Dana Okafor", "looked at", "Notewell")
    assert told.url == f"/vendors/{vendor.uid}/"
    assert f'<a href="/vendors/{vendor.uid}/">Notewell</a>' in response.content.decode()


def test_the_newest_stands_first_and_what_the_product_did_bears_its_name(cast: Cast, vendor: Vendor, browse):
    happen(vendor=vendor, by=cast.officer)
    happen(vendor=vendor, by=None)
    assert shown(browse(cast.owner)) == ["Practice Vetting looked at Notewell", "Dana Okafor looked at Notewell"]


def test_a_name_is_not_said_twice(cast: Cast, browse):
    sign_in(by=cast.officer, where=Where())
    assert shown(browse(cast.owner)) == ["Dana Okafor signed in"]


def test_changes_reasons_and_standings_are_told_under_the_sentence(cast: Cast, vendor: Vendor):
    happen(vendor=vendor, by=None, changed=["contact_email", "gone_field"], reason="They moved.")
    happen(vendor=vendor, by=None, before="in_evaluation", after="cleared", headline="Cleared: 5 of 5 met")
    happen(vendor=vendor, by=None, before="stopped", after="stopped", headline="Stopped: requirement 2 failed")
    happen(vendor=vendor, by=None, before="", after="proposed", headline="Proposed")
    assert [told.lines for told in history.read(cast.practice, {}, before=None, after=None).entries] == [
        ["Proposed"],
        ["Stopped: requirement 2 failed"],
        ["From in evaluation to cleared. Cleared: 5 of 5 met"],
        ["Changed: their e-mail, gone field.", "Reason: They moved."],
    ]


def test_a_change_links_to_what_it_changed_field_by_field(cast: Cast, vendor: Vendor):
    happen(vendor=vendor, by=cast.officer, changed=["name"])
    [told] = history.read(cast.practice, {}, before=None, after=None).entries
    assert told.changes_url == f"/history/vendor/{vendor.uid}/"


def test_what_has_no_page_of_its_own_leads_to_the_record_above_it(cast: Cast, vendor: Vendor):
    try_out(tool=make_tool(vendor=vendor), by=cast.officer)
    [told] = history.read(cast.practice, {}, before=None, after=None).entries
    assert told.url == f"/vendors/{vendor.uid}/"


def test_an_entry_about_another_record_leads_to_that_one(cast: Cast, vendor: Vendor):
    agreement = make_agreement(vendor=vendor)
    happen(vendor=vendor, by=None, about=["agreement", agreement.uid])
    [told] = history.read(cast.practice, {}, before=None, after=None).entries
    assert told.url == f"/agreements/{agreement.uid}/"


@pytest.fixture
def three(cast: Cast, vendor: Vendor) -> None:
    other = make_vendor(practice=cast.practice, name="Calmdesk")
    with clock.set_to(datetime(2026, 11, 9, 14, tzinfo=UTC)):
        happen(vendor=vendor, by=cast.officer)
    with clock.set_to(datetime(2026, 11, 10, 3, tzinfo=UTC)):  # still the evening of the 9th in New York
        try_out(tool=make_tool(vendor=other, name="Calm Scheduler"), by=cast.owner)
    with clock.set_to(datetime(2026, 11, 11, 14, tzinfo=UTC)):
        happen(vendor=other, by=None)


FIRST, SECOND, THIRD = (
    "Dana Okafor looked at Notewell",
    "Maria Reyes tried Calm Scheduler",
    "Practice Vetting looked at Calmdesk",
)


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ({}, [THIRD, SECOND, FIRST]),
        ({"kind": "tool"}, [SECOND]),
        ({"verb": "test.happened"}, [THIRD, FIRST]),
        ({"words": "calm"}, [THIRD, SECOND]),
        ({"person": "-"}, [THIRD]),
        ({"since": "2026-11-10"}, [THIRD]),
        ({"until": "2026-11-09"}, [SECOND, FIRST]),
        ({"since": "2026-11-09", "until": "2026-11-10", "kind": "vendor"}, [FIRST]),
    ],
)
@pytest.mark.usefixtures("three")
def test_filters_leave_what_fits(cast: Cast, browse, filters: dict[str, str], left: list[str]):
    assert shown(browse(cast.owner), **filters) == left


@pytest.mark.usefixtures("three")
def test_one_persons_acts_can_be_read_alone(cast: Cast, browse):
    assert shown(browse(cast.owner), person=cast.officer.uid) == [FIRST]


@pytest.mark.usefixtures("three")
def test_nothing_that_fits_is_said_plainly(cast: Cast, browse):
    response = browse(cast.owner).get("/history/?words=nobody")
    assert "Nothing happened that fits these filters." in response.content.decode()


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ({"since": "soon", "words": "Notewell"}, "This is not a date. Write it like 2026-11-09."),
        ({"since": "2026-11-10", "until": "2026-11-09", "words": "Notewell"}, "This day is before the first one."),
        ({"kind": "unicorn", "words": "Notewell"}, "Choose one from the list."),
    ],
)
def test_a_filter_that_cannot_be_is_told_and_what_was_typed_stays(cast: Cast, browse, filters, words: str):
    response = browse(cast.owner).get("/history/", filters)
    assert (response.status_code, words in response.content.decode()) == (422, True)
    assert 'value="Notewell"' in response.content.decode()


def test_a_person_of_another_practice_cannot_be_filtered_by(cast: Cast, strangers: Cast, browse):
    assert browse(cast.owner).get("/history/", {"person": strangers.owner.uid}).status_code == 422


def test_one_can_go_on_and_back_page_by_page(cast: Cast, vendor: Vendor, browse, monkeypatch):
    monkeypatch.setattr(history, "PAGE", 50)
    for number in range(120):
        happen(vendor=vendor, by=None, number=number)
    client, url, seen = browse(cast.owner), "/history/", []
    while url:
        page = client.get(url)
        seen.append([told.entry.seq for told in page.context["page"].entries])
        url = page.context["pages"]["next_url"] and "/history/" + page.context["pages"]["next_url"]
    assert seen == [list(range(120, 70, -1)), list(range(70, 20, -1)), list(range(20, 0, -1))]
    back = client.get("/history/" + page.context["pages"]["previous_url"])
    assert [told.entry.seq for told in back.context["page"].entries] == seen[1]
    first = client.get("/history/" + back.context["pages"]["previous_url"])
    assert ([told.entry.seq for told in first.context["page"].entries], first.context["pages"]["previous_url"]) == (
        seen[0],
        "",
    )


def test_the_next_page_keeps_the_filters(cast: Cast, vendor: Vendor, browse):
    for _ in range(history.PAGE + 1):
        happen(vendor=vendor, by=None)
    page = browse(cast.owner).get("/history/", {"kind": "vendor", "before": "junk"})
    assert page.context["pages"]["next_url"] == "?kind=vendor&before=2"


def test_it_asks_as_often_for_three_as_for_one(cast: Cast, vendor: Vendor, django_assert_num_queries):
    tool = make_tool(vendor=vendor)
    try_out(tool=tool, by=cast.officer)
    with django_assert_num_queries(2):
        history.read(cast.practice, {}, before=None, after=None)
    for name in ("Two", "Three"):
        try_out(tool=make_tool(vendor=make_vendor(practice=cast.practice, name=name), name=name), by=cast.officer)
    with django_assert_num_queries(2):
        assert len(history.read(cast.practice, {}, before=None, after=None).entries) == 3


def test_nothing_of_another_practice_appears(cast: Cast, strangers: Cast, browse):
    happen(vendor=make_vendor(practice=strangers.practice, name="Elsewhere"), by=strangers.officer)
    response = browse(cast.owner).get("/history/")
    assert response.context["page"].entries == []
    assert b"Elsewhere" not in response.content


def test_staff_may_not_read_it(cast: Cast, browse):
    assert browse(cast.staff).get("/history/").status_code == 403


def test_a_change_of_the_practice_is_told_too(cast: Cast, browse):
    change_practice(practice=cast.practice, by=cast.owner, version=1, time_zone="America/Denver")
    client = browse(cast.owner)
    told = client.get("/history/").context["page"].entries[-1]
    assert (told.lines, told.changes_url) == (
        ["Changed: time zone."],
        f"/history/practice/{cast.practice.uid}/",
    )
    assert b"America/Denver" in client.get(told.changes_url).content


def test_every_kind_with_a_page_is_a_kind_that_exists(settings):
    named = {*settings.RECORD_PAGES, *settings.RECORD_CHILDREN}
    named |= {kind for children in settings.RECORD_CHILDREN.values() for kind in children}
    assert named - kinds().keys() == set()


def test_words_that_a_person_typed_are_text(cast: Cast, browse):
    with arranging():
        evil = make_vendor(practice=cast.practice, name="<script>alert(1)</script>")
    happen(vendor=evil, by=cast.officer, reason="<img src=x>")
    page = browse(cast.owner).get("/history/").content
    assert (b"<script>alert" in page, b"<img" in page) == (False, False)


def test_days_are_those_of_the_practice(cast: Cast, three, browse):
    page = browse(cast.owner).get("/history/", {"kind": "tool"}).content.decode()
    assert "9 Nov 2026, 22:00" in page
    assert date(2026, 11, 9).isoformat() in page


@pytest.mark.parametrize(
    ("days", "problem", "words"),
    [
        (0, "", ': all fits. <span class="small">12 entries, 34 rows of history and 5 files.'),
        (3, "", "The nightly check has stopped."),
        (0, "entry 5, vendor abc: It was changed.", "Not everything is as it was recorded"),
    ],
)
def test_it_says_when_all_of_it_was_last_compared(cast: Cast, browse, days: int, problem: str, words: str):
    at = clock.now() - timedelta(days=days)
    HistoryCheck.objects.create(practice=cast.practice, checked_at=at, entries=12, rows=34, files=5, problem=problem)
    page = " ".join(browse(cast.auditor).get("/history/").content.decode().split())
    assert (words in page, problem in page) == (True, True)


def test_between_two_days_one_goes_on_by_the_moments_of_the_entries(cast: Cast, vendor: Vendor, browse, monkeypatch):
    """The clock was set back between two of them: the numbers go on, the moments do not, and no entry is lost."""
    monkeypatch.setattr(history, "PAGE", 2)
    for hour in (12, 15, 13, 14, 16):
        with clock.set_to(datetime(2026, 11, 9, hour, tzinfo=UTC)):
            happen(vendor=vendor, by=None)
    filters, seen, before = {"since": date(2026, 11, 9), "until": date(2026, 11, 9)}, [], None
    while True:
        page = history.read(cast.practice, filters, before=before, after=None)
        seen += [told.entry.seq for told in page.entries]
        before = page.older_than
        if before is None:
            break
    assert seen == [5, 2, 4, 3, 1]
    back = history.read(cast.practice, filters, before=None, after=3)
    assert [told.entry.seq for told in back.entries] == [2, 4]


#: how each list of the last entries is asked for, and the columns that its index has to be found by
NEWEST = [
    ({}, "practice_uid=?"),
    ({"person": "abcdefghjkmn"}, "practice_uid=? AND person_uid=?"),
    ({"verb": "vendor.changed"}, "practice_uid=? AND verb=?"),
    ({"kind": "vendor"}, "practice_uid=? AND record_kind=?"),
    ({"since": date(2026, 11, 1)}, "practice_uid=? AND at>?"),
    ({"until": date(2026, 11, 9)}, "practice_uid=? AND at<?"),
]


@pytest.mark.parametrize(("filters", "found_by"), NEWEST)
def test_an_index_leads_to_the_newest_entries_and_no_other_is_sorted(cast: Cast, filters, found_by):
    order = ("-at", "-seq") if filters.keys() & {"since", "until"} else ("-seq",)
    plan = history.filtered(cast.practice, filters).order_by(*order)[:50].explain()
    if connection.vendor == "sqlite":
        assert f"({found_by}" in plan
        assert "TEMP B-TREE FOR ORDER BY" not in plan
