"""How a page of the ledger is told: what one person did again and again to one record on one day is one line. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from practice_vetting.core.records import noun
from practice_vetting.core.told import Told

TOGETHER = timedelta(seconds=2)  # a standing is judged in the transaction of what may change it
STANDING = "standing.changed"

_PART = re.compile(r"(?P<head>.+?) of (?P<whole>.+)")
_NUMBERED = re.compile(r"(?P<noun>[A-Z][a-z]+) \d+")


@dataclass(frozen=True)
class Step:
    """One entry, and what the judgement that it set off came to, where that moved nothing."""

    told: Told
    judged: Told | None = None

    @property
    def lines(self) -> list[str]:
        return [*self.told.lines, *(f"Judged again: {line}" for line in (self.judged.lines if self.judged else []))]


@dataclass(frozen=True)
class Act:
    """Steps of one person, verb, day and record, newest first. `label` names them all."""

    steps: list[Step]
    label: str

    @property
    def newest(self) -> Told:
        return self.steps[0].told

    @property
    def oldest(self) -> Told:
        return self.steps[-1].told

    @property
    def outcome(self) -> list[str]:
        """What the last judgement among the steps came to."""
        judged = next((step.judged for step in self.steps if step.judged), None)
        return [f"Judged again: {line}" for line in judged.lines] if judged else []


def acts(entries: list[Told], zone: ZoneInfo) -> list[Act]:
    """The entries, newest first, as acts. No entry is left out, and none changes its place."""
    grouped = groupby(_steps(entries), key=lambda step: (*_sameness(step.told), _day(step.told, zone)))
    runs = [list(run) for _, run in grouped]
    return [Act(run, _label([step.told.label for step in run], run[0].told.entry.record_kind)) for run in runs]


def _steps(entries: list[Told]) -> Iterable[Step]:
    """Each entry, with the judgement that stands right above it if that one moved nothing."""
    waiting: Told | None = None
    for told in entries:
        if waiting and not _set_off(told, waiting):
            yield Step(waiting)
            waiting = None
        if waiting is None and _moved_nothing(told):
            waiting = told
            continue
        yield Step(told, waiting)
        waiting = None
    if waiting:
        yield Step(waiting)


def _moved_nothing(told: Told) -> bool:
    detail = told.entry.detail
    return told.entry.verb == STANDING and bool(detail.get("before")) and detail["before"] == detail.get("after")


def _set_off(cause: Told, judged: Told) -> bool:
    same = cause.entry.person_uid == judged.entry.person_uid
    return same and cause.entry.verb != STANDING and judged.entry.at - cause.entry.at <= TOGETHER


def _sameness(told: Told) -> tuple[str, ...]:
    entry = told.entry
    about = told.url or f"{entry.record_kind} {entry.record_uid}"
    return entry.person_uid, entry.person_name, entry.verb, entry.record_kind, about


def _day(told: Told, zone: ZoneInfo) -> date:
    return told.entry.at.astimezone(zone).date()


def _label(labels: list[str], kind: str) -> str:
    """ "38 clauses of the BAA with Notewell", "3 questions of ..", "Notewell, 3 times", "this and 2 more"."""
    names = list(dict.fromkeys(labels))
    if len(labels) == 1:
        return labels[0]
    if len(names) == 1:
        return f"{names[0]}, {len(labels)} times" if names[0] else f"{len(labels)} times"
    parts = [_PART.fullmatch(name) for name in names]
    heads = {(_kind_of(part["head"], kind), part["whole"]) if part else ("", "") for part in parts}
    word, whole = heads.pop()
    if heads or not word:
        return f"{names[0]} and {len(names) - 1} more"
    return f"{len(names)} {word} of {whole}"


def _kind_of(head: str, kind: str) -> str:
    """The plural of what is numbered: "Question 4" is one of the questions, and "B07" one of the kind itself."""
    numbered = _NUMBERED.fullmatch(head)
    if numbered:
        return f"{numbered['noun'].lower()}s"
    return f"{noun(kind).removesuffix(' reading')}s" if re.fullmatch(r"[A-Z]\d+", head) else ""
