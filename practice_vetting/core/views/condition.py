"""How the whole installation is doing, for those who answer for a practice."""

from django.http import HttpResponse
from django.shortcuts import render

from practice_vetting.core import clock, condition, figures
from practice_vetting.core.access import PracticeRequest, practice_view


@practice_view("backups")
def how_it_is_doing(request: PracticeRequest) -> HttpResponse:
    read = figures.read()
    parts = condition.parts(read)
    context = {
        "now": clock.now(),
        "parts": parts,
        "wrong": sum(part.state is not condition.State.WELL for part in parts),
        "times": condition.times(read),
        "failed": figures.failed_jobs(request.practice),
    }
    return render(request, "core/condition.html", context)
