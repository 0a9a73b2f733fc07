"""A named person decides about an exposure; then notices are recorded, and it is closed, or taken up again."""

from datetime import date
from typing import Any

from practice_vetting.core import clock, ledger
from practice_vetting.core.actions import action
from practice_vetting.core.documents import jobs
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import Job, Membership, Person
from practice_vetting.core.templatetags import wording
from practice_vetting.core.typed_name import same_name
from vendors import exposure_snapshot
from vendors.actions.exposures import locked
from vendors.exposure_statements import STATEMENT_EDITION, statement_for
from vendors.exposure_states import Decision, ExposureState, missing_to_close, refusal_to_decide, refusal_to_move
from vendors.models import Exposure
from vendors.standing import rejudge

_DECISION = [
    "state", "decision", "decision_reason", "decided_at", "decided_by", "decided_name", "statement",
    "statement_edition", "method", "snapshot", "snapshot_sha256", "closed_on", "version",
]  # fmt: skip


@action("exposure.decided", says="decided about the")
def decide_exposure(
    *,
    exposure: Exposure,
    by: Person,
    version: int,
    decision: Decision,
    reason: str,
    typed_name: str,
    method: str,
    address: str | None = None,
) -> Exposure:
    """A person's decision, over exactly what is written now; it is frozen, and asked for as a document.

    Who asks has proved by `method`, just now, that it is the person. Nothing is computed: `decision` is theirs. Raises
    Stale when something changed since they read it, and Refused when it does not follow from what is written.
    """
    current, role = _moving(exposure, version, ExposureState.DECIDED), _role_of(exposure, by)
    if refusal := refusal_to_decide(decision, current.assessment):
        raise Refused(refusal)
    if not reason.strip():
        raise Refused("Write down why you decide so.", field="reason")
    if not same_name(typed_name, by.name):
        raise Refused(f"Type your name as your account has it: {by.name}.", field="typed_name")
    current.state, current.decision, current.decision_reason = ExposureState.DECIDED, decision, reason.strip()
    current.decided_at, current.decided_by, current.decided_name = clock.now(), by, typed_name
    current.statement, current.statement_edition = statement_about(current, decision), STATEMENT_EDITION
    current.method = method
    decided = {
        "decision": decision.value, "decision_label": decision.label, "cite": decision.cite,
        "reason": current.decision_reason, "person_name": by.name, "role": role, "typed_name": typed_name,
        "decided_at": current.decided_at, "method": method, "address": address,
        "statement": current.statement, "statement_edition": STATEMENT_EDITION,
    }  # fmt: skip
    content = exposure_snapshot.build(current, on=current.practice.today(), decided=decided)
    current.snapshot = ledger.canonical(content)
    current.snapshot_sha256 = ledger.sha256(current.snapshot)
    _save(current)
    _ask_for_document(current, by, key="decided")
    told: dict[str, Any] = {
        "decision": decision,
        "snapshot_sha256": current.snapshot_sha256,
        "method": method,
        "address": address,
    }
    ledger.record(current, **told, role=role, statement_sha256=ledger.sha256(current.statement))
    rejudge(current.vendor)
    return current


@action("exposure.notices_recorded", says="recorded notices of the")
def record_notices(
    *,
    exposure: Exposure,
    by: Person,
    version: int,
    people_told_on: date | None,
    media_told: dict[str, date],
    hhs_told_on: date | None,
    part2_told_on: date | None,
) -> Exposure:
    """Record on which days who was told. Raises Stale; Refused before a breach is decided, for impossible days.

    A closed exposure rests on its notices: days are added to it, and never taken away.
    """
    current = locked(exposure, version)
    if current.decision != Decision.BREACH:
        raise Refused("Notices are recorded once somebody decided that it is a breach.")
    given: dict[str, Any] = {
        "people_told_on": people_told_on,
        "hhs_told_on": hhs_told_on,
        "part2_told_on": part2_told_on,
    }
    given |= {f"media_{state}": day for state, day in media_told.items()}
    _refuse_removal(current, given)
    for field, day in given.items():
        if day and day > current.practice.today():
            raise Refused("This day is still to come. Record it when it has come.", field=field)
        if day and day < current.discovery.on:
            raise Refused("This is before the discovery. Check the date.", field=field)
    _refuse_during_delay(current, given)
    current.people_told_on, current.hhs_told_on, current.part2_told_on = people_told_on, hhs_told_on, part2_told_on
    current.media_told = {state: day.isoformat() for state, day in sorted(media_told.items())}
    current.version += 1
    current.save(update_fields=["people_told_on", "media_told", "hhs_told_on", "part2_told_on", "version"])
    ledger.record(current, **{field: day for field, day in given.items() if day})
    rejudge(current.vendor)
    return current


def _refuse_removal(exposure: Exposure, given: dict[str, Any]) -> None:
    """Raises Refused when a day that is on file of a closed exposure is missing from those given."""
    if exposure.is_open:
        return
    for field in recorded_days(exposure):
        if given.get(field) is None:
            raise Refused("It is closed on this day. Take it up again with a reason to remove it.", field=field)


def _refuse_during_delay(exposure: Exposure, given: dict[str, Any]) -> None:
    """Raises Refused for a new day on which a law-enforcement official had asked to wait (164.412)."""
    delay, on_file = exposure.delay, recorded_days(exposure)
    for field, told_on in given.items():
        is_new = told_on and on_file.get(field) != told_on
        if delay and is_new and delay.asked_on <= told_on < delay.last_on:
            raise Refused(
                f"An official asked to wait until {wording.day(delay.last_on)} (45 CFR 164.412). Check the date. "
                "Did the official let you go earlier? Take it up again, and correct that day first.",
                field=field,
            )


def recorded_days(exposure: Exposure) -> dict[str, date]:
    """The days that are on file, by the field that a person fills in."""
    told = exposure.told
    days = {"people_told_on": told.people, "hhs_told_on": told.hhs, "part2_told_on": told.part2}
    days |= {f"media_{state}": day for state, day in (told.media or {}).items()}
    return {field: day for field, day in days.items() if day}


@action("exposure.closed", says="closed the")
def close_exposure(*, exposure: Exposure, by: Person, version: int) -> Exposure:
    """Close a decided exposure once all that its decision asks for is recorded.

    A small breach may close before HHS is told: it stays on the yearly log until then. Raises Stale or Refused.
    """
    current = _moving(exposure, version, ExposureState.CLOSED)
    _role_of(current, by)
    if missing := missing_of(current):
        raise Refused(" ".join(missing))
    current.state, current.closed_on = ExposureState.CLOSED, current.practice.today()
    current.version += 1
    current.save(update_fields=["state", "closed_on", "version"])
    _ask_for_document(current, by, key="closed")
    ledger.record(current, decision=current.decision, snapshot_sha256=current.snapshot_sha256)
    rejudge(current.vendor)
    return current


@action("exposure.reopened", says="took up again the")
def reopen_exposure(*, exposure: Exposure, by: Person, version: int, reason: str) -> Exposure:
    """Take a decided exposure up again. Its decision stays in history; the breach is presumed once more.

    Raises Stale, or Refused without a reason.
    """
    current = _moving(exposure, version, ExposureState.ASSESSED)
    _role_of(current, by)
    if not reason.strip():
        raise Refused("Say why it is taken up again.", field="reason")
    dropped, was = current.snapshot_sha256, current.decision
    current.state = ExposureState.ASSESSED
    current.decision = current.decision_reason = current.decided_name = current.statement = ""
    current.statement_edition = current.method = current.snapshot = current.snapshot_sha256 = ""
    current.decided_at = current.decided_by = current.closed_on = None
    _save(current)
    ledger.record(current, reason=reason.strip(), decision=was, dropped_sha256=dropped)
    rejudge(current.vendor)
    return current


@action("exposure.document_requested", says="asked for the document of the")
def request_document(*, exposure: Exposure, by: Person, form_id: str) -> Job:
    """Have the document made anew, with the notices recorded since. Raises Refused before anybody decided."""
    if not exposure.decision:
        raise Refused("Decide first. The document is made of a decision.")
    job = _ask_for_document(exposure, by, key=form_id)
    ledger.record(exposure, job=job.uid)
    return job


def statement_about(exposure: Exposure, decision: Decision) -> str:
    """The words that the person sees and puts their name under."""
    facts = {"label": exposure.label, "vendor": exposure.vendor.name, "practice": exposure.practice.name}
    return statement_for(decision, **facts)


def missing_of(exposure: Exposure) -> list[str]:
    """What still has to be recorded before the decided exposure may be closed."""
    return missing_to_close(
        Decision(exposure.decision),
        exposure.clocks,
        exposure.told,
        stopped=exposure.stopped_on is not None,
        counted=exposure.people is not None,
    )


def _ask_for_document(exposure: Exposure, by: Person, *, key: str) -> Job:
    name = f"exposure:{exposure.uid}:{exposure.snapshot_sha256[:16]}:{key}"
    options: dict[str, Any] = {"snapshot_sha256": exposure.snapshot_sha256}
    return jobs.enqueue(kind="exposure", subject=exposure, key=name, by=by, options=options)


def _moving(exposure: Exposure, version: int, to: ExposureState) -> Exposure:
    """The exposure, locked, when it may go to that state. Raises Stale, or Refused with the sentence otherwise."""
    current = locked(exposure, version)
    if refusal := refusal_to_move(current.stage, to):
        raise Refused(refusal)
    return current


def _role_of(exposure: Exposure, by: Person) -> str:
    """The role in which the person decides. Raises Refused when it does not reach that far."""
    members = Membership.objects.of(exposure.practice).active(exposure.practice.today()).filter(person=by)
    for each in members:
        if each.may("decide"):
            return str(each.get_role_display())
    raise Refused("Your role cannot decide this. Ask the owner or the compliance officer.")


def _save(exposure: Exposure) -> None:
    exposure.version += 1
    exposure.save(update_fields=_DECISION)
