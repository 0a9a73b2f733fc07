"""Hands that sign, for the tests of what comes before, between and after two signatures."""

from typing import Any

from checklists.actions.signing import attest_evaluation, countersign_evaluation, submit_evaluation
from checklists.models import Attestation, Evaluation
from practice_vetting.core.models import Person

ADDRESS = "127.0.0.1"


def submit(evaluation: Evaluation, by: Person) -> Evaluation:
    return submit_evaluation(evaluation=evaluation, by=by)


def attest(evaluation: Evaluation, by: Person, **changes: Any) -> Attestation:
    return attest_evaluation(evaluation=evaluation, by=by, **signed(evaluation, by, **changes))


def countersign(evaluation: Evaluation, by: Person, **changes: Any) -> Attestation:
    return countersign_evaluation(evaluation=evaluation, by=by, **signed(evaluation, by, **changes))


def signed(evaluation: Evaluation, by: Person, **changes: Any) -> dict[str, Any]:
    """What the page hands to either signing action."""
    sha256 = Evaluation.objects.get(pk=evaluation.pk).snapshot_sha256
    given = {"typed_name": by.name, "snapshot_sha256": sha256, "method": "password", "address": ADDRESS}
    return {**given, **changes}


def form(evaluation: Evaluation, by: Person, **changes: Any) -> dict[str, Any]:
    """What a browser sends from either signing page; a change to None leaves the field out."""
    sha256 = Evaluation.objects.get(pk=evaluation.pk).snapshot_sha256
    given = {"typed_name": by.name, "consent": "on", "snapshot_sha256": sha256, **changes}
    return {name: value for name, value in given.items() if value is not None}
