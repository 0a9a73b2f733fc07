"""What is told beside a verdict: the question that fails nothing alone, and good practice that is missing."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date

from checklists.part2_values import CheckFact
from checklists.rules.answers import judge_answer
from checklists.rules.clause_gaps import ClauseGap, advised_gap_in, gaps_across, told
from checklists.rules.findings import Finding, State
from checklists.states import Response
from checklists.verdict_facts import PART2_KINDS, Case, ToolFact
from practice_vetting.core.basis import Basis
from vendors.clause_gaps import Gap
from vendors.clauses import Clause, Need
from vendors.kinds import COVERING_KINDS

# Without a clause that is only permitted, the vendor simply may not; a proposal binds nobody yet.
_NOT_ADVISED = {Basis.PERMITTED, Basis.PROPOSED}


def judge_advice(case: Case, *, route_b: bool, qso: bool) -> list[Finding]:
    """Advice carries requirement 0. It blocks only while a question has no answer at all.

    Clauses about Part 2 records matter only where an agreement is the lawful route to them.
    """
    resting = {number for requirement in case.rules.requirements for number in requirement.questions}
    questions = sorted(case.rules.questions, key=lambda question: question.number)
    findings = [judge_answer(case, question, 0) for question in questions if question.number not in resting]
    clauses = case.rules.needed_for(Need.NEVER)
    general = [clause for clause in clauses if clause.basis is not Basis.RULE_IF]
    if not route_b:
        general += case.rules.needed_for(Need.ROUTE_B)
    general += [clause for clause in case.rules.clauses if clause.days and clause not in general and not _rider(clause)]
    advice = [_softened(case, each) for each in findings]
    advice += _clauses(case, general, case.patient_tools, COVERING_KINDS)
    if qso:
        of_part2 = [clause for clause in clauses if clause.basis is Basis.RULE_IF]
        advice += _clauses(case, of_part2, case.part2_tools, PART2_KINDS)
    return advice + [_not_shown(gap) for gap in case.gaps]


def _not_shown(gap: CheckFact) -> Finding:
    """A point of Part 2 that a person looked for in vain. Only clauses that the rule requires block by themselves."""
    return Finding(
        requirement=0,
        state=State.MET,
        code="part2-not-shown",
        sentence=f"Part 2 check {gap.code}, “{gap.title}”: it is not shown.",
        change="Ask the vendor to show it.",
        target=f"part2:{gap.code}",
        basis=gap.basis,
    )


def _softened(case: Case, finding: Finding) -> Finding:
    """Any answer at all is enough; what it lacks is told as advice."""
    number = int(finding.target.removeprefix("question:"))
    if case.answer(number).response in {Response.NOT_ASKED, Response.DOES_NOT_APPLY}:
        return finding
    return replace(finding, state=State.MET)


def _clauses(case: Case, clauses: Iterable[Clause], tools: Sequence[ToolFact], kinds: Collection[str]) -> list[Finding]:
    """A finding for each of these clauses that was looked for, and found missing or not whole."""
    asked = [clause for clause in clauses if clause.basis not in _NOT_ADVISED]
    gaps: dict[tuple[str, str], ClauseGap] = {}
    for tool in tools:
        found = gaps_across(case.covering(tool, kinds), asked, case.on, gap_of=advised_gap_in) or ()
        gaps.update({gap.place: gap for gap in found if _is_advice(gap)})
    until = case.next_turn(tools, kinds)
    return [_advised(gaps[place], until) for place in sorted(gaps)]


def _is_advice(gap: ClauseGap) -> bool:
    """A clause that a requirement rests on is advised about for its days alone: the requirement tells the rest."""
    resting = gap.clause.needed_for is Need.ALWAYS
    return gap.gap is Gap.DAYS or (gap.gap in {Gap.ABSENT, Gap.PARTIAL} and not resting)


def _rider(clause: Clause) -> bool:
    return clause.basis is Basis.RULE_IF or clause.needed_for is Need.PART2


def _advised(gap: ClauseGap, until: date | None) -> Finding:
    return Finding(
        requirement=0,
        state=State.MET,
        code="clause-advised",
        sentence=told(gap),
        change=f"Ask for it in these words: “{gap.clause.ask}”",
        target=f"clause:{gap.agreement.key}:{gap.clause.code}",
        basis=gap.clause.basis,
        until=until,
    )
