"""What one person did again and again on one day is told in one line, and nothing is left out."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from practice_vetting.core.history_acts import Act, acts
from practice_vetting.core.told import Told

NEW_YORK = ZoneInfo("America/New_York")
NOON = datetime(2026, 11, 9, 17, tzinfo=UTC)


@dataclass
class Entry:
    verb: str
    at: datetime
    person_uid: str = "dana"
    person_name: str = "Dana Okafor"
    record_kind: str = "clausereading"
    record_uid: str = "r"
    detail: dict[str, Any] = field(default_factory=dict)


def told(label: str, *, verb: str = "clause.read", after: float = 0, url: str = "/agreements/a/", **more: Any) -> Told:
    lines = more.pop("lines", [])
    entry: Any = Entry(verb, NOON + timedelta(minutes=after), **more)
    return Told(entry, "read", label, url, "", lines)


def judged(after: float, *, before: str = "stopped", now: str = "stopped", **more: Any) -> Told:
    detail = {"before": before, "after": now}
    facts = {"record_kind": "standing", "detail": detail, "lines": ["Stopped: requirement 1 failed"], **more}
    return told("ChatSpark", verb="standing.changed", after=after, url="/vendors/v/", **facts)


def labels(entries: list[Told]) -> list[tuple[str, int]]:
    return [(act.label, len(act.steps)) for act in made(entries)]


def made(entries: list[Told]) -> list[Act]:
    return acts(entries, NEW_YORK)


def test_clauses_of_one_agreement_are_counted():
    read = [told(f"B0{n} of the BAA with Notewell", after=-n) for n in range(1, 6)]
    assert labels(read) == [("5 clauses of the BAA with Notewell", 5)]


@pytest.mark.parametrize(
    ("names", "label"),
    [
        (["Question 1 of First evaluation", "Question 2 of First evaluation"], "2 questions of First evaluation"),
        (["Question 1 of First evaluation"] * 3, "Question 1 of First evaluation, 3 times"),
        (["Question 1 of First evaluation", "B07 of the BAA"], "Question 1 of First evaluation and 1 more"),
        (["A letter to Dana", "A letter to Maria", "A letter to Sam"], "A letter to Dana and 2 more"),
        (["", ""], "2 times"),
        (["B07 of the BAA"], "B07 of the BAA"),
    ],
)
def test_a_line_names_what_it_holds(names: list[str], label: str):
    assert [act.label for act in made([told(name) for name in names])] == [label]


@pytest.mark.parametrize(
    "other",
    [
        {"verb": "agreement.changed"},
        {"person_uid": "sam", "person_name": "Sam Lindqvist"},
        {"url": "/agreements/b/"},
        {"after": -13 * 60},
    ],
)
def test_another_person_verb_record_or_day_is_another_line(other: dict[str, Any]):
    entries = [told("B01 of the BAA"), told("B02 of the BAA", **other)]
    assert labels(entries) == [("B01 of the BAA", 1), ("B02 of the BAA", 1)]


def test_only_what_follows_each_other_is_one_line():
    entries = [told("B01 of the BAA"), told("Notewell", verb="vendor.changed"), told("B02 of the BAA")]
    assert [count for _, count in labels(entries)] == [1, 1, 1]


def test_a_judgement_that_moved_nothing_stands_under_what_set_it_off():
    answers = [
        judged(2),
        told("Question 2 of First evaluation", after=2),
        judged(1),
        told("Question 1 of First evaluation", after=1),
    ]
    [act] = made(answers)
    assert (act.label, act.outcome) == (
        "2 questions of First evaluation",
        ["Judged again: Stopped: requirement 1 failed"],
    )
    assert [step.lines for step in act.steps] == [["Judged again: Stopped: requirement 1 failed"]] * 2


def test_a_judgement_that_moved_the_vendor_keeps_its_line():
    entries = [judged(0, now="cleared"), told("Question 2 of First evaluation")]
    assert labels(entries) == [("ChatSpark", 1), ("Question 2 of First evaluation", 1)]


@pytest.mark.parametrize("cause", [{"after": -1}, {"person_uid": "sam"}])
def test_a_judgement_of_another_moment_or_person_keeps_its_line(cause: dict[str, Any]):
    assert labels([judged(0), told("Question 2", **cause)]) == [("ChatSpark", 1), ("Question 2", 1)]


def test_judgements_alone_are_still_all_there():
    assert labels([judged(2), judged(1), judged(0)]) == [("ChatSpark, 3 times", 3)]
