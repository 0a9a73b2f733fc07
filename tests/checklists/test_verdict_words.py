"""What a verdict says, counts and foresees: its sentences, headline, advice and next day of change."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from checklists.catalogue import current
from checklists.states import Response
from checklists.verdict import Outcome, judge
from checklists.verdict_facts import AnswerFact, PracticeFacts, Rules
from practice_vetting.core.basis import Basis
from tests.checklists.cases import (
    ABSENT,
    ANSWERS,
    DAY,
    DAY_BEFORE,
    MEMO,
    NO_PROGRAM,
    NO_QSO,
    PARTIAL,
    PLAIN,
    RIDER,
    STRICT,
    TODAY,
    UNUSED,
    YESTERDAY,
    agreed,
    answered,
    brief,
    judged,
    make_agreement,
    make_answer,
    make_evidence,
    readings,
    route_b,
    scribe,
    with_answers,
)
from vendors.clauses import ReadingStatus, clause_list


@pytest.mark.parametrize(
    ("changed", "headline"),
    [
        ({}, "Cleared: five of five"),
        ({"tools": (PLAIN,), **MEMO}, "Cleared: four of the four that apply"),
        (
            {"tools": (scribe(first_phi_on=DAY_BEFORE),), "exposure": "closed"},
            "Cleared as remediated: five of five",
        ),
        (answered(8, Response.SAID), "Not cleared: 3 of 5"),
        ({"answers": MEMO["answers"][:8], "tools": (PLAIN,)}, "Not cleared: 3 of the 4 that apply"),
        (answered(7, Response.NOT_ASKED), "Not cleared: a question has no answer yet"),
        (answered(9, Response.NO), "Stopped: requirement 5 failed"),
        (answered(8, Response.NO), "Stopped: requirements 1 and 3 failed"),
        (
            {"answers": with_answers(make_answer(8, Response.NO), make_answer(9, Response.NO))},
            "Stopped: requirements 1, 3 and 5 failed",
        ),
    ],
)
def test_the_headline_says_the_verdict_in_one_line(changed: dict[str, Any], headline: str) -> None:
    assert judged(**changed).headline == headline


@pytest.mark.parametrize(
    ("changed", "sentence", "change", "basis"),
    [
        (
            answered(4, Response.SAID),
            "Question 4, “Matter 4”: the vendor said yes, but nothing is in writing.",
            "Ask for it in writing, and attach the document.",
            Basis.PRODUCT_POLICY,
        ),
        (
            answered(4, expires_on=YESTERDAY),
            "Question 4, “Matter 4”: E-04, “Paper 4”, expired on 20 November 2026.",
            "Ask for a new one, and attach it.",
            Basis.PRODUCT_POLICY,
        ),
        (
            answered(4, Response.NO),
            "Question 4, “Matter 4”: the vendor answered no.",
            "Ask the vendor to change it and say so in writing, or choose another tool.",
            Basis.RULE,
        ),
        (
            {"tools": (UNUSED,), **answered(5, route="consent")}
            | agreed(practice_signed_on=None, vendor_signed_on=None),
            "“BAA a1” is not signed by your practice or the vendor.",
            "Get the missing signature, and record its date.",
            Basis.RULE,
        ),
        (
            agreed(readings=readings(B07=None, B13=None)),
            "2 required clauses have not been read in “BAA a1”.",
            "Read the agreement, and mark each clause present, partly there or absent.",
            Basis.PRODUCT_POLICY,
        ),
        (
            route_b(readings=readings(B30=None)),
            "1 route B clause has not been read in “BAA a1”.",
            "Read the agreement, and mark each clause present, partly there or absent.",
            Basis.PRODUCT_POLICY,
        ),
        (
            agreed(readings=readings(B50=ABSENT)),
            "Clause B50, “Clause B50”, is missing from “BAA a1”.",
            "Ask the vendor to add it, and read the signed change.",
            Basis.RULE_IF,
        ),
        (
            {"tools": (scribe(first_phi_on=DAY_BEFORE),)},
            "Patient data reached Scribe on 28 February 2026, before an agreement was in force.",
            "Stop its use, and assess the exposure with your attorney. Signing later does not undo it.",
            Basis.RULE,
        ),
        (
            {**route_b(), "practice": STRICT},
            "Your practice's strict setting accepts only route A: data that identify nobody.",
            "Ask the vendor for proof of route A, or choose another tool.",
            Basis.PRODUCT_POLICY,
        ),
        (
            {"practice": NO_PROGRAM, **MEMO},
            "Scribe is marked as touching substance-use records, but your practice says that it is no Part 2 program.",
            "Correct the tool, or your practice's Part 2 setting.",
            Basis.RULE_IF,
        ),
    ],
)
def test_the_first_reason_says_what_is_wrong_what_changes_it_and_on_what_basis(
    changed: dict[str, Any], sentence: str, change: str, basis: Basis
) -> None:
    first = judged(**changed).missing[0]
    assert (first.sentence, first.change, first.basis) == (sentence, change, basis)


def test_a_remediated_vendor_keeps_its_exception() -> None:
    verdict = judged(tools=(scribe(first_phi_on=DAY_BEFORE),), exposure="closed")
    exceptions = [finding for finding in verdict.findings if finding.code == "remediated"]
    assert verdict.remediated
    assert [(brief(each), each.sentence) for each in exceptions] == [
        (
            "1 met remediated exposure",
            "Patient data reached Scribe on 28 February 2026, before a complete agreement stood."
            " The exposure was assessed and signed.",
        )
    ]


@pytest.mark.parametrize(
    ("changed", "advice"),
    [
        (answered(7, Response.NO), ["0 met answered-no question:7"]),
        (answered(7, Response.SAID), ["0 met only-said question:7"]),
        (answered(7, expires_on=YESTERDAY), ["0 met evidence-expired question:7"]),
        (
            agreed(readings=readings(B04=ABSENT, B36=ABSENT, B45=ABSENT, B30=PARTIAL)),
            ["0 met documented question:7"]
            + ["0 met clause-advised clause:a1:B30", "0 met clause-advised clause:a1:B36"],
        ),
        (route_b(readings=readings(B36=None)), ["0 met documented question:7"]),
        (
            agreed(readings=readings(B54=ABSENT)),
            ["0 met documented question:7", "0 met clause-advised clause:a1:B54"],
        ),
        (
            {**answered(5, route="consent"), **agreed(readings=readings(B54=ABSENT))},
            ["0 met documented question:7"],
        ),
    ],
)
def test_advice_is_told_and_blocks_nothing(changed: dict[str, Any], advice: list[str]) -> None:
    verdict = judged(**changed)
    assert ([brief(finding) for finding in verdict.advice], verdict.outcome) == (advice, Outcome.CLEARED)


@pytest.mark.parametrize(
    ("changed", "day"),
    [
        ({}, None),
        (answered(4, expires_on=TODAY), TODAY + DAY),
        (answered(4, expires_on=YESTERDAY), None),
        (answered(7, expires_on=TODAY + DAY), TODAY + 2 * DAY),
        (agreed(ends_on=TODAY + 3 * DAY), TODAY + 4 * DAY),
        (agreed(ends_on=date.max), None),
        (agreed(ends_on=TODAY + 3 * DAY, ended_on=TODAY), None),
        (agreed(ends_on=TODAY + 3 * DAY, ended_on=TODAY + DAY), TODAY + DAY),
        (agreed(ends_on=TODAY + 3 * DAY, next_review_on=TODAY, ended_on=TODAY), None),
        (agreed(next_review_on=TODAY), TODAY + 31 * DAY),
        ({"agreements": (make_agreement(readings=NO_QSO), replace(RIDER, ends_on=TODAY))}, TODAY + DAY),
        (agreed(effective_on=TODAY + 5 * DAY), TODAY + 5 * DAY),
        ({"tools": (scribe(first_phi_on=TODAY + DAY),), "agreements": ()}, TODAY + DAY),
        ({"tools": (PLAIN,), **answered(5, Response.DOES_NOT_APPLY, expires_on=TODAY)}, TODAY + DAY),
    ],
)
def test_the_next_change_is_the_first_day_that_can_bring_one(changed: dict[str, Any], day: date | None) -> None:
    assert judged(**changed).changes_on == day


def test_the_longest_lasting_document_carries_an_answer() -> None:
    papers = tuple(make_evidence(4, key=f"e{n}", expires_on=TODAY + n * DAY) for n in (-1, 3, 7))
    verdict = judged(answers=with_answers(AnswerFact(4, Response.IN_WRITING, evidence=papers)))
    assert (verdict.outcome, verdict.changes_on) == (Outcome.CLEARED, TODAY + 8 * DAY)


def test_a_document_that_never_expires_carries_an_answer_for_good() -> None:
    papers = (make_evidence(4, expires_on=TODAY), make_evidence(4, key="e5"))
    verdict = judged(answers=with_answers(AnswerFact(4, Response.IN_WRITING, evidence=papers)))
    assert (verdict.outcome, verdict.changes_on) == (Outcome.CLEARED, None)


def test_advice_holds_until_its_agreement_turns() -> None:
    verdict = judged(agreements=(make_agreement(ends_on=TODAY, readings=readings(B36=ABSENT)),))
    assert [(each.code, each.until) for each in verdict.advice] == [
        ("documented", None),
        ("clause-advised", TODAY + DAY),
    ]


def test_the_counts_leave_out_what_does_not_apply() -> None:
    verdict = judged(tools=(PLAIN,), **MEMO)
    assert (verdict.met_count, verdict.applicable_count) == (4, 4)


def test_two_answers_to_one_question_are_refused() -> None:
    with pytest.raises(ValueError, match="question 9 has two answers"):
        judged(answers=(*ANSWERS, make_answer(9)))


def test_the_current_edition_can_be_cleared_by_its_own_clause_list() -> None:
    edition = current()
    clauses = clause_list(edition.clause_list)
    verdict = judge(
        answers=ANSWERS,
        tools=(scribe(),),
        agreements=(
            make_agreement(readings={each.code: ReadingStatus.PRESENT for each in clauses.clauses}, days={"B19": 10}),
        ),
        practice=PracticeFacts(part2=True),
        rules=Rules.of(edition, clauses),
        on=TODAY,
    )
    assert (verdict.headline, verdict.missing) == ("Cleared: five of five", ())
