"""The document of a decided exposure (settings.JOB_KINDS): its frozen decision, and the notices recorded since.

It is laid out from plain data alone: the same content gives the same HTML. core.documents.render makes every text
printable.
"""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils import timezone

from practice_vetting.core import clock, ledger
from practice_vetting.core.documents.content import Content, Signer
from practice_vetting.core.documents.imprint import end_of_ledger, imprint_of, sealing_certificate
from practice_vetting.core.frozen_text import read
from practice_vetting.core.models import Job
from practice_vetting.core.states import STATES
from practice_vetting.core.version import software_version
from vendors.breach_clocks import HHS_LOG
from vendors.exposure_states import ExposureState
from vendors.models import Exposure

FORMAT = "practice-vetting-exposure-document/1"
Data = dict[str, Any]


class Unsound(RuntimeError):
    """What was decided over and what is kept are not the same: no document is made of it."""


def exposure(job: Job) -> Content:
    """The document of the decision that the job names, by the SHA-256 of what was decided over.

    Raises Unsound when what is kept does not have that hash.
    """
    found = Exposure.objects.of(job.practice).select_related("vendor", "practice").get(uid=job.subject_uid)
    frozen = _frozen(found, job.options["snapshot_sha256"])
    text = ledger.canonical(_content(found, job, frozen))
    content = read(text)
    imprint = imprint_of(job, text, made_at=content["made_at"], end=content["ledger"])
    decided = content["decision"]["decided"]
    title = f"Exposure {content['decision']['exposure']['label']}: {content['decision']['vendor']['name']}"
    context = {"content": content, "title": title, "imprint": imprint, "zone": found.practice.time_zone}
    context |= {"signed": True, "signed_sha256": job.options["snapshot_sha256"]}
    with timezone.override(ZoneInfo(found.practice.time_zone)):
        html = render_to_string("pdf/exposure.html", {**context, **context_of(content)})
    return Content(
        html=html,
        title=title,
        author=found.practice.name,
        snapshot=text,
        reason=f"{title} ({job.number})",
        certificate=imprint.certificate,
        language="en-US",
        signers=(_signer(decided, job.options["snapshot_sha256"]),),
        ledger_seq=imprint.entries,
        ledger_digest=imprint.digest,
        signed=frozen,
        made_at=imprint.made_at,
    )


def _frozen(exposure: Exposure, sha256: str) -> str:
    """What was decided over: as the exposure has it, or its history once it was taken up again."""
    kept: str = exposure.snapshot
    if exposure.snapshot_sha256 != sha256:
        row = exposure.history.filter(snapshot_sha256=sha256).order_by("history_id").first()
        kept = row.snapshot if row else ""
    if ledger.sha256(kept) != sha256:
        raise Unsound(f"What was decided about exposure {exposure.uid} is not kept as it was.")
    return kept


def _content(exposure: Exposure, job: Job, frozen: str) -> Data:
    """What the document tells: the decision as it was frozen, and how the exposure stands now."""
    stands = exposure.snapshot_sha256 == job.options["snapshot_sha256"]
    return {
        "format": FORMAT,
        "software": software_version(),
        "made_at": clock.now(),
        "asked_by": job.requested_by.name,
        "practice": {"name": exposure.practice.name, "time_zone": exposure.practice.time_zone},
        "ledger": end_of_ledger(exposure.practice.uid),
        "certificate": sealing_certificate(),
        "decision": read(frozen),
        "state": exposure.state if stands else "taken_up_again",
        "closed_on": exposure.closed_on if stands else None,
        "told": {
            "people_on": exposure.people_told_on,
            "hhs_on": exposure.hhs_told_on,
            "part2_on": exposure.part2_told_on,
            "media": [{"state": state, "told_on": day} for state, day in sorted(exposure.media_told.items())],
        },
    }


def context_of(content: Data) -> Data:
    """What the template shows beside the content itself."""
    told, decision = content["told"], content["decision"]
    media = {each["state"].lower(): each["told_on"] for each in told["media"]}
    days = {"people": told["people_on"], "hhs": told["hhs_on"], "hhs-log": told["hhs_on"], "part2": told["part2_on"]}
    days |= {f"media-{state}": day for state, day in media.items()}
    clocks = [{**each, "told_on": days.get(each["key"])} for each in decision["clocks"] if each["last_on"]]
    return {
        "facts": decision["exposure"],
        "decided": decision["decided"],
        "clocks": clocks,
        "owed": [each for each in clocks if each["key"] != "vendor" and not each["told_on"]],
        "log": _log(clocks),
        "state_label": _STATES.get(content["state"], "Taken up again since"),
        "tone": "stopped" if decision["decided"]["decision"] == "breach" else "plain",
        "names": dict(STATES),
    }


_STATES = {ExposureState.DECIDED.value: "Decided, not closed yet", ExposureState.CLOSED.value: "Closed"}


def _log(clocks: list[Data]) -> date | None:
    """The day by which it goes to HHS with the yearly log, while it has not."""
    return next((each["last_on"] for each in clocks if each["key"] == HHS_LOG and not each["told_on"]), None)


def _signer(decided: Data, sha256: str) -> Signer:
    return Signer(
        name=decided["person_name"],
        role=decided["role"],
        at=decided["decided_at"],
        method=decided["method"],
        statement_edition=decided["statement_edition"],
        statement_sha256=ledger.sha256(decided["statement"]),
        snapshot_sha256=sha256,
    )
