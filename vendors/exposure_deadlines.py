"""The clocks of exposures as deadlines, for the reminders (settings.DEADLINES): each notice, and the yearly log."""

from collections.abc import Iterator
from datetime import date

from django.urls import reverse

from practice_vetting.core.deadline import Deadline
from practice_vetting.core.models import Practice
from vendors.breach_clocks import HHS_LOG, MEDIA, PART2, PEOPLE, Clock
from vendors.models import Exposure

_ACTIONS = {
    PEOPLE: "Tell the people of exposure {label}",
    MEDIA: "Tell the media of exposure {label}",
    HHS_LOG: "Send HHS the small breach {label}",
    PART2: "Send HHS the Part 2 report of {label}",
}


def deadlines(practice: Practice, until: date) -> Iterator[Deadline]:
    """The notices due on `until` or before that nobody has recorded, late ones included, the earliest first.

    The clocks run while a breach is presumed, and go on until HHS is told when the exposure itself is closed.
    """
    running = Exposure.objects.of(practice).running().select_related("vendor")
    due = [
        (clock.last_on, each.pk, clock.key, _deadline(each, clock, clock.last_on))
        for each in running
        for clock in each.running_clocks
        if clock.last_on and clock.last_on <= until
    ]
    return (deadline for *_, deadline in sorted(due, key=lambda row: row[:3]))


def action_of(exposure: Exposure, clock: Clock) -> str:
    """What to do, as a sentence without its full stop."""
    return _ACTIONS.get(clock.kind, "Tell HHS of exposure {label}").format(label=exposure.label)


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
    )
