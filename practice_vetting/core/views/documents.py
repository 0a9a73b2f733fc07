"""A document that was asked for: waiting, being prepared, ready, or failed; and its download."""

import re
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from practice_vetting.core import ledger
from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.actions import action
from practice_vetting.core.documents import jobs
from practice_vetting.core.errors import Refused
from practice_vetting.core.files.keeping import clean_name, read
from practice_vetting.core.models import Document, Job, Person


@practice_view("see")
def job(request: PracticeRequest, uid: str) -> HttpResponse:
    rows = Job.objects.filter(practice=request.practice).select_related("document__file", "requested_by")
    template = "core/_job.html" if request.htmx else "core/job.html"
    return render(request, template, {"job": get_object_or_404(rows, uid=uid)})


@practice_view("issue")
@require_POST
def try_again(request: PracticeRequest, uid: str) -> HttpResponse:
    wanted = get_object_or_404(Job, practice=request.practice, uid=uid)
    try:
        jobs.try_again(job=wanted, by=request.user)
        messages.success(request, "We begin again. You can leave this page.")
    except Refused as refusal:
        messages.info(request, refusal.sentence)
    return redirect("core:job", uid=wanted.uid)


@practice_view("download")
def download(request: PracticeRequest, uid: str) -> HttpResponse:
    rows = Document.objects.select_related("file__practice")
    document = get_object_or_404(rows, practice=request.practice, uid=uid)
    file = read(document.file)
    record_download(document=document, by=request.user)
    name = clean_name(re.sub(r"[/\\:]+", "-", f"{document.number} {document.title}.pdf"))
    response: Any = FileResponse(file, as_attachment=True, filename=name, content_type="application/pdf")
    return response


@action("document.downloaded", says="downloaded")
def record_download(*, document: Document, by: Person) -> None:
    ledger.record(document, about=[document.subject_kind, document.subject_uid])
