"""Every rule as a case: what is changed in a cleared evaluation, and exactly what the verdict says then."""

from typing import Any

import pytest

from checklists.states import Response
from checklists.verdict import Outcome, Verdict
from checklists.verdict_facts import AnswerFact, ToolFact
from tests.checklists.cases import (
    ABSENT,
    ANSWERS,
    DAY,
    DAY_BEFORE,
    EARLY,
    LATE,
    MEMO,
    NA,
    NO_MEMO,
    NO_PROGRAM,
    NO_QSO,
    NOT_PATIENT,
    PARTIAL,
    PLAIN,
    RIDER,
    SAID_Q5,
    SIGNED,
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
    readings,
    route_b,
    scribe,
    with_answers,
)
from vendors.kinds import AgreementKind

# What is changed; how the five stand, by letter (met, open, failed, not applicable); what is missing, worst
# first.
CASES: dict[str, tuple[dict[str, Any], str, list[str]]] = {
    "nothing": ({}, "mmmmm", []),
    # Answers
    "said": (answered(9, Response.SAID), "mmmmo", ["5 open only-said question:9"]),
    "not asked": (answered(9, Response.NOT_ASKED), "mmmmo", ["5 open not-asked question:9"]),
    "vague": (answered(9, Response.VAGUE), "mmmmf", ["5 failed vague question:9"]),
    "no": (answered(9, Response.NO), "mmmmf", ["5 failed answered-no question:9"]),
    "no record of an answer": ({"answers": ANSWERS[:8]}, "mmmmo", ["5 open not-asked question:9"]),
    "a question that cannot be set aside": (
        answered(9, Response.DOES_NOT_APPLY),
        "mmmmo",
        ["5 open must-apply question:9"],
    ),
    "in writing without a document": (
        {"answers": with_answers(AnswerFact(9, Response.IN_WRITING))},
        "mmmmo",
        ["5 open evidence-missing question:9"],
    ),
    "a document in quarantine": (answered(9, usable=False), "mmmmo", ["5 open evidence-missing question:9"]),
    "a document that expired yesterday": (
        answered(9, expires_on=YESTERDAY),
        "mmmmo",
        ["5 open evidence-expired question:9"],
    ),
    "a document on its last good day": (answered(9, expires_on=TODAY), "mmmmm", []),
    "question 8 serves two requirements, and is told once": (
        answered(8, Response.SAID),
        "omomm",
        ["1 open only-said question:8"],
    ),
    "failed comes before open": (
        {"answers": with_answers(make_answer(1, Response.SAID), make_answer(9, Response.NO))},
        "ommmf",
        ["5 failed answered-no question:9", "1 open only-said question:1"],
    ),
    # Question 7
    "question 7 not asked": (
        answered(7, Response.NOT_ASKED),
        "mmmmm",
        ["0 open not-asked question:7"],
    ),
    "question 7 answered no": (answered(7, Response.NO), "mmmmm", []),
    "question 7 only said": (answered(7, Response.SAID), "mmmmm", []),
    "question 7 vague": (answered(7, Response.VAGUE), "mmmmm", []),
    "question 7 with an expired report": (answered(7, expires_on=YESTERDAY), "mmmmm", []),
    # Requirement 1: what it covers
    "no tools": ({"tools": ()}, "ommmm", ["1 open no-tools tools"]),
    "no patient data": ({"tools": (NOT_PATIENT,)}, "ommmm", ["1 open no-patient-data tools"]),
    "a second tool that touches no patient data": (
        {"tools": (scribe(), ToolFact("t2", "Rota", touches_phi=False))},
        "mmmmm",
        [],
    ),
    "a second tool that no agreement names": (
        {"tools": (scribe(), ToolFact("t2", "Billing", touches_phi=True))},
        "ommmm",
        ["1 open no-agreement agreements"],
    ),
    "substance-use records are patient data": (
        {"tools": (scribe(touches_phi=False, first_phi_on=None),), "agreements": ()},
        "ommom",
        ["1 open no-agreement agreements", "4 open terms-missing agreements"],
    ),
    "no agreement, no data yet": (
        {"tools": (scribe(part2=False, first_phi_on=None),), "agreements": ()},
        "ommmm",
        ["1 open no-agreement agreements"],
    ),
    "no agreement, data flow already": (
        {"tools": (PLAIN,), "agreements": ()},
        "fmmmm",
        ["1 failed no-agreement-in-use agreements"],
    ),
    "a rider is no agreement of its own": (
        {"agreements": (RIDER,)},
        "fmmmm",
        ["1 failed no-agreement-in-use agreements"],
    ),
    # Requirement 1: the agreement
    "the vendor has not signed": (
        {"tools": (UNUSED,), **agreed(vendor_signed_on=None)},
        "ommom",
        ["1 open agreement-unsigned agreement:a1", "4 open terms-missing agreements"],
    ),
    "in force from tomorrow": (
        {"tools": (scribe(part2=False, first_phi_on=None),), **agreed(effective_on=TODAY + DAY)},
        "ommmm",
        ["1 open agreement-upcoming agreement:a1"],
    ),
    "its last good day": (agreed(ends_on=TODAY), "mmmmm", []),
    "ended yesterday": (
        {"tools": (PLAIN,), **agreed(ends_on=YESTERDAY)},
        "ommmm",
        ["1 open agreement-ended agreement:a1"],
    ),
    "ended early": (
        {"tools": (PLAIN,), **agreed(ended_on=TODAY)},
        "ommmm",
        ["1 open agreement-ended agreement:a1"],
    ),
    "review 30 days late": (agreed(next_review_on=TODAY - 30 * DAY), "mmmmm", []),
    "review 31 days late": (
        {"tools": (PLAIN,), **agreed(next_review_on=TODAY - 31 * DAY)},
        "ommmm",
        ["1 open review-lapsed agreement:a1"],
    ),
    "a lapsed review reopens what rests on its clauses, told once": (
        {**route_b(next_review_on=TODAY - 31 * DAY)},
        "oomom",
        ["1 open review-lapsed agreement:a1"],
    ),
    "a required clause is absent": (
        agreed(readings=readings(B07=ABSENT)),
        "fmmmm",
        ["1 failed clause-absent clause:a1:B07"],
    ),
    "a required clause is partly there": (
        agreed(readings=readings(B07=PARTIAL)),
        "ommmm",
        ["1 open clause-partial clause:a1:B07"],
    ),
    "a required clause was not read": (
        agreed(readings=readings(B07=None)),
        "ommmm",
        ["1 open clauses-unread agreement:a1"],
    ),
    "nothing was read": (
        {"tools": (PLAIN,), **agreed(readings={})},
        "ommmm",
        ["1 open clauses-unread agreement:a1"],
    ),
    "a clause that may be set aside": (agreed(readings=readings(B13=NA)), "mmmmm", []),
    "a clause that may not be set aside": (
        agreed(readings=readings(B07=NA)),
        "ommmm",
        ["1 open clause-must-apply clause:a1:B07"],
    ),
    "a draft that lacks a clause stops before it is signed": (
        {"tools": (scribe(part2=False, first_phi_on=None),)}
        | agreed(vendor_signed_on=None, readings=readings(B07=ABSENT)),
        "fmmmm",
        ["1 failed clause-absent clause:a1:B07", "1 open agreement-unsigned agreement:a1"],
    ),
    "the best of several agreements counts": (
        {
            "agreements": (
                make_agreement("a0", ended_on=TODAY),
                make_agreement(),
                make_agreement("a2", readings={}),
            )
        },
        "mmmmm",
        [],
    ),
    "the draft is named before the one that ended": (
        {"tools": (PLAIN,), "agreements": (EARLY, make_agreement("a2", vendor_signed_on=None))},
        "ommmm",
        ["1 open agreement-unsigned agreement:a2"],
    ),
    # Requirement 1: before the first patient data
    "data on the day of the signature": ({"tools": (scribe(first_phi_on=SIGNED),)}, "mmmmm", []),
    "data the day before": (
        {"tools": (scribe(first_phi_on=DAY_BEFORE),)},
        "fmmmm",
        ["1 failed phi-before-agreement exposure"],
    ),
    "a backdated effective date cures nothing": (
        {"tools": (scribe(first_phi_on=DAY_BEFORE),), **agreed(effective_on=DAY_BEFORE)},
        "fmmmm",
        ["1 failed phi-before-agreement exposure"],
    ),
    "data between the two signatures": (
        agreed(practice_signed_on=SIGNED + DAY),
        "fmmmm",
        ["1 failed phi-before-agreement exposure"],
    ),
    "data under an agreement that nobody signed": (
        {"tools": (PLAIN,), **agreed(practice_signed_on=None)},
        "fmmmm",
        ["1 failed phi-before-agreement exposure", "1 open agreement-unsigned agreement:a1"],
    ),
    "data that come later than the day judged": (
        {"tools": (scribe(first_phi_on=TODAY + DAY),), **agreed(practice_signed_on=TODAY)},
        "mmmmm",
        [],
    ),
    "a renewal, when an earlier agreement stood": ({"agreements": (EARLY, LATE)}, "mmmmm", []),
    "a renewal, when the earlier one lacked a clause": (
        {"agreements": (make_agreement("a0", ended_on=TODAY, readings=readings(B07=ABSENT)), LATE)},
        "fmmmm",
        ["1 failed phi-under-incomplete-agreement exposure"],
    ),
    "a renewal, when nobody read the earlier one": (
        {"agreements": (make_agreement("a0", ended_on=TODAY, readings={}), LATE)},
        "ommmm",
        ["1 open first-agreement-unread agreement:a0"],
    ),
    "too early, exposure open": (
        {"tools": (scribe(first_phi_on=DAY_BEFORE),), "exposure": "open"},
        "fmmmm",
        ["1 failed phi-before-agreement exposure"],
    ),
    "too early, exposure signed": (
        {"tools": (scribe(first_phi_on=DAY_BEFORE),), "exposure": "closed"},
        "mmmmm",
        [],
    ),
    "too early, exposure signed, agreement incomplete": (
        {"tools": (scribe(first_phi_on=DAY_BEFORE),), "exposure": "closed"}
        | agreed(readings=readings(B07=PARTIAL)),
        "fmmmm",
        ["1 failed phi-before-agreement agreements", "1 open clause-partial clause:a1:B07"],
    ),
    "too early, exposure signed, review lapsed": (
        {"tools": (scribe(part2=False, first_phi_on=DAY_BEFORE),), "exposure": "closed"}
        | agreed(next_review_on=SIGNED),
        "ommmm",
        ["1 open review-lapsed agreement:a1"],
    ),
    # Requirement 2
    "no route": (answered(3, route=""), "mommm", ["2 open route-missing question:3"]),
    "a route nobody knows": (answered(3, route="magic"), "mommm", ["2 open route-missing question:3"]),
    "route A in strict practice": ({"practice": STRICT}, "mmmmm", []),
    "route B": (route_b(), "mmmmm", []),
    "route B in strict practice": (
        {**route_b(), "practice": STRICT},
        "mfmmm",
        ["2 failed route-b-refused question:3"],
    ),
    "route B without its clause": (
        route_b(readings=readings(B30=ABSENT)),
        "mfmmm",
        ["2 failed clause-absent clause:a1:B30"],
    ),
    "route B with half its clause": (
        route_b(readings=readings(B30=PARTIAL)),
        "mommm",
        ["2 open clause-partial clause:a1:B30"],
    ),
    "route B unread": (
        route_b(readings=readings(B30=None)),
        "mommm",
        ["2 open clauses-unread agreement:a1"],
    ),
    "route B without an agreement in force": (
        {"tools": (PLAIN,), **route_b(ended_on=TODAY)},
        "oommm",
        ["1 open agreement-ended agreement:a1", "2 open terms-missing agreements"],
    ),
    "a worse answer does not hide an absent clause": (
        {**answered(3, Response.SAID, route="agreements"), **agreed(readings=readings(B30=ABSENT))},
        "mfmmm",
        ["2 failed clause-absent clause:a1:B30", "2 open only-said question:3"],
    ),
    "route A needs no clause": (agreed(readings=readings(B30=ABSENT)), "mmmmm", []),
    # Requirement 4
    "memo, a program without such records": ({"tools": (PLAIN,), **MEMO}, "mmmnm", []),
    "memo, no program": ({"tools": (PLAIN,), "practice": NO_PROGRAM, **MEMO}, "mmmnm", []),
    "no memo": ({"tools": (PLAIN,), **NO_MEMO}, "mmmom", ["4 open evidence-missing question:5"]),
    "an expired memo": (
        {"tools": (PLAIN,), **answered(5, Response.DOES_NOT_APPLY, expires_on=YESTERDAY)},
        "mmmom",
        ["4 open evidence-expired question:5"],
    ),
    "a memo against a program's own records": (MEMO, "mmmfm", ["4 failed part2-contradiction question:5"]),
    "a memo against a tool's mark": (
        {"practice": NO_PROGRAM, **MEMO},
        "mmmfm",
        ["4 failed part2-mismatch tool:t1"],
    ),
    "records received by a practice that is no program": ({"practice": NO_PROGRAM}, "mmmmm", []),
    "Part 2 only said": (SAID_Q5, "mmmom", ["4 open only-said question:5"]),
    "Part 2 without a route": (answered(5, route=""), "mmmom", ["4 open route-missing question:5"]),
    "consent": ({**answered(5, route="consent"), **agreed(readings=NO_QSO)}, "mmmmm", []),
    "a promise is absent": (
        agreed(readings=readings(B50=ABSENT)),
        "mmmfm",
        ["4 failed clause-absent clause:a1:B50"],
    ),
    "the promises were not read": (agreed(readings=NO_QSO), "mmmom", ["4 open clauses-unread agreement:a1"]),
    "a rider completes the agreement": (
        {"agreements": (make_agreement(readings=NO_QSO), RIDER)},
        "mmmmm",
        [],
    ),
    "a rider that ended": (
        {"agreements": (make_agreement(readings=readings(B50=ABSENT)), make_agreement("r1", ended_on=TODAY))},
        "mmmfm",
        ["4 failed clause-absent clause:a1:B50"],
    ),
    "a rider whose review lapsed": (
        {
            "agreements": (
                make_agreement(readings=NO_QSO),
                make_agreement("r1", kind=AgreementKind.RIDER, next_review_on=SIGNED),
            )
        },
        "mmmom",
        ["4 open review-lapsed agreement:r1"],
    ),
}


def letters(verdict: Verdict) -> str:
    return "".join(each.state[0] for each in verdict.requirements)


def outcome_of(states: str, missing: list[str]) -> Outcome:
    if "f" in states:
        return Outcome.STOPPED
    return Outcome.NOT_CLEARED if missing else Outcome.CLEARED


@pytest.mark.parametrize("name", CASES)
def test_each_rule_gives_exactly_these_states_and_reasons(name: str) -> None:
    changed, states, missing = CASES[name]
    verdict = judged(**changed)
    assert (letters(verdict), [brief(each) for each in verdict.missing], verdict.outcome) == (
        states,
        missing,
        outcome_of(states, missing),
    )


def test_a_cleared_evaluation_lists_what_it_rests_on() -> None:
    assert [brief(finding) for finding in judged().findings] == [
        "1 met documented question:1",
        "1 met documented question:2",
        "1 met documented question:6",
        "1 met documented question:8",
        "1 met agreement-in-force agreement:a1",
        "2 met documented question:3",
        "3 met documented question:4",
        "3 met documented question:8",
        "4 met documented question:5",
        "4 met terms-complete agreements",
        "5 met documented question:9",
        "0 met documented question:7",
    ]
