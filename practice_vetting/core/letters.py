"""Putting a mail into words, at the moment when it leaves: what is done, moved or snoozed by then is left out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.urls import reverse

from practice_vetting.core import clock, daily_words, ics, mail, snoozes, summary
from practice_vetting.core.deadline import Deadline
from practice_vetting.core.models import Mail, Membership, Practice, Reminder
from practice_vetting.core.reminder_words import subject_words
from practice_vetting.core.roles import Role
from practice_vetting.core.sources import NEWS, deadlines_of, deadlines_of_each

Key = tuple[str, str, date]
_TOGETHER = 20  # practices whose deadlines are read at once: few, because the last of them is mailed later


@dataclass(frozen=True)
class Letter:
    """The words of a mail, None when nothing is left to tell; and what was left out, each with the reason."""

    words: mail.Words | None
    left_out: list[tuple[Reminder, str]]


@dataclass
class Desk:
    """Writes the mails of one run. What a practice has open is read once, however many mails tell of it.

    `ahead` are the practices of the mails in their order: some are read together, right before the first of them.
    """

    today: date | None = None
    ahead: Sequence[int] = ()
    _open: dict[int, dict[Key, Deadline]] = field(default_factory=dict)
    _until: dict[int, date] = field(default_factory=dict)
    _silent: dict[int, dict[Key, date]] = field(default_factory=dict)

    def write(self, letter: Mail) -> Letter:
        on = self.today or letter.practice.today()
        role = _role_of(letter, on)
        kept, left_out = [], []
        for each, has_newer in _carried(letter):
            reason = (
                "A later reminder takes its place." if has_newer else self._why_not(each, letter.practice, role, on)
            )
            if reason:
                left_out.append((each, reason))
            else:
                kept.append(each)
        words = self._words(letter, kept, role, on) if kept and role else None
        return Letter(words, left_out)

    def _why_not(self, reminder: Reminder, practice: Practice, role: Role | None, on: date) -> str:
        """Why a reminder need not be mailed any more, or ""."""
        if role is None:
            return "This person is no longer an officer or owner."
        if reminder.kind in NEWS or reminder.kind == summary.KIND:
            return ""
        key = _key(reminder)
        ahead = on + max(practice.ladder.first, summary.AHEAD)
        if key not in self._standing(practice, max(ahead, reminder.due_on)):
            return "It is done, or the date has moved."
        if role is not Role.OWNER and on < self._snoozed(practice).get(key, on):
            return "It was snoozed meanwhile."
        return ""

    def _standing(self, practice: Practice, until: date) -> dict[Key, Deadline]:
        if practice.pk not in self._until:
            self._read_ahead(practice)
        if self._until.get(practice.pk, date.min) < until:
            self._until[practice.pk] = until
            self._open[practice.pk] = {each.key: each for each in deadlines_of(practice, until)}
        return self._open[practice.pk]

    def _read_ahead(self, practice: Practice) -> None:
        unread = [pk for pk in dict.fromkeys(self.ahead) if pk not in self._until]
        if practice.pk not in unread:
            return
        first = unread.index(practice.pk)
        some = Practice.objects.in_bulk(unread[first : first + _TOGETHER]).values()
        untils = {each: (self.today or each.today()) + max(each.ladder.first, summary.AHEAD) for each in some}
        for pk, found in deadlines_of_each(untils).items():
            self._open[pk] = {each.key: each for each in found}
        self._until |= {each.pk: until for each, until in untils.items()}

    def _snoozed(self, practice: Practice) -> dict[Key, date]:
        if practice.pk not in self._silent:
            self._silent[practice.pk] = snoozes.until(practice)
        return self._silent[practice.pk]

    def _words(self, letter: Mail, kept: list[Reminder], role: Role, on: date) -> mail.Words:
        news = [each for each in kept if each.kind in NEWS]
        open_ones = self._standing(letter.practice, on + max(letter.practice.ladder.first, summary.AHEAD))
        asked = any(each.kind == summary.KIND for each in kept)
        week = summary.week(letter.practice, on, open_ones.values()) if asked else None
        due = [open_ones[_key(each)] for each in kept if _key(each) in open_ones]
        common = {"practice": letter.practice, "role": role, "today": on}
        if len(kept) == 1 and news:
            return mail.Words(news[0].subject, news[0].text, news[0].html)
        if len(kept) == 1 and due:
            return one(due[0], common, on)
        return many(due, news, week, common, on)


def one(deadline: Deadline, common: dict[str, Any], on: date) -> mail.Words:
    """A mail about one thing, with its own subject."""
    context = {
        **common,
        "deadline": deadline,
        "path": deadline.url,
        "choices": page_of(deadline),
        "subject": subject_words(deadline, on),
        "late": on > deadline.due_on,
        "on_the_day": on == deadline.due_on,
    }
    return mail.Words(*mail.render("reminder", context), calendar=_calendar([deadline], common))


def many(
    due: list[Deadline], news: list[Reminder], week: summary.Week | None, common: dict[str, Any], on: date
) -> mail.Words:
    """A mail about all that is due to one person, the most urgent first."""
    groups = [
        (group.value, [(each, page_of(each.deadline)) for each in items])
        for group, items in daily_words.grouped(due, on)
    ]
    if due or news:
        subject = daily_words.subject(due, len(news), on)
        first = daily_words.first_line(due, [each.subject for each in news], on)
    else:
        assert week is not None, "a mail tells something"
        subject, first = week.subject, week.first_line
    context = {**common, "subject": subject, "first": first, "groups": groups, "news": news, "week": week}
    context |= {"deadline": due[0] if due else None, "path": reverse("core:reminders"), "most": summary.MOST}
    return mail.Words(*mail.render("daily", context), calendar=_calendar(due, common))


def _calendar(due: list[Deadline], common: dict[str, Any]) -> bytes:
    """What is due, for a calendar; b"" when nothing is."""
    name = f"{common['practice'].name}: what is due"
    return ics.calendar_of(due, name=name, site=settings.SITE_URL, at=clock.now()) if due else b""


def page_of(deadline: Deadline) -> str:
    """The page on which a deadline is snoozed, or said to be done."""
    return reverse("core:reminder", args=[deadline.kind, deadline.subject_uid, deadline.due_on])


def _carried(letter: Mail) -> Iterable[tuple[Reminder, bool]]:
    """What the mail was made for, and of each whether a later one was made for the same person."""
    same = Reminder.objects.filter(
        person=OuterRef("person"), kind=OuterRef("kind"), subject_uid=OuterRef("subject_uid")
    )
    later_rung = same.filter(due_on=OuterRef("due_on"), rung__gt=OuterRef("rung"))
    later_week = same.filter(kind=summary.KIND, due_on__gt=OuterRef("due_on"))
    marked = letter.reminders.annotate(newer=Exists(later_rung), newer_week=Exists(later_week))
    for each in marked.select_related("person").order_by("due_on", "id"):
        yield each, each.kind not in NEWS and (each.newer or each.newer_week)


def _key(reminder: Reminder) -> Key:
    return reminder.kind, reminder.subject_uid, reminder.due_on


def _role_of(letter: Mail, on: date) -> Role | None:
    """The role in which the person reads it; None when they keep nothing any more."""
    members = Membership.objects.of(letter.practice).active(on).filter(person=letter.person_id)
    member = members.filter(role__in=[Role.OFFICER, Role.OWNER]).first()
    return Role(member.role) if member else None
