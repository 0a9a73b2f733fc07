"""The clocks of exposures as deadlines, for the reminders (settings.DEADLINES): notices, the yearly log, a delay."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.urls import reverse

from practice_vetting.core.deadline import Deadline
from practice_vetting.core.models import Practice, Several
from practice_vetting.core.sources import Days
from practice_vetting.core.templatetags.wording import day
from vendors.breach_clocks import HHS_LOG, MEDIA, PART2, PEOPLE, Clock
from vendors.deadlines import days_later
from vendors.models import Exposure

_ACTIONS = {
    PEOPLE: "Tell the people of exposure {label}",
    MEDIA: "Tell the media of exposure {label}",
    HHS_LOG: "Send HHS the small breach {label}",
    PART2: "Send HHS the Part 2 report of {label}",
}
#: while an official asked to wait (45 CFR 164.412), somebody asks every 30 days whether that still holds: our policy
ASK_AGAIN = timedelta(days=30)


def deadlines(practice: Practice | Several, until: date) -> Iterator[Deadline]:
    """The notices due on `until` or before that nobody has recorded, late ones included, the earliest first.

    The clocks run while a breach is presumed, and go on until HHS is told when the exposure itself is closed. A delay
    that silences them has a deadline of its own.
    """
    today = practice.today()
    running = Exposure.objects.of(practice).running().select_related("vendor", "practice")
    due = [
        (clock.last_on, each.pk, clock.key, _deadline(each, clock, clock.last_on))
        for each in running
        for clock in each.running_clocks
        if clock.last_on and clock.last_on <= until
    ]
    asking = [(_ask_on(each, today), each) for each in running]
    due += [(on, each.pk, "delay", _delay_deadline(each, on)) for on, each in asking if on and on <= until]
    return (deadline for *_, deadline in sorted(due, key=lambda row: row[:3]))


def coming_up(practices: Several, days: Days) -> Any:
    """The practices where a clock may run: its days follow from what was told, so no day is looked for."""
    return Exposure.objects.of(practices).running().order_by().values_list("practice_id", flat=True)


def action_of(exposure: Exposure, clock: Clock) -> str:
    """What to do, as a sentence without its full stop. During a law-enforcement delay: nothing, and until when."""
    if clock.not_before and exposure.practice.today() < clock.not_before:
        return f"Do not tell anybody of exposure {exposure.label} before {day(clock.not_before)}"
    return _ACTIONS.get(clock.kind, "Tell HHS of exposure {label}").format(label=exposure.label)


def _ask_on(exposure: Exposure, today: date) -> date | None:
    """The next day on which somebody asks whether the delay still holds, its last day in the end; None without one."""
    delay = exposure.delay
    if delay is None or delay.last_on < today or not any(each.not_before for each in exposure.running_clocks):
        return None
    rounds = max(1, -((delay.asked_on - today) // ASK_AGAIN))
    return min(delay.asked_on + rounds * ASK_AGAIN, delay.last_on)


def _delay_deadline(exposure: Exposure, due_on: date) -> Deadline:
    return Deadline(
        kind="exposure-delay",
        subject_kind=Exposure.kind(),
        subject_uid=exposure.uid,
        title=f"{exposure}: an official asked to wait",
        vendor_name=exposure.vendor.name,
        due_on=due_on,
        url=reverse("vendors:exposure", args=[exposure.uid]),
        action=f"Ask whether the delay of exposure {exposure.label} still holds",
        practice_id=exposure.practice_id,
    )


def _deadline(exposure: Exposure, clock: Clock, due_on: date) -> Deadline:
    return Deadline(
        kind=f"exposure-{clock.key}",
        subject_kind=Exposure.kind(),
        subject_uid=exposure.uid,
        title=f"{exposure}: {clock.notice}",
        vendor_name=exposure.vendor.name,
        due_on=due_on,
        url=reverse("vendors:exposure", args=[exposure.uid]),
        action=action_of(exposure, clock),
        lapses_on=days_later(due_on, 1),  # the time that the notice has ends by itself
        practice_id=exposure.practice_id,
    )
