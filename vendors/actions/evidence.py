"""What a person can do with evidence: add a file, correct what is known of it, download it."""

from datetime import date
from pathlib import PurePath
from typing import Any

from django.db.models import Max

from practice_vetting.core import ledger
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.files import keeping
from practice_vetting.core.files.held import Looked
from practice_vetting.core.files.patient_data import kinds_and_counts
from practice_vetting.core.models import Person
from practice_vetting.core.once import once
from vendors.evidence_age import counts_until, problems
from vendors.kinds import EvidenceKind
from vendors.models import Evidence, Vendor
from vendors.standing import rejudge


class AlreadyOnFile(Refused):
    """The vendor has this very file already, as `evidence`."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__(f"This file is already on file as {evidence.label}, “{evidence.title}”.", field="file")
        self.evidence = evidence


def add_evidence_once(*, vendor: Vendor, by: Person, form_id: str, **facts: Any) -> Evidence:
    """`add_evidence` for a form: sent twice, even at the same moment, it makes one record."""
    try:
        return once(
            Evidence,
            practice=vendor.practice,
            form_id=form_id,
            about={"vendor": vendor},
            make=lambda: add_evidence(vendor=vendor, by=by, form_id=form_id, **facts),
        )
    except AlreadyOnFile as found:
        if found.evidence.form_id == form_id:
            return found.evidence
        raise


@action("evidence.added", says="added the evidence")
def add_evidence(
    *,
    vendor: Vendor,
    by: Person,
    accepted: keeping.Accepted,
    no_patient_data: bool,
    looked: Looked | None = None,
    why_no_patient_data: str = "",
    title: str = "",
    kind_of: str = EvidenceKind.OTHER,
    dated_on: date | None = None,
    expires_on: date | None = None,
    pages_that_matter: str = "",
    replaces: Evidence | None = None,
    form_id: str | None = None,
) -> Evidence:
    """Put a file that core.files accepted on the vendor's file, under the vendor's next number.

    `by` vouches that it contains no patient information. When `looked` found what looks like some, it takes their
    reason why it is none; kinds, counts and reason are kept, never a value. Without a title it is called as its file
    is. `replaces` is the older document whose place it takes. Raises AlreadyOnFile, or Refused on dates that cannot be
    or when the disk does not take the bytes.
    """
    if no_patient_data is not True:
        raise Refused("Look through the file first, then mark that it has no patient data.", field="no_patient_data")
    stops = looked.stops if looked else []
    if stops and not why_no_patient_data.strip():
        raise Refused("Say why this is no patient data, or add a clean copy.", field="why_no_patient_data")
    # Two people who add a file to one vendor wait for each other, so that each gets a number of its own.
    vendor = Vendor.objects.select_for_update(no_key=True, of=("self",)).select_related("practice").get(pk=vendor.pk)
    _refuse_dates(kind_of, dated_on, expires_on, vendor.practice.today())
    _refuse_replaced(vendor, replaces)
    stored = keeping.keep(accepted, vendor.practice)
    if already := vendor.evidence.filter(file=stored).first():
        raise AlreadyOnFile(already)
    if Evidence.objects.filter(file=stored).exclude(quarantined_at=None).exists():
        sentence = "This very file is quarantined, because patient data may be in it. Add a clean copy."
        raise Refused(sentence, field="file")
    evidence = Evidence(
        practice=vendor.practice,
        vendor=vendor,
        number=(vendor.evidence.aggregate(last=Max("number"))["last"] or 0) + 1,
        title=title or title_from(accepted.name),
        kind_of=kind_of,
        dated_on=dated_on,
        expires_on=counts_until(kind_of, dated_on, expires_on),
        pages_that_matter=pages_that_matter,
        replaces=replaces,
        file=stored,
        file_name=accepted.name,
        checked_by=by,
        text_read=looked.state if looked else "",
        patient_data_found=kinds_and_counts(stops),
        patient_data_reason=why_no_patient_data.strip() if stops else "",
        form_id=form_id,
    )
    evidence.save()
    ledger.record(evidence, **_told(evidence))
    rejudge(vendor)
    return evidence


@action("evidence.changed", says="changed the evidence")
def change_evidence(*, evidence: Evidence, by: Person, version: int, **changes: Any) -> Evidence:
    """Correct what is known of a document: title, kind_of, dated_on, expires_on, pages_that_matter.

    The file itself never changes. Raises Stale when somebody else changed it first, or Refused on dates that cannot be.
    """
    current = (
        Evidence.objects.select_for_update(no_key=True, of=("self",))
        .select_related("vendor", "practice")
        .get(pk=evidence.pk)
    )
    if current.version != version:
        raise Stale(current)
    before = {name: getattr(current, name) for name in [*changes, "expires_on"]}
    for name, value in changes.items():
        setattr(current, name, value)
    _refuse_dates(current.kind_of, current.dated_on, current.expires_on, current.practice.today())
    current.expires_on = counts_until(current.kind_of, current.dated_on, current.expires_on)
    changed = sorted(name for name, value in before.items() if getattr(current, name) != value)
    current.version += 1
    current.save(update_fields=[*changed, "version"])
    ledger.record(current, changed=changed)
    rejudge(current.vendor)
    return current


@action("evidence.downloaded", says="downloaded the evidence")
def record_download(*, evidence: Evidence, by: Person) -> None:
    ledger.record(evidence)


def _told(evidence: Evidence) -> dict[str, Any]:
    told = {"vendor": evidence.vendor.name, "sha256": evidence.file.sha256, "no_patient_data": True}
    if evidence.replaces:
        told["replaces"] = str(evidence.replaces)
    if evidence.patient_data_found:
        told |= {"found": evidence.found_words, "reason": evidence.patient_data_reason}
    return told


def title_from(file_name: str) -> str:
    """A file's name as a title: without its ending, underscores as spaces, 200 characters at most."""
    words = " ".join(PurePath(file_name).stem.replace("_", " ").split())
    return words[:200].rstrip() or "File"


def _refuse_replaced(vendor: Vendor, replaces: Evidence | None) -> None:
    if replaces is None:
        return
    if replaces.vendor_id != vendor.pk:
        raise Refused("This document belongs to another vendor.", field="replaces")
    if newer := Evidence.objects.filter(replaces=replaces).first():
        raise Refused(f"{newer.label} took its place already. Choose that one.", field="replaces")


def _refuse_dates(kind_of: str, dated_on: date | None, expires_on: date | None, today: date) -> None:
    for field, sentence in problems(kind_of, dated_on, expires_on, today).items():
        raise Refused(sentence, field=field)
