"""What is due, in a person's own calendar: the page that makes its address, and the address itself."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from practice_vetting.core import calendar_feeds
from practice_vetting.core.access import PracticeRequest, practice_view, public
from practice_vetting.core.limits import limited


@practice_view("remind")
@require_safe
def calendar(request: PracticeRequest) -> HttpResponse:
    feed = calendar_feeds.feed_of(request.practice, request.user)
    return render(request, "core/calendar.html", {"feed": feed})


@practice_view("remind", fresh=True)
@require_POST
def make_calendar(request: PracticeRequest) -> HttpResponse:
    token = calendar_feeds.make_feed(practice=request.practice, by=request.user)
    address = settings.SITE_URL + reverse("core:read_calendar", args=[token])
    feed = calendar_feeds.feed_of(request.practice, request.user)
    return render(request, "core/calendar.html", {"feed": feed, "address": address})


@practice_view("remind")
@require_POST
def end_calendar(request: PracticeRequest) -> HttpResponse:
    calendar_feeds.end_feed(practice=request.practice, by=request.user)
    messages.success(request, "The address has ended. Calendars that still use it get nothing any more.")
    return redirect("core:calendar")


@public("a calendar program has no session: the secret in the address says whose calendar it is")
@limited("calendar", links=True)
def read_calendar(request: HttpRequest, token: str) -> HttpResponse:
    found = calendar_feeds.read(token)
    if found is None:
        return render(request, "core/link_not_valid.html", status=410)
    headers = {"Content-Disposition": 'inline; filename="practice-vetting.ics"', "Cache-Control": "no-store"}
    return HttpResponse(found, content_type="text/calendar; charset=utf-8", headers=headers)
