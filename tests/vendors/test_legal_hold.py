"""A legal hold keeps everything of a vendor until an owner lifts it."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client

from practice_vetting.core.errors import Refused
from practice_vetting.core.models import LedgerEntry
from tests.conftest import Cast
from tests.factories import make_evidence, make_vendor
from tests.files import accepted, kept, pdf
from vendors.actions.holds import lift_hold, place_hold
from vendors.actions.patient_data import purge_evidence, quarantine_evidence
from vendors.models import Evidence, LegalHold, Vendor
from vendors.standing import rejudge

pytestmark = pytest.mark.django_db
NEW = {"form_id": "0a7c2a52-3f0d-4c53-8a52-5a9d3c1f7e60"}
SENT = {**NEW, "reason": "A lawsuit about\na missed note", "since": "2026-11-01"}


@pytest.fixture
def vendor(cast: Cast) -> Vendor:
    vendor = make_vendor(practice=cast.practice)
    from tests.factories import arranging

    with arranging():
        rejudge(vendor)
    return vendor


def hold_on(vendor: Vendor, cast: Cast) -> LegalHold:
    return place_hold(vendor=vendor, by=cast.officer, reason="A lawsuit", since=date(2026, 11, 1))


def test_an_officer_places_it_and_the_page_says_so_loudly(vendor: Vendor, cast: Cast, browse: Callable[..., Client]):
    client = browse(cast.officer)
    assert client.post(f"/vendors/{vendor.uid}/hold/", SENT).status_code == 302
    page = client.get(f"/vendors/{vendor.uid}/").content.decode()
    assert "Legal hold since 1 Nov 2026." in page
    assert f"Nothing of {vendor.name} may be removed or purged." in page
    assert "Lift this hold" not in page  # an owner does
    entry = LedgerEntry.objects.latest("seq")
    assert (entry.verb, entry.record_label, entry.detail["reason"]) == (
        "hold.placed",
        vendor.name,
        "A lawsuit about\na missed note",
    )


def test_the_same_form_twice_is_one_hold(vendor: Vendor, cast: Cast, browse: Callable[..., Client]):
    for _ in range(2):
        assert browse(cast.officer).post(f"/vendors/{vendor.uid}/hold/", SENT).status_code == 302
    assert vendor.legal_holds.count() == 1


def test_it_counts_from_today_at_the_latest(vendor: Vendor, cast: Cast):
    with pytest.raises(Refused, match="still to come"):
        place_hold(vendor=vendor, by=cast.officer, reason="x", since=cast.practice.today() + timedelta(days=1))


def test_an_owner_lifts_it_with_a_reason_and_it_stays_in_history(vendor: Vendor, cast: Cast, browse):
    hold = hold_on(vendor, cast)
    client, address = browse(cast.owner), f"/holds/{hold.uid}/lift/"
    assert client.post(address, {"version": 1, "reason": " "}).status_code == 422
    assert client.post(address, {"version": 1, "reason": "The case is closed"}).status_code == 302
    hold.refresh_from_db()
    assert (hold.lifted_by, hold.lift_reason) == (cast.owner, "The case is closed")
    assert [row.history_change_reason for row in hold.history.order_by("history_id")] == ["hold.placed", "hold.lifted"]
    assert "Legal hold since" not in client.get(f"/vendors/{vendor.uid}/").content.decode()


@pytest.mark.parametrize("who", ["officer", "staff", "auditor"])
def test_nobody_else_lifts_it(vendor: Vendor, cast: Cast, browse, who: str):
    hold = hold_on(vendor, cast)
    assert browse(getattr(cast, who)).post(f"/holds/{hold.uid}/lift/", {"version": 1, "reason": "x"}).status_code == 403


def test_of_two_who_lift_it_the_second_is_told(vendor: Vendor, cast: Cast):
    hold = hold_on(vendor, cast)
    lift_hold(hold=hold, by=cast.owner, version=1, reason="Closed")
    with pytest.raises(Refused, match="lifted already"):
        lift_hold(hold=hold, by=cast.owner, version=1, reason="Closed")


def test_under_a_hold_no_file_is_purged(vendor: Vendor, cast: Cast):
    file = kept(accepted(pdf(pages=1), "paper.pdf", "application/pdf", 1), cast.practice)
    evidence = make_evidence(vendor=vendor, checked_by=cast.officer, file=file)
    quarantine_evidence(evidence=evidence, by=cast.staff, reason="It names a patient")
    hold = hold_on(vendor, cast)
    with pytest.raises(Refused, match="A legal hold is on Notewell"):
        purge_evidence(evidence=evidence, by=cast.owner, reason="It names a patient")
    assert Evidence.objects.get(pk=evidence.pk).file.purged_at is None
    lift_hold(hold=hold, by=cast.owner, version=1, reason="Closed")
    assert purge_evidence(evidence=evidence, by=cast.owner, reason="It names a patient").file.purged_at is not None


def test_a_hold_of_another_practice_is_not_found(vendor: Vendor, cast: Cast, strangers: Cast, browse):
    hold = hold_on(vendor, cast)
    client = browse(strangers.owner)
    assert client.get(f"/holds/{hold.uid}/lift/").status_code == 404
    assert client.get(f"/vendors/{vendor.uid}/hold/").status_code == 404
