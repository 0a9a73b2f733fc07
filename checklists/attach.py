"""A file that comes with an answer: kept as evidence of the vendor, then put under the answer."""

from checklists.actions.answers import cite
from checklists.forms.evaluations import AttachForm
from checklists.models import Answer
from practice_vetting.core.access import PracticeRequest
from practice_vetting.core.errors import Refused
from vendors.actions.evidence import add_evidence_once
from vendors.uploading import incoming, without_upload


def attach_upload(request: PracticeRequest, answer: Answer) -> None:
    """Keep the uploaded file and cite it.

    Raises Refused with what is wrong, AlreadyOnFile when the vendor has this very file already, and
    LooksLikePatientData when a person has to look at what was found in it.
    """
    form = AttachForm(request.POST, request.FILES, number=answer.question, membership=request.membership)
    if not form.is_valid():
        raise Refused(" ".join(str(errors[0]) for errors in form.errors.values()))
    came = incoming(form, request.membership)
    facts = {**without_upload(form.cleaned_data), **came.facts}
    pages = facts.pop("pages")
    vendor = answer.evaluation.vendor
    evidence = add_evidence_once(vendor=vendor, by=request.user, pages_that_matter=pages, **facts)
    cite(answer=answer, evidence=evidence, by=request.user, pages=pages)
