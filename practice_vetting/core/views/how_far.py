"""What a page that waits for long work is answered: nothing while nothing changed, else the fragment anew."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from practice_vetting.core.access import PracticeRequest
from practice_vetting.core.models.underway import Underway

_ENDED = {"done": "is ready", "failed": "could not be made", "queued": "is waiting", "waiting": "is waiting"}


def how_far(request: PracticeRequest, row: Underway, template: str, shown: dict[str, Any], *, of: str) -> HttpResponse:
    """The fragment, for htmx. The page sends with `seen` what it shows: then nothing on it moves for nothing.

    Who hears the page is told of each new state and step, not of each count. `of` is what it is about, as "The file".
    """
    seen = request.GET.get("seen", "")
    if seen == row.seen:
        return HttpResponse(status=204)
    if seen and seen.partition("-")[0] != row.said:
        state: str = getattr(row, "state", "")
        shown["live"] = f"{of} {_ENDED[state]}." if state in _ENDED else row.step and f"{of}: {row.step}."
    return render(request, template, shown)
