"""What happened in the practice, and what happened to one record."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header, urlencode
from django.views.decorators.http import require_GET, require_POST

from practice_vetting.core import history, records
from practice_vetting.core import record_history as past
from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.errors import Refused
from practice_vetting.core.files.keeping import clean_name
from practice_vetting.core.history_export import as_file, export_history, file_name
from practice_vetting.core.history_filter import HistoryFilter
from practice_vetting.core.proof import asked, check
from practice_vetting.core.views.how_far import how_far


@practice_view("history")
def happened(request: PracticeRequest) -> HttpResponse:
    form = HistoryFilter(request.GET or None, practice=request.practice)
    wrong = form.is_bound and not form.is_valid()
    filters = {} if wrong or not form.is_bound else form.cleaned_data
    page = None if wrong else history.read(request.practice, filters, **_keys(request))
    context = {
        "form": form,
        "page": page,
        "pages": page and _pages(request, page),
        "filtered": any(filters.values()),
        "checked": check.latest(request.practice),
        "kept": {name: request.GET.get(name, "") for name, value in filters.items() if value},
    }
    return render(request, "core/history.html", context, status=422 if wrong else 200)


@practice_view("history")
@require_GET
def comparison(request: PracticeRequest) -> HttpResponse:
    wanted = asked.newest(request.practice)
    shown = {"asked": wanted, "checked": check.latest(request.practice)}
    if request.htmx and wanted:
        return how_far(request, wanted, "core/_check.html", shown, of="The comparison")
    return render(request, "core/history_check.html", shown)


@practice_view("check")
@require_POST
def compare_now(request: PracticeRequest) -> HttpResponse:
    try:
        asked.ask(practice=request.practice, by=request.user)
        messages.success(request, "It was asked for. What is found will stand here.")
    except Refused as refusal:
        messages.info(request, refusal.sentence)
    return redirect("core:history_check")


@practice_view("export", fresh=True)
@require_POST
def export(request: PracticeRequest) -> HttpResponseBase:
    form = HistoryFilter(request.POST, practice=request.practice)
    if not form.is_valid():
        return render(request, "core/history.html", {"form": form, "page": None}, status=422)
    entries = export_history(practice=request.practice, by=request.user, filters=form.cleaned_data)
    file = StreamingHttpResponse(as_file(request.practice, entries), content_type="text/csv; charset=utf-8")
    name = clean_name(file_name(request.practice))
    file.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    return file


@practice_view("see")
def record_history(request: PracticeRequest, kind: str, uid: str) -> HttpResponse:
    found = records.find(request.practice, kind, uid)
    if found is None:
        raise Http404
    read = past.read(found, before=_moment(request.GET.get("before", "")))
    context = {"found": found, "noun": records.noun(kind), "past": read, "older_url": ""}
    if read.older_than:
        context["older_url"] = "?" + urlencode({"before": read.older_than.isoformat()})
    return render(request, "core/record_history.html", context)


def _keys(request: PracticeRequest) -> dict[str, int | None]:
    """`before` and `after`, where they are numbers of entries."""
    given = {name: request.GET.get(name, "") for name in ("before", "after")}
    return {name: int(key) if key.isdecimal() and len(key) < 19 else None for name, key in given.items()}


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # no moment, or one before the calendar's first
        return None


def _pages(request: PracticeRequest, page: history.Pages) -> dict[str, str]:
    return {
        "previous_url": _url(request, after=page.newer_than),
        "next_url": _url(request, before=page.older_than),
        "summary": "Newest first",
    }


def _url(request: PracticeRequest, **key: Any) -> str:
    """This page's address with its filters, at another place; "" for no place."""
    if None in key.values():
        return ""
    kept = {name: value for name, value in request.GET.items() if value and name not in ("before", "after")}
    return "?" + urlencode({**kept, **key})
