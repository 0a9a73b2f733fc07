"""A file that comes with an answer: kept as evidence of the vendor, then put under the answer."""

from checklists.actions.answers import cite
from checklists.forms.evaluations import AttachForm
from checklists.models import Answer
from practice_vetting.core import files
from practice_vetting.core.access import PracticeRequest
from practice_vetting.core.errors import Refused
from vendors.actions.evidence import add_evidence_once


def attach_upload(request: PracticeRequest, answer: Answer) -> None:
    """Keep the uploaded file and cite it.

    Raises Refused with what is wrong, and AlreadyOnFile when the vendor has this very file already.
    """
    form = AttachForm(request.POST, request.FILES, number=answer.question)
    if not form.is_valid():
        raise Refused(" ".join(str(errors[0]) for errors in form.errors.values()))
    facts = dict(form.cleaned_data)
    pages = facts.pop("pages")
    accepted = files.accept(practice=request.practice, upload=facts.pop("file"))
    vendor = answer.evaluation.vendor
    evidence = add_evidence_once(vendor=vendor, by=request.user, accepted=accepted, pages_that_matter=pages, **facts)
    cite(answer=answer, evidence=evidence, by=request.user, pages=pages)
