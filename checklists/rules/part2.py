"""Requirement 4: substance-use records under 42 CFR Part 2, or a signed memo that there are none."""

from checklists.catalogue import Question, Requirement
from checklists.rules.answers import current_until, has_current, judge_answer, lacking_document
from checklists.rules.findings import Finding, State
from checklists.rules.terms import judge_terms
from checklists.states import Response
from checklists.verdict_facts import PART2_KINDS, Case
from practice_vetting.core.basis import Basis
from vendors.clauses import Need

ROUTE_QSO = "qso"


def judge_part2(case: Case, requirement: Requirement) -> list[Finding]:
    """The answer, and the clauses of the qualified service organization when that route is chosen."""
    findings: list[Finding] = []
    for number in requirement.questions:
        findings += _judge(case, requirement, case.rules.question(number))
    return findings


def takes_qso(case: Case, requirement: Requirement) -> bool:
    """True when an answer that the requirement rests on chose an agreement as the lawful route."""
    return any(_is_qso(case, number) for number in requirement.questions)


def _is_qso(case: Case, number: int) -> bool:
    answer = case.answer(number)
    return answer.route == ROUTE_QSO and answer.response != Response.DOES_NOT_APPLY


def _judge(case: Case, requirement: Requirement, question: Question) -> list[Finding]:
    answer = case.answer(question.number)
    if answer.response == Response.DOES_NOT_APPLY and question.may_not_apply:
        return [_set_aside(case, requirement, question)]
    findings = [judge_answer(case, question, requirement.number)]
    if _is_qso(case, question.number):
        findings += judge_terms(
            case, requirement, need=Need.PART2, matter="Part 2", tools=case.part2_tools, kinds=PART2_KINDS
        )
    return findings


def _set_aside(case: Case, requirement: Requirement, question: Question) -> Finding:
    """ "Does not apply" stands on a current memo, and falls when a tool in scope says otherwise."""
    answer = case.answer(question.number)
    if case.part2_tools:
        return _contradiction(case, requirement, question)
    if not has_current(answer, case.on):
        return lacking_document(question, requirement.number, answer, "no signed memo says why Part 2 does not apply")
    return Finding(
        requirement=requirement.number,
        state=State.NOT_APPLICABLE,
        code="does-not-apply",
        sentence="Part 2 does not apply here, and a signed memo says why.",
        target=f"question:{question.number}",
        basis=Basis.RULE_IF,
        until=current_until(answer, case.on),
    )


def _contradiction(case: Case, requirement: Requirement, question: Question) -> Finding:
    """Of two statements that cannot both be true, neither is believed until a person corrects one."""
    tool = case.part2_tools[0]
    if case.practice.part2:
        code, target = "part2-contradiction", f"question:{question.number}"
        said, change = "the answer says that Part 2 does not apply", "Correct the answer, or the tool."
    else:
        code, target = "part2-mismatch", f"tool:{tool.key}"
        said = "your practice says that it is no Part 2 program"
        change = "Correct the tool, or your practice's Part 2 setting."
    return Finding(
        requirement=requirement.number,
        state=State.FAILED,
        code=code,
        sentence=f"{tool.name} is marked as touching substance-use records, but {said}.",
        change=change,
        target=target,
        basis=Basis.RULE_IF,
    )
