"""What the mail of the day says first, and in which groups. Pure: no Django."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from practice_vetting.core.deadline import Deadline
from practice_vetting.core.reminder_words import LIMIT, day_words, when_words

SOON = timedelta(days=7)


class Group(StrEnum):
    LATE = "Late"
    TODAY = "Due today"
    SOON = "In the next 7 days"
    LATER = "Later"


@dataclass(frozen=True)
class Item:
    """One thing to do, as a line of the mail."""

    deadline: Deadline
    when: str


def group_of(due_on: date, on: date) -> Group:
    if due_on < on:
        return Group.LATE
    if due_on == on:
        return Group.TODAY
    return Group.SOON if due_on <= on + SOON else Group.LATER


def grouped(deadlines: Iterable[Deadline], on: date) -> list[tuple[Group, list[Item]]]:
    """The groups that hold something, the most urgent first; within each the earliest date first."""
    found: dict[Group, list[Item]] = {group: [] for group in Group}
    for each in sorted(deadlines, key=lambda each: (each.due_on, each.action)):
        found[group_of(each.due_on, on)].append(Item(each, when_words(each.due_on, on)))
    return [(group, items) for group, items in found.items() if items]


def subject(deadlines: Sequence[Deadline], news: int, on: date) -> str:
    """ "2 late, 3 more by 15 November": the facts and the date, 70 characters at most."""
    late = sorted(each.due_on for each in deadlines if each.due_on < on)
    ahead = sorted(each.due_on for each in deadlines if each.due_on >= on)
    parts = [f"{news} {'thing' if news == 1 else 'things'} changed"] if news else []
    if late:
        parts.append(
            f"{len(late)} late" if ahead or news else f"{len(late)} late, the first since {day_words(late[0], on)}"
        )
    if ahead and (late or news):
        parts.append(f"{len(ahead)} {'more ' if late else 'to do '}by {day_words(ahead[-1], on)}")
    elif ahead:
        parts.append(f"{len(ahead)} things to do by {day_words(ahead[-1], on)}, first by {day_words(ahead[0], on)}")
    words = ", ".join(parts)
    return words if ahead or (late and not news) else f"{words}: {day_words(on, on)}"[:LIMIT]


def first_line(deadlines: Sequence[Deadline], news: Sequence[str], on: date) -> str:
    """What to do first, as a sentence."""
    if not deadlines:
        return f"Read first: {news[0]}."
    first = min(deadlines, key=lambda each: (each.due_on, each.action))
    act = first.action[:1].lower() + first.action[1:]
    if first.due_on < on:
        return f"Start with what is late: {act}."
    return f"Do this first: {act} {when_words(first.due_on, on)}."
