"""The first page: what needs this person now."""

from django.http import HttpResponse
from django.shortcuts import render

from checklists.today import MOST, counts, needs
from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.accounts.factor_reset import resets_waiting_in
from vendors.queries import LOUD, counts_of, in_words

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
    standing = counts_of(request.practice)
    uncleared = standing[LOUD]  # said to everybody, to who can act on it or not
    context = {
        "needs": found,
        "most": MOST,
        "headline": _headline(len(found), uncleared),
        "counts": counts(standing),
        "uncleared": uncleared,
        "uncleared_words": in_words(uncleared),
        "resets": resets_waiting_in(request.practice) if request.membership.may("people") else [],
    }
    return render(request, "checklists/today.html", context)


def _headline(number: int, uncleared: int) -> str:
    if not number and uncleared:
        return "Nothing waits for you"
    return f"{_NUMBERS[number] if number < MOST else 'Ten things or more need'} you"
