"""A list of sub-processors that the vendor gave: brought in as a draft, confirmed or set aside by a person."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from practice_vetting.core import clock, ledger
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.models import Person
from vendors.actions.evidence import add_evidence
from vendors.actions.sub_processors import (
    add_sub_processors,
    change_sub_processor,
    end_sub_processors,
    is_signed,
    locked_vendor,
)
from vendors.actions.triggers import raise_trigger
from vendors.kinds import EvidenceKind, Known, ListSource, ListState, TriggerKind
from vendors.models import Evidence, SubProcessor, SubProcessorList, Vendor
from vendors.standing import rejudge
from vendors.sub_processor_changes import MOST_DECISIONS, Step, Unclear, compare, in_words, resolve, seen, with_alike
from vendors.sub_processor_import.lists import ReadList


class AnotherWaits(Refused):
    """A list of this vendor waits already, as `waiting`."""

    def __init__(self, waiting: SubProcessorList) -> None:
        super().__init__(
            "Another list of this vendor waits for you. Confirm it or set it aside, then bring this one in."
        )
        self.waiting = waiting


class Decided(Refused):
    """A person confirmed this list, or set it aside, before."""

    def __init__(self, of: SubProcessorList) -> None:
        said = "confirmed" if of.state == ListState.CONFIRMED else "set aside"
        assert of.decided_by
        super().__init__(f"{of.decided_by.name} {said} this list already. Nothing was changed now.")


class RowsMoved(Refused):
    """The rows that stand are no longer those that the person saw."""

    def __init__(self) -> None:
        super().__init__("Somebody changed the sub-processors meanwhile. Look at the differences again, then confirm.")


@action("subprocessorlist.brought", says="brought in the")
def bring_in_list(
    *, vendor: Vendor, by: Person, found: ReadList, received_on: date, source: str, file_name: str = "",
    keep: Mapping[str, Any] | None = None, form_id: str | None = None,
) -> SubProcessorList:  # fmt: skip
    """Make ONE draft of what was read. It changes no row until a person confirms it.

    `keep` are the facts of vendors.actions.evidence.add_evidence where the file is to stay as evidence, too. Raises
    AnotherWaits, or Refused for a vendor that ended and for a day to come.
    """
    home = locked_vendor(vendor)
    if home.ended_on:
        raise Refused("This vendor has ended. Take it up again before you bring in a list.")
    if received_on > home.practice.today():
        raise Refused("This day is still to come. Write the date of the list.", field="received_on")
    standing = list(home.sub_processors.standing())
    if len(standing) + len(found.rows) > MOST_DECISIONS:
        raise Refused(
            f"{home.name} has {len(standing):,} sub-processors on record. With these {len(found.rows):,} rows, they "
            f"are more than the {MOST_DECISIONS} that you can decide on at once. Bring in a shorter list.",
            field="text" if source == ListSource.PASTED else "file",
        )
    waiting = home.sub_processor_lists.filter(state=ListState.DRAFT).first()
    if waiting and (form_id is None or waiting.form_id != form_id):
        raise AnotherWaits(waiting)
    draft = SubProcessorList(
        practice=home.practice, vendor=home, received_on=received_on, source=source, file_name=file_name,
        rows=with_alike(found.rows, standing), refused=found.refused, form_id=form_id, evidence=_kept(home, by, keep),
    )  # fmt: skip
    draft.save(force_insert=True)
    ledger.record(draft, rows=len(found.rows), refused=len(found.refused), source=source, received_on=received_on)
    rejudge(home)
    return draft


def _kept(vendor: Vendor, by: Person, keep: Mapping[str, Any] | None) -> Evidence | None:
    """The file as evidence: a new one, or the one that has these very bytes already."""
    if keep is None:
        return None
    already = vendor.evidence.filter(file__sha256=keep["accepted"].sha256, quarantined_at=None).first()
    return already or add_evidence(vendor=vendor, by=by, kind_of=EvidenceKind.STATEMENT, **keep)


@action("subprocessorlist.confirmed", says="confirmed the")
def confirm_list(
    *, subprocessorlist: SubProcessorList, by: Person, version: int, decisions: Mapping[str, str], rows_seen: str
) -> SubProcessorList:
    """Write what the person decided about each difference, all of it or nothing, and make the review due today.

    `rows_seen` is the mark of the rows that they saw. The very first list raises no review while nothing is signed.
    Raises Decided, Stale, RowsMoved, or Refused(field=key of the difference) where a decision is missing.
    """
    draft, home = _locked(subprocessorlist, version)
    standing = list(home.sub_processors.standing().select_related("vendor__practice", "practice"))
    if seen(standing) != rows_seen:
        raise RowsMoved
    try:
        steps = resolve(compare(draft.rows, standing), decisions)
    except Unclear as unclear:
        raise Refused(unclear.sentence, field=unclear.key) from None
    first = not home.sub_processor_lists.filter(state=ListState.CONFIRMED).exists()
    _do(steps, draft, by)
    draft.changes = in_words(steps) or "Nothing."
    _decide(draft, by, ListState.CONFIRMED)
    ledger.record(draft, changes=draft.changes, first=first)
    if steps and (not first or is_signed(home)):
        source = f"sub-processor list {draft.uid}"
        today = home.practice.today()
        raise_trigger(
            vendor=home, by=by, kind_of=TriggerKind.SUB_PROCESSOR, on=today, what=draft.changes, source=source
        )
    rejudge(home)
    return draft


def _do(steps: Sequence[Step], draft: SubProcessorList, by: Person) -> None:
    """What goes first, so that a company may come back under its own name; all that is new in few statements."""
    gone = [step.of for step in steps if step.do == "end"]
    if gone:
        ended = {of: max(draft.received_on, of.since) for of in gone}
        end_sub_processors(ended=ended, by=by, in_list=True)
    for step in steps:
        if step.do == "change":
            of: SubProcessor = step.of
            changes: dict[str, Any] = {each.column: each.value for each in step.fields}
            change_sub_processor(subprocessor=of, by=by, version=of.version, in_list=True, **changes)
    new = [step.row for step in steps if step.do not in ("end", "change") and step.row is not None]
    if new:
        companies = [_facts(row, draft) for row in new]
        add_sub_processors(vendor=draft.vendor, by=by, companies=companies, in_list=True)


def _facts(row: Mapping[str, Any], draft: SubProcessorList) -> dict[str, Any]:
    return {
        "name": row["name"],
        "does": row["does"],
        "region": row["region"],
        "role_of": row["role"],
        "gets_patient_data": row["gets"] or Known.UNKNOWN,
        "covered": row["covered"] or Known.UNKNOWN,
        "since": draft.received_on,
    }


@action("subprocessorlist.set_aside", says="set aside the")
def set_list_aside(*, subprocessorlist: SubProcessorList, by: Person, version: int, reason: str) -> SubProcessorList:
    """Leave the rows as they are, and say why. Raises Decided or Stale."""
    draft, home = _locked(subprocessorlist, version)
    draft.reason = reason.strip()
    _decide(draft, by, ListState.SET_ASIDE)
    ledger.record(draft, reason=draft.reason)
    rejudge(home)
    return draft


def _locked(given: SubProcessorList, version: int) -> tuple[SubProcessorList, Vendor]:
    home = locked_vendor(given.vendor)
    rows = SubProcessorList.objects.select_for_update(no_key=True, of=("self",)).select_related(
        "vendor__practice", "decided_by"
    )
    draft = rows.get(pk=given.pk)
    if draft.state != ListState.DRAFT:
        raise Decided(draft)
    if draft.version != version:
        raise Stale(draft)
    return draft, home


def _decide(draft: SubProcessorList, by: Person, state: ListState) -> None:
    draft.state, draft.decided_by, draft.decided_at = state, by, clock.now()
    draft.version += 1
    draft.save(update_fields=["state", "decided_by", "decided_at", "changes", "reason", "version"])
