"""A run of the reminders looks only where something can have come up, and misses nothing that a look at all would find.

Random days and random changes, for whose order nobody wrote a rule: after each run a look at every practice whole finds
nothing that is left to make.
"""

import random
from datetime import UTC, date, datetime, timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest

from practice_vetting.core import clock, reminders, rounds, sources
from practice_vetting.core.actions import action
from practice_vetting.core.ledger import record
from practice_vetting.core.models import Mail, Membership, Practice, Reminder, Snooze
from practice_vetting.core.people import change_practice, end_membership
from practice_vetting.core.reminder_settings import set_reminders
from practice_vetting.core.roles import Role
from practice_vetting.core.snoozes import bound, end_snooze, snooze
from tests.factories import (
    make_agreement,
    make_evidence,
    make_member,
    make_practice,
    make_rollout_step,
    make_tool,
    make_vendor,
)
from vendors.actions.agreements import end_agreement
from vendors.actions.triggers import report_change, set_aside_trigger
from vendors.models import Agreement, ReviewTrigger, Vendor
from vendors.models.rollout import DECISION

pytestmark = pytest.mark.django_db
ZONES = ("America/New_York", "Pacific/Honolulu", "Pacific/Kiritimati", "America/Los_Angeles")
FIRST = datetime(2027, 10, 20, 20, tzinfo=UTC)  # the clocks go back within the weeks that follow
RUNS = 10


@action("test.told", says="told of")
def told(*, subject: Any, by: Any) -> None:
    """As each action ends: what was written has its entry."""
    record(subject)


class Weeks:
    """Practices in which something happens by chance, before a run of the clock."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.practices = [make_practice(name=f"Practice {zone}", time_zone=zone) for zone in ZONES[:3]]
        self.number = 0
        for practice in self.practices:
            self.member(practice, Role.OWNER)
            self.member(practice, Role.OFFICER)
            make_tool(vendor=make_vendor(practice=practice))
            for _ in range(3):
                self.agree(practice)

    def owner(self, practice: Practice) -> Any:
        return Membership.objects.filter(practice=practice, role=Role.OWNER).order_by("id").first().person

    def day(self, practice: Practice, least: int = -40, most: int = 75) -> date:
        return practice.today() + timedelta(days=self.chance.randint(least, most))

    def member(self, practice: Practice, role: Role = Role.OFFICER) -> None:
        self.number += 1
        until = self.chance.choice([None, self.day(practice, 1, 20)]) if role is Role.OFFICER else None
        person = make_member(
            practice=practice, name=f"Person {self.number}", role=role, email=f"{self.number}@ours.example",
            ended_on=until,
        )  # fmt: skip
        told(subject=practice, by=person)

    def leave(self, practice: Practice) -> None:
        member = Membership.objects.filter(practice=practice, role=Role.OFFICER, ended_on=None).first()
        if member:
            end_membership(membership=member, by=self.owner(practice))

    def vendor(self, practice: Practice) -> Vendor:
        return Vendor.objects.select_related("practice").filter(practice=practice).get()

    def agree(self, practice: Practice) -> None:
        signed = practice.today() - timedelta(days=300)
        agreement = make_agreement(
            vendor=self.vendor(practice), next_review_on=self.day(practice), practice_signed_on=signed,
            vendor_signed_on=signed, ends_on=self.chance.choice([None, self.day(practice, 1, 20)]),
        )  # fmt: skip
        told(subject=agreement, by=None)

    def end(self, practice: Practice) -> None:
        agreement = (
            Agreement.objects.select_related("practice", "vendor").filter(practice=practice, ended_on=None).first()
        )
        if agreement and not (agreement.ends_on and agreement.ends_on < practice.today()):
            end_agreement(agreement=agreement, by=self.owner(practice), on=practice.today(), reason="So agreed.",
                          version=agreement.version)  # fmt: skip

    def expire(self, practice: Practice) -> None:
        self.number += 1
        evidence = make_evidence(
            vendor=self.vendor(practice), checked_by=self.owner(practice), number=self.number, title=f"{self.number}",
            kind_of="report", expires_on=self.day(practice),
        )  # fmt: skip
        told(subject=evidence, by=None)

    def decide(self, practice: Practice) -> None:
        tool = self.vendor(practice).tools.get()
        agreed = {"decision": "use", "decided_name": "Ours", "next_on": self.day(practice)}
        step = make_rollout_step(tool=tool, by=self.owner(practice), step=DECISION, **agreed)
        told(subject=step, by=None)

    def happen(self, practice: Practice) -> None:
        vendor, by = self.vendor(practice), self.owner(practice)
        report_change(vendor=vendor, by=by, kind_of="incident", on=practice.today(), what="Something happened.")

    def set_aside(self, practice: Practice) -> None:
        trigger = ReviewTrigger.objects.open().filter(practice=practice).first()
        if trigger:
            by = self.owner(practice)
            set_aside_trigger(trigger=trigger, by=by, version=trigger.version, reason="It changes nothing.")

    def silence(self, practice: Practice) -> None:
        open_ones = list(sources.deadlines_of(practice, practice.today() + timedelta(days=60)))
        if not open_ones:
            return
        deadline = self.chance.choice(open_ones)
        limit = bound(practice, deadline).last
        if limit and limit > practice.today():
            days = self.chance.randint(1, (limit - practice.today()).days)
            until = practice.today() + timedelta(days=days)
            snooze(practice=practice, deadline=deadline, by=self.owner(practice), until=until, reason="Later.")

    def wake(self, practice: Practice) -> None:
        standing = Snooze.objects.select_related("practice").filter(practice=practice).standing().first()
        if standing:
            end_snooze(snooze=standing, by=self.owner(practice))

    def climb(self, practice: Practice) -> None:
        before = sorted(self.chance.sample([60, 45, 30, 21, 14, 7, 3, 1, 0], 4), reverse=True)
        set_reminders(
            practice=practice, by=self.owner(practice), version=practice.version, remind_before=before,
            owners_after=self.chance.randint(1, 30), summary_weekday=self.chance.randint(0, 6),
        )  # fmt: skip

    def move(self, practice: Practice) -> None:
        change_practice(practice=practice, by=self.owner(practice), version=practice.version,
                        time_zone=self.chance.choice(ZONES))  # fmt: skip

    def nothing(self, practice: Practice) -> None:
        """Days pass."""

    def happens(self) -> None:
        acts = [self.member, self.leave, self.agree, self.end, self.expire, self.decide, self.happen]
        acts += [self.set_aside, self.silence, self.wake, self.climb, self.move, *[self.nothing] * 8]
        practice = Practice.objects.get(pk=self.chance.choice(self.practices).pk)
        self.chance.choice(acts)(practice)


def left_out() -> list[Any]:
    """What a look at all practices, whole, would still make."""
    days = [(each, rounds.day_of_its_mails(each.time_zone)) for each in Practice.objects.all()]
    return [
        (practice.name, on, plan.person.name, plan.deadline.key, plan.rung)
        for practice, on in days
        if on
        for plans in reminders.due(practice, on)
        for plan in plans
    ]


@pytest.mark.parametrize("seed", [1, 2])
def test_after_a_run_a_look_at_every_practice_finds_nothing_more(seed: int, monkeypatch):
    moment, skipped = FIRST, 0
    with clock.set_to(moment):
        weeks = Weeks(seed)
    sent = reminders.delivery.mail.send
    for _ in range(RUNS):
        moment += timedelta(hours=weeks.chance.choice([1, 5, 24, 24, 24, 24, 31, 48, 72, 24 * 9]))
        away = weeks.chance.random() < 0.2

        def send(away: bool = away, **said: Any) -> None:
            if away:
                raise SMTPServerDisconnected("away")
            sent(**said)

        monkeypatch.setattr("practice_vetting.core.delivery.mail.send", send)
        with clock.set_to(moment):
            weeks.happens()
            looked_at = set().union(*rounds.begin(None).whole.values())
            skipped += len(weeks.practices) - len(looked_at)
            reminders.send_all()
            assert left_out() == [], f"at {moment}"
    assert skipped > RUNS // 3  # it did not pass by looking everywhere
    assert Reminder.objects.values("kind").distinct().count() > 1
    assert Mail.objects.exists()
