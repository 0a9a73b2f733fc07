"""The two documents that leave the house: an evaluation's attestation, and a vendor's dossier (settings.JOB_KINDS).

Each is laid out from its snapshot alone: the same snapshot gives the same HTML. What people typed is escaped here;
core.documents.render makes every text printable.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from checklists import dossier as dossiers
from checklists import snapshot
from checklists.dossier_records import signature_data
from checklists.models import Evaluation
from checklists.rules.findings import State, long_date
from checklists.rules.first_data import REMEDIATED
from practice_vetting.core import clock, ledger
from practice_vetting.core.documents.issue import Content, Signer
from practice_vetting.core.models import Job
from vendors.models import Vendor

Data = dict[str, Any]

_TONES = {"cleared": "cleared", "stopped": "stopped", "ended": "plain", "no_patient_data": "plain"}


class Unsound(RuntimeError):
    """What was signed and what is kept are not the same: no document is made of it."""


def attestation(job: Job) -> Content:
    """The attestation of a signed evaluation: from its frozen snapshot and its signatures, never from live rows.

    Raises Unsound when a hash does not fit.
    """
    evaluation = Evaluation.objects.of(job.practice).get(uid=job.subject_uid)
    signed = list(evaluation.attestations.order_by("signed_at"))
    hashes = {ledger.sha256(evaluation.snapshot), evaluation.snapshot_sha256, *(one.snapshot_sha256 for one in signed)}
    if len(hashes) != 1:
        raise Unsound(f"The snapshot of evaluation {evaluation.uid} does not have the hash that was signed.")
    content = snapshot.read(evaluation.snapshot)
    context = attestation_context(content, [signature_data(each) for each in signed])
    return _content(job, "attestation", content, evaluation.snapshot, context)


def dossier(job: Job) -> Content:
    """The dossier of a vendor as it stands now."""
    vendor = Vendor.objects.of(job.practice).select_related("practice", "standing").get(uid=job.subject_uid)
    text = snapshot.text_of(dossiers.build(vendor, at=clock.now(), asked_by=job.requested_by.name))
    content = snapshot.read(text)
    return _content(job, "dossier", content, text, dossier_context(content))


def _content(job: Job, kind: str, content: Data, text: str, context: Data) -> Content:
    name, practice = content["vendor"]["name"], content["practice"]
    title = f"Attestation: {name}" if kind == "attestation" else f"Vendor dossier: {name}"
    facts = {
        "content": content,
        "title": title,
        "number": job.number,
        "sha256": ledger.sha256(text),
        "verify_at": settings.SITE_URL + reverse("core:verify"),
        "zone": practice["time_zone"],
    }
    with timezone.override(ZoneInfo(practice["time_zone"])):
        html = render_to_string(f"pdf/{kind}.html", facts | context)
    signers = [Signer(each["person_name"], each["role"], each["signed_at"]) for each in context["signatures"]]
    return Content(
        html=html,
        title=title,
        author=practice["name"],
        snapshot=text,
        reason=f"{title} ({job.number})",
        language="en-US",
        signers=tuple(signers),
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


def dossier_context(content: Data) -> Data:
    """What the dossier's template shows beside the data itself."""
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
    }
    return context | {"contents": _contents(context)}


def _advice(findings: list[Data]) -> list[Data]:
    """What is told beside the verdict. A question without any answer is no advice: it stands among the reasons."""
    return [each for each in findings if each["change"] and each["state"] == State.MET.value]


def _contents(context: Data) -> list[tuple[str, str]]:
    """The sections of the dossier in their order: the anchor of each, and its heading."""
    sections = [
        ("reasons", "What stands in the way"),
        ("requirements", "The five requirements"),
        ("advice", "Told beside the verdict"),
        ("answers", "The nine answers"),
        ("tools", "Tools"),
        ("agreements", "Agreements, clause by clause"),
        ("evidence", "Evidence on file"),
        ("signatures", "Signatures"),
        ("reminders", "Reminders"),
        ("history", "What happened"),
        ("certificate", "Certificate of this document"),
    ]
    empty = {"reasons": not context["standing"]["reasons"], "advice": not context["advice"]}
    return [section for section in sections if not empty.get(section[0])]


def agreement_line(agreements: list[Data], tools: list[Data]) -> str:
    """The agreement that counts in a sentence: when both had signed, and whether that was before any patient data."""
    standing = [each for each in agreements if each["tone"] == "met" and each["executed_on"]]
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
