"""The two documents that leave the house: an evaluation's attestation, and a vendor's dossier (settings.JOB_KINDS).

Each is laid out from its snapshot alone: the same snapshot gives the same HTML. What people typed is escaped here;
core.documents.render makes every text printable.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe

from checklists import dossier as dossiers
from checklists import evidence_files, snapshot
from checklists.dossier_history import uids_about
from checklists.dossier_records import signature_data
from checklists.models import Evaluation
from checklists.rules.findings import State, long_date
from checklists.rules.first_data import REMEDIATED
from practice_vetting.core import clock, ledger
from practice_vetting.core.documents.content import Content, EvidenceFile, Signer, work_folder
from practice_vetting.core.documents.imprint import Imprint, imprint_of, sealing_certificate
from practice_vetting.core.ledger_extract import numbers_about
from practice_vetting.core.models import Job, Practice
from vendors.models import Evidence, Vendor
from vendors.set_aside import set_aside

Data = dict[str, Any]

_TONES = {"cleared": "cleared", "stopped": "stopped", "ended": "plain", "no_patient_data": "plain"}


class Unsound(RuntimeError):
    """What was signed and what is kept are not the same: no document is made of it."""


def attestation(job: Job) -> Content:
    """The attestation of a signed evaluation: from its frozen snapshot and its signatures, never from live rows.

    Only that a document under it was purged since is told from today.

    Raises Unsound when a hash does not fit.
    """
    evaluation = Evaluation.objects.of(job.practice).get(uid=job.subject_uid)
    signed = list(evaluation.attestations.order_by("signed_at"))
    hashes = {ledger.sha256(evaluation.snapshot), evaluation.snapshot_sha256, *(one.snapshot_sha256 for one in signed)}
    if len(hashes) != 1:
        raise Unsound(f"The snapshot of evaluation {evaluation.uid} does not have the hash that was signed.")
    content = snapshot.read(evaluation.snapshot)
    _say_what_is_missing(content, evaluation)
    context = attestation_context(content, [signature_data(each) for each in signed])
    imprint = imprint_of(job, evaluation.snapshot, made_at=clock.now())
    return _content(job, "attestation", content, evaluation.snapshot, context, imprint)


def _say_what_is_missing(content: Data, evaluation: Evaluation) -> None:
    """Beside each document that was signed over, why nobody opens it any more. The snapshot itself stays as it is."""
    signed = [each["uid"] for each in content["evidence"]]
    rows = Evidence.objects.of(evaluation.practice).filter(uid__in=signed).select_related("file__purged_by", "practice")
    gone = {each.uid: why for each in rows if (why := set_aside(each))}
    content["evidence"] = [{**each, "set_aside": gone.get(each["uid"], "")} for each in content["evidence"]]


def dossier(job: Job) -> Content:
    """The dossier of a vendor as it stands now, or as it stood at the end of the day that the job names."""
    vendor = Vendor.objects.of(job.practice).select_related("practice").get(uid=job.subject_uid)
    as_of = date.fromisoformat(job.options["as_of"]) if "as_of" in job.options else None
    seals_now = "" if as_of else sealing_certificate()
    content = dossiers.build(vendor, at=clock.now(), as_of=as_of, asked_by=job.requested_by.name, certificate=seals_now)
    text = snapshot.text_of(content)
    content = snapshot.read(text)
    carried = _carried(job, content["evidence"])
    imprint = imprint_of(job, text, made_at=content["made_at"], end=None if as_of else content["ledger"])
    about = numbers_about(job.practice.uid, uids=uids_about(vendor), until=imprint.entries)
    context = dossier_context(content, carried) | {"about": about, "signed": _signed_over(job.practice, content)}
    return _content(job, "dossier", content, text, context, imprint, carried)


def _signed_over(practice: Practice, content: Data) -> str:
    """The snapshot that the signatures in this dossier are over, as it was kept; "" when there are none.

    Raises Unsound when what is kept does not have the hash that was signed.
    """
    hashes = {each["snapshot_sha256"] for each in content["signatures"]}
    if not hashes:
        return ""
    kept = Evaluation.history.filter(practice_id=practice.pk, snapshot_sha256__in=hashes).order_by("history_id").first()
    if kept is None or {ledger.sha256(kept.snapshot)} != hashes:
        raise Unsound("What was signed over is not kept as it was signed.")
    return str(kept.snapshot)


def _carried(job: Job, rows: list[Data]) -> tuple[EvidenceFile, ...]:
    """The evidence with the files that go along as the job asked: in the dossier itself, or beside it in a bundle."""
    form = job.options.get("evidence")
    if not form:
        return evidence_files.mentioned(rows)
    folder = work_folder(job) / "evidence" if form == evidence_files.INSIDE else None
    return evidence_files.gather(job.practice, rows, form=form, folder=folder)


def _content(
    job: Job,
    kind: str,
    content: Data,
    text: str,
    context: Data,
    imprint: Imprint,
    carried: tuple[EvidenceFile, ...] | None = None,
) -> Content:
    name, practice, as_of = content["vendor"]["name"], content["practice"], _as_of(content)
    title = f"Attestation: {name}" if kind == "attestation" else f"Vendor dossier: {name}"
    if any(each.path for each in carried or ()):
        title += ", with its evidence"
    if as_of:
        title += f", as of {as_of.day} {as_of:%b %Y}"
    facts = {"content": content, "title": title, "imprint": imprint, "zone": practice["time_zone"], "as_of": as_of}
    with timezone.override(ZoneInfo(practice["time_zone"])):
        html = render_to_string(f"pdf/{kind}.html", facts | context)
    return Content(
        html=html,
        title=title,
        author=practice["name"],
        snapshot=text,
        reason=f"{title} ({job.number})",
        certificate=imprint.certificate,
        language="en-US",
        signers=tuple(_signer(each) for each in context["signatures"]),
        ledger_seq=imprint.entries,
        ledger_digest=imprint.digest,
        as_of=as_of,
        about=context.get("about"),
        signed=context.get("signed", ""),
        made_at=imprint.made_at,
        evidence=evidence_files.mentioned(content["evidence"]) if carried is None else carried,
    )


def _as_of(content: Data) -> date | None:
    """The past day that the content tells of; None when it tells of the day on which it was made."""
    day = content.get("as_of")
    return date.fromisoformat(day) if isinstance(day, str) and day else day or None


def _signer(signature: Data) -> Signer:
    return Signer(
        name=signature["person_name"],
        role=signature["role"],
        at=signature["signed_at"],
        method=signature["method"],
        statement_edition=signature["statement_edition"],
        statement_sha256=ledger.sha256(signature["statement"]),
        snapshot_sha256=signature["snapshot_sha256"],
    )


def attestation_context(content: Data, signatures: list[Data]) -> Data:
    """What the attestation's template shows beside the snapshot itself."""
    findings = [finding for each in content["requirements"] for finding in each["findings"]]
    return {
        "tone": _TONES.get(content["verdict"]["outcome"], "not-cleared"),
        "exceptions": [finding["sentence"] for finding in findings if finding["code"] == REMEDIATED],
        "requirements": _with_proof(content["requirements"], content["questions"], content["agreements"]),
        "questions": _with_states(content, content["evidence"], content["judged_on"]),
        "advice": _advice(content["advice"]),
        "agreements": [_with_counts(each) for each in content["agreements"]],
        "signatures": [_with_method(each) for each in signatures],
        "alone": len(signatures) == 2 and all(each["alone"] for each in signatures),
    }


def dossier_context(content: Data, carried: Iterable[EvidenceFile] = ()) -> Data:
    """What the dossier's template shows beside the data itself, and which evidence files go along."""
    judged, standing = content["judged"], content["standing"]
    tools = judged["tools"] or [tool for tool in content["tools"] if tool["use"] != "Retired"]
    context = {
        "standing": standing,
        "judged": judged,
        "tone": _TONES.get(standing["state"], "not-cleared"),
        "scope": judged["tools"],
        "touched": list(dict.fromkeys(label for tool in tools for label in tool["data"])),
        "part2": any(tool["part2"] for tool in tools),
        "agreement_line": agreement_line(content["agreements"], tools),
        "requirements": _with_proof(judged["requirements"], judged["questions"], content["agreements"]),
        "questions": _with_states(judged, content["evidence"], content["judged_on"]),
        "advice": _advice(judged["advice"]),
        "agreements": [_with_counts(each) for each in content["agreements"]],
        "signatures": [_with_method(each) for each in content["signatures"]],
        "evidence": _with_files(content["evidence"], carried),
        "drawing": mark_safe(content["map"]["drawing"]),  # noqa: S308 - our own template wrote it, from escaped words
    }
    return context | {"contents": _contents(context, content)}


def _with_files(rows: list[Data], carried: Iterable[EvidenceFile]) -> list[Data]:
    files = {each.label: each for each in carried}
    return [{**row, "inside": files.get(row["label"])} for row in rows]


def _advice(findings: list[Data]) -> list[Data]:
    """What is told beside the verdict. A question without any answer is no advice: it stands among the reasons."""
    return [each for each in findings if each["change"] and each["state"] == State.MET.value]


def _contents(context: Data, content: Data) -> list[tuple[str, str]]:
    """The sections of the dossier in their order: the anchor of each, and its heading."""
    sections = [
        ("reasons", "What stands in the way"),
        ("requirements", "The five requirements"),
        ("advice", "Told beside the verdict"),
        ("answers", "The nine answers"),
        ("tools", "Tools"),
        ("agreements", "Agreements, clause by clause"),
        ("behind", "Sub-processors"),
        ("map", "Where patient data goes"),
        ("exposures", "Exposures"),
        ("part2", "Substance-use records (42 CFR Part 2)"),
        ("triggers", "What made a review due"),
        ("rollout", "How its tools came into use"),
        ("evidence", "Evidence on file"),
        ("signatures", "Signatures"),
        ("reminders", "Reminders"),
        ("history", "What happened"),
        ("certificate", "Certificate of this document"),
    ]
    empty = {"reasons": not context["standing"]["reasons"], "advice": not context["advice"], **_diligence(content)}
    return [section for section in sections if not empty.get(section[0])]


def _diligence(content: Data) -> dict[str, bool]:
    """Which of the sections that not every vendor has are left out."""
    lists = {"behind": content["sub_processors"], "map": content["map"]["flows"], "exposures": content["exposures"]}
    lists |= {"part2": any(content["part2"].values()), "triggers": content["triggers"], "rollout": content["rollout"]}
    return {name: not found for name, found in lists.items()}


def agreement_line(agreements: list[Data], tools: list[Data]) -> str:
    """The agreement that counts in a sentence: when both had signed, and whether that was before any patient data."""
    standing = [each for each in agreements if each["in_force"]]
    if not standing:
        return "None is in force"
    chosen = next((each for each in standing if each["kind"].startswith("Business associate")), standing[0])
    line = f"{chosen['kind']}, signed by both on {long_date(chosen['executed_on'])}"
    first = min((tool["first_phi_on"] for tool in tools if tool["first_phi_on"]), default=None)
    if first is None:
        return f"{line}. No patient data has reached it yet"
    when = "after" if chosen["executed_on"] > first else "not later than"
    return f"{line}, {when} the first patient data on {long_date(first)}"


def _with_proof(requirements: Iterable[Data], questions: list[Data], agreements: list[Data]) -> list[Data]:
    """Each requirement with the labels of the documents under it; the first rests on the agreements' files too."""
    rows = []
    for requirement in requirements:
        under = [each for each in questions if each["number"] in requirement["questions"]]
        labels = {cited["label"] for each in under for cited in each["evidence"]}
        if requirement["number"] == 1:
            labels |= {each["evidence"] for each in agreements if each["evidence"]}
        rows.append({**requirement, "documented_by": sorted(labels, key=lambda label: (len(label), label))})
    return rows


def _with_states(judged: Data, evidence: list[Data], on: date) -> list[Data]:
    """Each question with how its answer stands, and its documents with their hashes and whether they expired."""
    files = {each["label"]: each for each in evidence}
    findings = [finding for each in judged["requirements"] for finding in each["findings"]] + judged["advice"]
    rows = []
    for question in judged["questions"]:
        target = f"question:{question['number']}"
        states = [State(finding["state"]) for finding in findings if finding["target"] == target]
        worst = max(states, key=lambda state: state.severity, default=State.OPEN)
        cited = [{**files[each["label"]], **each} for each in question["evidence"]]
        for each in cited:
            each["expired"] = each["expires_on"] is not None and each["expires_on"] < on
        rows.append({**question, "state": worst.value, "evidence": cited})
    return rows


def _with_counts(agreement: Data) -> Data:
    """The agreement with its readings counted in words, and the reader's name told once when there was only one."""
    readings = agreement["readings"]
    counted = Counter(each["status_label"].lower() for each in readings)
    readers = {(each["read_by"], each["read_on"]) for each in readings}
    one = next(iter(readers)) if len(readers) == 1 else ("", None)
    words = ", ".join(f"{number} {label}" for label, number in counted.items())
    return {**agreement, "counts": words, "one_reader": one[0], "one_day": one[1]}


def _with_method(signature: Data) -> Data:
    how = f"Confirmed by {signature['method']} within the five minutes before, full name typed, consent marked"
    return {**signature, "method_words": how}
