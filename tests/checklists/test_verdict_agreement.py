"""Requirement 1 as cases: which agreement counts, what it lacks, and whether it came before patient data."""

from dataclasses import replace
from typing import Any

import pytest

from checklists.states import Response
from checklists.verdict_facts import ToolFact
from tests.checklists.cases import (
    ABSENT,
    DAY,
    DAY_BEFORE,
    EARLY,
    LATE,
    NA,
    NOT_PATIENT,
    PARTIAL,
    PLAIN,
    RIDER,
    SIGNED,
    TODAY,
    UNUSED,
    YESTERDAY,
    agreed,
    answered,
    judged,
    make_agreement,
    outcome_of,
    readings,
    route_b,
    scribe,
    summed_up,
)
from vendors.early_data import ExposureFact
from vendors.kinds import AgreementKind, Environment


def exposed(tool: ToolFact, **columns: Any) -> ToolFact:
    """The tool with an exposure that began nine days before the agreement."""
    given = {"key": "x", "began_on": SIGNED - 9 * DAY, "counts": True, **columns}
    return replace(tool, exposures=(ExposureFact(**given),))


# What is changed; how the five stand, by letter (met, open, failed, not applicable); what is missing, worst
# first.
CASES: dict[str, tuple[dict[str, Any], str, list[str]]] = {
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
        ["1 open phi-without-agreement exposure", "1 open agreement-ended agreement:a1"],
    ),
    "ended yesterday, and no data came in yet": (
        {"tools": (scribe(part2=False, first_phi_on=None),), **agreed(ends_on=YESTERDAY)},
        "ommmm",
        ["1 open agreement-ended agreement:a1"],
    ),
    "ended on the day on which its tool was retired": (
        {"tools": (scribe(part2=False, gone_on=TODAY),), **agreed(ends_on=YESTERDAY)},
        "ommmm",
        ["1 open agreement-ended agreement:a1"],
    ),
    "ended early": (
        {"tools": (PLAIN,), **agreed(ended_on=TODAY)},
        "ommmm",
        ["1 open phi-without-agreement exposure", "1 open agreement-ended agreement:a1"],
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
        ["1 open phi-without-agreement exposure", "1 open agreement-unsigned agreement:a2"],
    ),
    "an agreement for a trial leaves out daily use": (
        agreed(environments=frozenset({Environment.TRIAL})),
        "ommmm",
        ["1 open not-for-daily-use agreement:a1"],
    ),
    "an agreement for a trial and daily use": (
        agreed(environments=frozenset({Environment.TRIAL, Environment.PRODUCTION})),
        "mmmmm",
        [],
    ),
    "an amendment adds daily use": (
        {
            "agreements": (
                make_agreement(environments=frozenset({Environment.TRIAL})),
                make_agreement(
                    "m1", kind=AgreementKind.AMENDMENT, amends="a1", environments=frozenset({Environment.PRODUCTION})
                ),
            )
        },
        "mmmmm",
        [],
    ),
    "of two agreements the one for daily use counts": (
        {"agreements": (make_agreement("a0", environments=frozenset({Environment.TRIAL})), make_agreement())},
        "mmmmm",
        [],
    ),
    # Requirement 1: before the first patient data
    "data on the day of the signature": ({"tools": (scribe(first_phi_on=SIGNED),)}, "mmmmm", []),
    "data the day before": (
        {"tools": (scribe(first_phi_on=DAY_BEFORE),)},
        "fmmmm",
        ["1 failed phi-before-agreement exposure"],
    ),
    "data the day before outweigh whatever else failed": (
        {"tools": (scribe(first_phi_on=DAY_BEFORE),), **answered(1, Response.VAGUE)},
        "fmmmm",
        ["1 failed phi-before-agreement exposure", "1 failed vague question:1"],
    ),
    "data without any agreement outweigh whatever else failed": (
        {"agreements": (), **answered(1, Response.VAGUE)},
        "fmmom",
        ["1 failed no-agreement-in-use agreements", "1 failed vague question:1", "4 open terms-missing agreements"],
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
    "days between two agreements": (
        {"agreements": (make_agreement("a0", ends_on=SIGNED + 5 * DAY), LATE)},
        "fmmmm",
        ["1 failed phi-without-agreement exposure"],
    ),
    "days between two agreements, exposure signed": (
        {"agreements": (make_agreement("a0", ends_on=SIGNED + 5 * DAY), LATE), "exposure": "closed"},
        "mmmmm",
        [],
    ),
    "no first day on the tool, and an exposure tells of one before the signature": (
        {"tools": (exposed(UNUSED),)},
        "fmmmm",
        ["1 failed phi-before-agreement exposure:x"],
    ),
    "the same, signed": ({"tools": (exposed(UNUSED, is_open=False),)}, "mmmmm", []),
    "the same, decided as no patient data": ({"tools": (exposed(UNUSED, counts=False),)}, "mmmmm", []),
    "an exposure that ends before the agreement begins assesses a part": (
        {"tools": (exposed(scribe(first_phi_on=SIGNED - 9 * DAY), is_open=False, last_on=SIGNED - 9 * DAY),)},
        "fmmmm",
        ["1 failed phi-before-agreement exposure:x"],
    ),
    "an exposure up to the stop of the use assesses all": (
        {"tools": (exposed(scribe(first_phi_on=SIGNED - 9 * DAY), is_open=False, stopped_on=SIGNED - 2 * DAY),)},
        "mmmmm",
        [],
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
        {"tools": (scribe(first_phi_on=DAY_BEFORE),), "exposure": "closed"} | agreed(readings=readings(B07=PARTIAL)),
        "fmmmm",
        ["1 failed phi-before-agreement agreements", "1 open clause-partial clause:a1:B07"],
    ),
    "too early, exposure signed, review lapsed": (
        {"tools": (scribe(part2=False, first_phi_on=DAY_BEFORE),), "exposure": "closed"}
        | agreed(next_review_on=SIGNED),
        "ommmm",
        ["1 open review-lapsed agreement:a1"],
    ),
    "a draft in place of one that lacks a clause": (
        {
            "tools": (scribe(part2=False, first_phi_on=None),),
            "agreements": (
                make_agreement(readings=readings(B07=ABSENT)),
                make_agreement("a2", vendor_signed_on=None),
            ),
        },
        "ommmm",
        ["1 open agreement-unsigned agreement:a2"],
    ),
    "data under an agreement that lacked a clause and has ended": (
        {"tools": (PLAIN,), **agreed(ended_on=TODAY, readings=readings(B07=ABSENT))},
        "fmmmm",
        [
            "1 failed phi-under-incomplete-agreement exposure",
            "1 open phi-without-agreement exposure",
            "1 open agreement-ended agreement:a1",
        ],
    ),
    "data before an agreement that ended sooner": (
        {"agreements": (make_agreement("a0", ended_on=SIGNED), LATE)},
        "fmmmm",
        ["1 failed phi-before-agreement exposure"],
    ),
    "too early, exposure signed, and any complete agreement in force will do": (
        {
            "tools": (scribe(part2=False, first_phi_on=DAY_BEFORE),),
            "exposure": "closed",
            "agreements": (
                make_agreement(readings=readings(B07=PARTIAL)),
                make_agreement("a2", next_review_on=SIGNED),
            ),
        },
        "ommmm",
        ["1 open clause-partial clause:a1:B07"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_agreement_gives_exactly_these_states_and_reasons(name: str) -> None:
    changed, states, missing = CASES[name]
    assert summed_up(judged(**changed)) == (states, missing, outcome_of(states, missing))


def told(**changed: Any) -> list[tuple[str, str]]:
    return [(each.sentence, each.change) for each in judged(**changed).missing]


def test_the_days_without_an_agreement_are_named() -> None:
    between = (make_agreement("a0", ends_on=SIGNED + 5 * DAY), LATE)
    says, change = told(agreements=between)[0]
    assert says == "From 7 March 2026 to 9 March 2026, no agreement covered Scribe, and patient data were in it."
    assert change == "Assess these days with your attorney. Signing later does not undo it."
    says, _ = told(agreements=(EARLY,), tools=(PLAIN,))[0]
    assert says == "Since 21 November 2026, no agreement covers Scribe, and patient data are in it."


def test_the_days_that_an_exposure_leaves_out_are_named() -> None:
    tool = exposed(scribe(first_phi_on=SIGNED - 9 * DAY), is_open=False, last_on=SIGNED - 9 * DAY)
    says, change = told(tools=(tool,))[0]
    assert says.endswith("Nobody assessed it from 21 February 2026 to 28 February 2026.")
    assert change == "Correct the days of the exposure, or report these days too."


def test_days_between_two_agreements_stay_on_every_document_once_assessed() -> None:
    between = (make_agreement("a0", ends_on=SIGNED + 5 * DAY), LATE)
    verdict = judged(agreements=between, exposure="closed")
    assert verdict.headline == "Cleared as remediated: five of five"


def test_what_a_trial_agreement_covers_is_told_with_its_plan() -> None:
    where = frozenset({Environment.TRIAL, Environment.BETA})
    says, _ = told(**agreed(environments=where, plan="Free"))[0]
    assert (
        says == "“BAA a1” covers only “Beta features” and “Trial or pilot”, on the plan “Free”. Daily use is left out."
    )
