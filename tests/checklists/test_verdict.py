"""Every rule as a case: what is changed in a cleared evaluation, and exactly what the verdict says then."""

from typing import Any

import pytest

from checklists.states import Response
from checklists.verdict_facts import AnswerFact
from tests.checklists.cases import (
    ABSENT,
    ANSWERS,
    MEMO,
    NO_MEMO,
    NO_PROGRAM,
    NO_QSO,
    PARTIAL,
    PLAIN,
    RIDER,
    SAID_Q5,
    SIGNED,
    STRICT,
    TODAY,
    YESTERDAY,
    agreed,
    answered,
    brief,
    judged,
    make_agreement,
    make_answer,
    outcome_of,
    readings,
    route_b,
    summed_up,
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
    "a document in quarantine": (answered(9, usable=False), "mmmmo", ["5 open evidence-set-aside question:9"]),
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
        [
            "1 open phi-without-agreement exposure",
            "1 open agreement-ended agreement:a1",
            "2 open terms-missing agreements",
        ],
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
    "Part 2 only said does not hide an absent promise": (
        {**answered(5, Response.SAID), **agreed(readings=readings(B50=ABSENT))},
        "mmmfm",
        ["4 failed clause-absent clause:a1:B50", "4 open only-said question:5"],
    ),
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


@pytest.mark.parametrize("name", CASES)
def test_each_rule_gives_exactly_these_states_and_reasons(name: str) -> None:
    changed, states, missing = CASES[name]
    assert summed_up(judged(**changed)) == (states, missing, outcome_of(states, missing))


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
