"""Everything of the practice as one file: asked for, made by a worker, and taken away by an owner."""

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import FileResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localtime
from django.views.decorators.http import require_GET

from practice_vetting.core import clock
from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.archive import exports as made
from practice_vetting.core.errors import Refused
from practice_vetting.core.files.keeping import clean_name
from practice_vetting.core.models import PracticeExport
from practice_vetting.core.views.how_far import how_far


@practice_view("take", fresh=True)
def exports(request: PracticeRequest) -> HttpResponse:
    if request.method == "POST":
        made.ask(practice=request.practice, by=request.user)
        messages.success(request, "It was asked for. The file will be here.")
        return redirect("core:exports")
    asked = [(each, made.until(each)) for each in made.of(request.practice)]
    return render(request, "core/exports.html", {"exports": asked, "now": clock.now()})


@practice_view("take")
@require_GET
def export_state(request: PracticeRequest, uid: str) -> HttpResponse:
    rows = PracticeExport.objects.select_related("requested_by")
    export = get_object_or_404(rows, practice=request.practice, uid=uid)
    if not request.htmx:
        return redirect("core:exports")
    shown = {"export": export, "until": made.until(export), "now": clock.now()}
    return how_far(request, export, "core/_export.html", shown, of="The file with everything")


@practice_view("take", fresh=True)
@require_GET
def download_export(request: PracticeRequest, uid: str) -> HttpResponseBase:
    export = get_object_or_404(PracticeExport, practice=request.practice, uid=uid)
    try:
        file = made.open_file(export)
    except Refused as refusal:
        messages.info(request, refusal.sentence)
        return redirect("core:exports")
    made.record_download(export=export, by=request.user)
    name = clean_name(f"Everything of {request.practice.name}, {localtime(export.requested_at):%Y-%m-%d}.zip")
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")
