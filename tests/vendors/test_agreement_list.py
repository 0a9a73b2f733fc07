"""The list of agreements, and the page of one: who sees what, in which order, at what price."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import make_agreement, make_tool, make_vendor

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 21)
SIGNED = {"practice_signed_on": date(2025, 10, 1), "vendor_signed_on": date(2025, 10, 3)}


@pytest.fixture(autouse=True)
def _in_november():
    with time_machine.travel("2026-11-21T18:00:00Z", tick=False):
        yield


def vendor_with(practice, name, **columns):
    vendor = make_vendor(practice=practice, name=name)
    make_tool(vendor=vendor, name=f"{name} tool")
    make_agreement(vendor=vendor, **{**SIGNED, **columns})
    return vendor


@pytest.fixture
def several(cast):
    for name, columns in {
        "Late": {"next_review_on": TODAY - timedelta(days=12)},
        "Soon": {"next_review_on": TODAY + timedelta(days=60)},
        "Far": {"next_review_on": TODAY + timedelta(days=61)},
        "Undated": {"practice_signed_on": None, "vendor_signed_on": None},
        "Ran out": {"ends_on": TODAY - timedelta(days=1), "next_review_on": TODAY + timedelta(days=90)},
        "Ended": {"ended_on": TODAY, "end_reason": "Replaced.", "next_review_on": TODAY - timedelta(days=90)},
    }.items():
        vendor_with(cast.practice, name, **columns)


def names(response):
    return [agreement.vendor.name for agreement in response.context["agreements"]]


@pytest.mark.parametrize(
    ("show", "expected"),
    [
        ("", ["Late", "Soon", "Far", "Undated", "Ended", "Ran out"]),
        ("soon", ["Soon"]),
        ("draft", ["Undated"]),
        ("in-force", ["Soon", "Far"]),
        ("review-due", ["Late"]),
        ("lapsed", []),
        ("ended", ["Ended", "Ran out"]),
        ("nonsense", ["Late", "Soon", "Far", "Undated", "Ended", "Ran out"]),
    ],
)
def test_the_next_review_comes_first_and_what_is_over_last(cast, several, browse, show, expected):
    assert names(browse(cast.auditor).get("/agreements/", {"show": show})) == expected


def test_lateness_is_said_in_days(cast, several, browse):
    assert '<span class="late">12 days late</span>' in browse(cast.staff).get("/agreements/").content.decode()


def test_nothing_of_another_practice_is_in_it(cast, strangers, browse):
    vendor_with(strangers.practice, "Quiet vendor")
    response = browse(cast.owner).get("/agreements/")
    assert (names(response), "Quiet" in response.content.decode()) == ([], False)


def test_an_empty_list_says_what_will_be_here_and_an_empty_filter_how_to_leave_it(cast, browse):
    client = browse(cast.officer)
    assert "No agreements yet" in client.get("/agreements/").content.decode()
    assert "Show all agreements" in client.get("/agreements/?show=lapsed").content.decode()


def test_fifty_a_page(cast, browse):
    vendor = make_vendor(practice=cast.practice)
    for _ in range(51):
        make_agreement(vendor=vendor)
    client = browse(cast.officer)
    first, second = client.get("/agreements/"), client.get("/agreements/?page=2")
    assert (len(names(first)), len(names(second))) == (50, 1)
    assert (first.context["pages"]["next_url"], second.context["pages"]["summary"]) == (
        "?page=2",
        "51 to 51 of 51 agreements",
    )


def queries(act) -> int:
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)


def test_three_agreements_cost_as_many_queries_as_one(cast, browse):
    client = browse(cast.officer)
    vendor_with(cast.practice, "One")
    client.get("/agreements/")
    few = queries(lambda: client.get("/agreements/"))
    for name in ("Two", "Three"):
        vendor_with(cast.practice, name)
    assert (queries(lambda: client.get("/agreements/")), few) == (8, 8)


@pytest.mark.parametrize("person", ["owner", "officer", "staff", "auditor"])
def test_everybody_reads_and_only_owner_and_officer_find_buttons(cast, browse, person):
    agreement = vendor_with(cast.practice, "One").agreements.get()
    page = browse(getattr(cast, person)).get(f"/agreements/{agreement.uid}/").content.decode()
    assert (f"/agreements/{agreement.uid}/change/" in page, "data-autosave" in page) == (
        (person in {"owner", "officer"},) * 2
    )


def test_a_tool_that_no_agreement_covers_is_said_with_its_vendor(cast, browse):
    vendor = vendor_with(cast.practice, "One")
    make_tool(vendor=vendor, name="Billing")
    make_tool(vendor=vendor, name="Rota", data_classes=[])
    page = browse(cast.staff).get("/agreements/")
    assert [tool.name for tool in page.context["uncovered"]] == ["Billing"]
    assert f'<a href="/vendors/{vendor.uid}/#agreements">Billing</a> (One)' in page.content.decode()
