"""`manage.py load_demo`: an invented practice with a past, made by the same actions that people use."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client, override_settings
from django.urls import reverse

from checklists.demo.past import Diary, first_of_each_day, in_order, workday
from checklists.models import Attestation, Evaluation
from checklists.standing import fresh
from checklists.states import EvaluationState
from practice_vetting.core import installation, ledger
from practice_vetting.core.files import keeping
from practice_vetting.core.models import Job, LedgerEntry, Mail, MailState, Membership, Practice, Reminder, Snooze
from practice_vetting.core.roles import Role
from vendors.clauses import clause_list
from vendors.flow_map import map_of, with_maps
from vendors.kinds import StandingState
from vendors.models import (
    Agreement,
    Evidence,
    Exposure,
    Part2Memo,
    ReviewTrigger,
    RolloutStep,
    Standing,
    SubProcessorList,
    Tool,
    Vendor,
)

SATURDAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def demo(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SimpleNamespace]:
    """The demo, loaded once for all these tests; `says` is what the command printed."""
    folder = tmp_path_factory.mktemp("demo")
    stored = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": folder / "files"}}
    places: dict[str, Any] = {
        "DATA_DIR": folder,
        "DEMO": True,
        "KEYS_DIR": folder / "keys",
        "STORAGES": {**settings.STORAGES, "default": stored},
    }
    said = StringIO()
    with django_db_blocker.unblock(), override_settings(**places), transaction.atomic():
        installation.forget()
        call_command("load_demo", stdout=said)
        yield SimpleNamespace(practice=Practice.objects.get(), says=said.getvalue(), folder=folder, places=places)
        transaction.set_rollback(True)


def password(demo: SimpleNamespace) -> str:
    return (demo.folder / "demo-password").read_text().strip()


def sign_in(demo: SimpleNamespace, role: Role) -> Client:
    client = Client()
    given = {"login": f"{role}@harborlight.example", "password": password(demo)}
    client.post(reverse("account_login"), given)
    return client


def standing_of(name: str) -> Standing:
    return Standing.objects.get(vendor__name=name)


def test_every_standing_occurs(demo):
    assert set(Standing.objects.values_list("state", flat=True)) == {state.value for state in StandingState}


def test_each_vendor_stands_where_its_story_leads(demo):
    assert dict(Standing.objects.values_list("vendor__name", "state")) == {
        "Notewell": "cleared",
        "Tidewater Billing": "cleared",
        "Claridesk": "lapsed",
        "ChatSpark": "stopped",
        "Formthistle": "in_evaluation",
        "Pinelark Video": "proposed",
        "Brindlefax": "ended",
        "Rosterwick": "no_patient_data",
    }


def test_each_kept_standing_is_what_a_fresh_look_says(demo):
    for vendor, judged in fresh(list(Vendor.objects.select_related("practice", "standing"))):
        kept = {name: getattr(vendor.standing, name) for name in ("state", "headline", "in_use_not_cleared")}
        assert kept == {name: getattr(judged, name) for name in kept}


def test_the_chain_is_whole_and_its_times_ascend(demo):
    assert ledger.broken_at(demo.practice.uid) is None
    entries = LedgerEntry.objects.filter(practice_uid=demo.practice.uid).order_by("seq")
    times = list(entries.values_list("at", flat=True))
    assert times == sorted(times)


def test_nothing_lies_in_the_future_and_people_keep_office_hours(demo):
    zone = ZoneInfo(demo.practice.time_zone)
    acts = LedgerEntry.objects.exclude(person_uid="").exclude(verb__in=["person.invited", "person.joined"])
    moments = [at.astimezone(zone) for at in acts.exclude(verb="practice.set_up").values_list("at", flat=True)]
    assert max(moments).date() < demo.practice.today()
    assert {at.weekday() for at in moments} <= {0, 1, 2, 3, 4}
    assert {at.hour for at in moments} <= set(range(8, 17))


def test_a_vendor_lapsed_on_its_day_and_not_when_somebody_looked(demo):
    expired_on = Evidence.objects.get(vendor__name="Claridesk", kind_of="report").expires_on
    assert standing_of("Claridesk").since - timedelta(days=1) == expired_on


def test_one_vendor_is_cleared_with_two_tools_and_every_clause_read(demo):
    evaluation = Evaluation.objects.get(vendor__name="Notewell")
    codes = {clause.code for clause in clause_list().clauses}
    read = Agreement.objects.get(vendor__name="Notewell", kind_of="baa").readings.values_list("code", flat=True)
    assert (evaluation.state, evaluation.tools.count(), set(read)) == (EvaluationState.SIGNED, 2, codes)
    assert all(answer.citations.exists() and answer.said for answer in evaluation.answers.all())


def test_a_read_clause_quotes_what_stands_in_the_agreement(demo):
    readings = Agreement.objects.get(vendor__name="Notewell", kind_of="baa").readings
    reading = readings.get(code="B05")
    quote = "The Vendor uses and shares patient data only as this Agreement allows or the law demands."
    assert (reading.page, reading.quote) == ("1", quote)


def test_dana_attests_and_maria_countersigns(demo):
    signed = Attestation.objects.filter(evaluation__vendor__name="Notewell").values_list("part", "person_name")
    assert list(signed) == [("officer", "Dana Okafor"), ("owner", "Maria Reyes")]


def test_one_evaluation_waits_for_the_countersignature(demo):
    waiting = Evaluation.objects.filter(state=EvaluationState.ATTESTED)
    assert [each.vendor.name for each in waiting] == ["Tidewater Billing"]


def test_one_review_comes_soon_and_one_is_twelve_days_late(demo):
    today = demo.practice.today()
    days = {name: (standing_of(name).next_review_on - today).days for name in ("Notewell", "Tidewater Billing")}
    assert 0 < days["Notewell"] <= 30
    assert days["Tidewater Billing"] == -12


def test_patient_data_came_before_the_agreement_with_the_stopped_vendor(demo):
    tool = Tool.objects.get(vendor__name="ChatSpark")
    agreement = Agreement.objects.get(vendor__name="ChatSpark")
    assert None not in (tool.first_phi_on, agreement.executed_on)
    assert str(tool.first_phi_on) < str(agreement.executed_on)  # ISO days sort as days do
    assert standing_of("ChatSpark").in_use_not_cleared


def test_nothing_is_queued_twice(demo):
    jobs = [(job.kind, job.subject_uid) for job in Job.objects.all()]
    signed = {("attestation", each.uid): 1 for each in Evaluation.objects.filter(state=EvaluationState.SIGNED)}
    memos = {("part2-memo", each.uid): 1 for each in Part2Memo.objects.all()}
    closed = {("exposure", each.uid): 2 for each in Exposure.objects.filter(state="closed")}  # decided, then closed
    assert Counter(jobs) == signed | memos | closed
    assert set(Mail.objects.values_list("state", flat=True)) == {MailState.SENT}
    assert LedgerEntry.objects.filter(verb="reminder.sent").count() == Reminder.objects.count()


def test_one_list_of_sub_processors_is_confirmed_and_a_changed_one_waits(demo):
    states = SubProcessorList.objects.filter(vendor__name="Notewell").values_list("state", flat=True)
    assert list(states) == ["draft", "confirmed"]


def test_the_map_of_the_cleared_vendor_has_flows_and_findings(demo):
    vendor = with_maps(Vendor.objects.filter(name="Notewell")).get()
    drawn = map_of(vendor, demo.practice.today())
    assert (len(drawn.rows) > 3, drawn.failed, drawn.warned > 0) == (True, 0, True)


def test_one_exposure_is_assessed_and_a_small_one_is_closed_on_the_log(demo):
    found = {each.vendor.name: each for each in Exposure.objects.select_related("vendor")}
    assert {name: each.state for name, each in found.items()} == {"ChatSpark": "assessed", "Brindlefax": "closed"}
    small = found["Brindlefax"]
    assert (small.decision, small.people, small.people_told_on is None, small.hhs_told_on) == ("breach", 1, False, None)


def test_part_2_is_settled_by_a_memo_of_the_practice_and_one_of_a_tool(demo):
    assert {memo.subject for memo in Part2Memo.objects.all()} == {"the practice", "Notewell Scribe"}


def test_one_tool_has_gone_through_its_rollout_and_one_is_on_the_way(demo):
    done = Counter(RolloutStep.objects.values_list("tool__name", flat=True))
    assert done == {"Notewell Scribe": 6, "Notewell Plans": 2}


def test_one_reminder_is_snoozed_and_some_reviews_wait_for_a_change(demo):
    assert [each.until > demo.practice.today() for each in Snooze.objects.all()] == [True]
    assert set(ReviewTrigger.objects.open().values_list("vendor__name", flat=True)) >= {"Claridesk", "ChatSpark"}


def test_an_agreement_is_amended_and_another_is_superseded(demo):
    amended = Agreement.objects.filter(amends__isnull=False).values_list("vendor__name", flat=True)
    superseded = Agreement.objects.filter(superseded_on__isnull=False).values_list("vendor__name", flat=True)
    assert (list(amended), list(superseded)) == (["Notewell"], ["Brindlefax"])


def test_both_who_keep_the_list_were_told_that_a_vendor_lapsed(demo):
    told = Reminder.objects.filter(kind="standing").values_list("person__name", "due_on")
    since = standing_of("Claridesk").since
    assert sorted(told) == [("Dana Okafor", since), ("Maria Reyes", since)]


def test_the_late_review_was_asked_for_before_its_day_and_after(demo):
    late = Agreement.objects.get(vendor__name="Tidewater Billing")
    rungs = Reminder.objects.filter(subject_uid=late.uid).values_list("rung", flat=True)
    assert {rung < 0 for rung in rungs} == {True, False}


def test_every_file_is_kept_whole(demo):
    with override_settings(**demo.places):
        for evidence in Evidence.objects.select_related("file"):
            keeping.read(evidence.file).close()


@pytest.mark.parametrize("role", list(Role))
def test_each_role_signs_in_with_the_printed_password(demo, role):
    home = sign_in(demo, role).get("/")
    assert home.status_code == 200
    membership = Membership.objects.get(role=role)
    assert membership.person.short_name in home.content.decode()


def test_the_loud_banner_names_who_is_in_use_without_being_cleared(demo):
    page = sign_in(demo, Role.STAFF).get(reverse("vendors:vendor_list"))
    assert sorted(each["vendor_name"] for each in page.context["loud"]) == ["ChatSpark", "Claridesk"]


def test_it_prints_the_accounts_with_one_password(demo):
    assert demo.says.splitlines() == [
        f"Sign in to Harbor Light Counseling as any of these. The password is {password(demo)}",
        "  owner@harborlight.example     Maria Reyes, practice owner",
        "  officer@harborlight.example   Dana Okafor, compliance officer",
        "  staff@harborlight.example     Sam Lindqvist, staff",
        "  auditor@harborlight.example   Alex Tan, auditor (reads only)",
    ]


def test_it_prints_the_accounts_again_and_loads_nothing(demo):
    count, said = LedgerEntry.objects.count(), StringIO()
    with override_settings(**demo.places):
        call_command("load_demo", accounts=True, stdout=said)
    assert (said.getvalue(), LedgerEntry.objects.count()) == (demo.says, count)


def test_only_who_runs_the_installation_reads_the_password(demo):
    file = demo.folder / "demo-password"
    assert (file.stat().st_mode & 0o777, bool(re.fullmatch(r"([a-z2-9]{4}-){3}[a-z2-9]{4}\n", file.read_text()))) == (
        0o600,
        True,
    )


@pytest.mark.usefixtures("installed")
def test_an_installation_that_is_set_up_is_left_alone(settings: Any, tmp_path: Path):
    settings.DATA_DIR = tmp_path
    before = Practice.objects.count()
    with pytest.raises(CommandError) as refused:
        call_command("load_demo")
    assert str(refused.value) == ("This installation is set up already. Start the demo in an empty folder of its own.")
    assert (Practice.objects.count(), list(tmp_path.iterdir())) == (before, [])


@pytest.mark.django_db
def test_without_a_demo_there_are_no_accounts_to_print(settings: Any, tmp_path: Path):
    settings.DATA_DIR, said = tmp_path, StringIO()
    call_command("load_demo", accounts=True, stdout=said)
    assert said.getvalue() == ""


@pytest.mark.parametrize(("days_ago", "weekday"), [(0, 4), (1, 4), (5, 0), (6, 4), (8, 4)])
def test_people_work_on_weekdays(days_ago, weekday):
    assert workday(SATURDAY, days_ago).weekday() == weekday


def test_steps_of_a_day_follow_each_other_and_stories_never_meet():
    diaries = [Diary(SATURDAY, place) for place in range(9)]
    for diary in diaries:
        for days_ago in (3, 3, 2):
            diary.note(days_ago, "owner", lambda: None)
    moments = [step.at for step in in_order(diaries)]
    assert (moments == sorted(moments), len(set(moments))) == (True, 27)


def test_the_product_itself_works_on_weekends():
    diary = Diary(SATURDAY, 0)
    diary.note(6, "", lambda: None)
    assert diary.steps[0].at.date() == date(2026, 11, 15)


def test_only_the_first_step_of_a_persons_day_begins_it():
    diary = Diary(SATURDAY, 0)
    for who in ("owner", "owner", "staff", ""):
        diary.note(3, who, lambda: None)
    assert [step.who for step in first_of_each_day(diary.steps)] == ["owner", "staff"]
