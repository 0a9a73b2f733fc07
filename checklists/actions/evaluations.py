"""Starting and withdrawing evaluations."""

from collections.abc import Sequence

from checklists.catalogue import current
from checklists.models import Answer, Citation, Evaluation, LoadedEdition
from checklists.states import UNDER_WAY, EvaluationState, refusal_to_move
from practice_vetting.core import ledger
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import Person
from vendors.models import Tool, Vendor
from vendors.standing import rejudge


@action("evaluation.started", says="started")
def start_evaluation(
    *, vendor: Vendor, by: Person, title: str, tools: Sequence[Tool], form_id: str | None = None
) -> Evaluation:
    """Start an evaluation of these tools against the current edition, prefilled from the last one.

    Raises Refused while another one is under way, or without a tool.
    """
    if not tools:
        raise Refused("Choose at least one tool. The verdict speaks of these tools only.", field="tools")
    vendor = Vendor.objects.select_for_update(no_key=True).get(pk=vendor.pk)
    if vendor.evaluations.filter(state__in=[state.value for state in UNDER_WAY]).exists():
        raise Refused("An evaluation of this vendor is under way already. Finish or withdraw that one first.")
    asked = current()
    _use_edition(asked.code, asked.digest)
    evaluation = Evaluation(
        practice=vendor.practice, vendor=vendor, title=title, edition=asked.code, form_id=form_id,
        started_on=vendor.practice.today(), started_by=by,
    )  # fmt: skip
    evaluation.save()
    evaluation.tools.set(tools)
    _prefill(evaluation, [question.number for question in asked.questions])
    ledger.record(evaluation, tools=[tool.name for tool in tools], edition=asked.code)
    rejudge(vendor)
    return evaluation


@action("evaluation.withdrawn", says="withdrew")
def withdraw_evaluation(*, evaluation: Evaluation, by: Person, reason: str) -> Evaluation:
    """Give an evaluation up. It stays readable, and a new one can be started."""
    evaluation = Evaluation.objects.select_for_update(no_key=True).get(pk=evaluation.pk)
    if refusal := refusal_to_move(EvaluationState(evaluation.state), EvaluationState.WITHDRAWN):
        raise Refused(refusal)
    evaluation.state = EvaluationState.WITHDRAWN
    evaluation.save(update_fields=["state"])
    ledger.record(evaluation, reason=reason)
    rejudge(evaluation.vendor)
    return evaluation


def _use_edition(code: str, digest: str) -> None:
    """Remember the edition as it is at its first use. Raises Refused when its files changed since."""
    loaded, _ = LoadedEdition.objects.get_or_create(code=code, defaults={"digest": digest})
    if loaded.digest != digest:
        raise Refused(f"The files of edition {code} changed after its first use. Restore them, then try again.")


def _prefill(evaluation: Evaluation, questions: list[int]) -> None:
    """Nine answers: as the last evaluation left them, signed or withdrawn, or not asked yet."""
    last = evaluation.vendor.evaluations.exclude(pk=evaluation.pk).first()
    before = {answer.question: answer for answer in last.answers.prefetch_related("citations")} if last else {}
    for number in questions:
        answer = Answer(practice=evaluation.practice, evaluation=evaluation, question=number)
        if old := before.get(number):
            for name in ("response", "route", "said", "said_by", "said_on"):
                setattr(answer, name, getattr(old, name))
        answer.save()
        for cited in before[number].citations.all() if number in before else []:
            Citation(practice=answer.practice, answer=answer, evidence_id=cited.evidence_id, pages=cited.pages).save()
