"""What changed between two contents: pure values in, sections with rows out."""

from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from checklists.differences import Change, Section, Span, differences, marked

pytestmark = pytest.mark.any_database


def content() -> dict[str, Any]:
    """A dossier's content with one thing of each kind."""
    reading = {
        "code": "B07",
        "title": "Breach notice",
        "status_label": "Present",
        "page": "2",
        "quote": "",
        "reason": "",
    }
    question = {
        "number": 4, "title": "Logs", "response_label": "Yes, in writing", "route_label": "", "said": "Kept.",
        "said_by": "Priya", "said_on": date(2026, 1, 2), "evidence": [{"label": "E-01", "title": "Log"}],
    }  # fmt: skip
    requirement = {"number": 3, "title": "Audit trail", "state_label": "Met", "findings": []}
    tool = {"uid": "t1", "name": "Scribe", "purpose": "Drafts", "data": ["Notes"], "has_ai": True, "part2": False}
    agreement = {
        "uid": "a1", "kind": "BAA", "stands": "In force", "tools": ["Scribe"], "readings": [reading], "reviews": [],
        "next_review_on": date(2027, 1, 1),
    }  # fmt: skip
    evidence = {
        "uid": "e1",
        "label": "E-01",
        "title": "Log",
        "kind": "Log export",
        "expires_on": None,
        "questions": [4],
    }
    return {
        "vendor": {"name": "Notewell"},
        "standing": {"label": "Cleared", "headline": "Cleared: five of five", "reasons": []},
        "judged": {"requirements": [requirement], "questions": [question]},
        "tools": [tool],
        "agreements": [agreement],
        "evidence": [evidence],
        **what_keeps_it_true(),
    }


def what_keeps_it_true() -> dict[str, Any]:
    """One thing of each kind that stands beside agreements and answers."""
    flow = {"uid": "f1", "source": "Scribe", "target": "Modelworks", "purpose": "Drafts", "region": "Oregon"}
    memo = {"uid": "m1", "subject": "Scribe", "applies": False, "reason": "No program"}
    return {
        "sub_processors": [{"uid": "s1", "name": "Modelworks", "covered": "Not known"}],
        "map": {"flows": [flow]},
        "exposures": [{"uid": "x1", "label": "X-01", "state": "Decided"}],
        "part2": {"memos": [memo], "checks": [{"code": "P01", "title": "Two promises", "status": "Not shown"}]},
        "triggers": [{"uid": "r1", "kind": "New model", "what": "Version 5", "answered_on": None}],
        "rollout": [{"uid": "o1", "tool": "Scribe", "step": 1, "note": "Map signed"}],
    }


def rows(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    """Section, thing, fact, and both sides as plain text."""

    def text(spans: tuple[Span, ...]) -> str:
        return "".join(span.text for span in spans)

    return [
        (section.key, row.thing, row.fact, text(row.before), text(row.after))
        for section in differences(before, after)
        for row in section.rows
    ]


def test_the_same_twice_has_no_rows_and_counts_what_stayed():
    sections = differences(content(), content())
    assert [(each.key, each.rows, each.unchanged) for each in sections] == [
        ("standing", (), 2),
        ("requirements", (), 1),
        ("answers", (), 1),
        ("tools", (), 1),
        ("agreements", (), 1),
        ("clauses", (), 1),
        ("evidence", (), 1),
        ("behind", (), 1),
        ("map", (), 1),
        ("exposures", (), 1),
        ("memos", (), 1),
        ("checks", (), 1),
        ("triggers", (), 1),
        ("rollout", (), 1),
    ]


@pytest.mark.parametrize(
    ("place", "change", "section", "fact"),
    [
        (("sub_processors",), {"covered": "No"}, "behind", "Its own agreement covers it"),
        (("map", "flows"), {"region": "Ireland"}, "map", "Where"),
        (("exposures",), {"state": "Closed"}, "exposures", "State"),
        (("part2", "memos"), {"applies": True}, "memos", "Part 2 applies"),
        (("part2", "checks"), {"status": "Shown"}, "checks", "Found"),
        (("triggers",), {"answered_on": date(2026, 5, 1)}, "triggers", "Answered"),
        (("rollout",), {"note": "Signed anew"}, "rollout", "What shows it"),
    ],
)
def test_what_keeps_a_clearance_true_is_compared(place: tuple[str, ...], change: Any, section: str, fact: str):
    after: Any = deepcopy(content())
    rows = after
    for name in place:
        rows = rows[name]
    rows[0] |= change

    assert [(each.key, row.fact) for each in differences(content(), after) for row in each.rows] == [(section, fact)]


def test_each_kind_of_change_stands_in_its_section():
    after = deepcopy(content())
    after["standing"] |= {"label": "Stopped"}
    after["judged"]["requirements"][0] |= {"state_label": "Failed"}
    after["judged"]["questions"][0] |= {"said_on": date(2026, 2, 3), "evidence": []}
    after["tools"][0] |= {"part2": True}
    after["agreements"][0] |= {"next_review_on": None}
    after["agreements"][0]["readings"][0] |= {"status_label": "Absent"}
    after["evidence"][0] |= {"expires_on": date(2026, 5, 1)}
    assert rows(content(), after) == [
        ("standing", "The standing", "Standing", "Cleared", "Stopped"),
        ("requirements", "Requirement 3: Audit trail", "State", "Met", "Failed"),
        ("answers", "Question 4: Logs", "When", "2 Jan 2026", "3 Feb 2026"),
        ("answers", "Question 4: Logs", "Documents", "E-01 Log", ""),
        ("tools", "Scribe", "Substance use records", "No", "Yes"),
        ("agreements", "BAA", "Next review", "1 Jan 2027", ""),
        ("clauses", "B07 Breach notice", "Found", "Present", "Absent"),
        ("evidence", "E-01 Log", "Counts until", "", "1 May 2026"),
    ]


def test_what_came_and_what_went_is_one_row_each():
    before, after = content(), content()
    before["tools"].append({"uid": "t0", "name": "Old", "purpose": "Texts"})
    after["tools"].append({"uid": "t2", "name": "New", "purpose": "Calls"})
    section = next(each for each in differences(before, after) if each.key == "tools")
    assert [(row.thing, row.change, row.before, row.after) for row in section.rows] == [
        ("New", Change.ADDED, (), (Span("Name: New. What it does: Calls"),)),
        ("Old", Change.GONE, (Span("Name: Old. What it does: Texts"),), ()),
    ]
    assert section.unchanged == 1


def test_a_list_is_compared_item_by_item():
    before, after = content(), content()
    old, kept, new = ({"label": f"E-0{number}", "title": f"Report 202{number}"} for number in (5, 6, 7))
    before["judged"]["questions"][0] |= {"evidence": [old, kept]}
    after["judged"]["questions"][0] |= {"evidence": [kept, new]}
    row = next(each for section in differences(before, after) for each in section.rows)
    assert row.before == (Span("E-05 Report 2025", True), Span(", "), Span("E-06 Report 2026"))
    assert row.after == (Span("E-06 Report 2026"), Span(", "), Span("E-07 Report 2027", True))


def test_words_that_changed_inside_a_text_are_marked():
    before, after = marked("Logs are kept for six years.", "Logs are kept for seven years.")
    assert before == (Span("Logs are kept for "), Span("six ", True), Span("years."))
    assert after == (Span("Logs are kept for "), Span("seven ", True), Span("years."))


@pytest.mark.parametrize(
    ("before", "after"), [("", "New text here now"), ("a b c d e f", "u v w x y z"), ("One", "Two")]
)
def test_texts_that_share_nothing_are_left_whole(before: str, after: str):
    assert marked(before, after) == (((Span(before),) if before else ()), (Span(after),))


def test_marks_lose_no_letter():
    before, after = "a  b\nc d e f g", "a b\n\nc x e f g h"
    assert ["".join(span.text for span in side) for side in marked(before, after)] == [before, after]


def test_a_text_of_the_same_word_a_thousand_times_is_compared_at_once():
    assert len(marked("go " * 1000, "go " * 900 + "stop")) == 2


def test_two_signed_evaluations_are_compared_by_their_verdicts():
    before = content()["judged"] | {"verdict": {"headline": "Cleared: five of five"}}
    before |= {name: content()[name] for name in ("tools", "agreements", "evidence")}
    after = deepcopy(before) | {"verdict": {"headline": "Cleared: the four that apply"}}
    found: list[Section] = differences(before, after)
    assert [row.thing for section in found for row in section.rows] == ["The verdict"]
