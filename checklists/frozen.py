"""What the database itself refuses once somebody has signed (settings.FROZEN): the attested never changes or vanishes.

An evaluation is attested from the moment when a signature under it is kept. Whoever writes rows from a backup or an
export writes the signatures last.
"""

from collections.abc import Iterable
from typing import Any

from checklists.models import Answer, Citation, Evaluation
from checklists.states import MOVES, EvaluationState
from practice_vetting.core.models import StoredFile
from practice_vetting.core.triggers import REMOVAL_AT_WORK, Trigger
from vendors.models import Evidence

SIGNED = "What was attested never changes. New facts start a new evaluation."
CITED = "This document stands under an attested evaluation. It stays as it is."
PURGED_ONLY = "This file stands under an attested evaluation. It goes only for patient data, once it is quarantined."

#: what may still happen to an evaluation that somebody attested: it is countersigned or withdrawn
_MAY_MOVE = {"state", "signed_at", "version"}
_EVIDENCE_KEEPS = [
    "id", "uid", "practice_id", "vendor_id", "number", "file_id", "file_name", "checked_by_id", "created_at",
]  # fmt: skip
_FILE_KEEPS = ["id", "uid", "practice_id", "sha256", "size", "content_type"]


def triggers() -> list[Trigger]:
    """Every trigger that keeps attested evaluations, and the evidence under them, as they are."""
    return [*_evaluations(), *_answers(), *_citations(), *_tools(), *_evidence(), *_files()]


def _evaluations() -> Iterable[Trigger]:
    table, attested = Evaluation._meta.db_table, _attested("OLD.id")
    kept = [str(field.column) for field in Evaluation._meta.concrete_fields if field.column not in _MAY_MOVE]
    changed = f"{_differ(kept)} OR {_wrong_move()} OR (OLD.signed_at IS NOT NULL AND {_differ(['signed_at'])})"
    yield Trigger(table, "UPDATE", SIGNED, f"({changed}) AND {attested}")
    yield Trigger(table, "DELETE", SIGNED, f"{attested} AND NOT {REMOVAL_AT_WORK}")
    yield Trigger(table, "INSERT", SIGNED, _attested("NEW.id"))


def _answers() -> Iterable[Trigger]:
    return _parts(Answer._meta.db_table, lambda row: _attested(f"{row}.evaluation_id"))


def _citations() -> Iterable[Trigger]:
    answer = Answer._meta.db_table
    return _parts(
        Citation._meta.db_table,
        lambda row: _attested(f"(SELECT evaluation_id FROM {answer} WHERE id = {row}.answer_id)"),  # noqa: S608
    )


def _tools() -> Iterable[Trigger]:
    through: Any = Evaluation._meta.get_field("tools").remote_field.through
    return _parts(through._meta.db_table, lambda row: _attested(f"{row}.evaluation_id"))


def _parts(table: str, attested: Any) -> Iterable[Trigger]:
    """Nothing is added to, changed in or taken from the parts of an attested evaluation."""
    yield Trigger(table, "INSERT", SIGNED, attested("NEW"))
    yield Trigger(table, "UPDATE", SIGNED, f"{attested('OLD')} OR {attested('NEW')}")
    yield Trigger(table, "DELETE", SIGNED, f"{attested('OLD')} AND NOT {REMOVAL_AT_WORK}")


def _evidence() -> Iterable[Trigger]:
    cited = _cited("OLD.id")
    yield Trigger(Evidence._meta.db_table, "UPDATE", CITED, f"{_differ(_EVIDENCE_KEEPS)} AND {cited}")
    yield Trigger(Evidence._meta.db_table, "DELETE", CITED, f"{cited} AND NOT {REMOVAL_AT_WORK}")


def _files() -> Iterable[Trigger]:
    table, evidence = StoredFile._meta.db_table, Evidence._meta.db_table
    using = f"EXISTS (SELECT 1 FROM {evidence} e WHERE e.file_id = OLD.id AND {_cited('e.id')})"  # noqa: S608
    freely = f"EXISTS (SELECT 1 FROM {evidence} e WHERE e.file_id = OLD.id AND e.quarantined_at IS NULL)"  # noqa: S608
    purged = f"(OLD.purged_at IS NULL AND NEW.purged_at IS NOT NULL AND {freely})"
    undone = f"(OLD.purged_at IS NOT NULL AND {_differ(['purged_at', 'purged_by_id', 'purge_reason'])})"
    yield Trigger(table, "UPDATE", PURGED_ONLY, f"({_differ(_FILE_KEEPS)} OR {purged} OR {undone}) AND {using}")
    yield Trigger(table, "DELETE", PURGED_ONLY, f"{using} AND NOT {REMOVAL_AT_WORK}")


def _attested(evaluation: str) -> str:
    return f"EXISTS (SELECT 1 FROM checklists_attestation s WHERE s.evaluation_id = {evaluation})"  # noqa: S608


def _cited(evidence: str) -> str:
    return (
        "EXISTS (SELECT 1 FROM checklists_citation c JOIN checklists_answer a ON a.id = c.answer_id "  # noqa: S608
        f"JOIN checklists_attestation s ON s.evaluation_id = a.evaluation_id WHERE c.evidence_id = {evidence})"
    )


def _differ(columns: Iterable[str]) -> str:
    return "(" + " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in columns) + ")"


def _wrong_move() -> str:
    """The state changes to one that the table of states does not lead to."""
    moves = " OR ".join(
        f"(OLD.state = '{state}' AND NEW.state = '{to}')" for state in EvaluationState for to in sorted(MOVES[state])
    )
    return f"(NEW.state <> OLD.state AND NOT ({moves}))"
