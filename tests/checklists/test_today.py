"""Today shows what needs this person, the loudest first, and nothing of another practice."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from checklists import standing
from checklists.models import Evaluation
from checklists.today import MOST, needs
from practice_vetting.core.models import BackupRun, BackupState, HistoryCheck
from tests.checklists.conftest import make_evidence
from tests.conftest import Cast
from tests.factories import arranging, make_agreement, make_removal, make_tool, make_vendor
from vendors.actions.exposures import report_exposure

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _on_the_day():
    with time_machine.travel("2026-11-21T18:00:00Z", tick=False):
        yield


def told(person) -> list[tuple[str, str, str]]:
    return [(need.when, need.vendor, need.button) for need in needs(person.memberships.get(), TODAY)]


def test_a_new_practice_is_shown_where_to_begin(cast: Cast, browse):
    page = browse(cast.owner).get("/").content.decode()
    assert "Nothing needs you" in page
    assert "Add your first vendor" in page


def test_in_use_but_not_cleared_comes_first(cast: Cast):
    late = make_vendor(practice=cast.practice, name="Claridesk")
    make_agreement(vendor=late, next_review_on=TODAY - timedelta(days=12))
    loud = make_vendor(practice=cast.practice, name="ChatSpark")
    make_tool(vendor=loud, in_use_since=TODAY, first_phi_on=TODAY)
    standing.judge(loud)
    assert told(cast.officer) == [
        ("In use now", "ChatSpark", "See what to do"),
        ("Since today", "ChatSpark", "Assess this exposure"),
        ("12 days late", "Claridesk", "Review the agreement"),
    ]


def test_who_only_reads_is_told_the_truth_under_the_banner(cast: Cast, browse):
    for name in ("ChatSpark", "Claridesk"):
        make_tool(vendor=make_vendor(practice=cast.practice, name=name), in_use_since=TODAY, first_phi_on=TODAY)
    standing.judge_practice(cast.practice)
    page = browse(cast.auditor).get("/").content.decode()
    assert "Nothing waits for you" in page
    assert "2 vendors are in use without being cleared" in page
    assert "All done for today" not in page


@pytest.mark.parametrize(
    ("days", "when"), [(-1, "1 day late"), (0, "Today"), (1, "In 1 day"), (30, "In 30 days"), (31, None)]
)
def test_a_review_is_told_from_thirty_days_before(cast: Cast, days: int, when: str | None):
    vendor = make_vendor(practice=cast.practice)
    make_agreement(vendor=vendor, next_review_on=TODAY + timedelta(days=days))
    assert [need[0] for need in told(cast.officer)] == ([when] if when else [])


def test_an_ended_agreement_needs_no_review(cast: Cast):
    vendor = make_vendor(practice=cast.practice)
    make_agreement(vendor=vendor, next_review_on=TODAY, ended_on=TODAY, end_reason="Left.")
    assert told(cast.officer) == []


def test_each_step_of_an_evaluation_calls_who_can_take_it(draft: Evaluation, cast: Cast):
    def buttons(person):
        return [need[2] for need in told(person)]

    assert [buttons(each) for each in (cast.owner, cast.officer, cast.staff, cast.auditor)] == [
        ["Go on"],
        ["Go on"],
        ["Go on"],
        [],
    ]


def test_evidence_under_a_signed_answer_is_told_before_it_expires(cleared: Evaluation, cast: Cast):
    make_evidence(vendor=cleared.vendor, by=cast.officer, title="Loose", expires_on=TODAY + timedelta(days=3))
    assert [need[2] for need in told(cast.officer)] == ["Go on"]


def test_staff_and_auditor_are_not_asked_for_what_they_may_not_do(cast: Cast):
    make_agreement(vendor=make_vendor(practice=cast.practice), next_review_on=TODAY)
    assert (told(cast.staff), told(cast.auditor)) == ([], [])


def test_another_practice_needs_nothing_here(cast: Cast, strangers: Cast):
    make_agreement(vendor=make_vendor(practice=strangers.practice), next_review_on=TODAY)
    assert told(cast.officer) == []


def test_a_removal_calls_the_owner_who_did_not_propose_it(cast: Cast, cleared: Evaluation):
    removal = make_removal(vendor=cleared.vendor, by=cast.officer)
    row = ("Since today", cleared.vendor.name, "Look at it")
    assert (row in told(cast.owner), row in told(cast.officer), row in told(cast.staff)) == (True, False, False)
    with arranging():
        removal.proposed_by = cast.owner
        removal.save()
    assert row not in told(cast.owner)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"state": BackupState.FAILED, "problem": "The disk is full."}, "the last one could not be made."),
        ({"state": BackupState.DONE, "check_problem": "NO"}, "something is wrong with the last one."),
        ({"state": BackupState.DONE, "started_at": NOW - timedelta(days=3)}, "none was made in the last two days."),
        ({"state": BackupState.DONE}, ""),
    ],
)
def test_a_backup_that_is_no_good_is_told_to_who_keeps_the_records(cast: Cast, settings, facts: dict, words: str):
    settings.BACKUP_DIR = "/backups"
    BackupRun.objects.create(finished_at=NOW, **facts)
    found = [needs(each.memberships.get(), TODAY) for each in (cast.owner, cast.officer, cast.staff)]
    rows = [[need.sentence.split(" Tell ")[0] for need in each] for each in found]
    assert rows == [[words] if words else []] * 2 + [[]]


def test_history_that_does_not_fit_is_told_until_it_does(cast: Cast, strangers: Cast):
    HistoryCheck.objects.create(practice=cast.practice, checked_at=NOW, problem="One row was changed.")
    row = ("Since today", "History", "See what")
    assert [told(each) for each in (cast.owner, cast.officer, cast.staff, strangers.owner)] == [[row], [row], [], []]
    HistoryCheck.objects.create(practice=cast.practice, checked_at=NOW)
    assert told(cast.owner) == []


def test_it_never_lists_more_than_ten(cast: Cast, browse):
    for number in range(MOST + 3):
        vendor = make_vendor(practice=cast.practice, name=f"Vendor {number}")
        make_agreement(vendor=vendor, next_review_on=TODAY)
    assert len(told(cast.officer)) == MOST
    assert "Ten things or more need you" in browse(cast.officer).get("/").content.decode()


def test_the_number_of_queries_does_not_grow(cast: Cast, browse, django_assert_num_queries):
    def add(name: str):
        vendor = make_vendor(practice=cast.practice, name=name)
        make_agreement(vendor=vendor, next_review_on=TODAY)
        standing.judge(vendor)

    client = browse(cast.owner)
    add("One")
    client.get("/")

    with CaptureQueriesContext(connection) as one:
        client.get("/")
    for name in ("Two", "Three"):
        add(name)
    with django_assert_num_queries(len(one)):
        client.get("/")


def test_an_open_exposure_says_once_what_it_asks_for_and_its_trigger_nothing(cast: Cast):
    vendor = make_vendor(practice=cast.practice)
    days = {"began_on": TODAY, "discovered_on": TODAY, "what_happened": "Two notes were pasted."}
    exposure = report_exposure(vendor=vendor, by=cast.officer, **days)
    assert vendor.triggers.get().source == f"exposure:{exposure.uid}"
    found = [need.sentence for need in needs(cast.officer.memberships.get(), TODAY)]
    assert sum(f"exposure {exposure.label}" in sentence for sentence in found) == 1
    assert [sentence for sentence in found if "Nobody has looked at it yet" in sentence] == []
