"""When a vendor stops being cleared, the officers and owners hear of it on that day."""

from datetime import date

import pytest
import time_machine
from django.core import mail

from checklists import standing
from checklists.standing import NO_LONGER_CLEARED
from practice_vetting.core import reminders, summary
from practice_vetting.core.models import Reminder
from tests.conftest import Cast
from tests.factories import arranging, make_tool, make_vendor
from vendors.kinds import StandingState
from vendors.models import Standing, Vendor

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _on_the_day():
    with time_machine.travel("2026-11-21T18:00:00Z", tick=False):
        yield


def was(vendor: Vendor, state: StandingState) -> Vendor:
    with arranging():
        Standing(practice=vendor.practice, vendor=vendor, state=state, since=date(2026, 1, 5)).save()
    return vendor


def test_a_vendor_that_leaves_cleared_is_mailed_to_officer_and_owner(cast: Cast):
    vendor = was(make_vendor(practice=cast.practice), StandingState.CLEARED)
    make_tool(vendor=vendor, in_use_since=date(2026, 11, 1), first_phi_on=date(2026, 11, 1))
    standing.judge(vendor)
    reminders.send_all()
    assert len(mail.outbox) == 2
    assert {message.subject for message in mail.outbox} == {"No longer cleared since 21 November: Notewell"}
    assert {reminder.person for reminder in reminders.of(vendor)} == {cast.officer, cast.owner}
    assert "it is: Stopped." in mail.outbox[0].body
    assert "It is in use with patient data." in mail.outbox[0].body


def test_it_is_told_once_a_day(cast: Cast):
    vendor = was(make_vendor(practice=cast.practice), StandingState.CLEARED)
    standing.judge(vendor)
    with arranging():
        kept = Standing.objects.get(vendor=vendor)
        kept.state = StandingState.CLEARED
        kept.save()
    standing.judge(vendor)
    assert Reminder.objects.count() == 2


@pytest.mark.parametrize("before", [state for state in StandingState if state is not StandingState.CLEARED])
def test_a_vendor_that_was_not_cleared_is_no_news(cast: Cast, before: StandingState):
    standing.judge(was(make_vendor(practice=cast.practice), before))
    assert Reminder.objects.count() == 0


def test_a_vendor_that_the_practice_ended_is_no_news(cast: Cast):
    vendor = make_vendor(practice=cast.practice, ended_on=date(2026, 11, 1), end_reason="Moved to another one.")
    standing.judge(was(vendor, StandingState.CLEARED))
    assert (Standing.objects.get().state, Reminder.objects.count()) == (StandingState.ENDED, 0)


def test_every_state_is_news_or_decided_by_a_person():
    decided = {StandingState.ENDED, StandingState.NO_PATIENT_DATA}
    assert set(StandingState) - {StandingState.CLEARED} == decided | NO_LONGER_CLEARED


def test_the_summary_of_the_week_tells_it(cast: Cast):
    vendor = was(make_vendor(practice=cast.practice), StandingState.CLEARED)
    standing.judge(vendor)
    [line] = summary.week(cast.practice, date(2026, 11, 23)).changes
    assert (line.sentence, line.path) == ("Notewell: proposed (was cleared).", f"/vendors/{vendor.uid}/")
    assert summary.week(cast.practice, date(2026, 11, 30)).changes == []
