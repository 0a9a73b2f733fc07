"""What the database itself refuses once somebody has signed (settings.FROZEN): the attested never changes or vanishes.

An evaluation is attested from the moment when a signature under it is kept. Whoever writes rows from a backup or an
export writes the signatures last. An exposure is decided while its decision stands: to take it up again empties the
decision, and history has it by then.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from checklists.models import Answer, Citation, Evaluation
from checklists.states import MOVES
from practice_vetting.core.models import StoredFile
from practice_vetting.core.triggers import REMOVAL_AT_WORK, Trigger
from vendors.exposure_states import MOVES as EXPOSURE_MOVES
from vendors.exposure_states import ExposureState
from vendors.models import Evidence, Exposure, ExposureEvidence

SIGNED = "What was attested never changes. New facts start a new evaluation."
CITED = "This document stands under something that was signed. It stays as it is."
PURGED_ONLY = "This file stands under something that was signed. It goes only for patient data, once it is quarantined."
DECIDED = "What was decided about an exposure never changes. Take it up again, and decide anew."

#: what may still happen to an evaluation that somebody attested: it is countersigned or withdrawn
_MAY_MOVE = {"state", "signed_at", "version"}
_EVIDENCE_KEEPS = [
    "id", "uid", "practice_id", "vendor_id", "number", "file_id", "file_name", "checked_by_id", "created_at",
]  # fmt: skip
#: what is still recorded of an exposure that somebody decided about: how it was stopped, who was told, its closing
_MAY_FOLLOW = {
    "state", "closed_on", "version", "stopped_on", "stopped_how", "people_told_on", "media_told", "hhs_told_on",
    "part2_told_on",
}  # fmt: skip
#: what taking it up again empties
_DECISION = [
    "decision", "decision_reason", "decided_name", "statement", "statement_edition", "method", "snapshot",
    "snapshot_sha256", "decided_at", "decided_by_id",
]  # fmt: skip
_FILE_KEEPS = ["id", "uid", "practice_id", "sha256", "size", "content_type"]


def triggers() -> list[Trigger]:
    """Every trigger that keeps attested evaluations, decided exposures, and the evidence under them, as they are."""
    evaluations = [*_evaluations(), *_answers(), *_citations(), *_tools()]
    return [*evaluations, *_exposures(), *_factors(), *_evidence(), *_files()]


def _evaluations() -> Iterable[Trigger]:
    table, attested = Evaluation._meta.db_table, _attested("OLD.id")
    kept = [str(field.column) for field in Evaluation._meta.concrete_fields if field.column not in _MAY_MOVE]
    changed = f"{_differ(kept)} OR {_wrong_move(MOVES)} OR (OLD.signed_at IS NOT NULL AND {_differ(['signed_at'])})"
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


def _exposures() -> Iterable[Trigger]:
    """Its decision and what that was made over change only by taking it up again, once history has them."""
    table, columns = Exposure._meta.db_table, [str(field.column) for field in Exposure._meta.concrete_fields]
    facts = [name for name in columns if name not in _MAY_FOLLOW and name not in _DECISION]
    emptied = " AND ".join(
        f"NEW.{name} IS NULL" if name in {"decided_at", "decided_by_id"} else f"NEW.{name} = ''" for name in _DECISION
    )
    kept = (
        f"EXISTS (SELECT 1 FROM {Exposure.history.model._meta.db_table} h WHERE h.id = OLD.id "  # noqa: S608
        "AND h.decision = OLD.decision AND h.snapshot_sha256 = OLD.snapshot_sha256 AND h.snapshot = OLD.snapshot)"
    )
    anew = f"({emptied} AND NEW.state = '{ExposureState.ASSESSED}' AND {kept})"
    wrong_move = _wrong_move(EXPOSURE_MOVES)
    changed = f"{_differ(facts)} OR ({_differ(_DECISION)} AND NOT {anew}) OR {wrong_move}"
    yield Trigger(table, "UPDATE", DECIDED, f"({changed}) AND OLD.decision <> ''")
    yield Trigger(table, "DELETE", DECIDED, f"OLD.decision <> '' AND NOT {REMOVAL_AT_WORK}")


def _factors() -> Iterable[Trigger]:
    """The documents under its four factors. One that came before the decision is written back by a restore."""
    table = ExposureEvidence._meta.db_table
    late = "x.decision <> '' AND NEW.created_at > x.decided_at"
    yield Trigger(
        table,
        "INSERT",
        DECIDED,
        f"EXISTS (SELECT 1 FROM {Exposure._meta.db_table} x WHERE x.id = NEW.exposure_id AND {late})",  # noqa: S608
    )
    yield Trigger(table, "UPDATE", DECIDED, f"{_decided('OLD')} OR {_decided('NEW')}")
    yield Trigger(table, "DELETE", DECIDED, f"{_decided('OLD')} AND NOT {REMOVAL_AT_WORK}")


def _decided(row: str) -> str:
    exposure = Exposure._meta.db_table
    return f"EXISTS (SELECT 1 FROM {exposure} x WHERE x.id = {row}.exposure_id AND x.decision <> '')"  # noqa: S608


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
    """Under an answer of an attested evaluation, or under a factor of a decided exposure."""
    attested = (
        "EXISTS (SELECT 1 FROM checklists_citation c JOIN checklists_answer a ON a.id = c.answer_id "  # noqa: S608
        f"JOIN checklists_attestation s ON s.evaluation_id = a.evaluation_id WHERE c.evidence_id = {evidence})"
    )
    decided = (
        "EXISTS (SELECT 1 FROM vendors_exposureevidence f JOIN vendors_exposure x ON x.id = f.exposure_id "  # noqa: S608
        f"WHERE f.evidence_id = {evidence} AND x.decision <> '')"
    )
    return f"({attested} OR {decided})"


def _differ(columns: Iterable[str]) -> str:
    return "(" + " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in columns) + ")"


def _wrong_move(moves: Mapping[Any, Iterable[Any]]) -> str:
    """The state changes to one that the table of states does not lead to."""
    right = " OR ".join(
        f"(OLD.state = '{state}' AND NEW.state = '{to}')" for state, led in moves.items() for to in sorted(led)
    )
    return f"(NEW.state <> OLD.state AND NOT ({right}))"
