"""A file that comes with an answer: kept as evidence of the vendor, then put under the answer."""

from django import forms

from checklists.actions.answers import cite
from checklists.models import Answer
from practice_vetting.core.access import PracticeRequest


def attach_upload(request: PracticeRequest, answer: Answer) -> None:
    """Keep the uploaded file and cite it. Raises Refused; AlreadyOnFile when the vendor has this file already."""
    raise NotImplementedError(forms, cite)
