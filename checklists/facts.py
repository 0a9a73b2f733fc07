"""From rows to facts: what the pure verdict looks at, read in a fixed number of queries.

A vendor that was loaded whole (checklists.vendor_file) is judged from memory: as it is now, or as it stood once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Prefetch

from checklists.catalogue import current_on, edition
from checklists.models import Answer, Citation, Evaluation
from checklists.part2_facts import gap_facts, memo_facts, memos_under
from checklists.states import Response
from checklists.vendor_file import rows_of
from checklists.verdict import Verdict, judge
from checklists.verdict_facts import AgreementFact, AnswerFact, EvidenceFact, PracticeFacts, Rules, ToolFact
from practice_vetting.core.models import Practice
from vendors.clauses import ReadingStatus, clause_list
from vendors.exposures import exposure_facts, gone_on
from vendors.kinds import AgreementKind, Environment, EvidenceKind
from vendors.models import Agreement, Evidence, Exposure, Part2Memo, Tool, Vendor


@dataclass(frozen=True)
class Judgement:
    """A verdict with what it was judged from, so that nobody who shows it reads the same rows again."""

    evaluation: Evaluation
    answers: list[Answer]
    tools: list[Tool]
    agreements: list[Agreement]
    verdict: Verdict
    memos: list[Part2Memo] = field(default_factory=list)


def judge_evaluation(evaluation: Evaluation, *, on: date) -> Verdict:
    """The verdict of one evaluation on a day: its answers and scope, against the vendor's agreements as they are."""
    return judgement_of(evaluation, on=on).verdict


def judgement_of(evaluation: Evaluation, *, on: date, agreements: Sequence[Agreement] | None = None) -> Judgement:
    """The same with its answers and tools. Whoever has read the vendor's agreements already gives them."""
    vendor, answers, tools = evaluation.vendor, answers_of(evaluation), list(evaluation.tools.all())
    known = agreements_of(vendor) if agreements is None else list(agreements)
    memos = memos_under(vendor, answers, on)
    verdict = judge(
        answers=[answer_fact(answer) for answer in answers],
        tools=tool_facts(vendor, tools),
        agreements=agreement_facts(known),
        practice=practice_facts(vendor.practice),
        rules=rules_of(evaluation.edition),
        on=on,
        memos=memo_facts(memos),
        gaps=gap_facts(vendor, answers, tools),
    )
    return Judgement(evaluation, answers, tools, known, verdict, memos)


def judge_unevaluated(vendor: Vendor, *, on: date, agreements: Sequence[Agreement] | None = None) -> Verdict:
    """What can be said of a vendor that nobody has asked anything: tools and agreements alone."""
    return judge(
        answers=[],
        tools=tool_facts(vendor, [tool for tool in vendor.tools.all() if not _gone(tool, on)]),
        agreements=agreement_facts(agreements_of(vendor) if agreements is None else agreements),
        practice=practice_facts(vendor.practice),
        rules=rules_of(current_on(on).code),
        on=on,
    )


def rules_of(code: str) -> Rules:
    """The edition and its clause list, as the verdict reads them."""
    asked = edition(code)
    return Rules.of(asked, clause_list(asked.clause_list))


def answers_of(evaluation: Evaluation) -> list[Answer]:
    """The nine answers in order, each with its citations and their evidence."""
    cited = Prefetch("citations", Citation.objects.select_related("evidence", "evidence__file"))
    asked = rows_of(evaluation.answers, lambda rows: rows.select_related("changed_by").prefetch_related(cited))
    return sorted(asked, key=lambda answer: answer.question)


def answer_fact(answer: Answer) -> AnswerFact:
    return AnswerFact(
        question=answer.question,
        response=Response(answer.response),
        route=answer.route,
        evidence=tuple(evidence_fact(citation.evidence) for citation in answer.citations.all()),
    )


def evidence_fact(evidence: Evidence) -> EvidenceFact:
    return EvidenceFact(
        key=evidence.uid,
        label=evidence.label,
        title=evidence.title,
        expires_on=evidence.expires_on,
        usable=evidence.is_usable and not evidence.file.is_infected,
        is_memo=evidence.kind_of == EvidenceKind.MEMO,
    )


def tool_facts(vendor: Vendor, tools: Sequence[Tool]) -> list[ToolFact]:
    """The tools with what the exposures of their vendor tell of them."""
    exposures = rows_of(vendor.exposures, lambda rows: rows.defer("snapshot")) if tools else []
    return [_tool_fact(vendor, tool, exposures) for tool in tools]


def _tool_fact(vendor: Vendor, tool: Tool, exposures: Sequence[Exposure]) -> ToolFact:
    return ToolFact(
        key=tool.uid,
        name=tool.name,
        touches_phi=tool.touches_patient_data,
        part2=tool.part2,
        first_phi_on=tool.first_phi_on,
        gone_on=gone_on(tool, vendor),
        exposures=exposure_facts(tool, exposures),
    )


def agreements_of(vendor: Vendor) -> list[Agreement]:
    """Every agreement of the vendor, past ones too, with its tools and its readings."""
    return rows_of(
        vendor.agreements, lambda rows: rows.select_related("evidence__file").prefetch_related("tools", "readings")
    )


def agreement_facts(agreements: Iterable[Agreement]) -> list[AgreementFact]:
    agreements = list(agreements)
    keys = {agreement.pk: agreement.uid for agreement in agreements}
    return [_agreement_fact(agreement, keys) for agreement in agreements]


def _agreement_fact(agreement: Agreement, keys: dict[int, str]) -> AgreementFact:
    return AgreementFact(
        key=agreement.uid,
        kind=AgreementKind(agreement.kind_of),
        title=AgreementKind(agreement.kind_of).label,
        practice_signed_on=agreement.practice_signed_on,
        vendor_signed_on=agreement.vendor_signed_on,
        effective_on=agreement.effective_on,
        ends_on=agreement.ends_on,
        ended_on=agreement.ended_on,
        next_review_on=agreement.next_review_on,
        tool_keys=frozenset(tool.uid for tool in agreement.tools.all()),
        file=evidence_fact(agreement.evidence) if agreement.evidence else None,
        readings={reading.code: ReadingStatus(reading.status) for reading in agreement.readings.all()},
        superseded_on=agreement.superseded_on,
        days={reading.code: reading.days for reading in agreement.readings.all() if reading.days is not None},
        amends=keys.get(agreement.amends_id or 0, ""),
        environments=frozenset(map(Environment, agreement.environments)),
        plan=agreement.plan,
    )


def practice_facts(practice: Practice) -> PracticeFacts:
    return PracticeFacts(part2=practice.part2, strict=practice.strict_boundary)


def _gone(tool: Tool, on: date) -> bool:
    return tool.retired_on is not None and tool.retired_on <= on


def tools_in_scope(vendor: Vendor, on: date) -> Iterable[Tool]:
    """The tools that a new evaluation judges by default: every one that is not retired."""
    return [tool for tool in vendor.tools.all() if not _gone(tool, on)]
