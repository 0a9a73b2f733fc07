"""From "everything documented" to a frozen, signed evaluation: submit, send back, attest, countersign."""

from typing import Any

from checklists import snapshot
from checklists.facts import judge_evaluation
from checklists.models import Attestation, Evaluation
from checklists.signers import may_sign_alone
from checklists.statements import STATEMENT_EDITION, statement_for
from checklists.states import EvaluationState, refusal_to_move
from checklists.verdict import Outcome
from practice_vetting.core import clock, ledger
from practice_vetting.core.actions import action
from practice_vetting.core.documents import jobs
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import Membership, Person
from practice_vetting.core.roles import Role
from practice_vetting.core.typed_name import same_name
from vendors.standing import rejudge

_CHANGED = "Something that it rests on changed since it was submitted."


@action("evaluation.submitted", says="submitted for signature")
def submit_evaluation(*, evaluation: Evaluation, by: Person) -> Evaluation:
    """Freeze a cleared draft: its snapshot is built and kept, and waits for the officer.

    Raises Refused for any other state, and while the verdict of today is not "cleared".
    """
    current = _moving(evaluation, EvaluationState.SUBMITTED)
    today = current.practice.today()
    _refuse_uncleared(current, "Document what is missing, then submit it.")
    text = snapshot.text_of(snapshot.build(current, on=today))
    current.state, current.snapshot, current.snapshot_sha256 = EvaluationState.SUBMITTED, text, ledger.sha256(text)
    current.submitted_at, current.submitted_by = clock.now(), by
    current.save(update_fields=["state", "snapshot", "snapshot_sha256", "submitted_at", "submitted_by"])
    ledger.record(current, snapshot_sha256=current.snapshot_sha256)
    rejudge(current.vendor)
    return current


@action("evaluation.sent_back", says="sent back to be corrected")
def send_back_evaluation(*, evaluation: Evaluation, by: Person, reason: str) -> Evaluation:
    """Make a submitted evaluation a draft again, before anybody signed. Raises Refused without a reason."""
    current = _moving(evaluation, EvaluationState.DRAFT)
    if not reason.strip():
        raise Refused("Say why it goes back, so that the next person knows what to correct.", field="reason")
    dropped = current.snapshot_sha256
    current.state, current.snapshot, current.snapshot_sha256 = EvaluationState.DRAFT, "", ""
    current.submitted_at = current.submitted_by = None
    current.save(update_fields=["state", "snapshot", "snapshot_sha256", "submitted_at", "submitted_by"])
    ledger.record(current, reason=reason, dropped_sha256=dropped)
    rejudge(current.vendor)
    return current


@action("evaluation.attested", says="attested")
def attest_evaluation(*, evaluation: Evaluation, by: Person, **signed: Any) -> Attestation:
    """The officer's signature. `signed`: typed_name, snapshot_sha256 (as shown to the person), method, address.

    Who asks has proved by `method`, just now, that it is the person. Raises Refused when the name is not theirs, the
    verdict of today is not "cleared", or the rows no longer give what was submitted.
    """
    current = _moving(evaluation, EvaluationState.ATTESTED)
    _refuse_uncleared(current, "Send it back, and document what is missing.")
    _refuse_changed(current, f"{_CHANGED} Send it back, check the answers, and submit it again.")
    alone = may_sign_alone(current.practice, by)
    attestation = _sign(current, "officer", by, alone=alone, **signed)
    current.state = EvaluationState.ATTESTED
    current.save(update_fields=["state"])
    ledger.record(current, **_told(attestation))
    rejudge(current.vendor)
    return attestation


@action("evaluation.countersigned", says="countersigned")
def countersign_evaluation(*, evaluation: Evaluation, by: Person, **signed: Any) -> Attestation:
    """The owner's signature. The evaluation is frozen for good, and its attestation is asked for as a document.

    Raises Refused as `attest_evaluation` does, and to whoever attested it, unless nobody else could sign.
    """
    current = _moving(evaluation, EvaluationState.SIGNED)
    _refuse_uncleared(current, "Withdraw it, and start a new one.")
    _refuse_changed(current, f"{_CHANGED} Withdraw it, and start a new one with what is true now.")
    alone = current.attestations.get(part="officer").person_id == by.pk
    if alone and not may_sign_alone(current.practice, by):
        raise Refused("You attested this evaluation. Another owner has to countersign it.")
    attestation = _sign(current, "owner", by, alone=alone, **signed)
    current.state, current.signed_at = EvaluationState.SIGNED, attestation.signed_at
    current.save(update_fields=["state", "signed_at"])
    ledger.record(current, **_told(attestation))
    jobs.enqueue(kind="attestation", subject=current, key=f"attestation:{current.uid}", by=by)
    rejudge(current.vendor)
    return attestation


def _moving(evaluation: Evaluation, to: EvaluationState) -> Evaluation:
    """The evaluation, locked, when it may go to that state. Raises Refused with the sentence otherwise."""
    locked = Evaluation.objects.select_for_update(no_key=True, of=("self",)).select_related(
        "vendor__practice", "practice"
    )
    current = locked.get(pk=evaluation.pk)
    if refusal := refusal_to_move(EvaluationState(current.state), to):
        raise Refused(refusal)
    return current


def _refuse_uncleared(evaluation: Evaluation, then: str) -> None:
    verdict = judge_evaluation(evaluation, on=evaluation.practice.today())
    if verdict.outcome is not Outcome.CLEARED:
        raise Refused(f"The verdict of today is “{verdict.headline}”. {then}")


def _refuse_changed(evaluation: Evaluation, sentence: str) -> None:
    kept = ledger.sha256(evaluation.snapshot) == evaluation.snapshot_sha256
    if not kept or snapshot.rebuilt(evaluation) != evaluation.snapshot:
        raise Refused(sentence)


def _sign(
    evaluation: Evaluation,
    part: str,
    by: Person,
    *,
    alone: bool,
    typed_name: str,
    snapshot_sha256: str,
    method: str,
    address: str | None,
) -> Attestation:
    """Keep one signature: statement, name, role, time, method, address and the hash of what was signed."""
    if snapshot_sha256 != evaluation.snapshot_sha256:
        raise Refused("It was sent back and submitted again while you read. Read it once more, then sign.")
    if not same_name(typed_name, by.name):
        raise Refused(f"Type your name as your account has it: {by.name}.", field="typed_name")
    content = snapshot.read(evaluation.snapshot)
    attestation = Attestation.objects.create(
        practice=evaluation.practice,
        evaluation=evaluation,
        part=part,
        person=by,
        person_name=by.name,
        person_role=_role_of(evaluation, part, by).label,
        typed_name=typed_name,
        statement=statement_for(part, content, alone=alone),
        statement_edition=STATEMENT_EDITION,
        signed_at=clock.now(),
        method=method,
        address=address,
        snapshot_sha256=evaluation.snapshot_sha256,
        alone=alone,
    )
    ledger.bind(attestation)
    return attestation


def _role_of(evaluation: Evaluation, part: str, by: Person) -> Role:
    """The role in which the person signs. Raises Refused when it does not reach that far."""
    members = Membership.objects.of(evaluation.practice).active(evaluation.practice.today())
    membership = members.filter(person=by).first()
    if membership is None or not membership.may("attest" if part == "officer" else "countersign"):
        raise Refused("Your role cannot sign this part. Ask the owner of your practice.")
    return Role(membership.role)


def _told(attestation: Attestation) -> dict[str, Any]:
    """What the ledger keeps of a signature; it binds the row that the chain itself does not hash."""
    names = ("uid", "snapshot_sha256", "statement_edition", "method", "address", "alone")
    facts = {name: getattr(attestation, name) for name in names}
    return facts | {"statement_sha256": ledger.sha256(attestation.statement), "role": attestation.person_role}
