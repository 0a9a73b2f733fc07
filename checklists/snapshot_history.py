"""How an evaluation came about, as sentences of the ledger: who did what to it, and when."""

from itertools import groupby
from typing import Any

from checklists.models import Citation, Evaluation
from practice_vetting.core.actions import VERBS
from practice_vetting.core.models import LedgerEntry

#: What may happen to an evaluation before it is submitted. Signatures come later and stand beside the snapshot.
TOLD = (
    "evaluation.started",
    "evaluation.sent_back",
    "answer.recorded",
    "evidence.cited",
    "evidence.taken_away",
)


def history_of(evaluation: Evaluation) -> list[dict[str, Any]]:
    """One sentence a change, oldest first; the same change many times in a row is told once, with its last time."""
    answers = {answer.uid for answer in evaluation.answers.all()}
    cited = set(
        Citation.history.filter(answer__evaluation=evaluation).values_list("uid", flat=True)
    )  # removed ones too
    entries = LedgerEntry.objects.filter(
        practice_uid=evaluation.practice.uid, verb__in=TOLD, record_uid__in=[evaluation.uid, *answers, *cited]
    ).order_by("seq")
    told = [(entry.at, f"{entry.person_name} {VERBS[entry.verb]} {entry.record_label}.") for entry in entries]
    runs = (list(run) for _, run in groupby(told, key=lambda each: each[1]))
    return [{"told_at": run[-1][0], "sentence": run[-1][1]} for run in runs]
