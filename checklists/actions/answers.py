"""Recording what a vendor answered, and the evidence under it."""

from dataclasses import dataclass
from typing import Any

from checklists.catalogue import edition
from checklists.facts import Judgement
from checklists.models import Answer, Citation
from checklists.standing import judge
from checklists.states import EvaluationState, Response
from practice_vetting.core import clock, ledger
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.models import Person
from vendors.models import Evidence, Standing

FIELDS = ("response", "route", "said", "said_by", "said_on")
JUDGED = {"response", "route"}  # what was said, by whom and when is kept, and changes no verdict


@dataclass(frozen=True)
class Recorded:
    """The answer as it is kept now, and how its evaluation was judged with it; None when only words changed."""

    answer: Answer
    judgement: Judgement | None


@action("answer.recorded", says="recorded the answer to")
def record_answer(*, answer: Answer, by: Person, version: int, **given: Any) -> Recorded:
    """Record what was answered: any of response, route, said, said_by, said_on.

    Raises Stale when somebody else changed the answer since `version` was read, Refused once it is frozen.
    """
    current, standing = _open_answer(answer)
    if current.version != version:
        raise Stale(current)
    _check(current, Response(given.get("response", current.response)), given.get("route", current.route))
    changed = [name for name in FIELDS if name in given and getattr(current, name) != given[name]]
    for name in changed:
        setattr(current, name, given[name])
    current.version += 1
    current.changed_at, current.changed_by = clock.now(), by
    current.save(update_fields=[*changed, "version", "changed_at", "changed_by"])
    ledger.record(current, changed=changed, response=current.response)
    return Recorded(current, _rejudged(current, standing) if JUDGED.intersection(changed) else None)


@action("evidence.cited", says="put evidence under")
def cite(*, answer: Answer, evidence: Evidence, by: Person, pages: str = "") -> Citation:
    """Put a document of this vendor under an answer. Twice the same is once."""
    current, standing = _open_answer(answer)
    if evidence.vendor_id != current.evaluation.vendor_id:
        raise Refused("This document belongs to another vendor.", field="evidence")
    if not evidence.is_usable:
        raise Refused("This document was set aside, because patient data may be in it.", field="evidence")
    citation = Citation.objects.of(current.practice).filter(answer=current, evidence=evidence).first()
    if citation is None:
        citation = Citation(practice=current.practice, answer=current, evidence=evidence, pages=pages)
        citation.save()
    ledger.record(citation, label=str(current), evidence=str(evidence), sha256=evidence.file.sha256)
    judge(current.evaluation.vendor, kept=standing)
    return citation


@action("evidence.taken_away", says="took evidence away from")
def take_away(*, citation: Citation, by: Person) -> Answer:
    """Take a document away from an answer. It stays on file. Raises Refused when it is gone, or the answer frozen."""
    answer, standing = _open_answer(citation.answer)
    if not Citation.objects.filter(pk=citation.pk).exists():
        raise Refused("Somebody took this document away already.")
    ledger.record(citation, label=str(answer), evidence=str(citation.evidence))
    citation.delete()
    judge(answer.evaluation.vendor, kept=standing)
    return answer


def _rejudged(answer: Answer, standing: Standing | None) -> Judgement | None:
    found = judge(answer.evaluation.vendor, kept=standing)
    return next((each for each in found if each.evaluation.pk == answer.evaluation_id), None)


def _open_answer(answer: Answer) -> tuple[Answer, Standing | None]:
    """The answer while its evaluation may still be filled in, locked with it and with the vendor's standing, if any.

    Every change of an answer counts its version up, so what was read before the lock still holds where that is the
    same. Raises Refused once the evaluation is frozen.
    """
    lock = _LOCK.filter(pk=answer.pk, evaluation__vendor__standing__isnull=False).first()
    standing = lock.evaluation.vendor.standing if lock else None
    if lock is None or lock.version != answer.version:
        answer = (
            Answer.objects.select_for_update(no_key=True, of=("self", "evaluation"))
            .select_related(*_ABOVE)
            .get(pk=answer.pk)
        )
        answer.evaluation.practice = answer.evaluation.vendor.practice = answer.practice
    else:
        answer.evaluation.state = lock.evaluation.state
    evaluation = answer.evaluation
    if not evaluation.is_open:
        raise Refused(f"This evaluation is {EvaluationState(evaluation.state).label.lower()} and cannot change.")
    return answer, standing


_ABOVE = ("practice", "evaluation__vendor")
_STANDING = "evaluation__vendor__standing"
_OF_STANDING = [f"{_STANDING}__{each.name}" for each in Standing._meta.concrete_fields]
#: an answer, its evaluation and the standing of its vendor, locked in this order; of the first two only what may move
_LOCK = (
    Answer.objects.select_for_update(no_key=True, of=("self", "evaluation", _STANDING))
    .select_related(_STANDING)
    .only(
        "version",
        "evaluation__state",
        "evaluation__vendor__uid",
        *_OF_STANDING,
    )
)


def _check(answer: Answer, response: Response, route: str) -> None:
    question = edition(answer.evaluation.edition).question(answer.question)
    if response is Response.DOES_NOT_APPLY and not question.may_not_apply:
        raise Refused("This question always applies. Choose another answer.", field="response")
    if route and route not in {each.code for each in question.routes}:
        raise Refused("Choose one of the routes shown.", field="route")
