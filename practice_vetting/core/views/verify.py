"""Anybody checks a document, with or without an account. Nothing of the file is kept."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from practice_vetting.core.access import public
from practice_vetting.core.documents import verification
from practice_vetting.core.files.uploads import BoundedUploadHandler
from practice_vetting.core.limits import limited

_MEGABYTES = verification.LARGEST // 1024**2
_INSTEAD = "Choose the PDF as it was downloaded or sent to you."


class LargerUploadHandler(BoundedUploadHandler):
    """Dossiers may be larger than what people upload as evidence."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start <= verification.LARGEST:
            self._try(lambda: self.file.write(raw_data))


class VerifyForm(forms.Form):
    file = forms.FileField(
        label="PDF file",
        help_text=f"or drop it here. Up to {_MEGABYTES} MB. It is checked and not kept.",
        allow_empty_file=True,
        max_length=None,
        error_messages={"required": f"No file was chosen. {_INSTEAD}", "invalid": f"No file came. {_INSTEAD}"},
    )

    def clean_file(self) -> UploadedFile:
        file: Any = self.cleaned_data["file"]
        if not file.size:
            raise forms.ValidationError(f"This file is empty. {_INSTEAD}")
        if file.size > verification.LARGEST:
            raise forms.ValidationError(f"This file is larger than {_MEGABYTES} MB, so it is no document of ours.")
        if getattr(file, "fault", None):
            raise forms.ValidationError("The file could not be taken, because the disk is full. Try again later.")
        return file


@csrf_exempt  # it changes nothing; and the upload handler must be set before the form is read
@public("an attorney or a regulator checks a document without an account")
@never_cache
@limited("verify")
def verify(request: HttpRequest) -> HttpResponse:
    found, form = None, VerifyForm()
    if request.method == "POST":
        request.upload_handlers = [LargerUploadHandler(request)]
        form = VerifyForm(request.POST, request.FILES)
        if form.is_valid():
            found = verification.verify(form.cleaned_data["file"].read())
    page = {"form": form, "found": found}
    return render(request, "core/verify.html", page, status=422 if form.errors else 200)
