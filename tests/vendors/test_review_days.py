"""The day of the next review: the regular one, or that of an open change, which nothing but reading it takes away."""

from datetime import date, timedelta

import pytest
import time_machine

from practice_vetting.core.errors import Refused
from tests.factories import make_agreement, make_tool, make_vendor
from vendors.actions.agreements import change_agreement, end_agreement, record_agreement, sign_agreement
from vendors.actions.reviews import add_review
from vendors.actions.triggers import raise_trigger, set_aside_trigger
from vendors.kinds import TriggerKind
from vendors.models import Agreement, Review
from vendors.review_points import POINTS, asks_everything, due_with, latest_next
from vendors.reviews_due import deadlines

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

TODAY, REGULAR = date(2026, 11, 21), date(2027, 11, 9)
SIGNED = {"practice_signed_on": date(2026, 11, 1), "vendor_signed_on": date(2026, 11, 9), "next_review_on": REGULAR}
ONE_POINT = [{"key": "model", "still": True, "note": ""}]
EVERYTHING = [{"key": point.key, "still": True, "note": ""} for point in POINTS]


@pytest.fixture(autouse=True)
def _in_november():
    with time_machine.travel("2026-11-21T18:00:00Z", tick=False):
        yield


@pytest.fixture
def agreement(cast):
    vendor = make_vendor(practice=cast.practice)
    make_tool(vendor=vendor)
    return make_agreement(vendor=vendor, **SIGNED)


def happened(vendor, kind_of=TriggerKind.MODEL, on=TODAY, what="They name another model."):
    return raise_trigger(vendor=vendor, by=None, kind_of=kind_of, on=on, what=what)


def days(agreement):
    agreement.refresh_from_db()
    return agreement.regular_review_on, agreement.next_review_on


def read(agreement, cast, **given):
    return add_review(**{"agreement": agreement, "by": cast.officer, "on": TODAY, "finding": "stands", **given})


# --- an open change is never lost ---------------------------------------------------------------------------


def test_the_earliest_day_counts_and_never_before_the_later_signature():
    early, late = date(2026, 11, 1), date(2026, 12, 1)
    assert due_with(late, [early, TODAY]) == early
    assert due_with(late, [early], not_before=TODAY) == TODAY
    assert (due_with(None, [], not_before=TODAY), due_with(None, [late])) == (None, late)


@pytest.mark.parametrize("given", [date(2027, 10, 1), None])
def test_a_changed_regular_day_does_not_pass_over_an_open_change(cast, agreement, given):
    trigger = happened(agreement.vendor)
    change_agreement(agreement=agreement, by=cast.officer, version=2, next_review_on=given, plan="Group plan")
    assert days(agreement) == (given or REGULAR, TODAY)
    set_aside_trigger(trigger=trigger, by=cast.officer, version=1, reason="A typing error.")
    assert days(agreement) == (given or REGULAR, given or REGULAR)


def test_a_signature_over_an_open_change_is_due_on_its_own_day(cast):
    vendor = make_vendor(practice=cast.practice)
    draft = record_agreement(vendor=vendor, by=cast.officer, kind_of="baa")
    happened(vendor, TriggerKind.INCIDENT, on=date(2026, 11, 1))
    signed = date(2026, 11, 20)
    sign_agreement(agreement=draft, by=cast.officer, version=1, practice_signed_on=signed, vendor_signed_on=signed)
    assert days(draft) == (date(2027, 11, 20), signed)
    assert [(each.kind, each.due_on) for each in deadlines(cast.practice, TODAY)] == [("agreement-review", signed)]


def test_a_new_version_over_an_open_change_is_due_too(cast, agreement):
    happened(agreement.vendor)
    signed = {"practice_signed_on": date(2026, 11, 20), "vendor_signed_on": TODAY}
    newer = record_agreement(vendor=agreement.vendor, by=cast.officer, kind_of="baa", replaces=agreement, **signed)
    assert days(newer) == (date(2027, 11, 21), TODAY)


def test_a_draft_has_its_hand_set_day_until_both_have_signed(cast):
    vendor = make_vendor(practice=cast.practice)
    happened(vendor)
    day = date(2027, 3, 1)
    assert days(record_agreement(vendor=vendor, by=cast.officer, kind_of="baa", next_review_on=day)) == (day, day)


def test_the_form_shows_the_regular_day_and_the_page_says_why_the_next_is_earlier(cast, agreement, browse):
    happened(agreement.vendor)
    client = browse(cast.officer)
    assert client.get(f"/agreements/{agreement.uid}/change/").context["form"]["next_review_on"].value() == REGULAR
    words = client.get(f"/agreements/{agreement.uid}/").content.decode()
    assert "Why the review is due:" in words
    assert "They name another model." in words


# --- something must change ----------------------------------------------------------------------------------


def test_what_must_change_is_looked_at_within_thirty_days_until_a_review_stands(cast, agreement, browse):
    trigger = happened(agreement.vendor)
    read(agreement, cast, finding="changes", notes="B07 is gone.", triggers=[trigger])
    by = TODAY + timedelta(days=30)
    assert days(agreement) == (by, by)
    assert [(each.due_on, each.action) for each in deadlines(cast.practice, by)] == [
        (by, "Change what the review of 21 Nov 2026 found at Notewell, or evaluate anew")
    ]
    pages = [f"/agreements/{agreement.uid}/", f"/vendors/{agreement.vendor.uid}/reviews/", "/"]
    words = [browse(cast.officer).get(page).content.decode() for page in pages]
    assert ["review of 21 Nov 2026 found" in each for each in words] == [True] * 3
    read(agreement, cast)
    assert days(agreement) == (date(2027, 11, 21), date(2027, 11, 21))
    assert list(deadlines(cast.practice, date(2027, 11, 20))) == []


def test_what_must_change_cannot_be_put_off_by_hand(cast, agreement):
    late = TODAY + timedelta(days=31)
    with pytest.raises(Refused, match="look again by 21 Dec 2026") as refused:
        read(agreement, cast, finding="changes", notes="B07 is gone.", next_review_on=late)
    assert refused.value.field == "next_review_on"
    read(agreement, cast, finding="changes", notes="B07 is gone.")
    agreement.refresh_from_db()
    facts = {"agreement": agreement, "by": cast.officer, "version": agreement.version}
    with pytest.raises(Refused, match="something must change"):
        change_agreement(next_review_on=late, **facts)
    change_agreement(next_review_on=None, **facts)
    assert days(agreement)[0] == date(2026, 12, 21)


# --- what was asked -----------------------------------------------------------------------------------------


def test_only_a_review_that_asks_everything_begins_a_new_year():
    assert [asks_everything(each) for each in ([], ["model"], [point.key for point in POINTS])] == [True, False, True]
    facts = {"on": TODAY, "regular_on": REGULAR}
    assert latest_next(**facts, whole=True, must_change=False) == date(2027, 11, 21)
    assert latest_next(**facts, whole=False, must_change=False) == REGULAR
    assert latest_next(**facts, whole=True, must_change=True) == date(2026, 12, 21)
    assert latest_next(TODAY, date(2026, 12, 1), whole=False, must_change=True) == date(2026, 12, 1)


def test_a_review_of_what_changed_keeps_the_yearly_day(cast, agreement):
    trigger = happened(agreement.vendor)
    review = read(agreement, cast, points=ONE_POINT, triggers=[trigger])
    assert (review.next_review_on, *days(agreement)) == (REGULAR, REGULAR, REGULAR)
    with pytest.raises(Refused, match="the yearly review stays on 9 Nov 2027"):
        read(agreement, cast, points=ONE_POINT, next_review_on=date(2027, 11, 20))
    read(agreement, cast, points=EVERYTHING)
    assert days(agreement) == (date(2027, 11, 21), date(2027, 11, 21))


# --- several agreements -------------------------------------------------------------------------------------


@pytest.fixture
def rider(agreement):
    return make_agreement(vendor=agreement.vendor, **SIGNED, kind_of="rider", amends=agreement)


def send(client, agreement, trigger, **given):
    given = {"form_id": "6f0c7d7e-2f5b-4a4e-9f0b-0d7a5d2f6a15", "on": "2026-11-21", "finding": "stands", **given}
    return client.post(f"/agreements/{agreement.uid}/review/", {**given, "still_model": "yes", "triggers": trigger.uid})


def test_those_that_the_reviewer_read_too_are_marked_and_the_others_stay_due(cast, agreement, rider, browse):
    other = make_agreement(vendor=agreement.vendor, **SIGNED, kind_of="qsoa")
    trigger, client = happened(agreement.vendor), browse(cast.officer)
    form = client.get(f"/agreements/{agreement.uid}/review/").context["form"]
    assert [uid for uid, _ in form.fields["also"].choices] == [rider.uid, other.uid]
    assert send(client, agreement, trigger, also=[rider.uid]).status_code == 302
    trigger.refresh_from_db()
    assert (days(agreement), days(rider), days(other)) == ((REGULAR, REGULAR), (REGULAR, REGULAR), (REGULAR, TODAY))
    assert (set(trigger.read), trigger.answered_by) == ({agreement.uid, rider.uid}, None)
    assert [each.action for each in deadlines(cast.practice, TODAY)] == ["Review the QSOA with Notewell: new AI"]
    last = rider.reviews.get()
    assert (last.by, last.finding, last.points) == (cast.officer, "stands", ONE_POINT)
    assert client.get(f"/agreements/{agreement.uid}/review/").context["asking"].triggers == []
    read(other, cast, points=ONE_POINT, triggers=[trigger])
    trigger.refresh_from_db()
    assert trigger.answered_by == other.reviews.get()


def test_what_is_not_read_yet_gives_no_reason_to_what_was(cast, agreement, rider):
    trigger = happened(agreement.vendor)
    read(agreement, cast, points=ONE_POINT, triggers=[trigger])
    told = {each.subject_uid: each.action for each in deadlines(cast.practice, REGULAR)}
    assert told[agreement.uid] == "Review the BAA with Notewell"
    assert told[rider.uid] == "Review the Part 2 rider with Notewell: new AI"


def test_one_whose_year_is_over_is_reviewed_by_itself(cast, agreement, browse):
    soon = {**SIGNED, "next_review_on": TODAY + timedelta(days=60)}
    other = make_agreement(vendor=agreement.vendor, **soon, kind_of="qsoa")
    trigger = happened(agreement.vendor)
    asking = browse(cast.officer).get(f"/agreements/{agreement.uid}/review/").context["asking"]
    assert (asking.also, asking.apart) == ([], [other])
    with pytest.raises(Refused, match="by itself"):
        read(agreement, cast, points=ONE_POINT, triggers=[trigger], also=[other])
    assert Review.objects.count() == 0


def test_what_must_change_counts_for_those_that_were_read_too(cast, agreement, rider):
    found = {"finding": "changes", "notes": "They train on it.", "points": ONE_POINT}
    read(agreement, cast, **found, triggers=[happened(agreement.vendor)], also=[rider])
    assert days(rider) == (TODAY + timedelta(days=30), TODAY + timedelta(days=30))


def test_nothing_else_can_be_read_too(cast, agreement, rider):
    trigger = happened(agreement.vendor)
    theirs = make_agreement(vendor=make_vendor(practice=cast.practice, name="Other"), **SIGNED)
    for facts in ({"triggers": [trigger], "also": [theirs]}, {"also": [rider]}):
        with pytest.raises(Refused) as refused:
            read(agreement, cast, **facts)
        assert refused.value.field == "also"


def test_the_end_of_the_last_unread_agreement_leaves_nothing_to_read(cast, agreement):
    other = make_agreement(vendor=agreement.vendor, **SIGNED, kind_of="qsoa")
    trigger = happened(agreement.vendor)
    review = read(agreement, cast, points=ONE_POINT, triggers=[trigger])
    version = Agreement.objects.get(pk=other.pk).version
    end_agreement(agreement=other, by=cast.officer, version=version, on=TODAY, reason="Not used.")
    trigger.refresh_from_db()
    assert trigger.answered_by == review
