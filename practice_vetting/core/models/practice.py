"""The practice, and who belongs to it in which role."""

from datetime import date, timedelta
from typing import Any, ClassVar

from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import Q

from practice_vetting.core import clock
from practice_vetting.core.ladder import Ladder
from practice_vetting.core.models.record import History, Kept, KeptQuerySet, Record, RecordQuerySet, new_uid
from practice_vetting.core.roles import Role, may


def _before() -> list[int]:
    return [*Ladder().before]


class Practice(Kept):
    """The organization that evaluates. Everything belongs to exactly one, and nothing crosses."""

    uid = models.CharField(max_length=12, unique=True, default=new_uid, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    name = models.CharField("name of the practice", max_length=200, validators=[MinLengthValidator(2)])
    time_zone = models.CharField(max_length=64, default="America/New_York")
    states = models.JSONField("states where your patients live", default=list)
    part2 = models.BooleanField("a Part 2 program, or keeps records from one", default=False)
    strict_boundary = models.BooleanField("accept only de-identified data at an outside model", default=False)
    idle_minutes = models.PositiveSmallIntegerField("minutes until an idle person is signed out", default=15)
    factor_for_all = models.BooleanField("ask everybody for a second factor", default=False)
    record_years = models.PositiveSmallIntegerField("years that records are kept at least", default=7)
    remind_before = models.JSONField("days before the date on which it is told", default=_before)
    owners_after = models.PositiveSmallIntegerField(
        "days late from which owners are told", default=Ladder().owners_after
    )
    summary_weekday = models.PositiveSmallIntegerField("day of the weekly summary, Monday is 0", default=0)
    summary_when_quiet = models.BooleanField("send the weekly summary when there is nothing to do", default=False)
    snooze_days = models.PositiveSmallIntegerField("days that a reminder can be snoozed at most", default=28)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    history = History()
    objects: ClassVar[Any] = KeptQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(record_years__gte=6), name="practice_keeps_six_years"),
            models.CheckConstraint(condition=Q(summary_weekday__lte=6), name="practice_summary_on_a_weekday"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def kind(cls) -> str:
        return "practice"

    @property
    def practice(self) -> "Practice":
        """Itself: so that a ledger entry about a practice finds its chain as any other does."""
        return self

    @property
    def ladder(self) -> Ladder:
        """On which days its deadlines are told."""
        return Ladder(tuple(self.remind_before), self.owners_after)

    def today(self) -> date:
        """The calendar day in the practice's own time zone."""
        return clock.today(self.time_zone)


class MembershipQuerySet(RecordQuerySet):
    def active(self, on: date) -> "MembershipQuerySet":
        return self.filter(Q(ended_on=None) | Q(ended_on__gt=on), person__is_active=True)


class Membership(Record):
    """A person's role in a practice, from its making until `ended_on` (the first day without access)."""

    person = models.ForeignKey("core.Person", on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10, choices=[(role.value, role.label) for role in Role])
    ended_on = models.DateField(null=True, blank=True)
    has_factor: bool  # whether the person has a second factor: set where the door read it, see core.access

    objects: ClassVar[Any] = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "person"], name="membership_once"),
            models.CheckConstraint(condition=Q(role__in=[role.value for role in Role]), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.person.name}, {Role(self.role).label.lower()}"

    @property
    def last_day(self) -> date | None:
        """The last day with access, if an end is set."""
        return self.ended_on - timedelta(days=1) if self.ended_on else None

    @property
    def has_ended(self) -> bool:
        return self.ended_on is not None and self.ended_on <= self.practice.today()

    def may(self, permission: str) -> bool:
        return may(self.role, permission)


class Invitation(Record):
    """A link that lets one person join with one role. Only the hash of its secret is kept."""

    email = models.EmailField(max_length=254)
    name = models.CharField("full name", max_length=200)
    role = models.CharField(max_length=10, choices=[(role.value, role.label) for role in Role])
    access_until = models.DateField("last day of access", null=True, blank=True)
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.email})"


class Installation(models.Model):
    """The one row about this installation: the set-up code while nobody has taken it, the date once somebody did."""

    only = models.BooleanField(primary_key=True, default=True, editable=False)
    code_sha256 = models.CharField(max_length=64, blank=True)
    set_up_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(only=True), name="installation_is_one")]

    def __str__(self) -> str:
        return "set up" if self.set_up_at else "not set up yet"
