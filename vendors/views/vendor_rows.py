"""The rows of the vendor list, put into words before the template sees them."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse

from vendors.kinds import StandingState
from vendors.models import Standing
from vendors.queries import LOUD, Listed, Listing

SOON_DAYS = 30
_COUNTED = (StandingState.IN_EVALUATION, StandingState.LAPSED, StandingState.STOPPED)
_UNSAID = (StandingState.ENDED, StandingState.NO_PATIENT_DATA)
_HEADS = [
    ("name", "Vendor"),
    ("", "Five requirements"),
    ("standing", "Standing"),
    ("agreement", "Agreement signed"),
    ("review", "Next review"),
]


@dataclass(frozen=True)
class Row:
    """One vendor as the list shows it. `review_class` says "late" or "soon" once more, for the eye."""

    name: str
    url: str
    summary: str
    seals: str
    state: str
    state_label: str
    met: str
    loud: bool
    agreement: str
    review: str
    review_class: str
    review_words: str


def page_of(listed: Listed, asked: Listing, *, today: date) -> dict[str, Any]:
    """Everything that the list's templates read."""
    rows, total = listed.standings, listed.counts.get(asked.show, 0)
    return {
        "asked": asked,
        "rows": [row_of(standing, today) for standing in rows],
        "heads": [_head(key, label, asked) for key, label in _HEADS],
        "chips": _chips(listed.counts, asked),
        "filter_label": LOUD_LABEL if asked.show == LOUD else asked.show and StandingState(asked.show).label,
        "all_url": asked.url(show="", q=""),
        "filtered": bool(asked.q or asked.show),
        "total": total,
        "pages": {
            "previous_url": asked.url(before=rows[0].vendor.uid) if rows and listed.more_before else "",
            "next_url": asked.url(after=rows[-1].vendor.uid) if rows and listed.more_after else "",
            "summary": f"{len(rows)} of {total:,} vendors",
        },
    }


LOUD_LABEL = "In use, not cleared"


def row_of(standing: Standing, today: date) -> Row:
    vendor, state = standing.vendor, StandingState(standing.state)
    review, review_class, words = _review(standing.next_review_on, today)
    return Row(
        name=vendor.name,
        url=reverse("checklists:vendor", args=[vendor.uid]),
        summary=vendor.summary,
        seals="" if state in _UNSAID else seals_html(tuple(seal["state"] for seal in standing.seals)),
        state=state.value,
        state_label=state.label,
        met=_met(standing, state),
        loud=standing.in_use_not_cleared,
        agreement=_day(standing.agreement_signed_on),
        review=review,
        review_class=review_class,
        review_words=words,
    )


def _met(standing: Standing, state: StandingState) -> str:
    """What a state alone does not say: how far it has come, or that it was cleared after an exposure."""
    if state in _COUNTED:
        return f"{standing.met_count} of 5 met"
    return "remediated" if standing.remediated else ""


@lru_cache(maxsize=512)
def seals_html(states: tuple[str, ...]) -> str:
    """The five seals; few combinations occur, so each is rendered once."""
    states = states or ("",) * 5
    seals = [{"number": number, "state": state} for number, state in enumerate(states, start=1)]
    return render_to_string("_seals.html", {"seals": seals})


def _review(day: date | None, today: date) -> tuple[str, str, str]:
    """The date, its class, and what the colour says in words."""
    if day is None:
        return "", "", ""
    late = (today - day).days
    if late > 0:
        return _day(day), "late", "1 day late" if late == 1 else f"{late} days late"
    if late == 0:
        return _day(day), "late", "due today"
    if -late <= SOON_DAYS:
        return _day(day), "soon", "tomorrow" if late == -1 else f"in {-late} days"
    return _day(day), "", ""


def _day(day: date | None) -> str:
    return f"{day.day} {day:%b} {day.year}" if day else ""


def _head(key: str, label: str, asked: Listing) -> dict[str, str]:
    """A column's head. Its link turns the order round when the list stands in that order already."""
    if not key:
        return {"label": label, "url": "", "sorted": ""}
    current = asked.sort.removeprefix("-") == key
    turned = f"-{key}" if current and not asked.descending else key
    order = "descending" if asked.descending else "ascending"
    return {"label": label, "url": asked.url(sort=turned), "sorted": order if current else ""}


def _chips(counts: dict[str, int], asked: Listing) -> list[dict[str, Any]]:
    """All, the loud ones, then every state that occurs; the chosen one always stays to be seen."""
    named = [("", "All"), (LOUD, LOUD_LABEL), *StandingState.choices()]
    return [
        {
            "label": label,
            "count": counts.get(show, 0),
            "url": asked.url(show=show),
            "current": show == asked.show,
        }
        for show, label in named
        if not show or counts.get(show) or show == asked.show
    ]
