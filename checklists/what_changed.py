"""The newest changes of an evaluation, on its own page: who, when, and what from what to what."""

from checklists.facts import Judgement
from checklists.models import Answer, Citation, Evaluation
from practice_vetting.core import record_history
from practice_vetting.core.record_history import Past
from practice_vetting.core.records import Found
from vendors.models import Evidence, Tool, Vendor

NEWEST = 50  # rows of history


def newest_changes(judgement: Judgement) -> Past:
    """By one query: the page knows by name nearly all that they speak of, and one more asks for the rest."""
    evaluation = judgement.evaluation
    found = Found(evaluation.kind(), Evaluation, evaluation.pk, evaluation.title, "")
    return record_history.read(found, most=NEWEST, named=_names(judgement))


def _names(judgement: Judgement) -> record_history.Names:
    """As one says it on the page of the evaluation itself: "question 4"."""
    vendor = judgement.evaluation.vendor
    answers = {answer.pk: f"question {answer.question}" for answer in judgement.answers}
    cited = [(each, answer.pk) for answer in judgement.answers for each in answer.citations.all()]
    return {
        Vendor: {vendor.pk: vendor.name},
        Answer: answers,
        Citation: {each.pk: answers[key] for each, key in cited},
        Evidence: {each.evidence_id: str(each.evidence) for each, _ in cited},
        Tool: {tool.pk: tool.name for tool in vendor.tools.all()},
    }
