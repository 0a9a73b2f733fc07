"""The rows of the vendor list, put into words before the template sees them."""

from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse

from vendors.kinds import StandingState
from vendors.queries import LOUD, MOST_COUNTED, Listed, Listing, in_words

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
    """One vendor as the list shows it. `review_class` says "late" or "soon" once more, for the eye.

    `cells` are all but the first: few say anything that another row did not say before.
    """

    name: str
    url: str
    summary: str
    state_label: str
    met: str
    loud: bool
    agreement: str
    review_class: str
    review_words: str
    cells: str


def page_of(listed: Listed, asked: Listing, *, today: date) -> dict[str, Any]:
    """Everything that the list's templates read."""
    rows, total = listed.rows, listed.counts.get(asked.show, 0)
    many = f"more than {MOST_COUNTED:,}" if total > MOST_COUNTED else f"{total:,}"
    return {
        "asked": asked,
        "rows": [row_of(each, today) for each in rows],
        "heads": [_head(key, label, asked) for key, label in _HEADS],
        "chips": _chips(listed.counts, asked),
        "filter_label": LOUD_LABEL if asked.show == LOUD else asked.show and StandingState(asked.show).label,
        "all_url": asked.url(show="", q=""),
        "filtered": bool(asked.q or asked.show),
        "total": total,
        "pages": {
            "previous_url": asked.url(before=rows[0].vendor__uid) if rows and listed.more_before else "",
            "next_url": asked.url(after=rows[-1].vendor__uid) if rows and listed.more_after else "",
            "summary": f"{len(rows)} of {many} vendors",
        },
    }


LOUD_LABEL = "In use, not cleared"


def row_of(listed: Any, today: date) -> Row:
    """One row of queries.COLUMNS in words."""
    state = StandingState(listed.state)
    met, agreement = _met(listed, state), _day(listed.agreement_signed_on)
    seals = None if state in _UNSAID else tuple(seal["state"] for seal in listed.seals)
    review = _review(listed.next_review_on, today)
    return Row(
        name=listed.vendor__name,
        url=_vendor_url().replace(_ANY, listed.vendor__uid),
        summary=listed.vendor__summary,
        state_label=state.label,
        met=met,
        loud=listed.in_use_not_cleared,
        agreement=agreement,
        review_class=review[1],
        review_words=review[2],
        cells=_standing_cells(seals, state, met)
        + _day_cell("Agreement signed", agreement, "", "")
        + _day_cell("Next review", *review),
    )


_ANY = "aaaaaaaaaaaa"


@cache
def _vendor_url() -> str:
    """The address of any vendor: to look it up fifty times takes longer than to ask the database for the page."""
    return reverse("checklists:vendor", args=[_ANY])


@lru_cache(maxsize=512)
def _standing_cells(seals: tuple[str, ...] | None, state: StandingState, met: str) -> str:
    """How a vendor stands; few combinations occur, so each is rendered once."""
    cells = {"seals": "" if seals is None else seals_html(seals), "state": state, "met": met}
    return render_to_string("vendors/_standing_cells.html", cells)


@lru_cache(maxsize=4096)
def _day_cell(head: str, day: str, tone: str, words: str) -> str:
    """A day with how near it is, all in words already: what it says depends on nothing else."""
    return render_to_string("vendors/_day_cell.html", {"head": head, "day": day, "tone": tone, "words": words})


def _met(listed: Any, state: StandingState) -> str:
    """What a state alone does not say: how far it has come, or that it was cleared after an exposure."""
    if state in _COUNTED:
        return f"{listed.met_count} of 5 met"
    return "remediated" if listed.remediated else ""


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
            "count": in_words(counts.get(show, 0)),
            "url": asked.url(show=show),
            "current": show == asked.show,
        }
        for show, label in named
        if not show or counts.get(show) or show == asked.show
    ]
