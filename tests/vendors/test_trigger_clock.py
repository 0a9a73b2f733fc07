"""The clock finds what expired and what ends: on the fact's own day, once, also after the worker was away."""

from datetime import UTC, date, datetime, timedelta

import pytest

from practice_vetting.core import clock
from tests.factories import change, make_agreement, make_evidence, make_vendor
from vendors import trigger_clock
from vendors.actions.evidence import change_evidence
from vendors.models import ReviewTrigger
from vendors.trigger_clock import raise_due

pytestmark = pytest.mark.django_db

REGULAR = date(2027, 11, 9)
SIGNED = {"practice_signed_on": date(2026, 11, 1), "vendor_signed_on": date(2026, 11, 9), "next_review_on": REGULAR}
LAST_DAY = date(2027, 3, 14)  # of daylight saving's change


def at(day, hour=18):
    return clock.set_to(datetime(day.year, day.month, day.day, hour, tzinfo=UTC))


@pytest.fixture
def vendor(cast):
    with at(date(2026, 11, 21)):
        vendor = make_vendor(practice=cast.practice)
        make_agreement(vendor=vendor, **SIGNED)
    return vendor


def report(vendor, cast, **columns):
    with at(date(2026, 11, 21)):
        columns = {"kind_of": "report", "expires_on": LAST_DAY, **columns}
        return make_evidence(vendor=vendor, checked_by=cast.officer, title="SOC 2 report", **columns)


def raised():
    return list(ReviewTrigger.objects.order_by("id").values_list("kind_of", "on", "due_on"))


def run(*days):
    for day in days:
        with at(day):
            raise_due()


def test_an_expired_report_raises_it_on_the_day_after_its_last_and_once(vendor, cast):
    evidence = report(vendor, cast)
    run(LAST_DAY)
    assert raised() == []
    day = LAST_DAY + timedelta(days=1)
    run(day, day, day + timedelta(days=1))
    assert raised() == [("expired", day, day)]
    assert ReviewTrigger.objects.get().source == f"evidence:{evidence.uid}:2027-03-14"
    assert vendor.agreements.get().next_review_on == day


def test_the_day_is_the_practices_own(vendor, cast):
    report(vendor, cast)
    with at(LAST_DAY + timedelta(days=1), hour=3):  # still the evening before in New York
        assert raise_due() == 0


@pytest.mark.parametrize("days", [1, 40])
def test_after_an_outage_it_comes_with_the_facts_own_day(vendor, cast, days):
    report(vendor, cast)
    run(LAST_DAY + timedelta(days=1 + days))
    assert raised() == [("expired", LAST_DAY + timedelta(days=1), LAST_DAY + timedelta(days=1))]


def test_a_changed_date_can_raise_it_again_from_the_day_it_was_written(vendor, cast):
    evidence = report(vendor, cast)
    run(date(2027, 3, 20))
    with at(date(2027, 4, 1)):
        change_evidence(evidence=evidence, by=cast.officer, version=1, expires_on=date(2027, 3, 25))
    run(date(2027, 4, 1))
    assert raised()[1:] == [("expired", date(2027, 4, 1), date(2027, 4, 1))]


def test_what_nobody_vouches_with_or_rests_on_no_more_raises_none(vendor, cast):
    report(vendor, cast, kind_of="policy")
    older = report(vendor, cast, number=2)
    report(vendor, cast, number=3, replaces=older, expires_on=None)
    report(vendor, cast, number=4, expires_on=date(2026, 11, 20))  # over when it was put on file
    hidden = report(vendor, cast, number=5)
    change(hidden, quarantined_at=clock.now(), quarantined_by=cast.officer, quarantine_reason="A name.")
    ended = make_vendor(practice=cast.practice, name="Gone", ended_on=date(2026, 11, 1), end_reason="Closed.")
    report(ended, cast, number=6)
    run(date(2027, 6, 1))
    assert raised() == []


def test_an_insurance_certificate_counts_as_a_report_does(vendor, cast):
    report(vendor, cast, kind_of="insurance")
    run(date(2027, 3, 15))
    assert [kind for kind, _, _ in raised()] == ["expired"]


def test_the_end_of_the_term_is_told_sixty_days_ahead_and_due_half_way(vendor):
    agreement = vendor.agreements.get()
    change(agreement, ends_on=date(2027, 5, 31))
    run(date(2027, 3, 31))
    assert raised() == []
    run(date(2027, 4, 1), date(2027, 4, 2))
    assert raised() == [("term_end", date(2027, 4, 1), date(2027, 5, 1))]


def test_an_agreement_that_ended_or_was_replaced_or_is_not_signed_ends_nothing(vendor, cast):
    with at(date(2026, 11, 21)):
        old = make_agreement(vendor=vendor, **SIGNED, ends_on=date(2026, 12, 31))
        make_agreement(vendor=vendor, **SIGNED, replaces=old)
        make_agreement(vendor=vendor, ends_on=date(2026, 12, 31))
        over = {"ended_on": date(2026, 11, 20), "end_reason": "Replaced."}
        make_agreement(vendor=vendor, **SIGNED, ends_on=date(2026, 12, 31), **over)
    run(date(2026, 12, 1))
    assert raised() == []


def test_a_run_with_nothing_to_do_costs_the_same_for_any_number(vendor, cast, django_assert_num_queries):
    for number in (1, 2, 3):
        report(vendor, cast, number=number)
    run(date(2027, 3, 15))
    with at(date(2027, 3, 16)), django_assert_num_queries(3):  # the practices, and two a practice
        raise_due()


def test_what_cannot_be_raised_in_one_practice_stops_no_other(vendor, cast, strangers, monkeypatch):
    other = make_vendor(practice=strangers.practice)
    first, second = report(vendor, cast), report(other, strangers)
    known = trigger_clock._on_file
    monkeypatch.setattr(trigger_clock, "_on_file", lambda record, name: 1 / (record != first) and known(record, name))
    run(LAST_DAY + timedelta(days=1))
    assert ReviewTrigger.objects.get().vendor == second.vendor
