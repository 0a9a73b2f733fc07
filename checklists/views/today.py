"""The first page: what needs this person now."""

from django.http import HttpResponse
from django.shortcuts import render

from checklists.today import MOST, counts, needs
from practice_vetting.core.access import PracticeRequest, practice_view

_NUMBERS = ["Nothing needs", "One thing needs", "Two things need", "Three things need", "Four things need"]
_NUMBERS += [
    "Five things need",
    "Six things need",
    "Seven things need",
    "Eight things need",
    "Nine things need",
]


@practice_view("see")
def today(request: PracticeRequest) -> HttpResponse:
    found = needs(request.membership, request.practice.today())
    number = _NUMBERS[len(found)] if len(found) < MOST else "Ten things or more need"
    context = {"needs": found, "headline": f"{number} you", "counts": counts(request.practice)}
    return render(request, "checklists/today.html", context)
