"""The page that says what is kept and how long, and the pages on which two people remove what may go."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from checklists.models import Evaluation
from practice_vetting.core import clock
from practice_vetting.core.models import Person, Removal, RemovalState
from tests.checklists.conftest import cleared, draft
from tests.checklists.gone import DUE, EARLY, second_owner, sign_and_end
from tests.conftest import Cast
from tests.factories import change, make_agreement, make_evidence, make_hold, make_standing, make_tool, make_vendor
from vendors.holding import holds
from vendors.models import Vendor

__all__ = ["cleared", "draft"]  # fixtures
pytestmark = pytest.mark.django_db
NEW = {"form_id": "0a7c2a52-3f0d-4c53-8a52-5a9d3c1f7e60"}
SENT = {**NEW, "typed_name": "Notewell", "reason": "Its time is over"}


@pytest.fixture
def gone(cleared: Evaluation, cast: Cast) -> Vendor:
    return sign_and_end(cleared, cast)


@pytest.fixture
def noor(cast: Cast) -> Person:
    return second_owner(cast)


def text_of(client: Client, address: str = "/kept/") -> str:
    return " ".join(client.get(address).content.decode().split())


def test_an_empty_page_explains_itself(cast: Cast, browse: Callable[..., Client]):
    page = text_of(browse(cast.auditor))
    assert "No vendor has ended yet" in page
    assert "Federal law (HIPAA)" in page
    assert "those of minors neither" in page


@pytest.mark.parametrize(("who", "status"), [("owner", 200), ("officer", 200), ("auditor", 200), ("staff", 403)])
def test_owner_officer_and_auditor_read_it(cast: Cast, browse: Callable[..., Client], who: str, status: int):
    assert browse(getattr(cast, who)).get("/kept/").status_code == status


def test_each_vendor_tells_until_when_and_why(gone: Vendor, cast: Cast, browse: Callable[..., Client]):
    with clock.set_to(EARLY):
        page = text_of(browse(cast.auditor))
    assert '7 years from <span class="nowrap">1 Dec 2026</span>, when the work with it ended.' in page
    assert "Our rule: the longest number, here California" in page
    assert "Nothing yet. From 2 Dec 2033." in page


def test_states_without_a_checked_number_are_named(cast: Cast, browse: Callable[..., Client]):
    change(cast.practice, states=["CA", "OR"])
    assert "We have no checked number for Oregon." in text_of(browse(cast.owner))


def test_everything_that_holds_a_vendor_is_told(cast: Cast):
    vendor = make_vendor(practice=cast.practice, name="Slotbook")
    first = date(2026, 1, 5)
    make_tool(vendor=vendor, in_use_since=first, first_phi_on=first)
    signed = {"practice_signed_on": date(2026, 2, 1), "vendor_signed_on": date(2026, 2, 1)}
    make_agreement(vendor=vendor, **signed)
    make_hold(vendor=vendor, by=cast.officer)
    assert list(holds(vendor, date(2026, 11, 21))) == [
        "A legal hold is on it since 1 Nov 2026: “A lawsuit”",
        "You still work with it.",
        "Its business associate agreement is in force, or will be. End it first if that is wrong.",
        "It may still hold patient data. Record that it returned or destroyed it.",
        "Patient data reached Notewell Scribe on 5 Jan 2026, before an agreement stood. "
        "That exposure has no closed assessment on file.",
    ]


def test_exposures_are_asked_where_the_settings_say(cast: Cast, settings: Any):
    vendor = make_vendor(practice=cast.practice, ended_on=date(2020, 1, 1))
    assert list(holds(vendor, date(2026, 11, 21))) == []
    settings.OPEN_EXPOSURES = "tests.checklists.test_kept_page.one_open"
    assert list(holds(vendor, date(2026, 11, 21))) == ["An exposure is open."]


def one_open(vendor: Vendor, on: date) -> list[str]:
    return ["An exposure is open."]


def test_the_page_asks_as_much_for_three_vendors_as_for_one(cast: Cast, browse: Callable[..., Client]):
    client = browse(cast.auditor)

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get("/kept/").status_code == 200
        return len(queries)

    def add(name: str) -> None:
        vendor = make_vendor(practice=cast.practice, name=name, ended_on=date(2020, 1, 1))
        make_standing(vendor=vendor, state="ended")
        make_tool(vendor=vendor, in_use_since=date(2019, 1, 1))
        make_agreement(vendor=vendor)
        make_evidence(vendor=vendor, checked_by=cast.officer)

    add("One")
    asked()
    first = asked()
    add("Two")
    add("Three")
    assert asked() == first


def test_two_people_remove_it(gone: Vendor, cast: Cast, noor: Person, browse: Callable[..., Client]):
    with clock.set_to(DUE):
        officer, owner = browse(cast.officer), browse(noor)
        address = f"/vendors/{gone.uid}/remove/"
        assert "18 answers" in text_of(officer, address)
        for _ in range(2):  # a double click is one proposal
            assert officer.post(address, SENT).status_code == 302
        removal = Removal.objects.get()
        assert "Dana Okafor proposed to remove all records of this vendor." in text_of(owner, f"/vendors/{gone.uid}/")
        assert officer.get(f"/removals/{removal.uid}/approve/").status_code == 403
        approve = f"/removals/{removal.uid}/approve/"
        assert owner.post(approve, {"typed_name": "Another"}).status_code == 422
        assert owner.post(approve, {"typed_name": "Notewell"}).status_code == 302
        assert owner.post(approve, {"typed_name": "Notewell"}).status_code == 302  # pressed twice
        page = text_of(browse(cast.auditor), f"/removals/{removal.uid}/")
        assert "The records of Notewell are removed" in page
        assert "Noor Haddad" in text_of(browse(cast.auditor))
        assert owner.get(f"/vendors/{gone.uid}/").status_code == 404
        history = text_of(owner, "/history/")
    assert "approved the removal, and removed for good the records of" in history
    assert f"/vendors/{gone.uid}/" not in history  # no link to what is gone


def test_before_its_day_the_page_says_why_and_has_no_form(gone: Vendor, cast: Cast, browse: Callable[..., Client]):
    with clock.set_to(EARLY):
        client = browse(cast.owner)
        page = text_of(client, f"/vendors/{gone.uid}/remove/")
        assert client.post(f"/vendors/{gone.uid}/remove/", SENT).status_code == 422
    assert "We keep these records until 1 December 2033." in page
    assert "There is a problem" not in page
    assert "typed_name" not in page
    assert not Removal.objects.exists()


def test_legal_holds_on_vendors_still_in_work_are_listed(cast: Cast, browse: Callable[..., Client]):
    hold = make_hold(vendor=make_vendor(practice=cast.practice, name="Slotbook"), by=cast.officer)
    lift = f"/holds/{hold.uid}/lift/"
    assert ("A lawsuit" in text_of(browse(cast.auditor)), lift in text_of(browse(cast.auditor))) == (True, False)
    assert lift in text_of(browse(cast.owner))


def test_an_address_of_a_withdrawal_that_was_kept_leads_to_the_proposal(
    gone: Vendor, cast: Cast, noor: Person, browse: Callable[..., Client]
):
    with clock.set_to(DUE):
        client = browse(cast.officer)
        client.post(f"/vendors/{gone.uid}/remove/", SENT)
        removal = Removal.objects.get()
        response = client.get(f"/removals/{removal.uid}/withdraw/")
        assert (response.status_code, response["Location"]) == (302, f"/removals/{removal.uid}/")
        assert Removal.objects.get().is_open
        assert "An owner has to approve it." in text_of(client, f"/removals/{removal.uid}/")


def test_it_is_withdrawn_by_a_button(gone: Vendor, cast: Cast, noor: Person, browse: Callable[..., Client]):
    with clock.set_to(DUE):
        client = browse(cast.owner)
        client.post(f"/vendors/{gone.uid}/remove/", SENT)
        removal = Removal.objects.get()
        assert client.post(f"/removals/{removal.uid}/withdraw/").status_code == 302
        assert client.post(f"/removals/{removal.uid}/withdraw/").status_code == 302
    assert Removal.objects.get().state == RemovalState.WITHDRAWN
    assert Vendor.objects.exists()


def test_the_vendor_page_says_that_it_may_hold_data_until_somebody_records_otherwise(cast: Cast, browse: Any):
    vendor = make_vendor(practice=cast.practice, ended_on=date(2026, 1, 1), end_reason="Too dear")
    make_standing(vendor=vendor, state="ended")
    make_tool(vendor=vendor, in_use_since=date(2025, 1, 1), retired_on=date(2026, 1, 1))
    client, address = browse(cast.officer), f"/vendors/{vendor.uid}/"
    assert "It may still hold patient data." in text_of(client, address)
    sent = {"version": 1, "gone_on": "2026-02-01", "reason": "Their letter, E-01"}
    assert client.post(f"{address}data-gone/", sent).status_code == 302
    assert "No patient data is left there since 1 Feb 2026: “Their letter, E-01”" in text_of(client, address)
    assert client.post(f"{address}data-gone/", sent).status_code == 409  # somebody was first
    client.post(f"{address}reopen/", {"version": 2})
    assert Vendor.objects.get().data_gone_on is None
