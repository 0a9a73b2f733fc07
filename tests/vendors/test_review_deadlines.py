"""Review dates as pure rules, and as the deadlines that the reminders are made of."""

from datetime import date, timedelta

import pytest

from practice_vetting.core.deadline import Deadline
from tests.factories import change, make_agreement, make_vendor
from vendors.actions.triggers import raise_trigger
from vendors.deadlines import a_year_after, lapses_on, review_due
from vendors.kinds import TriggerKind
from vendors.models import Agreement
from vendors.reviews_due import deadlines

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("day", "expected"),
    [(date(2026, 11, 21), date(2027, 11, 21)), (date(2028, 2, 29), date(2029, 2, 28))],
)
def test_a_year_after_a_leap_day_is_the_last_of_february(day, expected):
    assert a_year_after(day) == expected


@pytest.mark.parametrize(
    ("days", "words", "tone", "lapsed"),
    [
        (61, "", "", False),
        (60, "in 60 days", "soon", False),
        (1, "in 1 day", "soon", False),
        (0, "due today", "soon", False),
        (-1, "1 day late", "late", False),
        (-30, "30 days late", "late", False),
        (-31, "31 days late", "late", True),
    ],
)
def test_how_far_away_a_review_is_in_words(days, words, tone, lapsed):
    due = review_due(TODAY + timedelta(days=days), today=TODAY)
    assert (due.words, due.tone, due.lapsed) == (words, tone, lapsed)


def test_no_date_is_said_and_never_lapses():
    due = review_due(None, today=TODAY)
    assert (due.words, due.tone, due.lapsed) == ("no date yet", "soon", False)


def test_it_lapses_on_the_first_day_that_is_more_than_thirty_late():
    first = lapses_on(TODAY)
    assert [review_due(TODAY, today=day).lapsed for day in (first - timedelta(days=1), first)] == [False, True]


@pytest.mark.django_db
def test_a_deadline_says_what_to_do_for_whom_and_where(cast):
    agreement = make_agreement(vendor=make_vendor(practice=cast.practice), next_review_on=TODAY)
    assert list(deadlines(cast.practice, TODAY)) == [
        Deadline(
            kind="agreement-review",
            subject_kind="agreement",
            subject_uid=agreement.uid,
            title="Business associate agreement with Notewell",
            vendor_name="Notewell",
            due_on=TODAY,
            url=f"/agreements/{agreement.uid}/",
            action="Review the BAA with Notewell",
            lapses_on=date(2026, 12, 22),
            practice_id=cast.practice.pk,
        )
    ]


@pytest.mark.django_db
def test_the_window_ends_on_its_last_day_and_late_ones_stay_in_it(cast):
    vendor = make_vendor(practice=cast.practice)
    for days in (61, 60, -400):
        make_agreement(vendor=vendor, next_review_on=TODAY + timedelta(days=days))
    found = deadlines(cast.practice, TODAY + timedelta(days=60))
    assert [(each.due_on - TODAY).days for each in found] == [-400, 60]


@pytest.mark.django_db
def test_what_has_ended_or_has_no_date_or_is_another_practices_asks_for_nothing(cast, strangers):
    open_one = make_vendor(practice=cast.practice)
    ended = make_vendor(practice=cast.practice, name="ChatSpark", ended_on=TODAY, end_reason="Closed down.")
    make_agreement(vendor=open_one)
    make_agreement(vendor=open_one, next_review_on=TODAY, ended_on=TODAY, end_reason="Replaced.")
    make_agreement(vendor=ended, next_review_on=TODAY)
    make_agreement(vendor=make_vendor(practice=strangers.practice), next_review_on=TODAY)
    assert list(deadlines(cast.practice, TODAY)) == []


@pytest.mark.django_db
def test_any_number_of_deadlines_costs_three_queries(cast, django_assert_num_queries):
    vendor = make_vendor(practice=cast.practice)
    for _ in range(3):
        make_agreement(vendor=vendor, next_review_on=TODAY)
    with django_assert_num_queries(3):
        assert len(list(deadlines(cast.practice, TODAY))) == 3


SIGNED = {"practice_signed_on": date(2026, 1, 1), "vendor_signed_on": date(2026, 1, 9)}


def happened(vendor, kind_of, on=TODAY):
    return raise_trigger(vendor=vendor, by=None, kind_of=kind_of, on=on, what="Something.")


@pytest.mark.django_db
def test_a_review_that_something_made_due_says_what(cast):
    vendor = make_vendor(practice=cast.practice)
    make_agreement(vendor=vendor, **SIGNED, next_review_on=date(2027, 1, 9))
    happened(vendor, TriggerKind.SUB_PROCESSOR, TODAY - timedelta(days=1))
    happened(vendor, TriggerKind.TERMS)  # the review is due before it
    assert [(each.kind, each.due_on, each.action) for each in deadlines(cast.practice, TODAY)] == [
        ("agreement-review", date(2026, 11, 20), "Review the BAA with Notewell: new sub-processor")
    ]


@pytest.mark.django_db
def test_what_happens_after_the_yearly_day_is_no_reason_for_that_review(cast):
    vendor = make_vendor(practice=cast.practice)
    make_agreement(vendor=vendor, **SIGNED, next_review_on=date(2026, 11, 1))
    happened(vendor, TriggerKind.TERMS)
    assert [each.action for each in deadlines(cast.practice, TODAY)] == ["Review the BAA with Notewell"]


@pytest.mark.django_db
def test_without_an_agreement_to_review_it_is_a_deadline_of_its_own(cast):
    vendor = make_vendor(practice=cast.practice)
    make_agreement(vendor=vendor)  # nobody has signed it
    trigger = happened(vendor, TriggerKind.OWNERSHIP)
    assert list(deadlines(cast.practice, TODAY)) == [
        Deadline(
            kind="review-trigger",
            subject_kind="trigger",
            subject_uid=trigger.uid,
            title="Merger, sale or insolvency of the vendor",
            vendor_name="Notewell",
            due_on=TODAY,
            url=f"/vendors/{vendor.uid}/reviews/",
            action="Look at Notewell again: new owner",
            lapses_on=date(2026, 12, 22),
            practice_id=cast.practice.pk,
        )
    ]


@pytest.mark.django_db
def test_what_is_over_by_its_term_asks_for_no_review_and_what_is_left_waits_by_itself(cast):
    vendor = make_vendor(practice=cast.practice)
    make_agreement(vendor=vendor, **SIGNED, next_review_on=date(2026, 10, 20), ends_on=TODAY - timedelta(days=1))
    happened(vendor, TriggerKind.TERM_END, TODAY - timedelta(days=30))
    assert [each.kind for each in deadlines(cast.practice, TODAY)] == ["review-trigger"]
    change(Agreement.objects.get(), ends_on=None)
    assert [each.kind for each in deadlines(cast.practice, TODAY)] == ["agreement-review"]
