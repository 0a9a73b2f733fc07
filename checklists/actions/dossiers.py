"""Asking for a vendor's dossier."""

from practice_vetting.core import ledger
from practice_vetting.core.actions import action
from practice_vetting.core.documents.jobs import enqueue
from practice_vetting.core.models import Job, Person
from vendors.models import Vendor


@action("dossier.requested", says="asked for the dossier of")
def request_dossier(*, vendor: Vendor, by: Person, form_id: str) -> Job:
    """Have the dossier made in the background. The same form sent twice is one dossier."""
    job = enqueue(kind="dossier", subject=vendor, key=job_key(vendor, form_id), by=by)
    ledger.record(vendor, job=job.uid)
    return job


def job_key(vendor: Vendor, form_id: str) -> str:
    """What makes the request once: the vendor and the form that asked."""
    return f"dossier:{vendor.uid}:{form_id}"
