"""Recording what a vendor shows of what 42 CFR Part 2 asks."""

from collections.abc import Callable

import pytest
from django.test import Client

from checklists.topics import topics_of
from tests.conftest import Cast
from tests.factories import change, make_evidence, make_tool, make_vendor
from vendors.models import Part2Check, Vendor

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
Browse = Callable[..., Client]
SHOWN = {"version": 0, "status": "shown", "note": "Clause 4 of the rider", "evidence": ""}


@pytest.fixture
def vendor(cast: Cast) -> Vendor:
    found = make_vendor(practice=cast.practice)
    make_tool(vendor=found, part2=True)
    return found


def address(vendor: Vendor, code: str = "P02") -> str:
    return f"/vendors/{vendor.uid}/part2/{code}/"


def test_what_was_found_is_kept_with_its_document(cast: Cast, browse: Browse, vendor: Vendor):
    evidence = make_evidence(vendor=vendor, checked_by=cast.officer)
    page = browse(cast.officer).post(address(vendor), {**SHOWN, "evidence": evidence.uid})
    check = Part2Check.objects.get()
    assert page.headers["Location"] == f"/vendors/{vendor.uid}/part2/#P02"
    assert (check.code, check.status, check.evidence, check.checked_by) == ("P02", "shown", evidence, cast.officer)


def test_save_then_the_next(cast: Cast, browse: Browse, vendor: Vendor):
    client = browse(cast.officer)
    assert client.post(address(vendor), {**SHOWN, "next": "1"}).headers["Location"] == address(vendor, "P03")
    assert client.post(address(vendor, "P20"), {**SHOWN, "next": "1"}).headers["Location"].endswith("/part2/#P20")


def test_that_it_does_not_apply_needs_a_reason(cast: Cast, browse: Browse, vendor: Vendor):
    page = browse(cast.officer).post(address(vendor), {**SHOWN, "status": "does_not_apply", "note": ""})
    assert (page.status_code, list(page.context["form"].errors), Part2Check.objects.count()) == (422, ["note"], 0)


def test_the_second_of_two_people_sees_both_texts(cast: Cast, browse: Browse, vendor: Vendor):
    client = browse(cast.officer)
    client.post(address(vendor), SHOWN)
    client.post(address(vendor), {**SHOWN, "version": 1, "status": "not_shown", "note": "Theirs"})
    page = client.post(address(vendor), {**SHOWN, "version": 1, "note": "Mine"})
    assert (page.status_code, "Theirs" in page.text, "Mine" in page.text) == (409, True, True)


def test_an_unknown_check_is_not_found(cast: Cast, browse: Browse, vendor: Vendor):
    assert browse(cast.officer).get(address(vendor, "P99")).status_code == 404


def test_the_page_counts_them_and_asks_nothing_where_part_2_does_not_reach(cast: Cast, browse: Browse, vendor: Vendor):
    client = browse(cast.officer)
    client.post(address(vendor), {**SHOWN, "status": "not_shown"})
    page = client.get(f"/vendors/{vendor.uid}/part2/").text
    assert [words in page for words in ("1 not shown", "19 not asked", "B50 and B51")] == [True, True, True]
    change(vendor.tools.get(), part2=False)
    assert "then these checks are not needed" in client.get(f"/vendors/{vendor.uid}/part2/").text.lower()


def test_the_vendors_page_has_a_line_only_where_part_2_may_apply(cast: Cast, browse: Browse, vendor: Vendor):
    today = cast.practice.today()
    lines = [(topic.says, topic.tone) for topic in topics_of(vendor, today) if topic.title == "Part 2 checks"]
    assert lines == [("20 left to ask", "open")]
    browse(cast.officer).post(address(vendor), {**SHOWN, "status": "not_shown"})
    assert [topic.says for topic in topics_of(vendor, today) if topic.title == "Part 2 checks"] == ["1 not shown"]
    change(vendor.tools.get(), part2=False)
    assert [topic for topic in topics_of(vendor, today) if topic.title == "Part 2 checks"] == []


def test_a_vendor_without_a_tool_for_such_records_is_not_asked_although_the_practice_is_a_program(
    cast: Cast, vendor: Vendor
):
    change(vendor.tools.get(), part2=False)
    change(cast.practice, part2=True)
    found = Vendor.objects.get(pk=vendor.pk)
    lines = [(topic.says, topic.tone) for topic in topics_of(found, cast.practice.today())]
    assert ("Not needed: no substance-use records", "") in lines
