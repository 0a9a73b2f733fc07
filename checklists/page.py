"""The evaluation page as plain values: five requirements, their questions, and how each stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from checklists.catalogue import Edition, Question, Requirement, edition
from checklists.facts import answers_of, judge_evaluation
from checklists.forms.evaluations import AttachForm
from checklists.links import address, words
from checklists.models import Answer, Citation, Evaluation
from checklists.rules.findings import Finding, State
from checklists.states import Response
from checklists.verdict import Verdict


@dataclass(frozen=True)
class Cited:
    """One document under an answer, with whether it still counts."""

    citation: Citation
    expired: bool


@dataclass(frozen=True)
class Asked:
    """One question with its answer. `state` is that of the answer alone; `also` names further requirements."""

    question: Question
    answer: Answer
    response: Response
    state: State
    label: str
    cited: list[Cited]
    attach: AttachForm
    also: tuple[int, ...]


@dataclass(frozen=True)
class Section:
    """One requirement with the questions shown under it; the last section holds question 7, which advises."""

    requirement: Requirement | None
    state: State
    asked: list[Asked]
    findings: list[Finding]
    documented: int

    @property
    def anchor(self) -> str:
        return f"requirement-{self.requirement.number}" if self.requirement else "advice"


@dataclass(frozen=True)
class Reason:
    """What stands in the way, with the link to what would change it."""

    finding: Finding
    url: str
    where: str


@dataclass(frozen=True)
class Page:
    evaluation: Evaluation
    edition: Edition
    verdict: Verdict
    sections: list[Section]
    missing: list[Reason]
    advice: list[Reason]

    @property
    def seals(self) -> list[dict[str, object]]:
        short = {each.number: each.short for each in self.edition.requirements}
        return [
            {"number": each.number, "state": each.state.value, "short": short[each.number]}
            for each in self.verdict.requirements
        ]

    def asked(self, number: int) -> Asked:
        return next(each for section in self.sections for each in section.asked if each.question.number == number)


def page_of(evaluation: Evaluation, *, on: date) -> Page:
    """Everything the page shows, from one reading of the database."""
    catalogue = edition(evaluation.edition)
    verdict = judge_evaluation(evaluation, on=on)
    answers = {answer.question: answer for answer in answers_of(evaluation)}
    shown: set[int] = set()
    sections = []
    for requirement, judged in zip(catalogue.requirements, verdict.requirements, strict=True):
        numbers = [number for number in requirement.questions if number not in shown]
        shown.update(numbers)
        asked = [_asked(catalogue.question(number), answers[number], verdict, on) for number in numbers]
        sections.append(Section(requirement, judged.state, asked, list(judged.findings), _documented(asked)))
    rest = [
        _asked(question, answers[question.number], verdict, on)
        for question in catalogue.questions
        if question.number not in shown
    ]
    sections.append(Section(None, _worst(each.state for each in rest), rest, list(verdict.advice), _documented(rest)))
    missing = [_reason(finding, evaluation) for finding in verdict.missing]
    advice = [
        _reason(finding, evaluation) for finding in verdict.advice if finding.state is State.MET and finding.change
    ]
    return Page(evaluation, catalogue, verdict, sections, missing, advice)


def _asked(question: Question, answer: Answer, verdict: Verdict, on: date) -> Asked:
    target = f"question:{question.number}"
    state = _worst(finding.state for finding in verdict.findings if finding.target == target)
    response = Response(answer.response)
    cited = [Cited(each, _expired(each, on)) for each in answer.citations.all()]
    label = _label(state, response, cited, advises=question.is_advice_only)
    attach = AttachForm(number=question.number)
    return Asked(question, answer, response, state, label, cited, attach, question.requirements[1:])


def _label(state: State, response: Response, cited: list[Cited], *, advises: bool) -> str:
    if response is Response.NOT_ASKED:
        return "Not asked yet"
    if state is State.FAILED:
        return "Failed"
    if state is State.NOT_APPLICABLE:
        return "Does not apply"
    if state is State.OPEN or (advises and response is not Response.IN_WRITING):
        only_expired = response is Response.IN_WRITING and cited and all(each.expired for each in cited)
        return "Needs a newer document" if only_expired else "Not documented"
    return "Documented"


def _expired(citation: Citation, on: date) -> bool:
    expires_on = citation.evidence.expires_on
    return expires_on is not None and expires_on < on


def _documented(asked: list[Asked]) -> int:
    return sum(each.label in ("Documented", "Does not apply") for each in asked)


def _worst(states: Iterable[State]) -> State:
    found = list(states)
    worst_one = max(found, key=lambda state: state.severity, default=State.MET)
    if worst_one.severity == 0 and State.NOT_APPLICABLE in found:
        return State.NOT_APPLICABLE
    return worst_one


def _reason(finding: Finding, evaluation: Evaluation) -> Reason:
    url = address(finding.target, vendor=evaluation.vendor, evaluation_uid=evaluation.uid)
    return Reason(finding, url, words(finding.target))
