"""Which practices a run of the reminders looks at whole, found by a few queries over all of them.

Every rung is a day, and whatever else can make something due has its entry in the ledger. So a practice that was looked
at whole (ReminderRound) is looked at again when its ledger tells of anything but reminders since; when a rung is
reached, a snooze or a membership ends, or a mail could not leave; and on the day of its summary, whatever happened.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, QuerySet

from practice_vetting.core import clock, delivery, ladder, sources
from practice_vetting.core.ladder import WEEK, Ladder
from practice_vetting.core.models import (
    LedgerEntry,
    LedgerHead,
    Mail,
    MailKind,
    Membership,
    Practice,
    ReminderRound,
    Several,
    Snooze,
)

SENT_FROM_HOUR = 7  # local time of the practice: nobody is woken by a reminder
#: entries that tell of reminders and make none due
QUIET = ("reminder.made", "reminder.sent", "reminder.refused")
_KIND = (
    "time_zone",
    "remind_before",
    "owners_after",
    "summary_weekday",
    "reminder_round__on",
    "reminder_round__waiting",
)


@dataclass(frozen=True)
class Round:
    """The day whose mails may go out in each time zone, and by these days the practices that are looked at whole.

    `left_over` are those of them with a mail of an earlier day that could not leave.
    """

    days: dict[str, date]
    whole: dict[date, set[int]]
    left_over: set[int]


def begin(today: date | None) -> Round:
    """Find what is to be looked at, by what practices have in common: where they are, their ladder, the last look."""
    zones = Practice.objects.order_by().values_list("time_zone", flat=True).distinct()
    days = {zone: on for zone in zones if (on := today or day_of_its_mails(zone))}
    whole: dict[date, set[int]] = {on: set() for on in days.values()}
    for zone, before, owners_after, weekday, last, waited in Practice.objects.order_by().values_list(*_KIND).distinct():
        if zone not in days or last == days[zone]:
            continue
        alike = dict(zip(_KIND, (zone, before, owners_after, weekday, last, waited), strict=True))
        some = _alike(alike)
        if last is not None and not _looked_at_anyway(days[zone], last, weekday, waited):
            since = sources.Days(last, ladder.reached_after(Ladder(tuple(before), owners_after), last, days[zone]))
            whole[days[zone]] |= _coming_up(Several(some.values("pk"), clock.today(zone)), days[zone], since)
        else:
            whole[days[zone]].update(some.values_list("pk", flat=True))
    for pk, zone in _changed():
        if zone in days:
            whole[days[zone]].add(pk)
    left_over = {pk for pk, zone, on in _left_over() if zone in days and on < days[zone]}
    for pk, zone in Practice.objects.filter(pk__in=left_over).values_list("pk", "time_zone") if left_over else ():
        whole[days[zone]].add(pk)
    return Round(days, whole, left_over)


def ends_of_ledgers(practices: Iterable[Practice]) -> dict[int, int]:
    """Where the ledger of each ends, by its key: read before all else that is looked at."""
    uids = {each.uid: each.pk for each in practices}
    heads = dict.fromkeys(uids.values(), 0)
    for uid, seq in LedgerHead.objects.filter(practice_uid__in=uids).values_list("practice_uid", "seq"):
        heads[uids[uid]] = seq
    return heads


def looked(ends: dict[int, int], on: date, waiting: set[int]) -> None:
    """These were looked at whole and all was made; in those `waiting`, somebody waits for the mail of tomorrow."""
    rows = [ReminderRound(practice_id=pk, on=on, seq=seq, waiting=pk in waiting) for pk, seq in ends.items()]
    ReminderRound.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["practice"], update_fields=["on", "seq", "waiting"]
    )


def day_of_its_mails(time_zone: str) -> date | None:
    """The day whose reminders may go out in that zone now, or None early in its morning."""
    now = clock.now().astimezone(ZoneInfo(time_zone))
    return now.date() if now.hour >= SENT_FROM_HOUR else None


def _alike(said: dict[str, Any]) -> "QuerySet[Practice]":
    unlooked = said["reminder_round__on"] is None
    return Practice.objects.filter(**{name: value for name, value in said.items() if value is not None}).filter(
        **({"reminder_round": None} if unlooked else {})
    )


def _looked_at_anyway(on: date, last: date, summary_weekday: int, waited: bool) -> bool:
    """After long, after the clock was set back, on the day of the summary, and when somebody waited for a new day."""
    if last > on or (on - last).days >= WEEK:
        return True
    since = range(1, (on - last).days + 1)
    return waited or any((last + timedelta(days=each)).weekday() == summary_weekday for each in since)


def _changed() -> Iterable[tuple[int, str]]:
    """Those whose ledger tells of more than reminders since they were looked at."""
    told = LedgerEntry.objects.filter(practice_uid=OuterRef("practice__uid"), seq__gt=OuterRef("seq"))
    moved = ReminderRound.objects.filter(Exists(told.exclude(verb__in=QUIET)))
    found: Iterable[tuple[int, str]] = moved.values_list("pk", "practice__time_zone")
    return found


def _left_over() -> Iterable[tuple[int, str, date]]:
    """Mails of a day that could not leave: practice, its zone, and the day."""
    mails = Mail.objects.filter(delivery.unsent(), kind=MailKind.DAILY).order_by()
    found: Iterable[tuple[int, str, date]] = mails.values_list("practice_id", "practice__time_zone", "on")
    return found


def _coming_up(practices: Several, on: date, days: sources.Days) -> set[int]:
    """Those in which something comes up by the day alone."""
    silent = Snooze.objects.of(practices).standing().filter(until__gt=days.since, until__lte=on).order_by()
    gone = Membership.objects.of(practices).filter(ended_on__gt=days.since, ended_on__lte=on).order_by()
    ended = {*silent.values_list("practice_id", flat=True), *gone.values_list("practice_id", flat=True)}
    return ended | sources.coming_up(practices, days)
