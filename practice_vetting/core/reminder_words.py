"""The subject of a reminder: the fact and the date, in one line that a phone shows whole. Pure: no Django."""

from datetime import date

from practice_vetting.core.deadline import Deadline

LIMIT = 70  # characters


def subject_words(deadline: Deadline, on: date) -> str:
    """ "Review the agreement with Notewell by 9 November"; a long name is cut, the date never."""
    when = day_words(deadline.due_on, on)
    act = _one_line(deadline.action)
    if on < deadline.due_on:
        return _fit("", act, f" by {when}")
    if on == deadline.due_on:
        return _fit("", act, f" today, {when}")
    return _fit(f"Late since {when}: ", act[:1].lower() + act[1:], "")


def when_words(due_on: date, on: date) -> str:
    """ "by 9 November", "today", "was due on 9 November, 3 days late"."""
    if on < due_on:
        return f"by {day_words(due_on, on)}"
    if on == due_on:
        return "today"
    late = (on - due_on).days
    return f"was due on {day_words(due_on, on)}, {late} day{'' if late == 1 else 's'} late"


def day_words(day: date, on: date) -> str:
    """ "9 November", with the year when it is not the current one."""
    words = f"{day.day} {_MONTHS[day.month - 1]}"
    return words if day.year == on.year else f"{words} {day.year}"


def _fit(before: str, middle: str, after: str) -> str:
    room = LIMIT - len(before) - len(after)
    if len(middle) > room:
        middle = middle[: room - 1].rstrip() + "…"
    return before + middle + after


def _one_line(words: str) -> str:
    return " ".join(words.split())


_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
