"""Making reminders: to whom, on which day, and each once however often the clock runs."""

from datetime import date, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from practice_vetting.core import clock, delivery, ledger, mailing, reminders, rounds, summary
from practice_vetting.core.models import LedgerEntry, Membership, Person, Reminder, ReminderRound
from practice_vetting.core.people import end_membership
from practice_vetting.core.roles import Role
from tests.conftest import Cast
from tests.core.deadlines_for_tests import DUE, OPEN, SOURCE, set_deadline
from tests.core.log_capture import log_lines
from tests.factories import arranging, make_agreement, make_member, make_practice, make_vendor

__all__ = ["log_lines"]  # a fixture
pytestmark = pytest.mark.django_db
NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture(autouse=True)
def _own_source(settings, monkeypatch):
    """One source of deadlines; of the summary of the week tells test_weekly_summary."""
    settings.DEADLINES = SOURCE
    monkeypatch.setattr(summary, "is_open", lambda practice, day, on: False)
    OPEN.clear()
    yield
    OPEN.clear()


def at(day: date, hour: int = 9, zone: str = "America/New_York"):
    return clock.set_to(datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(zone)))


def run_daily(first: date, last: date) -> None:
    for day in range((last - first).days + 1):
        with at(first + timedelta(days=day)):
            reminders.send_all()


def rungs(person: Person) -> list[int]:
    return list(Reminder.objects.filter(person=person).order_by("id").values_list("rung", flat=True))


def test_the_officer_is_told_before_and_weekly_after_and_the_owner_once_it_is_late(cast: Cast):
    set_deadline(cast.practice)
    run_daily(DUE - timedelta(days=70), DUE + timedelta(days=15))
    assert rungs(cast.officer) == [-60, -30, -14, -7, -1, 0, 7, 14]
    assert rungs(cast.owner) == [1, 7, 14]
    assert (rungs(cast.staff), rungs(cast.auditor)) == ([], [])
    assert len(mail.outbox) == 11


def test_after_an_outage_one_mail_goes_out_and_no_backlog(cast: Cast):
    set_deadline(cast.practice)
    run_daily(DUE - timedelta(days=61), DUE - timedelta(days=59))
    run_daily(DUE - timedelta(days=3), DUE - timedelta(days=3))
    assert rungs(cast.officer) == [-60, -7]


def test_a_clock_that_runs_every_quarter_of_an_hour_sends_once(cast: Cast):
    set_deadline(cast.practice)
    with at(DUE):
        assert [reminders.send_all() for _ in range(4)] == [1, 0, 0, 0]
    assert len(mail.outbox) == 1


def test_a_clock_that_was_set_back_sends_nothing_again(cast: Cast):
    set_deadline(cast.practice)
    run_daily(DUE, DUE)
    run_daily(DUE - timedelta(days=1), DUE - timedelta(days=1))
    assert rungs(cast.officer) == [0]


def test_two_runs_that_planned_the_same_make_it_once(cast: Cast):
    set_deadline(cast.practice)
    first = list(reminders.planned(cast.practice, DUE))
    second = list(reminders.planned(cast.practice, DUE))
    made = [reminders.make(cast.practice, plans, DUE) for plans in (first, second)]
    assert (made, Reminder.objects.count()) == ([1, 0], 1)


def test_the_database_itself_refuses_a_second_one(cast: Cast, monkeypatch):
    set_deadline(cast.practice)
    reminders.make(cast.practice, list(reminders.planned(cast.practice, DUE)), DUE)
    twin = Reminder.objects.get()
    twin.pk, twin.uid = None, "another"
    with pytest.raises(IntegrityError), transaction.atomic():
        reminders._keep(reminders=[twin], practice=cast.practice, by=None)
    assert (Reminder.objects.count(), ledger.broken_at(cast.practice.uid)) == (1, None)


def test_nothing_goes_out_before_the_practices_morning(cast: Cast):
    set_deadline(cast.practice)
    with at(DUE, 6):
        assert reminders.send_all() == 0
    with at(DUE, rounds.SENT_FROM_HOUR):
        assert reminders.send_all() == 1


def test_each_practice_has_its_own_day(cast: Cast):
    honolulu = make_practice(name="Tide Pool Therapy", time_zone="Pacific/Honolulu")
    officer = make_member(practice=honolulu, name="Kai Mahoe", role=Role.OFFICER)
    set_deadline(cast.practice)
    set_deadline(honolulu)
    with at(DUE, 9):  # four in the morning in Honolulu
        assert reminders.send_all() == 1
    assert (rungs(cast.officer), rungs(officer)) == ([0], [])
    with at(DUE, 7, "Pacific/Honolulu"):
        reminders.send_all()
    assert rungs(officer) == [0]


def test_the_morning_of_the_change_to_summer_time_is_a_morning(cast: Cast):
    set_deadline(cast.practice, due_on=date(2027, 3, 14))
    with clock.set_to(datetime(2027, 3, 14, 11, 0, tzinfo=ZoneInfo("UTC"))):  # 07:00 in New York since the change
        assert reminders.send_all() == 1


def test_without_an_officer_the_owner_hears_what_the_officer_would(cast: Cast):
    with at(DUE - timedelta(days=80)):
        end_membership(membership=Membership.objects.get(person=cast.officer), by=cast.owner)
    set_deadline(cast.practice)
    run_daily(DUE - timedelta(days=61), DUE + timedelta(days=8))
    assert (rungs(cast.officer), rungs(cast.owner)) == ([], [-60, -30, -14, -7, -1, 0, 1, 7])


def test_every_officer_is_told(cast: Cast):
    second = make_member(practice=cast.practice, name="Noor Haddad", role=Role.OFFICER, email="noor@x.example")
    set_deadline(cast.practice)
    run_daily(DUE, DUE)
    assert (rungs(cast.officer), rungs(second)) == ([0], [0])


def test_nobody_of_another_practice_is_told(cast: Cast, strangers: Cast):
    set_deadline(cast.practice)
    run_daily(DUE, DUE + timedelta(days=8))
    told = {person for message in mail.outbox for person in message.to}
    assert told == {f"Dana Okafor <{cast.officer.email}>", f"Maria Reyes <{cast.owner.email}>"}


def test_a_date_that_moved_starts_a_ladder_of_its_own(cast: Cast):
    set_deadline(cast.practice)
    run_daily(DUE, DUE)
    later = set_deadline(cast.practice, due_on=date(2027, 11, 9)).due_on
    run_daily(later - timedelta(days=60), later - timedelta(days=60))
    assert rungs(cast.officer) == [0, -60]


def test_planning_asks_the_database_as_often_for_three_as_for_one(cast: Cast, django_assert_num_queries):
    one = set_deadline(cast.practice)
    with django_assert_num_queries(7):
        assert len(list(reminders.planned(cast.practice, DUE))) == 1
    OPEN[cast.practice.uid] = [one, *[set_deadline(cast.practice, subject_uid=f"other{n}") for n in range(2)]]
    with django_assert_num_queries(7):
        assert len(list(reminders.planned(cast.practice, DUE))) == 3


def test_the_ledger_tells_what_was_made_and_mailed(cast: Cast):
    set_deadline(cast.practice)
    run_daily(DUE, DUE)
    entries = LedgerEntry.objects.order_by("seq")
    assert [(entry.verb, entry.record_label, entry.detail["about"]) for entry in entries] == [
        (
            verb,
            "“Review the agreement with Notewell today, 9 November” to Dana Okafor",
            ["agreement", "abcdefghjkmn"],
        )
        for verb in ("reminder.made", "reminder.sent")
    ]
    assert ledger.broken_at(cast.practice.uid) is None


def test_an_agreements_review_is_asked_for(cast: Cast, settings):
    settings.DEADLINES = {"vendors.reviews_due.deadlines": "vendors.reviews_due.coming_up"}
    vendor = make_vendor(practice=cast.practice)
    agreement = make_agreement(vendor=vendor, next_review_on=DUE)
    run_daily(DUE - timedelta(days=30), DUE - timedelta(days=30))
    [message] = mail.outbox
    assert message.subject == "Review the BAA with Notewell by 9 November"
    assert f"http://localhost:8000/agreements/{agreement.uid}/" in message.body
    with arranging():
        agreement.next_review_on = date(2027, 11, 9)
        agreement.save()
    run_daily(DUE, DUE)
    assert [reminder.rung for reminder in reminders.of(agreement)] == [-30]


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("send_reminders", *arguments, stdout=out)
    return out.getvalue()


def test_a_dry_run_shows_who_gets_what_and_changes_nothing(cast: Cast):
    set_deadline(cast.practice)
    told = command("--today", "2026-11-16", "--dry-run").splitlines()
    late = "Late since 9 November: review the agreement with Notewell"
    assert [" ".join(line.split()) for line in told] == [
        "Practice To Days Subject",
        f"Harbor Light Counseling Maria Reyes <{cast.owner.email}> +7 {late}",
        f"Harbor Light Counseling Dana Okafor <{cast.officer.email}> +7 {late}",
    ]
    assert (Reminder.objects.count(), LedgerEntry.objects.count(), mail.outbox) == (0, 0, [])


def test_a_dry_run_says_when_nothing_is_due(cast: Cast):
    assert command("--today", "2026-11-16", "--dry-run") == "No reminder is due.\n"


def test_the_command_sends_as_of_the_day_it_is_given(cast: Cast):
    set_deadline(cast.practice)
    assert command("--today", "2026-11-02") == "1 reminder made.\n"
    assert [message.subject for message in mail.outbox] == ["Review the agreement with Notewell by 9 November"]


def test_a_day_that_is_none_is_refused():
    with pytest.raises(Exception, match="invalid fromisoformat value"):
        command("--today", "tomorrow")


# --- news: what has happened, told on the same day -----------------------------------------------------


def tell(cast: Cast, **changes):
    vendor = make_vendor(practice=cast.practice)
    context = {"vendor_name": "Notewell", "state": "Lapsed", "path": f"/vendors/{vendor.uid}/"}
    given = {"kind": "standing", "roles": [Role.OWNER, Role.OFFICER], "template": "standing_changed"}
    return vendor, lambda: reminders.tell_now(
        practice=cast.practice, subject=vendor, context=context, **{**given, **changes}
    )


def test_news_go_to_the_roles_once_a_day_and_leave_after_the_commit(
    cast: Cast, monkeypatch, django_capture_on_commit_callbacks
):
    woken = []
    monkeypatch.setattr(delivery, "wake", lambda: woken.append(True))
    vendor, now = tell(cast)
    with at(DUE), arranging(cast.owner), django_capture_on_commit_callbacks(execute=True):
        assert [now(), now()] == [2, 0]
        assert woken == []
    assert woken == [True]
    with at(DUE):
        assert delivery.deliver_waiting() == 2
    assert [(reminder.kind, reminder.due_on, reminder.rung) for reminder in reminders.of(vendor)] == [
        ("standing", DUE, 0)
    ] * 2


def test_news_that_are_undone_were_never_told(cast: Cast):
    _, now = tell(cast)
    with transaction.atomic():
        now()
        transaction.set_rollback(True)
    assert Reminder.objects.count() == 0


def test_news_of_an_unknown_kind_are_an_error(cast: Cast):
    _, now = tell(cast, kind="gossip")
    with pytest.raises(KeyError):
        now()


def test_a_queue_that_is_away_stops_nobody(cast: Cast, settings, monkeypatch):
    def away(*_: object) -> None:
        raise OSError("no queue")

    monkeypatch.setattr(mailing.current_app, "send_task", away)
    delivery.wake()


def test_a_run_asks_as_often_for_three_quiet_practices_as_for_one(cast: Cast, django_assert_num_queries):
    """Once all that is due was made, nothing is read of a practice until something can have come up."""
    set_deadline(cast.practice)
    with at(DUE):
        assert reminders.send_all() == 1
        with CaptureQueriesContext(connection) as one:
            assert reminders.send_all() == 0
        others = [make_practice(name=name) for name in ("Reef House", "Cedar Court")]
        assert reminders.send_all() == 0
        with django_assert_num_queries(len(one)):
            assert reminders.send_all() == 0
    assert all(ReminderRound.objects.filter(practice=each, on=DUE).exists() for each in others)


def test_a_practice_that_breaks_stops_no_other(cast: Cast, strangers: Cast, log_lines):
    broken, sound = sorted((cast, strangers), key=lambda each: each.practice.pk)
    set_deadline(broken.practice, due_on="no day")
    set_deadline(sound.practice)
    with at(DUE):
        assert reminders.send_all() == 1
    assert (rungs(sound.officer), len(mail.outbox)) == ([0], 1)
    told = [each for each in log_lines() if each["level"] == "ERROR"]
    assert [broken.practice.uid in each["message"] for each in told] == [True]
    assert [each.practice for each in ReminderRound.objects.all()] == [sound.practice]
