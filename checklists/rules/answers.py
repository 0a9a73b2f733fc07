"""What an answer alone proves: only "in writing", with a current document, satisfies a question."""

from dataclasses import dataclass
from datetime import date

from checklists.catalogue import Question, Requirement
from checklists.rules.findings import Finding, State, long_date
from checklists.states import Response
from checklists.verdict_facts import AnswerFact, Case, EvidenceFact
from practice_vetting.core.basis import Basis
from vendors.deadlines import days_later


@dataclass(frozen=True, slots=True)
class _Words:
    """How one kind of answer is judged. `basis` None means: the basis of the question itself."""

    state: State
    code: str
    says: str
    change: str
    basis: Basis | None = Basis.PRODUCT_POLICY


_NOT_DOCUMENTED: dict[Response, _Words] = {
    Response.NOT_ASKED: _Words(
        State.OPEN, "not-asked", "there is no answer yet", "Ask the vendor, and record what they say.", None
    ),
    Response.SAID: _Words(
        State.OPEN,
        "only-said",
        "the vendor said yes, but nothing is in writing",
        "Ask for it in writing, and attach the document.",
    ),
    Response.VAGUE: _Words(
        State.FAILED,
        "vague",
        "the answer was vague, which counts as a no",
        "Ask again, and replace it with a clear answer in writing.",
    ),
    Response.NO: _Words(
        State.FAILED,
        "answered-no",
        "the vendor answered no",
        "Ask the vendor to change it and say so in writing, or choose another tool.",
        None,
    ),
    Response.DOES_NOT_APPLY: _Words(
        State.OPEN,
        "must-apply",
        "this question applies to every vendor",
        "Ask the vendor, and record what they say.",
    ),
}
_NO_ROUTE = _Words(
    State.OPEN,
    "route-missing",
    "the answer is in writing, but no route is chosen",
    "Choose the route that the documents prove.",
)
_MET = _Words(State.MET, "documented", "answered in writing, with a document on file", "", None)


def judge_answers(case: Case, requirement: Requirement) -> list[Finding]:
    """A finding for each question that the requirement rests on."""
    return [judge_answer(case, case.rules.question(n), requirement.number) for n in requirement.questions]


def judge_answer(case: Case, question: Question, requirement: int) -> Finding:
    """What the answer to one question proves for a requirement."""
    answer = case.answer(question.number)
    words = _NOT_DOCUMENTED.get(answer.response)
    if words is not None:
        return _finding(question, requirement, words)
    if not has_current(answer, case.on):
        missing = "the answer is in writing, but no document is attached"
        return lacking_document(question, requirement, answer, missing)
    until = current_until(answer, case.on)
    routes = {route.code for route in question.routes}
    words = _NO_ROUTE if routes and answer.route not in routes else _MET
    return _finding(question, requirement, words, until)


def has_current(answer: AnswerFact, on: date) -> bool:
    """True when at least one piece of evidence can support the answer on that day."""
    return any(each.is_current(on) for each in answer.evidence)


def current_until(answer: AnswerFact, on: date) -> date | None:
    """The day on which the last current piece of evidence has expired; None when one never does."""
    ends = [each.expires_on for each in answer.evidence if each.is_current(on)]
    lasting = [end for end in ends if end is not None]
    return days_later(max(lasting), 1) if lasting and len(lasting) == len(ends) else None


def lacking_document(question: Question, requirement: int, answer: AnswerFact, missing: str) -> Finding:
    """A finding for an answer without current evidence: it expired, was set aside, or is missing as `missing` says."""
    expired = [(each.expires_on, each.key, each) for each in answer.evidence if each.usable and each.expires_on]
    set_aside = [each for each in answer.evidence if not each.usable]
    if set_aside and not expired:
        words = _Words(State.OPEN, "evidence-set-aside", set_aside_words(set_aside[0]), SET_ASIDE_CHANGE)
        return _finding(question, requirement, words)
    if not expired:
        words = _Words(State.OPEN, "evidence-missing", missing, "Attach the document.")
        return _finding(question, requirement, words)
    expired_on, _, last = max(expired, key=lambda dated: dated[:2])
    words = _Words(
        State.OPEN,
        "evidence-expired",
        f"{last.label}, “{last.title}”, expired on {long_date(expired_on)}",
        "Ask for a new one, and attach it.",
    )
    return _finding(question, requirement, words)


SET_ASIDE_CHANGE = "Open it to see why, and attach a clean copy."


def set_aside_words(evidence: EvidenceFact) -> str:
    return f"{evidence.label}, “{evidence.title}”, is set aside and proves nothing"


def _finding(question: Question, requirement: int, words: _Words, until: date | None = None) -> Finding:
    return Finding(
        requirement=requirement,
        state=words.state,
        code=words.code,
        sentence=f"Question {question.number}, “{question.title}”: {words.says}.",
        change=words.change,
        target=f"question:{question.number}",
        basis=words.basis or question.basis,
        until=until,
    )
