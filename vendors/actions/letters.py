"""Asking for the letter that a vendor gets about its agreement, as a PDF."""

from practice_vetting.core import ledger
from practice_vetting.core.actions import action
from practice_vetting.core.documents.jobs import enqueue
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import Job, Person
from vendors.letters import letter_of
from vendors.models import Agreement


@action("letter.requested", says="asked for a letter about the")
def request_letter(*, agreement: Agreement, by: Person, form_id: str) -> Job:
    """Have the letter made in the background. The same form twice is one letter. Raises Refused with nothing to ask."""
    if not letter_of(agreement, person=by.name, on=agreement.practice.today()).count:
        raise Refused("No clause that was read is missing or incomplete, so there is nothing to ask for.")
    job = enqueue(kind="letter", subject=agreement, key=job_key(agreement, form_id), by=by)
    ledger.record(agreement, job=job.uid)
    return job


def job_key(agreement: Agreement, form_id: str) -> str:
    """What makes the request once: the agreement, and the form that asked."""
    return f"letter:{agreement.uid}:{form_id}"
