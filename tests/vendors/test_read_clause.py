"""Reading the clauses: each saved by itself, with and without a script, and two people lose nothing."""

from datetime import date

import pytest
import time_machine

from practice_vetting.core.errors import Refused
from practice_vetting.core.models import LedgerEntry
from tests.factories import arranging, change, make_agreement, make_tool, make_vendor
from vendors.actions import clauses
from vendors.actions.clauses import read_clause
from vendors.clause_sheet import sheet_of
from vendors.models import Agreement, ClauseReading

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 21)


@pytest.fixture(autouse=True)
def _in_november():
    with time_machine.travel("2026-11-21T19:02:00Z", tick=False):
        yield


@pytest.fixture
def agreement(cast):
    return make_agreement(vendor=make_vendor(practice=cast.practice), tools=[])


def send(client, agreement, code="B07", *, htmx=True, **changes):
    given = {"version": 0, "status": "present", "page": "4", "quote": "Vendor shall report any breach.", **changes}
    headers = {"HX-Request": "true"} if htmx else {}
    return client.post(f"/agreements/{agreement.uid}/clauses/{code}/", given, headers=headers)


def read(agreement, by, **changes):
    facts = {"code": "B07", "version": 0, "status": "present", **changes}
    return read_clause(agreement=agreement, by=by, on=TODAY, **facts)


def test_a_change_is_saved_by_itself_and_says_when_by_the_practices_clock(cast, agreement, browse):
    response = send(browse(cast.officer), agreement)
    reading = ClauseReading.objects.get()
    assert (reading.code, reading.status, reading.page, reading.quote) == (
        "B07",
        "present",
        "4",
        "Vendor shall report any breach.",
    )
    assert (reading.read_by, reading.read_on, reading.version) == (cast.officer, TODAY, 1)
    page = response.content.decode()
    assert (response.status_code, "Saved 14:02" in page) == (200, True)


def test_the_answer_carries_the_new_version_the_state_and_how_far_the_reading_is(cast, agreement, browse):
    page = send(browse(cast.officer), agreement).content.decode()
    assert '<input type="hidden" name="version" value="1">' in page
    assert '<span class="state met" id="state-B07" hx-swap-oob="true">Present</span>' in page
    assert "1 of 15 present, 14 not read" in page


def test_without_a_script_the_page_comes_back_at_the_same_clause(cast, agreement, browse):
    response = send(browse(cast.officer), agreement, htmx=False)
    assert (response.status_code, response.headers["Location"]) == (302, f"/agreements/{agreement.uid}/#B07")


def test_each_save_is_told_in_the_ledger_with_what_was_found_before(cast, agreement, browse):
    client = browse(cast.officer)
    send(client, agreement)
    send(client, agreement, version=1, status="absent", quote="")
    assert [each.detail for each in LedgerEntry.objects.filter(verb="clause.read").order_by("seq")] == [
        {"found": "present", "before": ""},
        {"found": "absent", "before": "present"},
    ]
    assert [row.status for row in ClauseReading.objects.get().history.all()] == ["absent", "present"]


def test_only_a_new_finding_judges_the_vendor_again(cast, agreement, monkeypatch):
    judged = []
    monkeypatch.setattr(clauses, "rejudge", judged.append)
    read(agreement, cast.officer)
    read(agreement, cast.officer, version=1, page="5")
    read(agreement, cast.officer, version=2, status="partial")
    assert judged == [agreement.vendor] * 2


def test_the_second_of_two_people_sees_both_texts(cast, agreement, browse):
    read(agreement, cast.owner, status="absent", quote="Not found anywhere.")
    response = send(browse(cast.officer), agreement, quote="It is on page four.")
    page = response.content.decode()
    assert (response.status_code, ClauseReading.objects.get().status) == (409, "absent")
    assert ["Maria Reyes read this clause" in page, "Not found anywhere." in page, "It is on page four." in page] == [
        True
    ] * 3


def test_without_a_script_the_conflict_keeps_what_was_typed_in_its_field(cast, agreement, browse):
    read(agreement, cast.owner, status="absent", quote="Not found anywhere.")
    response = send(browse(cast.officer), agreement, htmx=False, quote="It is on page four.")
    row = response.context["sheet"].row("B07")
    assert (response.status_code, row.shown["quote"], row.version, row.theirs.version) == (
        409,
        "It is on page four.",
        "0",
        1,
    )


@pytest.mark.parametrize(("keep", "status", "version"), [("mine", "present", 2), ("theirs", "absent", 1)])
def test_then_they_choose_which_text_stands(cast, agreement, browse, keep, status, version):
    read(agreement, cast.owner, status="absent")
    response = send(browse(cast.officer), agreement, htmx=False, keep=keep, theirs=1)
    reading = ClauseReading.objects.get()
    assert (response.status_code, reading.status, reading.version) == (302, status, version)


def test_choosing_mine_over_a_text_that_changed_again_asks_again(cast, agreement, browse):
    read(agreement, cast.owner, status="absent")
    read(agreement, cast.owner, version=1, status="partial")
    response = send(browse(cast.officer), agreement, keep="mine", theirs=1)
    assert (response.status_code, ClauseReading.objects.get().status) == (409, "partial")


def test_the_same_form_sent_twice_is_no_conflict_and_one_reading(cast, agreement, browse):
    client = browse(cast.officer)
    assert [send(client, agreement).status_code for _ in range(2)] == [200, 200]
    assert ClauseReading.objects.get().version == 1


@pytest.mark.parametrize(
    ("code", "changes", "sentence"),
    [
        ("B07", {"status": ""}, "Choose whether it is there. Then this is saved."),
        ("B07", {"status": "maybe"}, "Choose whether it is there. Then this is saved."),
        ("B07", {"status": "does_not_apply"}, "This clause applies to every agreement. Choose one of the other three."),
        ("B13", {"status": "does_not_apply"}, "Say why it does not apply. Then this is saved."),
        ("B07", {"quote": "x" * 2001}, "Keep this to 2000 characters. It has 2001 now."),
        ("B07", {"version": "7"}, "Load this page again, then save the clause once more."),
    ],
)
def test_what_cannot_be_kept_is_refused_and_stays_in_its_field(cast, agreement, browse, code, changes, sentence):
    client = browse(cast.officer)
    fragment = send(client, agreement, code, **changes)
    page = send(client, agreement, code, htmx=False, **changes)
    row = page.context["sheet"].row(code)
    assert (fragment.status_code, page.status_code, ClauseReading.objects.count()) == (422, 422, 0)
    assert (sentence in fragment.content.decode(), row.error) == (True, sentence)
    assert row.shown["page"] == "4"


def test_a_clause_that_may_not_apply_is_set_aside_with_a_reason(cast, agreement, browse):
    send(browse(cast.officer), agreement, "B13", status="does_not_apply", reason="It does no task of ours.")
    sheet = sheet_of(agreement, part2=False)
    assert (sheet.row("B13").label, sheet.parts[0].tally) == (
        "Does not apply",
        "0 of 15 present, 1 does not apply, 14 not read",
    )


def test_an_ended_agreement_is_read_no_more(cast, browse):
    ended = make_agreement(
        vendor=make_vendor(practice=cast.practice), ended_on=date(2026, 11, 1), end_reason="Replaced."
    )
    assert send(browse(cast.officer), ended).status_code == 422
    with pytest.raises(Refused, match="has ended"):
        read(ended, cast.officer)


@pytest.mark.parametrize(("practice_part2", "tool_part2"), [(False, False), (True, False), (False, True)])
def test_part_2_clauses_are_asked_only_where_such_records_may_reach_the_vendor(
    cast, browse, practice_part2, tool_part2
):
    change(cast.practice, part2=practice_part2)
    vendor = make_vendor(practice=cast.practice)
    make_tool(vendor=vendor, part2=tool_part2)
    page = browse(cast.officer).get(f"/agreements/{make_agreement(vendor=vendor).uid}/")
    keys = [part.group.key for part in page.context["sheet"].parts]
    assert ("part2" in keys) == (practice_part2 or tool_part2)


def test_the_summary_counts_and_leads_to_the_first_clause_nobody_read(cast, agreement):
    for code, status in {"B01": "present", "B02": "absent", "B05": "partial"}.items():
        read(agreement, cast.officer, code=code, status=status)
    sheet = sheet_of(agreement, part2=False)
    assert sheet.parts[0].tally == "1 of 15 present, 1 partly there, 1 absent, 12 not read"
    assert (sheet.next_unread.clause.code, sheet.parts[0].seal) == ("B06", "failed")


def test_an_agreement_read_in_full_has_nothing_unread(cast, agreement):
    for part in sheet_of(agreement, part2=True).parts:
        for row in part.rows:
            with arranging(cast.officer):
                ClauseReading(
                    practice=cast.practice, agreement=agreement, code=row.clause.code, status="present",
                    days=10 if row.clause.code == "B19" else None,
                    read_by=cast.officer, read_on=TODAY,
                ).save()  # fmt: skip
    sheet = sheet_of(agreement, part2=True)
    assert (sheet.next_unread, [part.seal for part in sheet.parts]) == (None, ["met"] * 4)


def test_a_right_that_is_left_out_is_no_gap(cast, agreement):
    for code, status in {"B03": "present", "B04": "absent", "B31": "absent"}.items():
        read(agreement, cast.officer, code=code, status=status)
    sheet = sheet_of(agreement, part2=False)
    [rights] = [part for part in sheet.parts if part.group.key == "if-written"]
    assert (rights.tally, rights.seal) == ("1 granted with limits, 2 left out", "met")
    assert [row.tone for row in rights.rows] == ["met"] * 3


def test_a_right_that_reaches_too_far_stays_open(cast, agreement):
    read(agreement, cast.officer, code="B04", status="partial")
    [rights] = [part for part in sheet_of(agreement, part2=False).parts if part.group.key == "if-written"]
    assert (rights.tally, rights.seal) == ("1 too wide, 2 not read", "open")


@pytest.fixture
def rider(cast):
    """A QSOA in force beside the agreement, on the same tool."""
    vendor = make_vendor(practice=cast.practice, name="Claridesk")
    make_tool(vendor=vendor, part2=True)
    signed = {"practice_signed_on": date(2026, 3, 3), "vendor_signed_on": date(2026, 3, 1)}
    return make_agreement(vendor=vendor, kind_of="qsoa", **signed)


def kept(agreement, browse, person):
    parts = browse(person).get(f"/agreements/{agreement.uid}/").context["sheet"].parts
    return {part.group.key: part.tally for part in parts if part.kept_in}


def test_part_2_clauses_are_left_to_the_agreement_that_is_there_for_them(cast, browse, rider):
    baa = make_agreement(vendor=rider.vendor, practice_signed_on=date(2026, 2, 1), vendor_signed_on=date(2026, 2, 1))
    assert kept(baa, browse, cast.officer) == {"part2": "Kept in the QSOA of 3 Mar 2026"}
    assert kept(rider, browse, cast.officer) == dict.fromkeys(
        ["rule", "if-written", "good-practice"], "Kept in the BAA of 1 Feb 2026"
    )


def test_one_that_is_over_or_covers_other_tools_keeps_nothing(cast, browse, rider):
    baa = make_agreement(vendor=rider.vendor)
    with arranging():
        rider.tools.clear()
    assert kept(baa, browse, cast.officer) == {}
    with arranging():
        rider.tools.set(rider.vendor.tools.all())
    rider.ended_on, rider.end_reason = date(2026, 4, 1), "Replaced."
    with arranging():
        rider.save()
    assert kept(baa, browse, cast.officer) == {}


def test_clauses_that_are_read_here_are_shown_here(cast, browse, rider):
    baa = make_agreement(vendor=rider.vendor)
    read(baa, cast.officer, code="B50")
    assert kept(baa, browse, cast.officer) == {}


def test_a_clause_that_is_read_folds_up_and_one_that_is_refused_does_not(cast, agreement, browse):
    read(agreement, cast.officer, quote="Vendor shall report.", page="4")
    client = browse(cast.officer)
    page = client.get(f"/agreements/{agreement.uid}/").content.decode()
    assert (page.count('<details class="edit">'), "Page 4: “Vendor shall report.”" in page) == (1, True)
    refused = send(client, agreement, htmx=False, version=1, quote="x" * 2001).content.decode()
    assert (refused.count('<details class="edit">'), refused.count('<details class="edit" open>')) == (0, 1)


@pytest.mark.parametrize(("person", "status"), [("staff", 403), ("auditor", 403), ("owner", 200)])
def test_who_may_read_for_the_practice(cast, agreement, browse, person, status):
    assert send(browse(getattr(cast, person)), agreement).status_code == status


def test_an_auditor_sees_what_was_found_and_no_form(cast, agreement, browse):
    read(agreement, cast.officer, quote="Vendor shall report any breach.", page="4")
    page = browse(cast.auditor).get(f"/agreements/{agreement.uid}/").content.decode()
    assert ("Vendor shall report any breach." in page, 'name="quote"' in page) == (True, False)


def test_another_practices_agreement_and_an_unknown_clause_are_not_found(cast, strangers, agreement, browse):
    assert send(browse(strangers.owner), agreement).status_code == 404
    assert send(browse(cast.owner), agreement, "B99").status_code == 404
    assert browse(cast.owner).get(f"/agreements/{agreement.uid}/clauses/B07/").status_code == 405


def test_what_was_typed_is_shown_and_never_run(cast, agreement, browse):
    read(agreement, cast.officer, quote="<script>alert(1)</script>")
    page = browse(cast.officer).get(f"/agreements/{agreement.uid}/").content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert Agreement.objects.get().version == 1
