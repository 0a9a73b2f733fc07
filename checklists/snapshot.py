"""The exact content that is attested: one evaluation with everything it rests on, as plain data that stands alone.

`build` reads the rows, `text_of` writes the one form that is hashed and signed over, and `read` gives it back with
days and moments as Python values. Same facts, same bytes. Documents are made from this text alone.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import prefetch_related_objects

from checklists.catalogue import Edition, Question, Requirement, edition
from checklists.facts import Judgement, judgement_of
from checklists.models import Answer, Citation, Evaluation
from checklists.part2_facts import memos_data
from checklists.snapshot_history import history_of
from checklists.states import Response
from checklists.verdict import Finding, RequirementVerdict, Verdict
from practice_vetting.core.basis import Citation as Source
from practice_vetting.core.frozen_text import read as read
from practice_vetting.core.ledger import canonical
from practice_vetting.core.models import Practice
from practice_vetting.core.version import software_version
from vendors.clauses import ReadingStatus, clause_list
from vendors.kinds import AgreementKind, EvidenceKind
from vendors.models import Agreement, Evidence, Tool

FORMAT = "practice-vetting-evaluation/1"


def build(evaluation: Evaluation, *, on: date, software: str = "") -> dict[str, Any]:
    """Everything about the evaluation, judged as of the day `on`, as values that JSON knows or dates.

    `software` is the release that judged; by default the one that runs now.
    """
    judgement = judgement_of(evaluation, on=on)
    agreements = _agreements_about(judgement)
    memos = memos_data(judgement.memos, judgement.tools, on)  # left out where none: so it was before there were any
    return (
        judged_data(judgement)
        | ({"memos": memos} if memos else {})
        | {
            "format": FORMAT,
            "software": software or software_version(),
            "judged_on": on,
            "practice": practice_data(evaluation.practice),
            "vendor": _facts(evaluation.vendor, "uid", "name", "summary", "website"),
            "verdict": _verdict(judgement.verdict),
            "agreements": [agreement_data(agreement) for agreement in agreements],
            "evidence": [evidence_data(each) for each in _evidence_in(judgement.answers, agreements)],
            "history": history_of(evaluation),
        }
    )


def judged_data(judgement: Judgement) -> dict[str, Any]:
    """What was asked in the evaluation, what was answered for which tools, and what it comes to. It reads nothing."""
    evaluation, verdict = judgement.evaluation, judgement.verdict
    asked = edition(evaluation.edition)
    return {
        "evaluation": _facts(evaluation, "uid", "title", "started_on") | {"started_by": evaluation.started_by.name},
        "tools": [tool_data(tool) for tool in sorted(judgement.tools, key=lambda tool: (tool.name, tool.pk))],
        "edition": _facts(asked, "code", "title", "published_on", "digest"),
        "clause_list": _facts(clause_list(asked.clause_list), "code", "digest"),
        "requirements": requirements_data(asked, verdict),
        "advice": [_finding(finding) for finding in verdict.advice],
        "questions": [_question(asked.question(answer.question), answer) for answer in judgement.answers],
    }


def text_of(content: dict[str, Any]) -> str:
    """The canonical JSON of a snapshot: the bytes, in UTF-8, that are hashed and signed over."""
    return canonical(content)


def rebuilt(evaluation: Evaluation) -> str:
    """The text that the rows give now, judged on the same day and by the same release as the stored one."""
    stored = read(evaluation.snapshot)
    return text_of(build(evaluation, on=stored["judged_on"], software=stored["software"]))


def _facts(record: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(record, name) for name in names}


def practice_data(practice: Practice) -> dict[str, Any]:
    facts = _facts(practice, "uid", "name", "time_zone", "part2", "strict_boundary")
    return facts | {"states": sorted(practice.states)}


def tool_data(tool: Tool) -> dict[str, Any]:
    facts = _facts(tool, "uid", "name", "purpose", "has_ai", "part2", "in_use_since", "first_phi_on", "retired_on")
    return facts | {"data": tool.data_labels}


def _verdict(verdict: Verdict) -> dict[str, Any]:
    facts = _facts(verdict, "headline", "met_count", "applicable_count", "remediated", "changes_on")
    return facts | {"outcome": verdict.outcome.value, "outcome_label": verdict.outcome.label}


def requirements_data(asked: Edition, verdict: Verdict) -> list[dict[str, Any]]:
    pairs = zip(asked.requirements, verdict.requirements, strict=True)
    return [_requirement(requirement, judged) for requirement, judged in pairs]


def _requirement(requirement: Requirement, judged: RequirementVerdict) -> dict[str, Any]:
    return _facts(requirement, "number", "title", "short", "plain", "why", "basis_note") | {
        "basis": requirement.basis.value,
        "basis_label": requirement.basis.label,
        "citations": _sources(requirement.citations),
        "questions": list(requirement.questions),
        "state": judged.state.value,
        "state_label": judged.state.label,
        "findings": [_finding(finding) for finding in judged.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return _facts(finding, "code", "sentence", "change", "target") | {
        "state": finding.state.value,
        "state_label": finding.state.label,
        "basis_label": finding.basis.label,
        "until_on": finding.until,
    }


def _sources(citations: Iterable[Source]) -> list[dict[str, str]]:
    return [{"label": citation.label, "url": citation.url} for citation in citations]


def _question(question: Question, answer: Answer) -> dict[str, Any]:
    routes = {route.code: route.label for route in question.routes}
    return _facts(question, "number", "title", "ask", "why", "acceptable") | {
        "requirements": list(question.requirements),
        "basis_label": question.basis.label,
        "citations": _sources(question.citations),
        "response": answer.response,
        "response_label": Response(answer.response).label,
        "route": answer.route,
        "route_label": routes.get(answer.route, ""),
        **_facts(answer, "said", "said_by", "said_on"),
        "recorded_by": answer.changed_by.name if answer.changed_by else "",
        "recorded_at": answer.changed_at,
        "evidence": [_cited(citation) for citation in _in_order(answer)],
    }


def _in_order(answer: Answer) -> list[Citation]:
    return sorted(answer.citations.all(), key=lambda citation: citation.evidence.number)


def _cited(citation: Citation) -> dict[str, str]:
    evidence = citation.evidence
    return {"label": evidence.label, "title": evidence.title, "pages": citation.pages or evidence.pages_that_matter}


def _agreements_about(judgement: Judgement) -> list[Agreement]:
    """The agreements that name a tool in scope, and what amends them: the verdict looks at no others."""
    scope = {tool.pk for tool in judgement.tools}
    named = [each for each in judgement.agreements if scope.intersection(tool.pk for tool in each.tools.all())]
    amended = {each.pk for each in named}
    about = [each for each in judgement.agreements if each in named or each.amends_id in amended]
    prefetch_related_objects(about, "readings__read_by")
    return sorted(about, key=lambda agreement: agreement.pk)


def agreement_data(agreement: Agreement) -> dict[str, Any]:
    clauses = {clause.code: clause for clause in clause_list(agreement.clause_list).clauses}
    dates = ["practice_signed_on", "vendor_signed_on", "effective_on", "ends_on", "ended_on", "next_review_on"]
    dates += ["sent_on", "superseded_on"]
    readings = sorted(agreement.readings.all(), key=lambda reading: reading.code)
    return _facts(agreement, "uid", "vendor_party", "plan", "clause_list", "executed_on", *dates) | {
        "kind": AgreementKind(agreement.kind_of).label,
        "tools": sorted(tool.name for tool in agreement.tools.all()),
        "environments": agreement.environment_labels,
        "evidence": agreement.evidence.label if agreement.evidence else "",
        "readings": [
            _facts(reading, "code", "status", "days", "page", "quote", "reason", "read_on")
            | {
                "title": clauses[reading.code].title,
                "basis_label": clauses[reading.code].basis.label,
                "status_label": ReadingStatus(reading.status).label,
                "read_by": reading.read_by.name,
            }
            for reading in readings
        ],
    }


def _evidence_in(answers: list[Answer], agreements: list[Agreement]) -> list[Evidence]:
    """Each document that an answer or an agreement rests on, once, by its number."""
    found = {each.pk: each for each in (agreement.evidence for agreement in agreements) if each}
    found |= {citation.evidence_id: citation.evidence for answer in answers for citation in answer.citations.all()}
    prefetch_related_objects(list(found.values()), "checked_by")
    return sorted(found.values(), key=lambda evidence: evidence.number)


def evidence_data(evidence: Evidence) -> dict[str, Any]:
    facts = _facts(evidence, "uid", "label", "title", "dated_on", "expires_on", "pages_that_matter", "file_name")
    return facts | {
        "kind": EvidenceKind(evidence.kind_of).label,
        **_facts(evidence.file, "sha256", "size", "content_type", "pages"),
        "checked_by": evidence.checked_by.name,
        "checked_at": evidence.created_at,
        "text_read": evidence.get_text_read_display() if evidence.text_read else "",
        "found": evidence.found_words,
        "found_reason": evidence.patient_data_reason,
    }
