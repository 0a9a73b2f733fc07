"""Reads a list in the limited child of core.limited: what others wrote is never parsed in a process that serves pages.

{"vendor", "owner", "text" or "path", "sheets"} -> {"rows", "refused"}, {"unreadable"} or {"unreadable", "owners"}
"""

import json
from pathlib import Path
from typing import Any

from vendors.sub_processor_import import from_text, from_workbook, lists
from vendors.sub_processor_import.lists import SeveralCompanies
from vendors.sub_processor_import.tables import Table, Unreadable

#: what core.limited reads once, before it forks a child for each call
WARM = {"read": ("python_calamine",)}

_MOST_OWNERS = 300  # that are offered, and letters of each


def read(payload: bytes) -> bytes:
    """The rows of the list, or the sentence why there are none. Raises whatever the reading library raises."""
    return json.dumps(_answer(json.loads(payload)), ensure_ascii=False).encode("utf-8", "replace")


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    try:
        found = lists.read(_tables(asked), vendor=asked["vendor"], owner=asked["owner"])
    except SeveralCompanies as several:
        owners = [each for each in several.owners if len(each) <= _MOST_OWNERS]
        return {"unreadable": several.sentence, "owners": owners[:_MOST_OWNERS]}
    except Unreadable as unreadable:
        return {"unreadable": unreadable.sentence}
    return {"rows": found.rows, "refused": found.refused}


def _tables(asked: dict[str, Any]) -> list[Table]:
    if "text" in asked:
        return from_text.tables_in(asked["text"])
    if asked["sheets"]:
        return from_workbook.tables(from_workbook.cells(json.dumps(asked).encode()))
    return from_text.tables_in(from_text.decoded(Path(asked["path"]).read_bytes()))
