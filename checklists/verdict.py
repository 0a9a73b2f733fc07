"""The verdict: the pure judgement of an evaluation on a date. No Django, no clock, no files.

Page, action, document and standing read the same findings. Cleared means that all five requirements are met,
or that requirement 4 does not apply by memo; no count makes four of five "mostly" (our policy).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from checklists.catalogue import Requirement
from checklists.part2_values import CheckFact, MemoFact
from checklists.rules.advice import judge_advice
from checklists.rules.answers import judge_answers
from checklists.rules.findings import Finding, State, worst
from checklists.rules.first_data import EARLY_DATA, REMEDIATED
from checklists.rules.part2 import judge_part2, takes_qso
from checklists.rules.phi_boundary import judge_phi_boundary, takes_route_b
from checklists.rules.signed_agreement import judge_signed_agreement
from checklists.verdict_facts import AgreementFact, AnswerFact, Case, PracticeFacts, Rules, ToolFact

__all__ = ["Finding", "Outcome", "RequirementVerdict", "State", "Verdict", "judge"]

# A requirement that is not named here rests on its questions alone.
_RULES: dict[int, Callable[[Case, Requirement], list[Finding]]] = {
    1: judge_signed_agreement,
    2: judge_phi_boundary,
    4: judge_part2,
}
_COUNT_WORDS = {4: "four", 5: "five"}


class Outcome(StrEnum):
    """What a verdict comes to."""

    CLEARED = "cleared"
    NOT_CLEARED = "not_cleared"
    STOPPED = "stopped"

    @property
    def label(self) -> str:
        """A word or two for a badge."""
        return {"not_cleared": "Not cleared"}.get(self, self.capitalize())


@dataclass(frozen=True, slots=True)
class RequirementVerdict:
    """One requirement: failed or open when any finding is, not applicable by memo, else met."""

    number: int
    state: State
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of one evaluation on the day `on`.

    `advice` holds findings with requirement 0: told, never counted. `remediated` says that patient data came
    before a complete agreement, and that the exposure was assessed and signed since. `changes_on` is the
    first day on which a fresh judgement may differ without any new fact; None when there is no such day.
    """

    on: date
    requirements: tuple[RequirementVerdict, ...]
    advice: tuple[Finding, ...]
    outcome: Outcome
    remediated: bool
    changes_on: date | None

    @property
    def met_count(self) -> int:
        """How many requirements are met, from 0 to 5."""
        return sum(each.state is State.MET for each in self.requirements)

    @property
    def applicable_count(self) -> int:
        """How many requirements apply: 5, or 4 when a memo sets one aside."""
        return sum(each.state is not State.NOT_APPLICABLE for each in self.requirements)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding, requirement by requirement, advice last."""
        return (*(finding for each in self.requirements for finding in each.findings), *self.advice)

    @property
    def missing(self) -> tuple[Finding, ...]:
        """What stands between the vendor and clearance, worst first: early patient data, then what else failed.

        A reason that two requirements share is told once, under the first of them.
        """
        blocking = sorted(
            (finding for finding in self.findings if finding.state.severity),
            key=lambda finding: (-finding.state.severity, finding.code not in EARLY_DATA),
        )
        told: dict[tuple[str, str, str], Finding] = {}
        for finding in blocking:
            told.setdefault((finding.code, finding.target, finding.sentence), finding)
        return tuple(told.values())

    @property
    def headline(self) -> str:
        """The verdict in one short line."""
        if self.outcome is Outcome.STOPPED:
            failed = [str(each.number) for each in self.requirements if each.state is State.FAILED]
            noun = "requirement" if len(failed) == 1 else "requirements"
            return f"Stopped: {noun} {_listed(failed)} failed"
        if self.outcome is Outcome.CLEARED:
            count = _COUNT_WORDS.get(self.met_count, str(self.met_count))
            all_of = "five" if self.met_count == self.applicable_count == 5 else f"the {count} that apply"
            return f"{'Cleared as remediated' if self.remediated else 'Cleared'}: {count} of {all_of}"
        if self.met_count == self.applicable_count:
            return "Not cleared: a question has no answer yet"
        of = "5" if self.applicable_count == 5 else f"the {self.applicable_count} that apply"
        return f"Not cleared: {self.met_count} of {of}"


def judge(
    *,
    answers: Iterable[AnswerFact],
    tools: Iterable[ToolFact],
    agreements: Iterable[AgreementFact],
    practice: PracticeFacts,
    rules: Rules,
    on: date,
    memos: Iterable[MemoFact] = (),
    gaps: Iterable[CheckFact] = (),
) -> Verdict:
    """Judge the answers for these tools on the day `on`.

    All agreements of the vendor may be given, past ones too; those that name no tool in scope are ignored.
    `memos` holds the newest about the practice and about each tool, `gaps` what Part 2 asks for and was not shown.
    Raises `ValueError` when a question has two answers.
    """
    case = Case(
        answers=_by_question(answers),
        tools=tuple(sorted(tools, key=lambda tool: tool.key)),
        agreements=tuple(sorted(agreements, key=lambda agreement: agreement.key)),
        practice=practice,
        rules=rules,
        on=on,
        memos=tuple(sorted(memos, key=lambda memo: memo.key)),
        gaps=tuple(sorted(gaps, key=lambda gap: gap.code)),
    )
    requirements = tuple(_judge_requirement(case, each) for each in rules.requirements)
    advice = judge_advice(
        case,
        route_b=any(takes_route_b(case, each) for each in rules.requirements),
        qso=any(takes_qso(case, each) for each in rules.requirements),
    )
    findings = [*(finding for each in requirements for finding in each.findings), *advice]
    return Verdict(
        on=on,
        requirements=requirements,
        advice=tuple(advice),
        outcome=_outcome(findings),
        remediated=any(finding.code == REMEDIATED for finding in findings),
        changes_on=case.next_day(finding.until for finding in findings),
    )


def _by_question(answers: Iterable[AnswerFact]) -> dict[int, AnswerFact]:
    found: dict[int, AnswerFact] = {}
    for answer in answers:
        if answer.question in found:
            raise ValueError(f"question {answer.question} has two answers")
        found[answer.question] = answer
    return found


def _judge_requirement(case: Case, requirement: Requirement) -> RequirementVerdict:
    findings = _RULES.get(requirement.number, judge_answers)(case, requirement)
    return RequirementVerdict(requirement.number, _state(findings), tuple(findings))


def _state(findings: list[Finding]) -> State:
    severity = worst(findings)
    if severity:
        return State.FAILED if severity == State.FAILED.severity else State.OPEN
    set_aside = any(finding.state is State.NOT_APPLICABLE for finding in findings)
    return State.NOT_APPLICABLE if set_aside else State.MET


def _outcome(findings: list[Finding]) -> Outcome:
    return (Outcome.CLEARED, Outcome.NOT_CLEARED, Outcome.STOPPED)[worst(findings)]


def _listed(words: list[str]) -> str:
    """ "1", "1 and 4" or "1, 2 and 4"."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]
