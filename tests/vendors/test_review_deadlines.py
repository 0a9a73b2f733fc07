"""Review dates as pure rules, and as the deadlines that the reminders are made of."""

from datetime import date, timedelta

import pytest

from practice_vetting.core.deadline import Deadline
from tests.factories import make_agreement, make_vendor
from vendors.deadlines import a_year_after, lapses_on, review_due
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
            action="Review the agreement with Notewell",
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
def test_any_number_of_deadlines_costs_one_query(cast, django_assert_num_queries):
    vendor = make_vendor(practice=cast.practice)
    for _ in range(3):
        make_agreement(vendor=vendor, next_review_on=TODAY)
    with django_assert_num_queries(1):
        assert len(list(deadlines(cast.practice, TODAY))) == 3
