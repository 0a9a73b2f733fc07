"""What people do when a document turns out to hold patient data: quarantine, then release or purge.

The same bytes are the same patient data. Whatever of the practice's evidence shares a file is quarantined, released and
purged together, under whichever vendor it stands.
"""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from practice_vetting.core import clock, ledger, reminders
from practice_vetting.core.actions import action
from practice_vetting.core.documents import jobs
from practice_vetting.core.errors import Refused
from practice_vetting.core.files import held, keeping
from practice_vetting.core.models import Person, StoredFile
from practice_vetting.core.models.document import Document
from practice_vetting.core.roles import Role
from vendors.models import Evidence, LegalHold, Vendor
from vendors.standing import rejudge


@action("evidence.quarantined", says="said that patient data is in the evidence")
def quarantine_evidence(*, evidence: Evidence, by: Person, reason: str) -> Evidence:
    """Nobody opens the document from now on, and nothing rests on it. Owners and officers are told by mail.

    Raises Refused without a reason, or when somebody did it before.
    """
    stored, sharing = _locked(evidence)
    _refuse(stored, reason)
    if _same(sharing, evidence).quarantined_at is not None:
        raise Refused("This document is quarantined already.")
    now = clock.now()
    for each in sharing:
        each.quarantined_at, each.quarantined_by, each.quarantine_reason = now, by, reason.strip()
        _save(each)
        ledger.record(each, vendor=each.vendor.name, sha256=stored.sha256, reason=reason.strip())
        _tell(each)
    held.drop(stored.practice, stored.sha256)
    _rejudge(sharing)
    return _same(sharing, evidence)


@action("evidence.released", says="released from quarantine, as a false alarm, the evidence")
def release_evidence(*, evidence: Evidence, by: Person, reason: str) -> Evidence:
    """It counts and opens again. Raises Refused without a reason, or when it is not quarantined, or was purged."""
    stored, sharing = _locked(evidence)
    _refuse(stored, reason)
    if _same(sharing, evidence).quarantined_at is None:
        raise Refused("This document is not quarantined any more.")
    for each in sharing:
        each.quarantined_at, each.quarantined_by, each.quarantine_reason = None, None, ""
        _save(each)
        ledger.record(each, vendor=each.vendor.name, sha256=stored.sha256, reason=reason.strip())
    _rejudge(sharing)
    return _same(sharing, evidence)


@action("evidence.purged", says="purged for good the file of the evidence")
def purge_evidence(*, evidence: Evidence, by: Person, reason: str) -> Evidence:
    """Remove the bytes for good, and the documents that carry them. Name, size, hash, who, when and why stay.

    The bytes go once all of that is kept. Raises Refused without a reason, when it is not quarantined, was purged
    before, is a document that we issued, or is under a legal hold, and when the storage does not answer.
    """
    stored, sharing = _locked(evidence)
    _refuse(stored, reason)
    if _same(sharing, evidence).quarantined_at is None:
        raise Refused("Quarantine this document first. Then it can be purged.")
    if Document.objects.filter(file=stored).exists():
        raise Refused("This file is a signed document that Practice Vetting issued, so its bytes have to stay.")
    if held_by_law := LegalHold.objects.standing().filter(vendor__evidence__file=stored).first():
        name = held_by_law.vendor.name
        raise Refused(f"A legal hold is on {name}, so the file has to stay. It is quarantined: nobody can open it.")
    held.drop(stored.practice, stored.sha256)
    keeping.purge(stored, by=by, reason=reason.strip())
    for each in sharing:
        each.file = stored
        each.version += 1
        each.save(update_fields=["version"])
        facts: dict[str, Any] = {"sha256": stored.sha256, "file_name": each.file_name, "size": stored.size}
        ledger.record(each, vendor=each.vendor.name, reason=reason.strip(), **facts)
    _rejudge(sharing)
    _purge_carrying(stored, by, reason.strip())
    jobs.clear_work()  # a worker that died may have left a copy of them
    return _same(sharing, evidence)


def _purge_carrying(stored: StoredFile, by: Person, reason: str) -> None:
    """Purge every document with these bytes inside; its row stays, and says what it was."""
    documents = Document.objects.filter(practice=stored.practice, carries__contains=stored.sha256)
    for each in documents.select_related("file__practice").order_by("pk"):
        keeping.purge(each.file, by=by, reason=reason)


def _locked(evidence: Evidence) -> tuple[StoredFile, list[Evidence]]:
    """The file, and everything of the practice that shares it, held until the action is done."""
    stored = (
        StoredFile.objects.select_for_update(no_key=True, of=("self",))
        .select_related("practice")
        .get(pk=evidence.file_id)
    )
    rows = Evidence.objects.filter(file=stored).select_for_update(no_key=True, of=("self",))
    return stored, list(rows.select_related("vendor__practice", "practice", "file").order_by("pk"))


def _refuse(stored: StoredFile, reason: str) -> None:
    if stored.purged_at is not None:
        raise Refused("This document was purged already. It does not come back.")
    if not reason.strip():
        raise Refused("Say why, so that others understand it.", field="reason")


def _save(evidence: Evidence) -> None:
    evidence.version += 1
    evidence.save(update_fields=["quarantined_at", "quarantined_by", "quarantine_reason", "version"])


def _tell(evidence: Evidence) -> None:
    """The mail names the document, never what is in it: not even the reason, which a person typed in haste."""
    reminders.tell_now(
        practice=evidence.practice,
        kind="quarantine",
        subject=evidence,
        roles=[Role.OFFICER, Role.OWNER],
        template="evidence_quarantined",
        context={
            "label": evidence.label,
            "vendor_name": evidence.vendor.name,
            "by_name": evidence.quarantined_by.name if evidence.quarantined_by else "",
            "path": reverse("vendors:evidence", args=[evidence.uid]),
        },
    )


def _rejudge(sharing: Iterable[Evidence]) -> None:
    vendors = Vendor.objects.filter(evidence__in=[each.pk for each in sharing])
    for vendor in vendors.select_related("practice").distinct():
        rejudge(vendor)


def _same(sharing: Iterable[Evidence], evidence: Evidence) -> Evidence:
    return next(each for each in sharing if each.pk == evidence.pk)
