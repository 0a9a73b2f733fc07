"""The vendor list: searched, filtered, sorted and paged in SQL, at the same cost for one row and for fifty."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.conftest import Cast
from vendors import queries
from vendors.models import Vendor
from vendors.queries import Listing
from vendors.views import vendor_rows

Browse = Callable[..., Client]
Names = Callable[[str], list[str]]
URL = "/vendors/"


def put(cast: Cast, name: str, state: str = "proposed", **columns: object) -> Vendor:
    vendor = factories.make_vendor(practice=cast.practice, name=name, summary=str(columns.pop("summary", "")))
    factories.make_standing(vendor=vendor, state=state, **columns)
    return vendor


@pytest.fixture
def names(cast: Cast, browse: Browse) -> Names:
    """The names that the list shows for a query string, in their order."""
    client = browse(cast.auditor)
    return lambda query: [row.name for row in client.get(URL + query).context["rows"]]


@pytest.fixture
def four(cast: Cast) -> None:
    today = cast.practice.today()
    put(
        cast,
        "claridesk",
        "cleared",
        agreement_signed_on=date(2025, 11, 9),
        next_review_on=today - timedelta(days=12),
    )
    put(
        cast,
        "Notewell",
        "in_evaluation",
        met_count=3,
        agreement_signed_on=date(2026, 11, 3),
        summary="Drafts notes",
    )
    spark = put(cast, "ChatSpark", "stopped", in_use_not_cleared=True)
    factories.make_tool(vendor=spark, name="Talk Assistant")
    put(cast, "Tidewater", "in_evaluation", next_review_on=today + timedelta(days=20))


def test_every_role_reads_it(cast: Cast, browse: Browse, four: None):
    people = (cast.owner, cast.officer, cast.staff, cast.auditor)
    assert [browse(who).get(URL).status_code for who in people] == [200] * 4


def test_who_is_not_signed_in_is_asked_to(cast: Cast, client: Client):
    assert client.get(URL).headers["Location"] == "/sign-in/?next=/vendors/"


def test_nothing_of_another_practice_appears(cast: Cast, strangers: Cast, names: Names):
    put(strangers, "Secret Pines Billing")
    assert (names(""), names("?q=Secret"), names("?show=proposed")) == ([], [], [])


def test_a_row_says_what_its_colours_say(cast: Cast, browse: Browse, four: None):
    rows = {row.name: row for row in browse(cast.officer).get(URL).context["rows"]}
    late, soon, loud = rows["claridesk"], rows["Tidewater"], rows["ChatSpark"]
    assert (late.state_label, late.agreement, late.review_class, late.review_words) == (
        "Cleared",
        "9 Nov 2025",
        "late",
        "12 days late",
    )
    assert (soon.review_class, soon.review_words, rows["Notewell"].met) == (
        "soon",
        "in 20 days",
        "3 of 5 met",
    )
    assert (loud.loud, late.loud) == (True, False)


def test_a_loud_vendor_is_marked_in_its_row(cast: Cast, browse: Browse, four: None):
    page = browse(cast.officer).get(URL).content.decode()
    assert page.count('<span class="state failed">In use but not cleared</span>') == 1


def test_the_seals_say_their_states_in_words(cast: Cast, browse: Browse):
    states = ["met", "open", "failed", "not_applicable", "met"]
    put(cast, "Notewell", "stopped", seals=[{"number": n, "state": s} for n, s in enumerate(states, 1)])
    page = browse(cast.officer).get(URL).content.decode()
    assert 'aria-label="Requirements: 1 met, 2 open, 3 failed, 4 does not apply, 5 met"' in page


@pytest.mark.parametrize(
    ("day", "words"), [(-1, "1 day late"), (0, "due today"), (1, "tomorrow"), (30, "in 30 days"), (31, "")]
)
def test_a_review_is_told_in_days_when_it_is_near(cast: Cast, browse: Browse, day: int, words: str):
    put(cast, "Notewell", next_review_on=cast.practice.today() + timedelta(days=day))
    assert browse(cast.officer).get(URL).context["rows"][0].review_words == words


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=NOTE", ["Notewell"]),
        ("?q=drafts", ["Notewell"]),
        ("?q=assistant", ["ChatSpark"]),
        ("?q=spark+talk", ["ChatSpark"]),
        ("?q=spark+notes", []),
        ("?q=%25", []),
        ("?q=%00note", ["Notewell"]),
        ("?show=in_evaluation", ["Notewell", "Tidewater"]),
        ("?show=in_evaluation&q=tide", ["Tidewater"]),
        ("?show=in-use-not-cleared", ["ChatSpark"]),
        ("?show=ended", []),
        ("?show=made-up&sort=-made-up", ["ChatSpark", "claridesk", "Notewell", "Tidewater"]),
    ],
)
def test_search_and_filters_find(names: Names, four: None, query: str, found: list[str]):
    assert names(query) == found


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("name", ["ChatSpark", "claridesk", "Notewell", "Tidewater"]),
        ("-name", ["Tidewater", "Notewell", "claridesk", "ChatSpark"]),
        ("standing", ["claridesk", "Notewell", "Tidewater", "ChatSpark"]),
        ("-standing", ["ChatSpark", "Notewell", "Tidewater", "claridesk"]),
        ("agreement", ["claridesk", "Notewell", "ChatSpark", "Tidewater"]),
        ("-agreement", ["Notewell", "claridesk", "ChatSpark", "Tidewater"]),
        ("review", ["claridesk", "Tidewater", "Notewell", "ChatSpark"]),
        ("-review", ["Tidewater", "claridesk", "Notewell", "ChatSpark"]),
    ],
)
def test_it_sorts_and_empty_dates_stand_last(names: Names, four: None, sort: str, order: list[str]):
    assert names(f"?sort={sort}") == order


def test_the_sorted_column_says_so_and_its_link_turns_it_round(cast: Cast, browse: Browse, four: None):
    heads = browse(cast.officer).get(URL + "?sort=review&q=e").context["heads"]
    assert [(head["label"], head["url"], head["sorted"]) for head in heads] == [
        ("Vendor", "?q=e", ""),
        ("Five requirements", "", ""),
        ("Standing", "?q=e&sort=standing", ""),
        ("Agreement signed", "?q=e&sort=agreement", ""),
        ("Next review", "?q=e&sort=-review", "ascending"),
    ]


def test_the_chips_count_what_the_search_found(cast: Cast, browse: Browse, four: None):
    chips = browse(cast.officer).get(URL + "?q=t&show=ended").context["chips"]
    assert [(chip["label"], chip["count"], chip["url"], chip["current"]) for chip in chips] == [
        ("All", "3", "?q=t", False),
        ("In use, not cleared", "1", "?q=t&show=in-use-not-cleared", False),
        ("In evaluation", "2", "?q=t&show=in_evaluation", False),
        ("Stopped", "1", "?q=t&show=stopped", False),
        ("Ended", "0", "?q=t&show=ended", True),
    ]


def test_an_empty_list_offers_the_first_step(cast: Cast, browse: Browse):
    assert "Add your first vendor" in browse(cast.officer).get(URL).content.decode()
    assert "Add your first vendor" not in browse(cast.auditor).get(URL).content.decode()


def test_a_search_without_result_names_itself_and_can_be_cleared(cast: Cast, browse: Browse, four: None):
    page = browse(cast.officer).get(URL + "?q=<b>zebra</b>&show=cleared").content.decode()
    assert "Nothing matches “&lt;b&gt;zebra&lt;/b&gt;” among “Cleared”." in page
    assert ("<b>zebra" in page, '<a class="button" href="?">Show all vendors</a>' in page) == (False, True)


def test_a_live_search_gets_the_rows_alone(cast: Cast, browse: Browse, four: None):
    response = browse(cast.officer).get(URL + "?q=note", headers={"HX-Request": "true", "HX-Target": "vendor-rows"})
    page = response.content.decode()
    assert (page.strip().startswith('<div id="vendor-rows">'), "<html" in page) == (True, False)
    assert [row.name for row in response.context["rows"]] == ["Notewell"]
    assert "HX-Target" in response.headers["Vary"]


@pytest.mark.parametrize("sort", ["name", "-name", "standing", "agreement", "-agreement", "review", "-review"])
def test_pages_by_key_show_every_vendor_once_there_and_back(cast: Cast, browse: Browse, sort: str):
    signed = [None, date(2026, 1, 5), date(2026, 2, 5)]
    for n in range(120):
        put(
            cast,
            f"Vendor {n:03}",
            ["cleared", "stopped"][n % 2],
            agreement_signed_on=signed[n % 3],
            next_review_on=signed[n % 3],
        )
    client, there, back, url = browse(cast.officer), [], [], f"?sort={sort}"
    while url:
        last = client.get(URL + url).context
        there.append([row.name for row in last["rows"]])
        url = last["pages"]["next_url"]
    url = last["pages"]["previous_url"]
    while url:
        page = client.get(URL + url).context
        back.append([row.name for row in page["rows"]])
        url = page["pages"]["previous_url"]
    assert [len(names) for names in there] == [50, 50, 20]
    assert len({name for names in there for name in names}) == 120
    assert back == there[1::-1]


def test_a_page_that_lies_beside_nothing_is_the_first(names: Names, four: None):
    assert names("?after=nosuchvendor") == names("")


def test_a_vendor_of_another_practice_is_no_page_mark(cast: Cast, strangers: Cast, names: Names, four: None):
    other = put(strangers, "Mm")
    assert names(f"?after={other.uid}") == names("")


def queries_of(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        client.get(url)
    return len(seen)


@pytest.mark.parametrize(
    ("query", "number"), [("", 6), ("?q=vendor&show=proposed&sort=-review", 6), ("?sort=standing&after={}", 7)]
)
def test_it_costs_the_same_for_one_row_and_for_fifty(cast: Cast, browse: Browse, query: str, number: int):
    client = browse(cast.officer)
    url = URL + query.format(put(cast, "Vendor 0", in_use_not_cleared=True).uid)
    client.get(url)
    one = queries_of(client, url)
    for n in range(1, 60):
        put(cast, f"Vendor {n}", in_use_not_cleared=True)
    assert (one, queries_of(client, url)) == (number, number)


def test_a_part_that_shows_no_banner_does_not_ask_for_it(cast: Cast, browse: Browse, four: None):
    client = browse(cast.officer)
    client.get(URL)
    with CaptureQueriesContext(connection) as seen:
        client.get(URL, headers={"HX-Request": "true", "HX-Target": "vendor-rows"})
    assert len(seen) == 5


def test_above_a_thousand_it_says_that_there_are_more(cast: Cast, browse: Browse, monkeypatch: pytest.MonkeyPatch):
    for module in (queries, vendor_rows):
        monkeypatch.setattr(module, "MOST_COUNTED", 60)
    for n in range(62):
        put(cast, f"Vendor {n}", "cleared" if n else "stopped")
    told = browse(cast.officer).get(URL).context
    chips = [(chip["label"], chip["count"]) for chip in told["chips"]]
    assert chips == [("All", "60+"), ("Cleared", "60+"), ("Stopped", "1")]
    assert told["pages"]["summary"] == "50 of more than 60 vendors"


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("", "vendor_name_once"),
        ("?sort=-name", "vendor_name_once"),
        ("?sort=standing&show=cleared", "vendors_sta_practic_bb4895_idx"),
    ],
)
def test_its_page_follows_an_index(cast: Cast, browse: Browse, query: str, index: str):
    put(cast, "Notewell", "cleared")
    client = browse(cast.officer)
    client.get(URL + query)
    with CaptureQueriesContext(connection) as seen:
        client.get(URL + query)
    asked = next(each["sql"] for each in seen if "LIMIT 51" in each["sql"])
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # of so few rows it would read all
            cursor.execute(
                "SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off"
            )
        cursor.execute(("EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN ") + asked)
        assert index in str(cursor.fetchall())


def test_what_was_asked_is_written_back_into_an_address():
    asked = Listing.asked({"q": "  a  b ", "show": "cleared", "sort": "-name", "after": "xyz"})
    assert asked == Listing(q="a b", show="cleared", sort="-name", after="xyz")
    assert (asked.url(), asked.url(sort="name", q="")) == ("?q=a+b&show=cleared&sort=-name", "?show=cleared")
