"""Days in a clause, amendments and newer versions, as the verdict judges them."""

from dataclasses import replace

import pytest

from checklists.rules.findings import State
from practice_vetting.core.basis import Basis
from tests.checklists.cases import (
    ABSENT,
    CLAUSES,
    DAY,
    PLAIN,
    PRESENT,
    RULES,
    SIGNED,
    TODAY,
    UNUSED,
    judged,
    make_agreement,
    make_clause,
    readings,
    summed_up,
)
from vendors.clauses import Need, Window
from vendors.kinds import AgreementKind

WINDOW = Window("Days", needed=True, warn_over=10, warn_under=None, fail_over=60, fail_citation="45 CFR 164.410(b)")
LIMITED = replace(make_clause("B19", need=Need.NEVER, basis=Basis.BEST_PRACTICE), days=WINDOW)
REPORT = replace(CLAUSES[0], days=replace(WINDOW, needed=False))
DAYS_RULES = replace(RULES, clauses=(REPORT, *CLAUSES[1:], LIMITED))
READ = {**readings(), "B19": PRESENT}


def with_days(status=PRESENT, **days):
    agreement = make_agreement(readings={**READ, "B19": status}, days=days)
    return judged(tools=(PLAIN,), agreements=(agreement,), rules=DAYS_RULES)


def advice(verdict):
    return [(each.target, each.sentence) for each in verdict.advice if each.code == "clause-advised"]


@pytest.mark.parametrize("days", [1, 10])
def test_ten_days_or_fewer_are_well(days):
    verdict = with_days(B19=days)
    assert (summed_up(verdict)[0], advice(verdict)) == ("mmmmm", [])


@pytest.mark.parametrize("days", [11, 60])
def test_more_than_ten_days_warn_and_block_nothing(days):
    verdict = with_days(B19=days)
    says = f"Clause B19, “Clause B19”, of “BAA a1” gives {days} days, and we advise 10 or fewer."
    assert (summed_up(verdict)[0], advice(verdict)) == ("mmmmm", [("clause:a1:B19", says)])


@pytest.mark.parametrize("code", ["B07", "B19"])
def test_more_than_sixty_days_fail_requirement_1_by_the_rule(code):
    verdict = with_days(**{"B19": 5, code: 61})
    (finding,) = verdict.missing
    assert (summed_up(verdict)[0], finding.code, finding.target) == ("fmmmm", "clause-over-limit", f"clause:a1:{code}")
    assert finding.basis is Basis.RULE
    assert "gives 61 days, and the rule allows 60 at most (45 CFR 164.410(b))." in finding.sentence


def test_a_clause_without_its_number_is_only_partly_there():
    verdict = with_days()
    found = next(each for each in verdict.requirements[0].findings if each.code == "clause-no-days")
    assert found.sentence == "Clause B19, “Clause B19”, of “BAA a1”: no number of days is written down."
    assert (found.state, found.target, found.basis) == (State.OPEN, "clause:a1:B19", Basis.PRODUCT_POLICY)
    assert (summed_up(verdict)[0], advice(verdict)) == ("ommmm", [])


def test_advice_brings_the_words_to_ask_for():
    finding = next(each for each in with_days(ABSENT).advice if each.code == "clause-advised")
    assert finding.change == "Ask for it in these words: “a”"


def amendment(**columns):
    values = {"kind": AgreementKind.AMENDMENT, "amends": "a1", "tool_keys": frozenset(), "readings": {"B07": PRESENT}}
    return make_agreement("a2", **{**values, **columns})


LACKING = make_agreement(readings=readings(B07=ABSENT))


@pytest.mark.parametrize(
    ("columns", "letters"),
    [
        ({}, "mmmmm"),
        ({"tool_keys": frozenset({"t1"})}, "mmmmm"),
        ({"tool_keys": frozenset({"t2"})}, "fmmmm"),
        ({"vendor_signed_on": None}, "fmmmm"),
        ({"effective_on": TODAY + DAY}, "fmmmm"),
        ({"ended_on": TODAY}, "fmmmm"),
        ({"amends": "a3"}, "fmmmm"),
        ({"readings": {"B07": ABSENT}}, "fmmmm"),
    ],
)
def test_an_amendment_in_force_completes_the_agreement_that_it_amends(columns, letters):
    tool = replace(UNUSED, part2=False)
    verdict = judged(tools=(tool,), agreements=(LACKING, amendment(**columns)))
    assert summed_up(verdict)[0] == letters


def test_an_amendment_may_bring_a_tool_under_its_agreement():
    tool = replace(PLAIN, key="t9", first_phi_on=None)
    whole = make_agreement()
    named = amendment(tool_keys=frozenset({"t9"}))
    assert summed_up(judged(tools=(tool,), agreements=(whole,)))[0] == "ommmm"
    assert summed_up(judged(tools=(tool,), agreements=(whole, named)))[0] == "mmmmm"


def test_an_amendment_that_came_after_the_first_data_does_not_cure_them():
    late = amendment(practice_signed_on=TODAY, vendor_signed_on=TODAY)
    (finding,) = judged(tools=(PLAIN,), agreements=(LACKING, late)).missing
    assert finding.code == "phi-under-incomplete-agreement"


def test_the_verdict_turns_on_the_day_on_which_an_amendment_starts():
    verdict = judged(
        tools=(replace(UNUSED, part2=False),), agreements=(LACKING, amendment(effective_on=TODAY + 3 * DAY))
    )
    assert verdict.changes_on == TODAY + 3 * DAY


def test_a_superseded_agreement_covers_no_more_and_did_cover_the_first_data():
    old = make_agreement(superseded_on=TODAY)
    new = make_agreement("a2", practice_signed_on=TODAY, vendor_signed_on=TODAY)
    assert PLAIN.first_phi_on == SIGNED
    assert summed_up(judged(tools=(PLAIN,), agreements=(old,)))[0] == "ommmm"
    assert summed_up(judged(tools=(PLAIN,), agreements=(old, new)))[0] == "mmmmm"


def test_it_is_turned_to_on_the_day_on_which_a_newer_version_comes():
    assert judged(tools=(PLAIN,), agreements=(make_agreement(superseded_on=TODAY + DAY),)).changes_on == TODAY + DAY
