"""The vendor list, asked in SQL: search, filter, order, and one page of it by key."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Lower

from practice_vetting.core.models import Practice
from vendors.kinds import StandingState
from vendors.models import Standing, Tool

PAGE = 50
MOST_COUNTED = 1_000  # of more it is said that there are more: to count 100,000 rows costs ten times the page
LOUD = "in-use-not-cleared"
#: what a person may sort by -> the column; empty dates stand last, whichever way
SORTS = {"name": "key", "standing": "state", "agreement": "agreement_signed_on", "review": "next_review_on"}
#: what a row of the list shows, and no more: the reasons of a standing are longer than all else together
COLUMNS = [
    "vendor_id", "vendor__uid", "vendor__name", "vendor__summary", "state", "met_count", "seals", "remediated",
    "in_use_not_cleared", "agreement_signed_on", "next_review_on",
]  # fmt: skip
SHOWN = {LOUD, *(state.value for state in StandingState)}


@dataclass(frozen=True)
class Listing:
    """What was asked of the list; it is read from an address, and written back into one."""

    q: str = ""
    show: str = ""
    sort: str = "name"
    after: str = ""
    before: str = ""

    @classmethod
    def asked(cls, query: Mapping[str, str]) -> "Listing":
        """From a query string. What makes no sense is left out, as if it had not been asked."""
        q = " ".join(query.get("q", "").replace("\0", "").split())[:200]
        show, sort = query.get("show", ""), query.get("sort", "name")
        return cls(
            q=q,
            show=show if show in SHOWN else "",
            sort=sort if sort.removeprefix("-") in SORTS else "name",
            after=query.get("after", "").replace("\0", ""),
            before=query.get("before", "").replace("\0", ""),
        )

    def url(self, **changes: str) -> str:
        """The query string of this list with changes. A changed list starts on its first page."""
        other = replace(self, **{"after": "", "before": "", **changes})
        usual = {"sort": "name"}
        return "?" + urlencode({name: value for name, value in vars(other).items() if value != usual.get(name, "")})

    @property
    def column(self) -> str:
        return SORTS[self.sort.removeprefix("-")]

    @property
    def descending(self) -> bool:
        return self.sort.startswith("-")


@dataclass(frozen=True)
class Listed:
    """One page of rows with the COLUMNS, the counts beside it, and what lies on either side.

    A count above MOST_COUNTED says no more than that.
    """

    rows: list[Any]
    counts: dict[str, int]
    more_before: bool
    more_after: bool


def listing(practice: Practice, asked: Listing) -> Listed:
    """One page of the list. Two queries, and a third for any page but the first."""
    found = _found(practice, asked.q)
    kept = _shown(found, asked.show)
    if asked.column == "key":  # the vendor's own practice too, so that the index on practice and name serves
        kept = kept.filter(vendor__practice=practice).annotate(key=Lower("vendor__name"))
    rows, more_before, more_after = _page(kept, asked)
    return Listed(rows, _counts(found) if asked.q else counts_of(practice), more_before, more_after)


def _found(practice: Practice, q: str) -> QuerySet[Standing]:
    """Every word has to stand in the vendor's name, in what it does, or in the name of one of its tools."""
    found = Standing.objects.of(practice)
    for word in q.split()[:8]:
        tools = Tool.objects.filter(vendor=OuterRef("vendor"), name__icontains=word)
        found = found.filter(Q(vendor__name__icontains=word) | Q(vendor__summary__icontains=word) | Exists(tools))
    return found


def _shown(found: QuerySet[Standing], show: str) -> QuerySet[Standing]:
    if show == LOUD:
        return found.filter(in_use_not_cleared=True)
    return found.filter(state=show) if show else found


def _counts(found: QuerySet[Standing]) -> dict[str, int]:
    """How many of what was searched for are in each state, how many are loud, and how many there are."""
    loud = Count("pk", filter=Q(in_use_not_cleared=True))
    by_state = found.order_by().values("state").annotate(number=Count("pk"), loud=loud)
    rows = list(by_state.values_list("state", "number", "loud"))
    counts = {state: number for state, number, _ in rows}
    return {**counts, LOUD: sum(row[2] for row in rows), "": sum(counts.values())}


class _Counted(Subquery):
    """How many rows a query with an end has: the database stops there."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def counts_of(practice: Practice) -> dict[str, int]:
    """The same of all vendors of the practice, each counted up to one more than MOST_COUNTED. One query."""
    every = Standing.objects.of(practice).order_by()
    asked = {state.value: every.filter(state=state) for state in StandingState}
    asked[LOUD] = every.filter(in_use_not_cleared=True)
    counted = [_Counted(rows.values("pk")[: MOST_COUNTED + 1]) for rows in asked.values()]
    found = Practice.objects.filter(pk=practice.pk).values_list(*counted).get()
    counts = dict(zip(asked, found, strict=True))
    return {**counts, "": sum(number for shown, number in counts.items() if shown != LOUD)}


def in_words(count: int) -> str:
    """A count as people read it: "213", "1,000+"."""
    return f"{count:,}" if count <= MOST_COUNTED else f"{MOST_COUNTED:,}+"


def _page(kept: QuerySet[Standing], asked: Listing) -> tuple[list[Any], bool, bool]:
    """One page, found by the key of the row it lies beside: as fast for the last page as for the first."""
    backwards = bool(asked.before)
    beside = asked.before or asked.after
    read = COLUMNS if asked.column in COLUMNS else [*COLUMNS, asked.column]
    edge = kept.filter(vendor__uid=beside).values_list(*read, named=True).first() if beside else None
    if edge is not None:
        kept = kept.filter(_beyond(edge, asked, backwards))
    kept = kept.order_by(*_order(asked, backwards and edge is not None))
    rows = list(kept.values_list(*read, named=True)[: PAGE + 1])
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    if backwards and edge is not None:
        return rows[::-1], more, True
    return rows, edge is not None, more


def _order(asked: Listing, backwards: bool) -> list[Any]:
    column = F(asked.column)
    ends = {"nulls_first": True} if backwards else {"nulls_last": True}
    if asked.column in ("key", "state"):  # never empty, so that a plain index serves
        ends = {}
    down = asked.descending != backwards
    if asked.column == "key":  # no two vendors of a practice have the same
        return [column.desc() if down else column.asc()]
    return [column.desc(**ends) if down else column.asc(**ends), "-vendor_id" if backwards else "vendor_id"]


def _beyond(edge: Any, asked: Listing, backwards: bool) -> Q:
    """The rows on the far side of `edge` in the order asked for; empty values stand at the end."""
    column, value = asked.column, getattr(edge, asked.column)
    same = Q(**{column: value}) if value is not None else Q(**{f"{column}__isnull": True})
    tie = same & Q(**{"vendor_id__lt" if backwards else "vendor_id__gt": edge.vendor_id})
    if value is None:
        return tie | Q(**{f"{column}__isnull": False}) if backwards else tie
    further = Q(**{f"{column}__lt" if asked.descending != backwards else f"{column}__gt": value})
    return further | tie if backwards else further | tie | Q(**{f"{column}__isnull": True})
