"""Which memos about 42 CFR Part 2 count on a day, and where Part 2 may reach a vendor."""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby
from typing import Any

from django.db.models import Q
from django.urls import reverse

from practice_vetting.core.deadline import Deadline
from practice_vetting.core.models import Practice, Several
from practice_vetting.core.sources import Days
from practice_vetting.core.templatetags.wording import day
from vendors.models import Part2Memo, Tool, Vendor
from vendors.part2 import CheckStatus, part2_list
from vendors.topics import Topic


def newest_memos(practice: Practice, on: date, *, vendor: Vendor | None = None) -> list[Part2Memo]:
    """The newest memo signed by that day about the practice, and about each tool of the vendor. One query."""
    about = Q(vendor=None) | Q(vendor=vendor) if vendor else Q(vendor=None)
    return _newest(Part2Memo.objects.of(practice).filter(about, signed_on__lte=on))


def newest_of(memos: Iterable[Part2Memo], on: date) -> list[Part2Memo]:
    """The same among these."""
    return _newest([memo for memo in memos if memo.signed_on <= on])


def _newest(memos: Iterable[Part2Memo]) -> list[Part2Memo]:
    newest: dict[int | None, Part2Memo] = {}
    ordered = memos.select_related("tool", "signed_by") if hasattr(memos, "select_related") else memos
    for memo in sorted(ordered, key=lambda each: (each.signed_at, each.pk)):
        newest[memo.tool_id] = memo
    return sorted(newest.values(), key=lambda each: (each.tool_id is not None, each.subject))


def memo_about(memos: Iterable[Part2Memo], tool: Tool | None) -> Part2Memo | None:
    """The memo among these about the tool; about the practice when `tool` is None."""
    return next((memo for memo in memos if memo.tool_id == (tool.pk if tool else None)), None)


def reaches(vendor: Vendor, tools: Iterable[Tool], memos: Iterable[Part2Memo]) -> bool:
    """Whether Part 2 may reach the vendor: the practice, one of these tools, or the newest memo about one says so."""
    present = list(tools)
    names = {None, *(tool.pk for tool in present)}
    marked = vendor.practice.part2 or any(tool.part2 for tool in present)
    return marked or any(memo.applies for memo in memos if memo.tool_id in names)


def reached_tools(tools: Iterable[Tool], memos: Iterable[Part2Memo]) -> list[Tool]:
    """Those that touch substance-use records, by their record or by a memo of their own."""
    by_memo = {memo.tool_id for memo in memos if memo.applies}
    return [tool for tool in tools if tool.part2 or tool.pk in by_memo]


def present_tools(vendor: Vendor, on: date) -> list[Tool]:
    return [tool for tool in vendor.tools.all() if tool.retired_on is None or tool.retired_on > on]


def part2_topic(vendor: Vendor, on: date) -> Topic | None:
    """The vendor's line about Part 2, where it may apply."""
    memos = newest_memos(vendor.practice, on, vendor=vendor)
    if not reaches(vendor, present_tools(vendor, on), memos):
        return None
    found = [check.status for check in vendor.part2_checks.all() if check.status != CheckStatus.NOT_ASKED]
    if not found and not reached_tools(present_tools(vendor, on), memos):
        url = reverse("vendors:part2_checks", args=[vendor.uid])
        return Topic("Part 2 checks", url, "Not needed: no substance-use records")
    gaps, left = found.count(CheckStatus.NOT_SHOWN), len(part2_list().checks) - len(found)
    url = reverse("vendors:part2_checks", args=[vendor.uid])
    if gaps:
        return Topic("Part 2 checks", url, f"{gaps} not shown", "failed")
    return Topic("Part 2 checks", url, f"{left} left to ask" if left else "All asked", "open" if left else "met")


def asked_again(memo: Part2Memo, on: date) -> tuple[str, str]:
    """How the memo stands on a day, in words, with the class of its pill."""
    if memo.lapses_on <= on:
        return f"Lapsed on {day(memo.lapses_on)}", "failed"
    if memo.ask_again_on <= on:
        return f"Sign again by {day(memo.lapses_on)}", "open"
    return f"Asked again on {day(memo.ask_again_on)}", "met"


def deadlines(practice: Practice | Several, until: date) -> Iterator[Deadline]:
    """The memos that are asked again on `until` or before, late ones included (settings.DEADLINES)."""
    rows = Part2Memo.objects.of(practice).select_related("tool", "vendor").order_by("practice_id").defer("content")
    newest = [memo for _, some in groupby(rows, key=lambda each: each.practice_id) for memo in _newest(list(some))]
    due = [memo for memo in newest if memo.ask_again_on <= until and _is_alive(memo, until)]
    return (_deadline(memo) for memo in sorted(due, key=lambda each: (each.ask_again_on, each.pk)))


def coming_up(practices: Several, days: Days) -> Any:
    """The practices with a memo, perhaps not the newest, that is asked again on such a day."""
    memos = Part2Memo.objects.of(practices).filter(ask_again_on__in=days.due_on)
    return memos.order_by().values_list("practice_id", flat=True)


def _is_alive(memo: Part2Memo, on: date) -> bool:
    if memo.tool is None or memo.vendor is None:
        return True
    return memo.vendor.ended_on is None and memo.tool.retired_on is None


def _deadline(memo: Part2Memo) -> Deadline:
    return Deadline(
        kind="part2-memo",
        subject_kind=Part2Memo.kind(),
        subject_uid=memo.uid,
        title=str(memo),
        vendor_name=memo.vendor.name if memo.vendor else "",
        due_on=memo.ask_again_on,
        url=page_of(memo.tool),
        action=f"Sign the Part 2 memo about {memo.subject} again",
        lapses_on=memo.lapses_on,
        practice_id=memo.practice_id,
    )


def page_of(tool: Tool | None) -> str:
    """The page of the memos about a tool, or about the practice."""
    return reverse("vendors:tool_part2", args=[tool.uid]) if tool else reverse("vendors:part2")
