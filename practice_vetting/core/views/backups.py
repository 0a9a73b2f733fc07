"""Whether backups are made, in words for those who answer for the practice."""

from django.http import HttpResponse
from django.shortcuts import render

from practice_vetting.core import clock
from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.archive import nightly


@practice_view("backups")
def backups(request: PracticeRequest) -> HttpResponse:
    return render(request, "core/backups.html", {"state": nightly.state_of(clock.now())})
