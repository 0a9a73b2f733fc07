"""Question 5 "does not apply" rests on a signed memo of ours as on an uploaded one, as long as it counts."""

from datetime import date, timedelta
from typing import Any

import pytest

from checklists.part2_values import CheckFact, MemoFact
from checklists.rules.findings import Finding
from checklists.states import Response
from checklists.verdict_facts import AnswerFact
from practice_vetting.core.basis import Basis
from tests.checklists.cases import (
    ANSWERS,
    MEMO,
    NO_MEMO,
    NO_PROGRAM,
    PLAIN,
    PROGRAM,
    TODAY,
    brief,
    judged,
    letters,
    make_evidence,
    with_answers,
)  # fmt: skip

DAY = timedelta(days=1)
LAPSES = date(2027, 11, 21) + 31 * DAY


def memo(**columns: Any) -> MemoFact:
    facts: dict[str, Any] = {
        "key": "m1", "about": "the practice", "applies": False, "signed_on": TODAY,
        "ask_again_on": date(2027, 11, 21), **columns,
    }  # fmt: skip
    return MemoFact(**facts)


OF_TOOL = memo(key="m2", about="Scribe", tool_key="t1")
APPLIES = memo(applies=True)


def fourth(*memos: MemoFact, answers: dict[str, Any] = NO_MEMO, on: date = TODAY) -> Finding:
    verdict = judged(**answers, tools=(PLAIN,), practice=NO_PROGRAM, memos=memos, on=on)
    return verdict.requirements[3].findings[0]


@pytest.mark.parametrize("signed", [memo(), OF_TOOL])
def test_a_memo_of_ours_is_enough(signed: MemoFact):
    verdict = judged(**NO_MEMO, tools=(PLAIN,), practice=NO_PROGRAM, memos=[signed])
    assert (letters(verdict), verdict.headline) == ("mmmnm", "Cleared: four of the four that apply")


def test_it_reopens_by_itself_on_the_day_on_which_it_lapses():
    assert fourth(memo()).until == LAPSES
    assert fourth(memo(), on=LAPSES - DAY).code == "does-not-apply"
    lapsed = fourth(memo(), on=LAPSES)
    assert (brief(lapsed), lapsed.sentence) == (
        "4 open part2-memo-lapsed question:5",
        "The Part 2 memo about the practice lapsed on 22 December 2027.",
    )


def test_no_uploaded_file_brings_a_lapsed_memo_back():
    assert fourth(memo(), answers=MEMO).code == "does-not-apply"
    assert fourth(memo(), answers=MEMO, on=LAPSES).code == "part2-memo-lapsed"


def test_only_a_memo_says_why_it_does_not_apply():
    flyer = AnswerFact(5, Response.DOES_NOT_APPLY, "", (make_evidence(5, is_memo=False),))
    assert fourth(answers={"answers": with_answers(flyer)}).code == "evidence-missing"
    assert fourth(answers=MEMO).code == "does-not-apply"


def test_the_setting_of_the_practice_and_its_memo_contradict():
    def found(*memos: MemoFact, on: date = TODAY) -> str:
        verdict = judged(**NO_MEMO, tools=(PLAIN,), practice=PROGRAM, memos=memos, on=on)
        return brief(verdict.requirements[3].findings[0])

    assert found(memo()) == "4 failed part2-setting-contradiction question:5"
    assert found(memo(), OF_TOOL) == "4 not_applicable does-not-apply question:5"
    assert found(memo(), on=LAPSES) == "4 open part2-memo-lapsed question:5"


def test_an_expired_document_is_named_when_no_memo_counts():
    expired = AnswerFact(5, Response.DOES_NOT_APPLY, "", (make_evidence(5, expires_on=TODAY - DAY),))
    assert fourth(answers={"answers": with_answers(expired)}).code == "evidence-expired"


@pytest.mark.parametrize("answers", [NO_MEMO, MEMO])
def test_a_memo_that_says_applies_contradicts(answers: dict[str, Any]):
    assert brief(fourth(APPLIES, answers=answers)) == "4 failed part2-memo-contradiction question:5"


def test_it_contradicts_until_a_newer_one_is_signed():
    assert fourth(APPLIES, on=LAPSES).code == "part2-memo-contradiction"


def test_the_memo_about_the_tool_goes_before_that_about_the_practice():
    assert fourth(APPLIES, OF_TOOL).code == "does-not-apply"
    assert (
        fourth(memo(), memo(key="m2", about="Scribe", tool_key="t1", applies=True)).code == "part2-memo-contradiction"
    )


def test_every_tool_in_scope_needs_one():
    other = MemoFact("m3", "Another", False, TODAY, date(2027, 11, 21), tool_key="t2")
    assert fourth(other).code == "evidence-missing"


def test_what_is_not_shown_is_told_as_advice_and_blocks_nothing():
    gap = CheckFact("P07", "Written security policies", Basis.RULE_IF)
    verdict = judged(answers=ANSWERS, gaps=[gap])
    told = [finding for finding in verdict.advice if finding.code == "part2-not-shown"]
    assert [(brief(each), each.sentence) for each in told] == [
        ("0 met part2-not-shown part2:P07", "Part 2 check P07, “Written security policies”: it is not shown.")
    ]
    assert letters(verdict) == "mmmmm"
