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
from practice_vetting.core.documents.issue import withheld
from practice_vetting.core.errors import Refused
from practice_vetting.core.files.keeping import clean_name, read
from practice_vetting.core.models import Document, Job, Person
from practice_vetting.core.views.how_far import how_far

#: letters of a long title in the name of its file, of its beginning and of its end: a path has to fit on any disk
BEGINNING, END = 60, 40


@practice_view("see")
def job(request: PracticeRequest, uid: str) -> HttpResponse:
    found = get_object_or_404(jobs.shown(request.practice), uid=uid)
    if request.htmx:
        return how_far(request, found, "core/_job.html", {"job": found}, of=f"The {found.kind}")
    return render(request, "core/job.html", {"job": found})


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
    if why := withheld(request.practice, [document.sha256, *document.carries.split()]):
        raise Refused(f"This document is, or carries, a file that nobody opens any more: {why}. Ask for a new one.")
    file = read(document.file)
    record_download(document=document, by=request.user)
    ends = ".zip" if document.file.content_type == "application/zip" else ".pdf"
    name = clean_name(re.sub(r"[/\\:]+", "-", f"{document.number} {_short(document.title)}{ends}"))
    response: Any = FileResponse(file, as_attachment=True, filename=name, content_type=document.file.content_type)
    return response


def _short(title: str) -> str:
    """A long name is cut in its middle: what the document is stands before it, and of which day after it."""
    return title if len(title) <= BEGINNING + END else f"{title[:BEGINNING]}...{title[-END:]}"


@action("document.downloaded", says="downloaded")
def record_download(*, document: Document, by: Person) -> None:
    ledger.record(document, about=[document.subject_kind, document.subject_uid])
