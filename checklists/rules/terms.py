"""Terms that agreements must carry between them: those of route B, and those of Part 2."""

from collections.abc import Collection, Sequence
from datetime import date

from checklists.catalogue import Requirement
from checklists.rules.clause_gaps import ClauseGap, clause_findings, gaps_across
from checklists.rules.findings import Finding, State
from checklists.verdict_facts import Case, ToolFact
from vendors.clauses import Need


def judge_terms(
    case: Case,
    requirement: Requirement,
    *,
    need: Need,
    matter: str,
    tools: Sequence[ToolFact],
    kinds: Collection[str],
) -> list[Finding]:
    """Whether, for every tool, agreements in force hold each needed clause; one may complete another."""
    clauses = case.rules.needed_for(need)
    until = case.next_turn(tools, kinds)
    gaps: list[ClauseGap] = []
    findings: list[Finding] = []
    for tool in tools:
        found = gaps_across(case.covering(tool, kinds), clauses, case.on)
        if found is None:
            findings.append(_missing(requirement, matter, tool, until))
        gaps.extend(found or ())
    findings += clause_findings(gaps, requirement=requirement.number, matter=matter, until=until)
    if tools and not findings:
        findings.append(_complete(requirement, matter, until))
    return findings


def _missing(requirement: Requirement, matter: str, tool: ToolFact, until: date | None) -> Finding:
    return Finding(
        requirement=requirement.number,
        state=State.OPEN,
        code="terms-missing",
        sentence=f"No agreement in force holds the {matter} clauses for {tool.name}.",
        change="Record the agreement that holds them, with both signatures.",
        target="agreements",
        basis=requirement.basis,
        until=until,
    )


def _complete(requirement: Requirement, matter: str, until: date | None) -> Finding:
    return Finding(
        requirement=requirement.number,
        state=State.MET,
        code="terms-complete",
        sentence=f"The agreements in force hold every {matter} clause.",
        target="agreements",
        basis=requirement.basis,
        until=until,
    )
