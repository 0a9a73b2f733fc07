"""Requirement 4: substance-use records under 42 CFR Part 2, or a signed memo that there are none."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from checklists.catalogue import Question, Requirement
from checklists.part2_values import MemoFact
from checklists.rules.answers import current_until, has_current, judge_answer, lacking_document
from checklists.rules.findings import Finding, State, long_date
from checklists.rules.terms import judge_terms
from checklists.states import Response
from checklists.verdict_facts import PART2_KINDS, AnswerFact, Case
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
    """ "Does not apply" stands on a current memo, and falls when a tool in scope or a signed memo says otherwise."""
    memos = [case.memo_of(tool) for tool in case.patient_tools or case.tools]
    if case.part2_tools:
        return _contradiction(case, requirement, question)
    against = next((memo for memo in memos if memo and memo.applies), None)
    if against:
        return _against(requirement, question, against)
    current = [memo for memo in memos if memo and memo.is_current(case.on)]
    if case.practice.part2 and any(not memo.tool_key for memo in current):
        return _against_setting(requirement, question)
    if memos and len(current) == len(memos):
        return _signed(requirement, question, current)
    lapsed = next((memo for memo in memos if memo and not memo.is_current(case.on)), None)
    if lapsed:  # whoever signs here signs again; no file brings it back
        return _lapsed(requirement, question, lapsed)
    answer = _with_memos_only(case.answer(question.number))
    if has_current(answer, case.on):
        return _finding(requirement, question, _BY_DOCUMENT, until=current_until(answer, case.on))
    return lacking_document(question, requirement.number, answer, "no signed memo says why Part 2 does not apply")


def _with_memos_only(answer: AnswerFact) -> AnswerFact:
    """The answer with the signed memos under it alone: no other document says why Part 2 does not apply."""
    return replace(answer, evidence=tuple(each for each in answer.evidence if each.is_memo))


_BY_DOCUMENT = "Part 2 does not apply here, and a signed memo says why."


def _finding(requirement: Requirement, question: Question, sentence: str, *, until: date | None) -> Finding:
    return Finding(
        requirement=requirement.number,
        state=State.NOT_APPLICABLE,
        code="does-not-apply",
        sentence=sentence,
        target=f"question:{question.number}",
        basis=Basis.RULE_IF,
        until=until,
    )


def _signed(requirement: Requirement, question: Question, memos: Sequence[MemoFact]) -> Finding:
    """Each tool has a current memo that says no. It counts until the first of them lapses."""
    first = min(memos, key=lambda memo: (memo.lapses_on, memo.key))
    named = " and ".join(dict.fromkeys(f"{memo.about}, {long_date(memo.signed_on)}" for memo in memos))
    sentence = f"Part 2 does not apply here, and a signed memo says why ({named})."
    return _finding(requirement, question, sentence, until=first.lapses_on)


def _against(requirement: Requirement, question: Question, memo: MemoFact) -> Finding:
    return Finding(
        requirement=requirement.number,
        state=State.FAILED,
        code="part2-memo-contradiction",
        sentence=f"The signed memo about {memo.about} says that Part 2 applies, but the answer says that it does not.",
        change="Correct the answer, or sign a new memo.",
        target=f"question:{question.number}",
        basis=Basis.RULE_IF,
    )


def _against_setting(requirement: Requirement, question: Question) -> Finding:
    """The practice's memo and its setting cannot both be true. A memo about the tool alone may stand beside it."""
    return Finding(
        requirement=requirement.number,
        state=State.FAILED,
        code="part2-setting-contradiction",
        sentence="Your practice is marked as a Part 2 program, but its signed memo says that Part 2 does not apply.",
        change="Correct your practice's Part 2 setting, or sign a new memo.",
        target=f"question:{question.number}",
        basis=Basis.RULE_IF,
    )


def _lapsed(requirement: Requirement, question: Question, memo: MemoFact) -> Finding:
    """A year and 30 days after it was signed, a memo proves nothing (our policy)."""
    return Finding(
        requirement=requirement.number,
        state=State.OPEN,
        code="part2-memo-lapsed",
        sentence=f"The Part 2 memo about {memo.about} lapsed on {long_date(memo.lapses_on)}.",
        change="Answer and sign it again.",
        target=f"question:{question.number}",
        basis=Basis.PRODUCT_POLICY,
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
