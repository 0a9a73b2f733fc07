"""Looking at a document: its pages as pictures that we drew, its text as text, never its own bytes."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import get_object_or_404

from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.errors import Refused
from practice_vetting.core.files import preview
from vendors.actions.looking import tell_view
from vendors.models import Evidence


@dataclass(frozen=True)
class Look:
    """What the page of a document shows of it: the number of a picture, or text, or why neither."""

    number: int = 0
    last: int = 0
    text: preview.Text | None = None
    why_not: str = ""


def looked_at(request: PracticeRequest, found: Evidence) -> Look | None:
    """What `?page=` asks to see; None when it does not ask, or when nobody may see it."""
    asked = request.GET.get("page", "")
    if not asked or not found.is_usable:
        return None
    if preview.has_pictures(found.file):
        last = found.file.pages or 1
        number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 9 else 1
        return Look(min(max(number, 1), last), last)
    if not preview.has_text(found.file):
        return Look(why_not="Word and Excel files cannot be shown here. Download the file to read it.")
    try:
        text = preview.text(found.file)
    except Refused as refusal:
        return Look(why_not=refusal.sentence)
    tell_view(evidence=found, by=request.membership.person)
    return Look(text=text)


@practice_view("see")
def evidence_page(request: PracticeRequest, uid: str, number: int) -> HttpResponse:
    """One page as a PNG."""
    known = Evidence.objects.of(request.practice).select_related("file__practice", "practice")
    found = get_object_or_404(known, uid=uid)
    try:
        if not found.is_usable:
            raise Refused("This document is not shown any more.")
        response = HttpResponse(preview.picture(found.file, number), content_type="image/png")
    except Refused as refusal:
        return HttpResponse(refusal.sentence, content_type="text/plain; charset=utf-8", status=422)
    tell_view(evidence=found, by=request.membership.person)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
