"""Asking for a vendor's dossier: alone, with the evidence files inside it, or as a bundle around it."""

from datetime import date

from checklists.evidence_files import ZIP, refuse_too_much, why_missing
from checklists.past import added_on, too_early
from practice_vetting.core import ledger
from practice_vetting.core.actions import action
from practice_vetting.core.documents.jobs import enqueue
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import Job, Person
from vendors.models import Vendor


@action("dossier.requested", says="asked for the dossier of")
def request_dossier(*, vendor: Vendor, by: Person, form_id: str, evidence: str = "", as_of: date | None = None) -> Job:
    """Have the dossier made in the background, as of a past day when one is given. The same form twice is one dossier.

    `evidence` is "", INSIDE or ZIP, as Job.options keeps it. Raises NotMade when the files are too large for that, and
    Refused for a day that has not come, or on which nobody had added the vendor yet.
    """
    if as_of:
        refuse_day(vendor, as_of)
    if evidence:
        refuse_too_much(sizes_of(vendor), evidence)
    options = {"evidence": evidence} if evidence else {}
    options |= {"as_of": as_of.isoformat()} if as_of else {}
    key = job_key(vendor, form_id, evidence, as_of)
    job = enqueue(kind="dossier", subject=vendor, key=key, by=by, options=options)
    ledger.record(vendor, job=job.uid, files=evidence, as_of=as_of)
    return job


@action("bundle.requested", says="asked for the bundle of")
def request_bundle(*, vendor: Vendor, by: Person, form_id: str, as_of: date | None = None) -> Job:
    """Have a dossier made, and then the bundle around it. Raises NotMade when the files are too large for one."""
    dossier = request_dossier(vendor=vendor, by=by, form_id=form_id, evidence=ZIP, as_of=as_of)
    key = f"bundle:{dossier.key}"
    job = enqueue(kind="bundle", subject=vendor, key=key, by=by, options=dossier.options, after=dossier)
    ledger.record(vendor, job=job.uid)
    return job


def refuse_day(vendor: Vendor, as_of: date) -> None:
    """Raises Refused for a day of which nothing can be told."""
    if as_of > vendor.practice.today():
        raise Refused("This day is still to come. Choose today or a day before.")
    if as_of < added_on(vendor):
        raise Refused(too_early(vendor))


def sizes_of(vendor: Vendor) -> list[int]:
    """The sizes in bytes of the vendor's evidence files that may leave."""
    rows = vendor.evidence.select_related("file", "practice")
    return [each.file.size for each in rows if not why_missing(each)]


def job_key(vendor: Vendor, form_id: str, evidence: str = "", as_of: date | None = None) -> str:
    """What makes the request once: the vendor, the form that asked, and what for."""
    return f"dossier:{vendor.uid}:{form_id}:{evidence}:{as_of or ''}".rstrip(":")
