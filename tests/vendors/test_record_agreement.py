"""Recording an agreement: once, with dates that can be, and only with what is the vendor's own."""

from datetime import date

import pytest
import time_machine

from practice_vetting.core import ledger
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import LedgerEntry
from tests.factories import make_evidence, make_tool, make_vendor
from tests.files import pdf, upload
from vendors.actions.agreements import record_agreement
from vendors.models import Agreement

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_in_november")]

FORM_ID = "6f0c7d7e-2f5b-4a4e-9f0b-0d7a5d2f6a11"


@pytest.fixture
def _in_november():
    with time_machine.travel("2026-11-21T18:00:00Z", tick=False):
        yield


@pytest.fixture
def vendor(cast):
    return make_vendor(practice=cast.practice)


def told(**changes: object) -> dict[str, object]:
    given = {
        "form_id": FORM_ID,
        "kind_of": "baa",
        "vendor_party": "Notewell Health, Inc.",
        "practice_signed_on": "2026-10-01",
        "vendor_signed_on": "2026-10-03",
        "effective_on": "2026-10-01",
        "ends_on": "2028-09-30",
        "plan": "Clinic plan",
        "tools": [],
        "evidence": "",
        "next_review_on": "",
    }
    return {**given, **changes}


def send(client, vendor, **changes):
    return client.post(f"/vendors/{vendor.uid}/agreements/add/", told(**changes))


def test_the_page_offers_the_tools_and_files_of_this_vendor_alone(cast, vendor, browse):
    tool, evidence = make_tool(vendor=vendor), make_evidence(vendor=vendor, checked_by=cast.officer)
    other = make_vendor(practice=cast.practice, name="ChatSpark")
    make_tool(vendor=other, name="ChatSpark Desk")
    page = browse(cast.officer).get(f"/vendors/{vendor.uid}/agreements/add/")
    form = page.context["form"]
    assert (page.status_code, form.errors) == (200, {})
    assert form.fields["tools"].choices == [(tool.uid, "Notewell Scribe")]
    assert form.fields["evidence"].choices == [("", "No file yet"), (evidence.uid, "E-01 Signed BAA")]


def test_it_keeps_what_the_officer_took_from_the_document(cast, vendor, browse):
    tool, evidence = make_tool(vendor=vendor), make_evidence(vendor=vendor, checked_by=cast.officer)
    response = send(browse(cast.officer), vendor, tools=[tool.uid], evidence=evidence.uid)
    agreement = Agreement.objects.get()
    assert (response.status_code, response.headers["Location"]) == (302, f"/agreements/{agreement.uid}/")
    assert (agreement.vendor_party, agreement.plan, agreement.executed_on, agreement.ends_on) == (
        "Notewell Health, Inc.",
        "Clinic plan",
        date(2026, 10, 3),
        date(2028, 9, 30),
    )
    assert ([each.uid for each in agreement.tools.all()], agreement.evidence) == ([tool.uid], evidence)
    assert (agreement.clause_list, agreement.practice) == ("2026-1", cast.practice)


def test_the_next_review_is_a_year_after_the_later_signature_unless_told(cast, vendor):
    facts = {"practice_signed_on": date(2026, 10, 1), "vendor_signed_on": date(2026, 10, 3)}
    usual = record_agreement(vendor=vendor, by=cast.officer, **facts)
    chosen = record_agreement(vendor=vendor, by=cast.officer, next_review_on=date(2027, 3, 1), **facts)
    unsigned = record_agreement(vendor=vendor, by=cast.officer)
    assert [each.next_review_on for each in (usual, chosen, unsigned)] == [
        date(2027, 10, 3),
        date(2027, 3, 1),
        None,
    ]


def test_it_is_told_in_the_ledger_and_in_the_history_by_name(cast, vendor):
    tool = make_tool(vendor=vendor)
    agreement = record_agreement(vendor=vendor, by=cast.officer, tools=[tool])
    entry = LedgerEntry.objects.get(verb="agreement.recorded")
    assert (entry.person_name, entry.record_uid, entry.detail) == (
        "Dana Okafor",
        agreement.uid,
        {"tools": ["Notewell Scribe"]},
    )
    assert {row.history_user for row in agreement.history.all()} == {cast.officer}


def test_the_same_form_sent_twice_makes_one_agreement(cast, vendor, browse):
    client = browse(cast.officer)
    assert [send(client, vendor).headers["Location"] for _ in range(2)] == [
        f"/agreements/{Agreement.objects.get().uid}/"
    ] * 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"practice_signed_on": "2026-11-22"}, "practice_signed_on"),
        ({"vendor_signed_on": "2027-01-01"}, "vendor_signed_on"),
        ({"ends_on": "2026-10-02"}, "vendor_signed_on"),
        ({"ends_on": "2026-09-01", "practice_signed_on": "", "vendor_signed_on": ""}, "ends_on"),
        ({"next_review_on": "2026-10-02"}, "next_review_on"),
        ({"practice_signed_on": "0026-10-01"}, "practice_signed_on"),
        ({"ends_on": "2128-09-30"}, "ends_on"),
        ({"effective_on": "2026-02-30"}, "effective_on"),
        ({"kind_of": "contract"}, "kind_of"),
        ({"plan": "x" * 201}, "plan"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_nothing_typed_is_lost(cast, vendor, browse, changes, field):
    response = send(browse(cast.officer), vendor, **changes)
    assert (response.status_code, Agreement.objects.count()) == (422, 0)
    assert list(response.context["form"].errors) == [field]
    assert "Notewell Health, Inc." in response.content.decode()


def test_signed_on_the_last_day_and_reviewed_on_the_day_of_signing_can_be(cast, vendor, browse):
    dates = {"ends_on": "2026-10-03", "next_review_on": "2026-10-03", "vendor_signed_on": "2026-10-03"}
    assert send(browse(cast.officer), vendor, **dates).status_code == 302


def test_a_tool_or_a_file_of_another_practice_is_refused(cast, strangers, vendor, browse):
    theirs = make_vendor(practice=strangers.practice)
    tool, evidence = make_tool(vendor=theirs), make_evidence(vendor=theirs, checked_by=strangers.officer)
    response = send(browse(cast.officer), vendor, tools=[tool.uid], evidence=evidence.uid)
    assert (response.status_code, Agreement.objects.count()) == (422, 0)
    assert sorted(response.context["form"].errors) == ["evidence", "tools"]


def test_the_action_itself_refuses_what_is_another_vendors(cast, strangers, vendor):
    theirs = make_vendor(practice=strangers.practice)
    for fact in (
        {"tools": [make_tool(vendor=theirs)]},
        {"evidence": make_evidence(vendor=theirs, checked_by=strangers.officer)},
    ):
        with pytest.raises(Refused, match="another vendor"):
            record_agreement(vendor=vendor, by=cast.officer, **fact)
    assert Agreement.objects.count() == 0


def test_the_signed_file_may_come_with_it_and_becomes_evidence(cast, vendor, browse):
    client = browse(cast.officer)
    send(client, vendor, file=upload(pdf(), "baa.pdf"), no_patient_data="on")
    evidence = Agreement.objects.get().evidence
    assert (evidence.label, evidence.title, evidence.kind_of, evidence.vendor) == (
        "E-01",
        "baa",
        "agreement",
        vendor,
    )


def test_the_same_file_again_is_linked_and_not_kept_twice(cast, vendor, browse):
    client, content = browse(cast.officer), pdf()
    for form_id in (FORM_ID, FORM_ID.replace("6f", "7f")):
        send(client, vendor, form_id=form_id, file=upload(content, "baa.pdf"), no_patient_data="on")
    assert [each.evidence.label for each in Agreement.objects.all()] == ["E-01", "E-01"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"file": upload(b"", "baa.pdf"), "no_patient_data": "on"}, "file"),
        ({"file": upload(b"plain words", "baa.pdf"), "no_patient_data": "on"}, "file"),
        ({"file": upload(b"%PDF-1.7", "baa.pdf")}, "no_patient_data"),
    ],
)
def test_a_bad_file_or_a_file_nobody_vouches_for_is_refused_with_the_rest_kept(cast, vendor, browse, given, field):
    response = send(browse(cast.officer), vendor, **given)
    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert (Agreement.objects.count(), "Clinic plan" in response.content.decode()) == (0, True)


def test_no_agreement_is_added_to_a_vendor_that_has_ended(cast, browse):
    vendor = make_vendor(practice=cast.practice, ended_on=date(2026, 11, 1), end_reason="Closed down.")
    response = send(browse(cast.officer), vendor)
    assert (response.status_code, Agreement.objects.count()) == (422, 0)


@pytest.mark.parametrize("role", ["staff", "auditor"])
def test_only_owner_and_officer_may_record(cast, vendor, browse, role):
    client = browse(getattr(cast, role))
    assert send(client, vendor).status_code == 403
    assert client.get(f"/vendors/{vendor.uid}/agreements/add/").status_code == 403


def test_another_practices_vendor_is_not_found(cast, strangers, browse):
    theirs = make_vendor(practice=strangers.practice)
    assert send(browse(cast.owner), theirs).status_code == 404


def test_a_broken_ledger_leaves_no_agreement(cast, vendor, monkeypatch):
    def broken(unit: object):
        raise OSError("disk full")

    monkeypatch.setattr(ledger, "_append", broken)
    with pytest.raises(OSError, match="disk full"):
        record_agreement(vendor=vendor, by=cast.officer)
    assert Agreement.objects.count() == 0
