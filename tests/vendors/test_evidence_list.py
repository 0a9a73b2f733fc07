"""The evidence of a practice, as a list and one by one."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests import files as made
from tests.conftest import Cast
from vendors.actions.evidence import add_evidence
from vendors.evidence_age import Age, age
from vendors.models import Evidence, Vendor

Browse = Callable[..., Client]


@pytest.fixture
def notewell(cast: Cast) -> Vendor:
    return make_vendor(cast, "Notewell")


def make_vendor(cast: Cast, name: str) -> Vendor:
    vendor = factories.make_vendor(practice=cast.practice, name=name)
    factories.make_standing(vendor=vendor)
    return vendor


def add(vendor: Vendor, by: Any, title: str, *, days: int | None = None, **facts: Any) -> Evidence:
    """Evidence that counts for so many more days."""
    ends = None if days is None else vendor.practice.today() + timedelta(days=days)
    accepted = made.accepted(f"{vendor.name} {title}".encode(), f"{title}.csv")
    return add_evidence(
        vendor=vendor, by=by, accepted=accepted, title=title, expires_on=ends, no_patient_data=True, **facts
    )


def titles(response: Any) -> list[str]:
    return [evidence.title for evidence in response.context["evidence_list"]]


@pytest.fixture
def three(cast: Cast, notewell: Vendor) -> list[Evidence]:
    return [
        add(notewell, cast.officer, "Old policy", days=-3),
        add(notewell, cast.officer, "Access policy", days=20),
        add(make_vendor(cast, "Claridesk"), cast.officer, "Exit plan"),
    ]


def test_every_role_sees_it_newest_first(cast: Cast, browse: Browse, three: list[Evidence]) -> None:
    for person in [cast.owner, cast.officer, cast.staff, cast.auditor]:
        response = browse(person).get("/evidence/")
        assert (response.status_code, titles(response)) == (200, ["Exit plan", "Access policy", "Old policy"])
    assert [evidence.used_in for evidence in response.context["evidence_list"]] == [0, 0, 0]
    page = response.content.decode()
    assert ("expired 3 days ago" in page, "expires in 20 days" in page) == (True, True)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("q=policy", ["Access policy", "Old policy"]),
        ("q=claridesk", ["Exit plan"]),
        ("q=e-02", ["Access policy"]),
        ("q=policy+access", ["Access policy"]),
        ("q=nothing+like+it", []),
        ("show=expired", ["Old policy"]),
        ("show=expiring", ["Access policy"]),
        ("show=bogus", ["Exit plan", "Access policy", "Old policy"]),
        ("show=expired&q=access", []),
        ("page=99", ["Exit plan", "Access policy", "Old policy"]),
        ("q=%00", ["Exit plan", "Access policy", "Old policy"]),
    ],
)
def test_it_is_searched_and_filtered(
    cast: Cast, browse: Browse, three: list[Evidence], asked: str, found: list[str]
) -> None:
    assert titles(browse(cast.officer).get(f"/evidence/?{asked}")) == found


def test_it_is_narrowed_to_one_vendor(cast: Cast, browse: Browse, three: list[Evidence]) -> None:
    response = browse(cast.officer).get(f"/evidence/?vendor={three[2].vendor.uid}")
    assert titles(response) == ["Exit plan"]
    assert [vendor.name for vendor in response.context["vendors"]] == ["Claridesk", "Notewell"]


def test_nothing_of_another_practice_appears(
    cast: Cast, strangers: Cast, browse: Browse, three: list[Evidence]
) -> None:
    page = browse(strangers.owner).get("/evidence/").content.decode()
    assert [word in page for word in ["Old policy", "Notewell", "No evidence yet"]] == [False, False, True]
    addresses = [f"/evidence/{three[0].uid}/", f"/evidence/{three[0].uid}/download/"]
    assert [browse(strangers.owner).get(address).status_code for address in addresses] == [404, 404]


def test_fifty_stand_on_a_page(cast: Cast, browse: Browse, notewell: Vendor, monkeypatch: Any) -> None:
    monkeypatch.setattr("vendors.views.evidence.PER_PAGE", 2)
    for title in ["First", "Second", "Third"]:
        add(notewell, cast.officer, title)
    first = browse(cast.officer).get("/evidence/?q=notewell")
    assert (titles(first), first.context["pages"]) == (
        ["Third", "Second"],
        {"previous_url": "", "next_url": "?q=notewell&page=2", "summary": "1 to 2 of 3 documents"},
    )
    assert titles(browse(cast.officer).get("/evidence/?q=notewell&page=2")) == ["First"]


def test_the_list_asks_as_often_with_three_as_with_one(cast: Cast, browse: Browse, notewell: Vendor) -> None:
    counts = []
    client = browse(cast.officer)
    client.get("/evidence/")
    for number in range(3):
        add(notewell, cast.officer, f"Policy {number}")
        with CaptureQueriesContext(connection) as queries:
            client.get("/evidence/")
        counts.append(len(queries))
    assert counts[2] == counts[0]


def test_one_document_tells_all_of_itself(cast: Cast, browse: Browse, three: list[Evidence]) -> None:
    page = browse(cast.auditor).get(f"/evidence/{three[0].uid}/").content.decode()
    told = [
        three[0].file.sha256,
        "that it contains no patient information.",
        "This document expired 3 days ago.",
        "Nowhere yet.",
    ]
    assert [words in page for words in told] == [True] * 4
    assert f"/evidence/{three[0].uid}/change/" not in page


def test_it_names_the_agreements_it_belongs_to(cast: Cast, browse: Browse, three: list[Evidence]) -> None:
    agreement = factories.make_agreement(vendor=three[0].vendor, evidence=three[0])
    page = browse(cast.officer).get(f"/evidence/{three[0].uid}/").content.decode()
    assert f'<a href="/agreements/{agreement.uid}/">' in page


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (None, Age("", "")),
        (31, Age("", "")),
        (30, Age("soon", "expires in 30 days")),
        (1, Age("soon", "expires tomorrow")),
        (0, Age("soon", "last day today")),
        (-1, Age("late", "expired yesterday")),
        (-1200, Age("late", "expired 1,200 days ago")),
    ],
)
def test_the_last_day_still_counts(cast: Cast, days: int | None, expected: Age) -> None:
    today = cast.practice.today()
    assert age(None if days is None else today + timedelta(days=days), today) == expected
