"""Requirement 2: what leaves is de-identified (route A), or travels only under agreements (route B)."""

from checklists.catalogue import Requirement
from checklists.rules.answers import judge_answers
from checklists.rules.findings import Finding, State
from checklists.rules.terms import judge_terms
from checklists.verdict_facts import Case
from practice_vetting.core.basis import Basis
from vendors.clauses import Need
from vendors.kinds import COVERING_KINDS

ROUTE_B = "agreements"


def judge_phi_boundary(case: Case, requirement: Requirement) -> list[Finding]:
    """The answer, and what the chosen route asks for.

    Route B is looked into whatever the response is, so that a worse response never hides what is missing.
    """
    findings = judge_answers(case, requirement)
    if not takes_route_b(case, requirement):
        return findings
    if case.practice.strict:
        return [*findings, _refused(requirement)]
    return findings + judge_terms(
        case, requirement, need=Need.ROUTE_B, matter="route B", tools=case.patient_tools, kinds=COVERING_KINDS
    )


def takes_route_b(case: Case, requirement: Requirement) -> bool:
    """True when an answer that the requirement rests on chose route B."""
    return any(case.answer(number).route == ROUTE_B for number in requirement.questions)


def _refused(requirement: Requirement) -> Finding:
    return Finding(
        requirement=requirement.number,
        state=State.FAILED,
        code="route-b-refused",
        sentence="Your practice's strict setting accepts only route A: data that identify nobody.",
        change="Ask the vendor for proof of route A, or choose another tool.",
        target=f"question:{requirement.questions[0]}",
        basis=Basis.PRODUCT_POLICY,
    )
