"""What a verdict is judged from: plain values, gathered by whoever asks. Pure: no Django, no clock.

Dates are calendar days of the practice. Every "until" and "expires" date is the last good day.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import IntEnum
from functools import reduce

from checklists.catalogue import Edition, Question, Requirement
from checklists.part2_values import CheckFact, MemoFact
from checklists.states import Response
from vendors.agreement_states import state_of
from vendors.clauses import SPEAKS, Clause, ClauseList, Need, ReadingStatus
from vendors.covering import amendments, covering
from vendors.deadlines import REVIEW_GRACE, AgreementDates, days_later
from vendors.early_data import ExposureFact, Stretch, days_with_data, stretches
from vendors.kinds import AgreementKind, Environment

# Any of them may carry the clauses for substance-use records (42 CFR 2.11).
PART2_KINDS = (AgreementKind.BAA, AgreementKind.QSOA, AgreementKind.RIDER)


@dataclass(frozen=True, slots=True)
class EvidenceFact:
    """One attached file. It is not usable while quarantined, or once its bytes were purged."""

    key: str
    label: str
    title: str
    expires_on: date | None = None
    usable: bool = True
    is_memo: bool = False

    def is_current(self, on: date) -> bool:
        """True when it can support an answer on that day."""
        return self.usable and (self.expires_on is None or on <= self.expires_on)


@dataclass(frozen=True, slots=True)
class AnswerFact:
    """The answer to one question. `route` is the code of the chosen route, or "" when none is chosen."""

    question: int
    response: Response
    route: str = ""
    evidence: tuple[EvidenceFact, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolFact:
    """One tool in scope. `first_phi_on` is the day on which patient data first reached it, as recorded on it.

    `exposures` are those that tell of it, `gone_on` is the first day without it.
    """

    key: str
    name: str
    touches_phi: bool
    part2: bool = False
    first_phi_on: date | None = None
    gone_on: date | None = None
    exposures: tuple[ExposureFact, ...] = ()

    @property
    def data_since(self) -> date | None:
        """The first day with patient data, by the tool's own record or by an exposure, whichever is earlier."""
        days = [self.first_phi_on, *(each.began_on for each in self.exposures if each.counts)]
        return min((day for day in days if day), default=None)

    @property
    def touches_patient_data(self) -> bool:
        """True when any of its marks says so: substance-use records are patient data too."""
        return self.touches_phi or self.part2 or self.data_since is not None

    def in_use_on(self, day: date) -> bool:
        """True when patient data had reached it by that day."""
        return self.data_since is not None and self.data_since <= day


class Stage(IntEnum):
    """Where an agreement stands on a day; the lower, the better it serves."""

    IN_FORCE = 0
    UPCOMING = 1
    UNSIGNED = 2
    ENDED = 3


@dataclass(frozen=True, slots=True)
class AgreementFact:
    """One agreement; `readings` maps a clause's code to what a person found.

    `ends_on` is its last good day; `ended_on`, when it ended early, the first day without it, and `superseded_on` the
    day on which a newer version came into force. `days` maps a clause's code to the days that it gives. `amends` is the
    key of the agreement that it changes in part. `file` is the signed document, when one is on file. `environments`
    says where it covers its tools, and is empty when nobody said; `plan` is the vendor's plan that it is for.
    """

    key: str
    kind: AgreementKind
    title: str
    practice_signed_on: date | None = None
    vendor_signed_on: date | None = None
    effective_on: date | None = None
    ends_on: date | None = None
    ended_on: date | None = None
    next_review_on: date | None = None
    tool_keys: frozenset[str] = frozenset()
    file: EvidenceFact | None = None
    readings: Mapping[str, ReadingStatus] = field(default_factory=dict)
    superseded_on: date | None = None
    days: Mapping[str, int] = field(default_factory=dict)
    amends: str = ""
    environments: frozenset[Environment] = frozenset()
    plan: str = ""

    @property
    def leaves_out_daily_use(self) -> bool:
        """True when it names where it covers its tools, and daily use is not among it."""
        return bool(self.environments) and Environment.PRODUCTION not in self.environments

    @property
    def dates(self) -> AgreementDates:
        """Its dates, as vendors.agreement_states reads them."""
        return AgreementDates(**{name: getattr(self, name) for name in _DATES})

    @property
    def starts_on(self) -> date | None:
        """The first day in force: never before the later signature, whatever its effective date says."""
        return self.dates.starts_on

    @property
    def over_on(self) -> date | None:
        """The first day on which it is over, or a newer version is in force; None when it goes on."""
        return self.dates.over_on

    def stage(self, on: date) -> Stage:
        """Where it stands on that day."""
        state = state_of(self.dates, on=on)
        if state.over:
            return Stage.ENDED
        if state.in_force:
            return Stage.IN_FORCE
        return Stage.UNSIGNED if self.starts_on is None else Stage.UPCOMING

    def review_lapsed(self, on: date) -> bool:
        """True when its review is more than the days of grace late."""
        lapses_on = days_later(self.next_review_on, REVIEW_GRACE.days + 1)
        return lapses_on is not None and lapses_on <= on

    def turning_days(self) -> list[date]:
        """The days on which it starts, is over, or lapses by itself; none of them after it is over."""
        days: list[date | None] = [self.over_on]
        if self.starts_on is not None:
            days += [self.starts_on, days_later(self.next_review_on, REVIEW_GRACE.days + 1)]
        last = self.over_on or date.max
        return [day for day in days if day is not None and day <= last]

    def with_amendment(self, amendment: "AgreementFact") -> "AgreementFact":
        """The same agreement with the clauses that the amendment speaks of read there."""
        spoken = {code for code, status in amendment.readings.items() if status in SPEAKS}
        readings = {**self.readings, **{code: amendment.readings[code] for code in spoken}}
        days = {code: count for code, count in self.days.items() if code not in spoken}
        days |= {code: count for code, count in amendment.days.items() if code in spoken}
        where = self.environments | amendment.environments if self.environments else self.environments
        return replace(self, readings=readings, days=days, environments=where)


_DATES = ("practice_signed_on", "vendor_signed_on", "effective_on", "ends_on", "next_review_on", "ended_on",
          "superseded_on")  # fmt: skip


@dataclass(frozen=True, slots=True)
class PracticeFacts:
    """Whether the practice is a Part 2 program; `strict` accepts only route A in requirement 2."""

    part2: bool = False
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """The words and marks of the edition and of the clause list that an evaluation is judged by."""

    requirements: tuple[Requirement, ...]
    questions: tuple[Question, ...]
    clauses: tuple[Clause, ...]

    @classmethod
    def of(cls, edition: Edition, clause_list: ClauseList) -> "Rules":
        """The rules of an edition, with its clause list."""
        return cls(edition.requirements, edition.questions, clause_list.clauses)

    def question(self, number: int) -> Question:
        """The question with this number; `KeyError` when there is none."""
        return {question.number: question for question in self.questions}[number]

    def needed_for(self, need: Need) -> tuple[Clause, ...]:
        """The clauses that are needed for this, by code."""
        needed = [clause for clause in self.clauses if clause.needed_for == need]
        return tuple(sorted(needed, key=lambda clause: clause.code))


@dataclass(frozen=True, slots=True)
class Case:
    """Everything one verdict looks at, in an order that does not depend on the order it came in."""

    answers: Mapping[int, AnswerFact]
    tools: tuple[ToolFact, ...]
    agreements: tuple[AgreementFact, ...]
    practice: PracticeFacts
    rules: Rules
    on: date
    memos: tuple[MemoFact, ...] = ()
    gaps: tuple[CheckFact, ...] = ()

    def answer(self, number: int) -> AnswerFact:
        """The answer to a question; one that nobody recorded is not asked yet."""
        return self.answers.get(number, AnswerFact(number, Response.NOT_ASKED))

    @property
    def patient_tools(self) -> tuple[ToolFact, ...]:
        """The tools in scope that touch patient data."""
        return tuple(tool for tool in self.tools if tool.touches_patient_data)

    @property
    def part2_tools(self) -> tuple[ToolFact, ...]:
        """The tools in scope that touch substance-use records."""
        return tuple(tool for tool in self.tools if tool.part2)

    def memo_of(self, tool: ToolFact) -> MemoFact | None:
        """The memo that speaks for the tool: its own, or else that about the practice.

        A tool's own "does not apply" that lapsed gives way to the practice's. An "applies" stands until a newer memo.
        """
        own = next((memo for memo in self.memos if memo.tool_key == tool.key), None)
        if own and (own.applies or own.is_current(self.on)):
            return own
        return next((memo for memo in self.memos if not memo.tool_key), None) or own

    def covering(self, tool: ToolFact, kinds: Collection[str], *, on: date | None = None) -> list[AgreementFact]:
        """The agreements of these kinds that name the tool, whatever their dates, each as amended on that day."""
        found = covering(self.agreements, tool.key, kinds, on or self.on)
        return [reduce(AgreementFact.with_amendment, live, each) for each, live in found]

    def stretches(self, tool: ToolFact, *, like: str = "") -> list[Stretch]:
        """The days on which patient data were in the tool, and no complete agreement covered it."""
        with_data = days_with_data(tool.first_phi_on, tool.gone_on, tool.exposures, self.on)
        return stretches(tool.key, with_data, self.agreements, self.rules.clauses, self.on, like)

    def amendments(self, agreement: AgreementFact, tool: ToolFact) -> list[AgreementFact]:
        """What was signed to change the agreement for this tool, the oldest first, whatever its dates."""
        return amendments(self.agreements, agreement, tool.key)

    def next_day(self, days: Iterable[date | None]) -> date | None:
        """The first of these days that is still to come."""
        return min((day for day in days if day is not None and day > self.on), default=None)

    def next_turn(self, tools: Iterable[ToolFact], kinds: Collection[str]) -> date | None:
        """The first coming day on which data first reach a tool, or an agreement that covers it turns."""
        days: list[date | None] = []
        for tool in tools:
            days.append(tool.data_since)
            for each in self.agreements:
                if each.kind in kinds:
                    whole = [each, *self.amendments(each, tool)]
                    if any(tool.key in one.tool_keys for one in whole):
                        days.extend(day for one in whole for day in one.turning_days())
        return self.next_day(days)
