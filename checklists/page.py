"""The evaluation page as plain values: five requirements, their questions, and how each stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from checklists.catalogue import Edition, Question, Requirement, edition
from checklists.facts import Judgement
from checklists.forms.evaluations import AttachForm
from checklists.links import address, words
from checklists.models import Answer, Citation, Evaluation
from checklists.rules.findings import Finding, State
from checklists.states import Response
from checklists.verdict import Verdict
from practice_vetting.core.forms import new_form_id
from vendors.set_aside import set_aside

#: what a finding is about, where it is no question
_LEFT = {"agreements": "agreement", "clause": "agreement", "tools": "tool"}


@dataclass(frozen=True)
class Cited:
    """One document under an answer, with whether it still counts."""

    citation: Citation
    expired: bool

    @property
    def set_aside(self) -> str:
        """ "quarantined" or "purged on 9 Nov 2026, because it held patient data"; "" while it counts."""
        return set_aside(self.citation.evidence)


@dataclass(frozen=True)
class Asked:
    """One question with its answer. `state` is that of the answer alone; `also` names further requirements."""

    question: Question
    answer: Answer
    response: Response
    state: State
    label: str
    cited: list[Cited]
    also: tuple[int, ...]
    sent: AttachForm | None = None

    @property
    def number(self) -> str:
        """Of the question, as text: Django would put a number into local form at each of its hundred places."""
        return str(self.question.number)

    @property
    def attach(self) -> AttachForm:
        """The form for another document: what was sent and refused, or an empty one."""
        return self.sent or AttachForm(number=self.question.number)

    @property
    def new_form_id(self) -> str:
        """A fresh one for the empty form, whose fields are the same each time."""
        return new_form_id()

    @property
    def is_settled(self) -> bool:
        """True when nothing is left to do about it."""
        return self.label in ("Documented", "Does not apply")


@dataclass(frozen=True)
class Section:
    """One requirement with the questions shown under it; the last section holds question 7, which advises."""

    requirement: Requirement | None
    state: State
    asked: list[Asked]
    findings: list[Finding]

    @property
    def told(self) -> str:
        """How it stands, with what is left: "Failed: question 2, exposure. Open: questions 6, 8"."""
        groups = [(state, _left(self.findings, state)) for state in (State.FAILED, State.OPEN)]
        return ". ".join(f"{state.label}: {left}" for state, left in groups if left) or self.state.label

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
    judgement: Judgement
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


def page_of(judgement: Judgement) -> Page:
    """Everything the page shows of one judgement. It reads nothing."""
    evaluation, verdict, on = judgement.evaluation, judgement.verdict, judgement.verdict.on
    catalogue = edition(evaluation.edition)
    answers = {answer.question: answer for answer in judgement.answers}
    shown: set[int] = set()
    sections = []
    for requirement, judged in zip(catalogue.requirements, verdict.requirements, strict=True):
        numbers = [number for number in requirement.questions if number not in shown]
        shown.update(numbers)
        asked = [_asked(catalogue.question(number), answers[number], verdict, on) for number in numbers]
        sections.append(Section(requirement, judged.state, asked, list(judged.findings)))
    rest = [
        _asked(question, answers[question.number], verdict, on)
        for question in catalogue.questions
        if question.number not in shown
    ]
    sections.append(Section(None, _worst(each.state for each in rest), rest, list(verdict.advice)))
    missing = [_reason(finding, evaluation) for finding in verdict.missing]
    advice = [
        _reason(finding, evaluation) for finding in verdict.advice if finding.state is State.MET and finding.change
    ]
    return Page(judgement, catalogue, verdict, sections, missing, advice)


def _left(findings: list[Finding], state: State) -> str:
    targets = [finding.target.partition(":") for finding in findings if finding.state is state]
    numbers = sorted({key for what, _, key in targets if what == "question"})
    asked = [f"question{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}"] if numbers else []
    others = dict.fromkeys(_LEFT.get(what, what) for what, _, _ in targets if what != "question")
    return ", ".join([*asked, *others])


def _asked(question: Question, answer: Answer, verdict: Verdict, on: date) -> Asked:
    target = f"question:{question.number}"
    state = _worst(finding.state for finding in verdict.findings if finding.target == target)
    response = Response(answer.response)
    cited = [Cited(each, _expired(each, on)) for each in answer.citations.all()]
    label = _label(state, response, cited, advises=question.is_advice_only)
    return Asked(question, answer, response, state, label, cited, question.requirements[1:])


def _label(state: State, response: Response, cited: list[Cited], *, advises: bool) -> str:
    if response is Response.NOT_ASKED:
        return "Not asked yet"
    if state is State.FAILED:
        return "Failed"
    if state is State.NOT_APPLICABLE:
        return "Does not apply"
    if state is State.OPEN or (advises and response is not Response.IN_WRITING):
        only_expired = cited and all(each.expired and not each.set_aside for each in cited)
        return "Needs a newer document" if response is Response.IN_WRITING and only_expired else "Not documented"
    return "Documented"


def _expired(citation: Citation, on: date) -> bool:
    expires_on = citation.evidence.expires_on
    return expires_on is not None and expires_on < on


def _worst(states: Iterable[State]) -> State:
    found = list(states)
    worst_one = max(found, key=lambda state: state.severity, default=State.MET)
    if worst_one.severity == 0 and State.NOT_APPLICABLE in found:
        return State.NOT_APPLICABLE
    return worst_one


def _reason(finding: Finding, evaluation: Evaluation) -> Reason:
    url = address(finding.target, vendor=evaluation.vendor, evaluation_uid=evaluation.uid)
    return Reason(finding, url, words(finding.target))
