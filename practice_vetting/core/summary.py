"""The week in one section of the owners' mail: what is late, what changed, what was snoozed, what comes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.module_loading import import_string

from practice_vetting.core.deadline import Deadline
from practice_vetting.core.ladder import WEEK
from practice_vetting.core.models import Practice, QuietWeek, Snooze
from practice_vetting.core.reminder_words import LIMIT, day_words
from practice_vetting.core.sources import deadlines_of

KIND = "summary"
AHEAD = timedelta(days=30)
MOST = 10  # lines of one list; the page shows the rest


@dataclass(frozen=True, slots=True)
class Line:
    """Something that happened, as a sentence, and the page that shows it."""

    sentence: str
    path: str


@dataclass(frozen=True)
class Week:
    """What an owner reads of the week that ends on `on`."""

    on: date
    late: list[Deadline]
    ahead: list[Deadline]
    changes: list[Line]
    snoozed: list[Snooze]

    @property
    def is_quiet(self) -> bool:
        return not (self.late or self.ahead or self.changes or self.snoozed)

    @property
    def until(self) -> date:
        return self.on + AHEAD

    @property
    def subject(self) -> str:
        """ "Your week: 2 late, 5 due by 9 December"."""
        if self.is_quiet:
            return f"Your week: nothing to do by {day_words(self.until, self.on)}"
        changed = f", {len(self.changes)} changed" if self.changes else ""
        due = f"{len(self.late)} late, {len(self.ahead)} due by {day_words(self.until, self.on)}"
        return f"Your week: {due}{changed}"[:LIMIT]

    @property
    def first_line(self) -> str:
        """What to do about it, as a sentence."""
        if self.late:
            return f"Ask today about what is late: {self.late[0].action[:1].lower()}{self.late[0].action[1:]}."
        if self.ahead and self.ahead[0].due_on == self.on:
            return f"Due today: {self.ahead[0].action[:1].lower()}{self.ahead[0].action[1:]}."
        if self.changes:
            return f"Look at what changed: {self.changes[0].sentence}"
        return "Nothing is late. You need not do anything today."


def week(practice: Practice, on: date, open_ones: Iterable[Deadline] | None = None) -> Week:
    """What is late and what comes, and what changed and was snoozed in the seven days before.

    `open_ones` are the deadlines of the 30 days ahead and of any more, for who has read them already.
    """
    known = deadlines_of(practice, on + AHEAD) if open_ones is None else open_ones
    coming = (each for each in known if each.due_on <= on + AHEAD)
    due = sorted(coming, key=lambda each: (each.due_on, each.action))
    since = datetime.combine(on - timedelta(days=WEEK), time.min, ZoneInfo(practice.time_zone))
    snoozed = Snooze.objects.of(practice).standing().filter(created_at__gte=since, until__gt=on)
    return Week(
        on=on,
        late=[each for each in due if each.due_on < on],
        ahead=[each for each in due if each.due_on >= on],
        changes=list(import_string(settings.WEEK_CHANGES)(practice, since)),
        snoozed=list(snoozed.select_related("by").order_by("id")),
    )


def deadline(practice: Practice, day: date) -> Deadline:
    """The summary of that day, under the name by which it is made once."""
    return Deadline(
        kind=KIND, subject_kind=Practice.kind(), subject_uid=practice.uid, title="Your week", vendor_name="",
        due_on=day, url=reverse("core:reminders"), action="Read how the week stands",
    )  # fmt: skip


def is_open(practice: Practice, day: date, on: date) -> bool:
    """Whether the summary of `day` may still be made on `on`: nobody looked on that day, and the practice was there."""
    if QuietWeek.objects.filter(practice=practice, on__gte=day).exists():
        return False
    return day == on or practice.created_at.astimezone(ZoneInfo(practice.time_zone)).date() <= day


def close(practice: Practice, day: date) -> None:
    """The week of that day was quiet: what comes up later is told in the next."""
    QuietWeek.objects.update_or_create(practice=practice, defaults={"on": day})
