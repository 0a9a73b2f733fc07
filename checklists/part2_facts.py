"""What the verdict looks at of 42 CFR Part 2: the memos that "does not apply" rests on, and the checks not shown."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse

from checklists.models import Answer
from checklists.part2_values import CheckFact, MemoFact
from checklists.states import Response
from checklists.vendor_file import is_loaded, practice_memos, rows_of
from vendors.models import Part2Check, Part2Memo, Tool, Vendor
from vendors.part2 import CheckStatus, part2_list
from vendors.part2_memos import asked_again, memo_about, newest_memos, newest_of, reaches


@dataclass(frozen=True)
class Part2Block:
    """What stands under question 5: the memos with how they stand, and the checks in numbers with each gap."""

    applies: bool
    memos: list[tuple[str, str, Part2Memo | None, tuple[str, str]]]
    counts: list[tuple[CheckStatus, int]]
    gaps: list[Part2Check]


def memos_under(vendor: Vendor, answers: Iterable[Answer], on: date) -> list[Part2Memo]:
    """The newest memos by that day, where an answer rests on one; of a vendor loaded whole, those it had then."""
    if not any(answer.response == Response.DOES_NOT_APPLY for answer in answers):
        return []
    return _newest(vendor, on)


def _newest(vendor: Vendor, on: date) -> list[Part2Memo]:
    if is_loaded(vendor):
        return newest_of([*practice_memos(vendor), *vendor.part2_memos.all()], on)
    return newest_memos(vendor.practice, on, vendor=vendor)


def memo_facts(memos: Iterable[Part2Memo]) -> list[MemoFact]:
    return [
        MemoFact(
            key=memo.uid,
            about=memo.subject,
            applies=memo.applies,
            signed_on=memo.signed_on,
            ask_again_on=memo.ask_again_on,
            tool_key=memo.tool.uid if memo.tool else "",
        )
        for memo in memos
    ]


def gap_facts(vendor: Vendor, answers: Iterable[Answer], tools: Iterable[Tool]) -> list[CheckFact]:
    """The checks that were looked for in vain, where Part 2 reaches the tools by what is marked."""
    set_aside = any(answer.response == Response.DOES_NOT_APPLY for answer in answers)
    if set_aside or not reaches(vendor, tools, ()):
        return []
    found = rows_of(vendor.part2_checks, lambda rows: rows)
    checks = [each.listed for each in found if each.status == CheckStatus.NOT_SHOWN]
    return [CheckFact(check.code, check.title, check.basis) for check in checks]


def memos_data(memos: Iterable[Part2Memo], tools: Sequence[Tool], on: date) -> list[dict[str, Any]]:
    """The memos that a snapshot carries: each in full as it was signed, with its hash."""
    scope = {None, *(tool.pk for tool in tools)}
    return [
        {
            "uid": memo.uid,
            "about": memo.subject,
            "counts_before_on": memo.lapses_on,
            "content_sha256": memo.content_sha256,
            **json.loads(memo.content),
        }
        for memo in memos
        if memo.tool_id in scope and memo.lapses_on > on
    ]


def block_of(vendor: Vendor, tools: Sequence[Tool], on: date) -> Part2Block:
    """Everything about Part 2 that the page of an evaluation shows under its question."""
    memos = _newest(vendor, on)
    about = [("the practice", reverse("vendors:part2"), memo_about(memos, None))]
    about += [(tool.name, reverse("vendors:tool_part2", args=[tool.uid]), memo_about(memos, tool)) for tool in tools]
    found = {check.code: check for check in vendor.part2_checks.all()}
    codes = [check.code for check in part2_list().checks]
    statuses = [found[code].status if code in found else CheckStatus.NOT_ASKED for code in codes]
    return Part2Block(
        applies=reaches(vendor, tools, memos),
        memos=[(name, url, memo, asked_again(memo, on) if memo else ("", "")) for name, url, memo in about],
        counts=[(status, statuses.count(status)) for status in CheckStatus if status in statuses],
        gaps=[check for check in found.values() if check.status == CheckStatus.NOT_SHOWN],
    )
