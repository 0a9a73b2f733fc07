"""Asking for “May I use this?” as one sheet to pin up."""

from practice_vetting.core import ledger
from practice_vetting.core.actions import action
from practice_vetting.core.documents.jobs import enqueue
from practice_vetting.core.models import Job, Person, Practice


@action("sheet.requested", says="asked for the sheet “May I use this?” of")
def request_sheet(*, practice: Practice, by: Person, form_id: str) -> Job:
    """Have the sheet made in the background. The same form twice is one sheet."""
    job = enqueue(kind="sheet", subject=practice, key=f"sheet:{practice.uid}:{form_id}", by=by)
    ledger.record(practice, job=job.uid)
    return job
