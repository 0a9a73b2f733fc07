"""Reviewing an agreement: it moves the next date, an older one moves none, and late is said loudly."""

from datetime import date

import pytest
import time_machine

from practice_vetting.core.models import LedgerEntry
from tests.factories import make_agreement, make_vendor
from vendors.actions import reviews
from vendors.actions.reviews import add_review
from vendors.models import Review
from vendors.review_points import POINTS

pytestmark = pytest.mark.django_db

STILL = {f"still_{point.key}": "yes" for point in POINTS}
FORM_ID = "6f0c7d7e-2f5b-4a4e-9f0b-0d7a5d2f6a12"


@pytest.fixture(autouse=True)
def _in_november():
    with time_machine.travel("2026-11-21T18:00:00Z", tick=False):
        yield


def signed(practice, **columns):
    signatures = {"practice_signed_on": date(2025, 11, 1), "vendor_signed_on": date(2025, 11, 9)}
    columns = {**signatures, "next_review_on": date(2026, 11, 9), **columns}
    return make_agreement(vendor=make_vendor(practice=practice), **columns)


@pytest.fixture
def agreement(cast):
    return signed(cast.practice)


def send(client, agreement, **changes):
    given = {"form_id": FORM_ID, "on": "2026-11-21", "finding": "stands", "notes": "", "next_review_on": ""}
    return client.post(f"/agreements/{agreement.uid}/review/", {**given, **STILL, **changes})


def test_it_is_kept_and_the_next_one_is_due_in_a_year(cast, agreement, browse):
    response = send(browse(cast.officer), agreement, notes="Same tools, same sub-processors.")
    review = Review.objects.get()
    agreement.refresh_from_db()
    assert (response.status_code, review.on, review.by, review.finding, review.notes) == (
        302,
        date(2026, 11, 21),
        cast.officer,
        "stands",
        "Same tools, same sub-processors.",
    )
    assert (review.next_review_on, agreement.next_review_on, agreement.version) == (
        date(2027, 11, 21),
        date(2027, 11, 21),
        2,
    )


def test_it_is_told_in_the_ledger_and_judges_the_vendor_again(cast, agreement, monkeypatch):
    judged = []
    monkeypatch.setattr(reviews, "rejudge", judged.append)
    add_review(agreement=agreement, by=cast.officer, on=date(2026, 11, 21), finding="stands")
    assert (judged, LedgerEntry.objects.get(verb="agreement.reviewed").detail) == (
        [agreement.vendor],
        {"on": "2026-11-21", "finding": "stands", "next_review_on": "2027-11-21"},
    )


def test_the_same_form_sent_twice_is_one_review(cast, agreement, browse):
    client = browse(cast.officer)
    assert [send(client, agreement).status_code for _ in range(2)] == [302, 302]
    assert Review.objects.count() == 1


def test_an_older_review_is_kept_and_moves_no_date(cast, agreement):
    for on in (date(2026, 11, 20), date(2026, 3, 1)):
        add_review(agreement=agreement, by=cast.officer, on=on, finding="stands")
    agreement.refresh_from_db()
    assert (Review.objects.count(), agreement.next_review_on) == (2, date(2027, 11, 20))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"on": "2026-11-22"}, "on"),
        ({"on": "2025-11-08"}, "on"),
        ({"on": ""}, "on"),
        ({"finding": ""}, "finding"),
        ({"finding": "changes"}, "notes"),
        ({"next_review_on": "2026-11-21"}, "next_review_on"),
        ({"next_review_on": "2027-11-22"}, "next_review_on"),
        ({"notes": "x" * 4001}, "notes"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_nothing_is_half_saved(cast, agreement, browse, changes, field):
    response = send(browse(cast.officer), agreement, **changes)
    agreement.refresh_from_db()
    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert (Review.objects.count(), agreement.next_review_on) == (0, date(2026, 11, 9))


def test_an_agreement_that_one_side_has_not_signed_cannot_be_reviewed(cast, browse):
    unsigned = signed(cast.practice, vendor_signed_on=None)
    assert send(browse(cast.officer), unsigned).status_code == 422


def test_an_ended_agreement_cannot_be_reviewed(cast, browse):
    ended = signed(cast.practice, ended_on=date(2026, 11, 1), end_reason="Replaced.")
    assert (send(browse(cast.officer), ended).status_code, Review.objects.count()) == (422, 0)


@pytest.mark.parametrize(
    ("next_review_on", "words"),
    [
        (date(2027, 1, 21), None),
        (date(2027, 1, 20), "The review is due in 60 days, on 20 Jan 2027."),
        (date(2026, 11, 21), "The review is due today."),
        (date(2026, 11, 20), "The review is 1 day late."),
        (date(2026, 11, 9), "The review is 12 days late."),
    ],
)
def test_the_page_says_loudly_how_near_or_late_the_review_is(cast, browse, next_review_on, words):
    page = browse(cast.auditor).get(f"/agreements/{signed(cast.practice, next_review_on=next_review_on).uid}/")
    assert (words or "") in page.content.decode()
    assert ("<b>The review is" in page.content.decode()) == (words is not None)


def test_after_thirty_days_it_says_that_the_agreement_counts_as_lapsed(cast, browse):
    agreement = signed(cast.practice, next_review_on=date(2026, 10, 21))
    assert "counts as lapsed, and no" in browse(cast.owner).get(f"/agreements/{agreement.uid}/").content.decode()


def test_the_page_lists_every_review_the_newest_first(cast, agreement, browse):
    for on in (date(2026, 3, 1), date(2026, 11, 20)):
        add_review(agreement=agreement, by=cast.officer, on=on, finding="stands")
    page = browse(cast.auditor).get(f"/agreements/{agreement.uid}/")
    assert [review.on for review in page.context["reviews"]] == [date(2026, 11, 20), date(2026, 3, 1)]


@pytest.mark.parametrize(("person", "status"), [("staff", 403), ("auditor", 403), ("owner", 302)])
def test_who_may_review(cast, agreement, browse, person, status):
    assert send(browse(getattr(cast, person)), agreement).status_code == status


def test_another_practices_agreement_is_not_found(strangers, agreement, browse):
    assert send(browse(strangers.owner), agreement).status_code == 404
