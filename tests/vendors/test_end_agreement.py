"""Ending an agreement: with a day and a reason, once, and never by deleting it."""

from datetime import date

import pytest
import time_machine

from practice_vetting.core.models import LedgerEntry
from tests.factories import make_agreement, make_vendor
from vendors.actions.agreements import end_agreement
from vendors.models import Agreement

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_november():
    with time_machine.travel("2026-11-21T18:00:00Z", tick=False):
        yield


@pytest.fixture
def agreement(cast):
    vendor = make_vendor(practice=cast.practice)
    return make_agreement(vendor=vendor, practice_signed_on=date(2026, 1, 5), vendor_signed_on=date(2026, 1, 9))


def send(client, agreement, **changes):
    given = {"version": 1, "on": "2026-11-20", "reason": "We moved to another vendor."}
    return client.post(f"/agreements/{agreement.uid}/end/", {**given, **changes})


def test_it_keeps_the_day_and_the_reason_and_stays_on_file(cast, agreement, browse):
    response = send(browse(cast.officer), agreement)
    agreement.refresh_from_db()
    assert (response.status_code, agreement.ended_on, agreement.end_reason) == (
        302,
        date(2026, 11, 20),
        "We moved to another vendor.",
    )
    assert LedgerEntry.objects.get(verb="agreement.ended").detail == {
        "on": "2026-11-20",
        "reason": "We moved to another vendor.",
    }
    page = browse(cast.officer).get(f"/agreements/{agreement.uid}/")
    assert (page.status_code, page.context["editable"]) == (200, False)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"on": "2026-11-22"}, "on"),
        ({"on": "2026-01-08"}, "on"),
        ({"on": ""}, "on"),
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 1001}, "reason"),
    ],
)
def test_a_day_that_cannot_be_or_no_reason_is_refused(cast, agreement, browse, changes, field):
    response = send(browse(cast.officer), agreement, **changes)
    agreement.refresh_from_db()
    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert agreement.ended_on is None


def test_the_second_to_end_it_sees_the_first_ones_reason_beside_their_own(cast, agreement, browse):
    end_agreement(agreement=agreement, by=cast.owner, version=1, on=date(2026, 11, 1), reason="Not renewed.")
    response = send(browse(cast.officer), agreement)
    agreement.refresh_from_db()
    assert (response.status_code, agreement.end_reason) == (409, "Not renewed.")
    assert [(each.theirs, each.yours) for each in response.context["conflict"]] == [
        ("1 Nov 2026", "20 Nov 2026"),
        ("Not renewed.", "We moved to another vendor."),
    ]
    assert send(browse(cast.officer), agreement, version=2).status_code == 422


def test_no_page_deletes_an_agreement(cast, agreement, browse):
    client = browse(cast.owner)
    client.delete(f"/agreements/{agreement.uid}/")
    assert Agreement.objects.count() == 1


@pytest.mark.parametrize(("person", "status"), [("staff", 403), ("auditor", 403), ("owner", 302)])
def test_who_may_end_it(cast, agreement, browse, person, status):
    assert send(browse(getattr(cast, person)), agreement).status_code == status


def test_another_practices_agreement_is_not_found(strangers, agreement, browse):
    assert send(browse(strangers.owner), agreement).status_code == 404
