"""Requirement 1: an agreement in force that covers each tool, complete, and signed before any patient data.

45 CFR 164.502(e), 164.308(b), 164.504(e): patient data may move only once the written agreement stands.
"""

from collections.abc import Sequence
from datetime import date

from checklists.catalogue import Requirement
from checklists.rules.agreement_words import (
    file_set_aside,
    in_force,
    missing,
    not_for_daily_use,
    nothing_to_cover,
    out_of_force,
)
from checklists.rules.answers import judge_answers
from checklists.rules.clause_gaps import clause_findings, lapsed, required_gaps
from checklists.rules.findings import Finding, State, worst
from checklists.rules.first_data import judge_first_data
from checklists.verdict_facts import AgreementFact, Case, Stage, ToolFact
from vendors.kinds import COVERING_KINDS


def judge_signed_agreement(case: Case, requirement: Requirement) -> list[Finding]:
    """The answers, then the agreement of each tool that touches patient data, then when data first moved."""
    findings = judge_answers(case, requirement)
    if not case.patient_tools:
        return [*findings, nothing_to_cover(case, requirement.number)]
    served: list[tuple[AgreementFact, list[ToolFact]]] = []
    for tool in case.patient_tools:
        best = best_agreement(case, tool, requirement.number)
        if best is None:
            findings.append(missing(case, tool, requirement.number, _until(case, [tool])))
        else:
            _serve(served, best, tool)
    for agreement, tools in sorted(served, key=lambda each: each[0].key):
        findings += _review(case, agreement, requirement.number, _until(case, tools))
        findings += judge_first_data(case, tools, agreement, requirement.number)
    return findings


def _serve(served: list[tuple[AgreementFact, list[ToolFact]]], best: AgreementFact, tool: ToolFact) -> None:
    """Put the tool beside those that the same agreement serves; one that an amendment changes for it is another."""
    for agreement, tools in served:
        if agreement == best:
            tools.append(tool)
            return
    served.append((best, [tool]))


def best_agreement(case: Case, tool: ToolFact, requirement: int) -> AgreementFact | None:
    """Of all that cover the tool, the one that serves it best on that day, as amended for the tool."""

    def rank(agreement: AgreementFact) -> tuple[int, Stage, int, str]:
        findings = _review(case, agreement, requirement, None)
        unmet = sum(finding.state is not State.MET for finding in findings)
        return worst(findings), agreement.stage(case.on), unmet, agreement.key

    return min(case.covering(tool, COVERING_KINDS), key=rank, default=None)


def _until(case: Case, tools: Sequence[ToolFact]) -> date | None:
    return case.next_turn(tools, COVERING_KINDS)


def _review(case: Case, agreement: AgreementFact, requirement: int, until: date | None) -> list[Finding]:
    """Where the agreement stands, and, unless it is over, each needed clause that does not count."""
    stage = agreement.stage(case.on)
    if stage is Stage.ENDED:
        return [out_of_force(agreement, stage, requirement, until)]
    if stage is not Stage.IN_FORCE:
        first = out_of_force(agreement, stage, requirement, until)
    elif agreement.file and not agreement.file.usable:
        first = file_set_aside(agreement, agreement.file, requirement, until)
    elif agreement.review_lapsed(case.on):
        first = lapsed(agreement, requirement, until)
    else:
        first = in_force(agreement, requirement, until)
    found = [first, not_for_daily_use(agreement, requirement, until)] if agreement.leaves_out_daily_use else [first]
    gaps = required_gaps(agreement, case.rules)
    return [*found, *clause_findings(gaps, requirement=requirement, matter="required", until=until)]
