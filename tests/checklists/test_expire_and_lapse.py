"""A change nobody looks at, and a document that runs out: the standing follows on its day, and is told once."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail

from checklists import standing, tasks
from checklists.models import Evaluation
from practice_vetting.core import clock, reminders
from tests.factories import arranging, change
from vendors.actions.reviews import add_review
from vendors.actions.triggers import raise_trigger
from vendors.kinds import TriggerKind
from vendors.models import Agreement, Standing

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

TODAY = date(2026, 11, 21)


def at(day, hour=18):
    return clock.set_to(datetime(day.year, day.month, day.day, hour, tzinfo=UTC))


@pytest.fixture
def signed(cleared: Evaluation) -> Evaluation:
    """Notewell, cleared by a signed evaluation on 21 November 2026."""
    with arranging(), at(TODAY):
        cleared.state, cleared.snapshot_sha256 = "signed", "0" * 64
        cleared.save()
        standing.judge(cleared.vendor)
    return cleared


def state_on(evaluation, day):
    with at(day):
        tasks.judge_due()
    return Standing.objects.get(vendor=evaluation.vendor).state


def test_a_change_that_nobody_looks_at_lapses_on_the_thirty_first_day(signed, cast):
    with at(TODAY):
        trigger = raise_trigger(
            vendor=signed.vendor, by=None, kind_of=TriggerKind.SUB_PROCESSOR, on=TODAY, what="A new one."
        )
    days = [TODAY + timedelta(days=count) for count in (0, 1, 30, 31)]
    assert [state_on(signed, day) for day in days] == ["cleared", "cleared", "cleared", "lapsed"]
    with at(days[-1]):
        agreement = Agreement.objects.get(vendor=signed.vendor)
        add_review(agreement=agreement, by=cast.officer, on=days[-1], finding="stands", triggers=[trigger])
    assert Standing.objects.get(vendor=signed.vendor).state == "cleared"


def test_an_expired_document_reopens_what_rests_on_it_and_both_are_told_once(signed, cast):
    paper, last_day = signed.vendor.evidence.get(), TODAY + timedelta(days=40)
    with at(TODAY):
        change(paper, expires_on=last_day)
        standing.judge(signed.vendor)
    assert [state_on(signed, last_day + timedelta(days=count)) for count in (0, 1, 1, 2)] == [
        "cleared",
        *["lapsed"] * 3,
    ]
    with at(last_day + timedelta(days=2)):
        reminders.send_all()
    told = [message for message in mail.outbox if "No longer cleared" in message.body]
    assert sorted(message.to[0] for message in told) == [
        f"Dana Okafor <{cast.officer.email}>", f"Maria Reyes <{cast.owner.email}>",
    ]  # fmt: skip
