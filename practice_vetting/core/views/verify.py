"""Anybody checks a document, with or without an account. Nothing of the file is kept."""

import tempfile
from typing import Any

from django import forms
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from practice_vetting.core.access import public
from practice_vetting.core.documents import on_record, verification
from practice_vetting.core.files.uploads import BoundedUploadHandler
from practice_vetting.core.limits import limited
from practice_vetting.core.models import Document
from practice_vetting.core.turns import Busy, turn

_MEGABYTES = verification.LARGEST // 1024**2
_OPENED = "verify.opened"  # signed, so that sending it is no way to guess codes
_INSTEAD = "Choose the PDF as it was downloaded or sent to you."


class NamelessFile(UploadedFile):
    """A file without a name on the disk: when this process ends, however that comes about, its bytes are gone."""

    fault: OSError | None = None


class NamelessUploadHandler(BoundedUploadHandler):
    """Dossiers may be larger than what people upload as evidence."""

    def new_file(self, field_name: str, file_name: str, content_type: str, *args: Any, **kwargs: Any) -> None:
        self.file: Any = NamelessFile(tempfile.TemporaryFile(), file_name, content_type)  # noqa: SIM115  closed with it

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start <= verification.LARGEST:
            self._try(lambda: self.file.write(raw_data))

    def upload_interrupted(self) -> None:
        if hasattr(self, "file"):
            self.file.close()


class VerifyForm(forms.Form):
    file = forms.FileField(
        label="PDF file, or bundle (ZIP)",
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
            raise forms.ValidationError(
                f"This file is larger than {_MEGABYTES} MB. If it is a bundle, unpack it and choose its dossier.pdf. "
                "No PDF of ours is as large."
            )
        if getattr(file, "fault", None):
            raise forms.ValidationError("The file could not be taken, because the disk is full. Try again later.")
        return file


@csrf_exempt  # it changes nothing; and the upload handler must be set before the form is read
@public("an attorney or a regulator checks a document without an account")
@never_cache
@limited("verify")
def verify(request: HttpRequest) -> HttpResponse:
    found, form, opened = None, VerifyForm(), ""
    if request.method == "POST":
        request.upload_handlers = [NamelessUploadHandler(request)]
        form, opened = VerifyForm(request.POST, request.FILES), request.POST.get("opened", "")
        if form.is_valid():
            try:
                with form.cleaned_data["file"] as file, turn("verify", most=verification.AT_ONCE):
                    found = verification.verify(file.read())
            except Busy:
                return _busy(request)
    page: dict[str, Any] = {"form": form, "found": found, "other": _other(found, opened)}
    page["opened"] = opened if page["other"] or form.errors else ""
    return render(request, "core/verify.html", page, status=422 if form.errors else 200)


def _other(found: verification.Verification | None, opened: str) -> str:
    """The number of the document whose code was opened before, when the file is another document of ours; else ""."""
    try:
        number = str(signing.loads(opened, salt=_OPENED)) if opened else ""
    except signing.BadSignature:
        return ""
    return number if found and found.document and found.document.number != number else ""


def _busy(request: HttpRequest) -> HttpResponse:
    response = render(request, "core/verify_busy.html", status=503)
    response.headers["Retry-After"] = "60"
    return response


@public("who holds a document on paper scans its code; it tells only that we issued it")
@never_cache
@limited("verify_code", links=True)
def by_code(request: HttpRequest, code: str) -> HttpResponse:
    document = Document.objects.select_related("practice", "job").filter(job__uid=code.lower()).first()
    if document is None:
        return render(request, "core/verify_no_code.html", {"form": VerifyForm()}, status=404)
    page = {"form": VerifyForm(), "document": document, "newer": on_record.newer_than(document)}
    page["zone"] = on_record.issuer_of(document).zone
    page["opened"] = signing.dumps(document.number, salt=_OPENED)
    return render(request, "core/verify_code.html", page)
