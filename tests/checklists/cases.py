"""A small set of rules and a cleared evaluation, from which each test of the verdict takes something away."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from checklists.catalogue import Question, Requirement, Route
from checklists.states import Response
from checklists.verdict import Finding, Outcome, Verdict, judge
from checklists.verdict_facts import (
    AgreementFact,
    AnswerFact,
    EvidenceFact,
    PracticeFacts,
    Rules,
    ToolFact,
)
from practice_vetting.core.basis import Basis, SourceStatus
from vendors.clauses import Clause, Need, ReadingStatus
from vendors.early_data import ExposureFact
from vendors.kinds import AgreementKind

TODAY = date(2026, 11, 21)
SIGNED = date(2026, 3, 1)
PRESENT, ABSENT = ReadingStatus.PRESENT, ReadingStatus.ABSENT

ROUTES = {3: ("deidentified", "agreements"), 5: ("qso", "consent")}
RESTS_ON = {1: (1, 2, 6, 8), 2: (3,), 3: (4, 8), 4: (5,), 5: (9,)}


def make_clause(code: str, *, need: Need, basis: Basis = Basis.RULE, may_not_apply: bool = False) -> Clause:
    words = {"title": f"Clause {code}", "pass_test": "p", "fail_signal": "f", "ask": "a", "group": "g"}
    return Clause(
        code=code,
        basis=basis,
        needed_for=need,
        may_not_apply=may_not_apply,
        citations=(),
        source_status=SourceStatus.READ,
        **words,
    )


CLAUSES = (
    make_clause("B07", need=Need.ALWAYS),
    make_clause("B13", need=Need.ALWAYS, may_not_apply=True),
    make_clause("B04", need=Need.NEVER, basis=Basis.PERMITTED),
    make_clause("B30", need=Need.ROUTE_B, basis=Basis.BEST_PRACTICE),
    make_clause("B36", need=Need.NEVER, basis=Basis.BEST_PRACTICE),
    make_clause("B45", need=Need.NEVER, basis=Basis.PROPOSED),
    make_clause("B50", need=Need.PART2, basis=Basis.RULE_IF),
    make_clause("B51", need=Need.PART2, basis=Basis.RULE_IF),
    make_clause("B54", need=Need.NEVER, basis=Basis.RULE_IF),
)


def _question(number: int) -> Question:
    return Question(
        number=number,
        title=f"Matter {number}",
        ask="?",
        why="w",
        requirements=tuple(each for each, questions in RESTS_ON.items() if number in questions),
        acceptable="a",
        red_flags=(),
        evidence=(),
        basis=Basis.BEST_PRACTICE if number == 7 else Basis.RULE,
        basis_note="n",
        citations=(),
        routes=tuple(Route(code, code, "h") for code in ROUTES.get(number, ())),
        may_not_apply=number == 5,
        source_status=SourceStatus.READ,
    )


def _requirement(number: int) -> Requirement:
    words = {
        "slug": "s",
        "title": "t",
        "short": f"Short {number}",
        "plain": "p",
        "why": "w",
        "basis_note": "n",
    }
    return Requirement(
        number=number,
        basis=Basis.RULE_IF if number == 4 else Basis.RULE,
        citations=(),
        questions=RESTS_ON[number],
        source_status=SourceStatus.READ,
        **words,
    )


RULES = Rules(tuple(map(_requirement, range(1, 6))), tuple(map(_question, range(1, 10))), CLAUSES)

SCRIBE = ToolFact("t1", "Scribe", touches_phi=True, part2=True, first_phi_on=SIGNED)


def make_answer(
    number: int, response: Response = Response.IN_WRITING, *, route: str | None = None, **evidence: Any
) -> AnswerFact:
    """An answer with one piece of evidence, whose columns `evidence` overrides."""
    chosen = ROUTES.get(number, ("",))[0] if route is None else route
    return AnswerFact(number, response, chosen, (make_evidence(number, **evidence),))


def make_evidence(number: int, **columns: Any) -> EvidenceFact:
    values: dict[str, Any] = {"key": f"e{number}", "label": f"E-0{number}", "title": f"Paper {number}"}
    values |= {"is_memo": number == 5, **columns}
    return EvidenceFact(**values)


def make_agreement(key: str = "a1", **columns: Any) -> AgreementFact:
    values: dict[str, Any] = {
        "kind": AgreementKind.BAA,
        "title": f"BAA {key}",
        "practice_signed_on": SIGNED,
        "vendor_signed_on": SIGNED,
        "tool_keys": frozenset({"t1"}),
        "readings": readings(),
        **columns,
    }
    return AgreementFact(key, **values)


def readings(**changed: ReadingStatus | None) -> Mapping[str, ReadingStatus]:
    """Every clause present, but for those named; None means that nobody has read it."""
    statuses = {clause.code: PRESENT for clause in CLAUSES} | changed
    return {code: status for code, status in statuses.items() if status is not None}


ANSWERS = tuple(make_answer(number) for number in range(1, 10))


def with_answers(*changed: AnswerFact) -> tuple[AnswerFact, ...]:
    """The nine good answers, but for these."""
    replaced = {answer.question: answer for answer in changed}
    return tuple(replaced.get(answer.question, answer) for answer in ANSWERS)


def judged(**changed: Any) -> Verdict:
    """The verdict of a cleared evaluation, in which these facts are changed; `exposure` is that of its tools."""
    facts: dict[str, Any] = {
        "answers": ANSWERS,
        "tools": (SCRIBE,),
        "agreements": (make_agreement(),),
        "practice": PracticeFacts(part2=True),
        "rules": RULES,
        "on": TODAY,
        **changed,
    }
    if exposure := facts.pop("exposure", None):
        facts["tools"] = tuple(_assessed(tool, exposure == "open") for tool in facts["tools"])
    return judge(**facts)


def _assessed(tool: ToolFact, is_open: bool) -> ToolFact:
    first = tool.first_phi_on
    return replace(tool, exposures=(ExposureFact(key="", began_on=first, is_open=is_open),)) if first else tool


def scribe(**changed: Any) -> ToolFact:
    """The one tool, in which these facts are changed."""
    return replace(SCRIBE, **changed)


def answered(number: int, response: Response = Response.IN_WRITING, **columns: Any) -> dict[str, Any]:
    return {"answers": with_answers(make_answer(number, response, **columns))}


def agreed(**columns: Any) -> dict[str, Any]:
    return {"agreements": (make_agreement(**columns),)}


def route_b(**columns: Any) -> dict[str, Any]:
    return {**answered(3, route="agreements"), **agreed(**columns)}


def brief(finding: Finding) -> str:
    return f"{finding.requirement} {finding.state} {finding.code} {finding.target}"


def letters(verdict: Verdict) -> str:
    return "".join(each.state[0] for each in verdict.requirements)


def outcome_of(states: str, missing: list[str]) -> Outcome:
    if "f" in states:
        return Outcome.STOPPED
    return Outcome.NOT_CLEARED if missing else Outcome.CLEARED


def summed_up(verdict: Verdict) -> tuple[str, list[str], Outcome]:
    """How the five stand, what is missing, and what it comes to."""
    return letters(verdict), [brief(finding) for finding in verdict.missing], verdict.outcome


DAY = timedelta(days=1)
DAY_BEFORE = SIGNED - DAY
YESTERDAY = TODAY - DAY
PARTIAL, NA = ReadingStatus.PARTIAL, ReadingStatus.DOES_NOT_APPLY
STRICT = PracticeFacts(part2=True, strict=True)
NO_PROGRAM = PracticeFacts(part2=False)
PROGRAM = PracticeFacts(part2=True)

UNUSED = scribe(first_phi_on=None)
PLAIN = scribe(part2=False)
NOT_PATIENT = ToolFact("t1", "Scribe", touches_phi=False)

NO_QSO = readings(B50=None, B51=None, B54=None)
RIDER = make_agreement("r1", kind=AgreementKind.RIDER, readings=readings(B07=None, B13=None))
EARLY = make_agreement("a0", ends_on=YESTERDAY)
LATE = make_agreement("a2", practice_signed_on=SIGNED + 9 * DAY)


MEMO = answered(5, Response.DOES_NOT_APPLY)
NO_MEMO = {"answers": with_answers(AnswerFact(5, Response.DOES_NOT_APPLY))}
SAID_Q5 = answered(5, Response.SAID, route="")
