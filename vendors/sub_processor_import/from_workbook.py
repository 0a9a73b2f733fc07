"""Tables in an Excel file. `cells` runs only in the limited child of core.limited; `tables` is pure.

Formulas are never evaluated: the value that the file keeps for them is read, and nothing where it keeps none.
"""

import json
from pathlib import Path
from typing import Any

from vendors.sub_processor_import.tables import (
    LONGEST_CELL,
    MOST_CELLS,
    TOO_MANY,
    Table,
    Unreadable,
    few_enough,
    plain,
    row_of,
)

#: what core.limited reads once, before it forks a child for each call
WARM = {"cells": ("python_calamine",)}

MOST_SHEETS, MOST_ROWS, MOST_COLUMNS, LONGEST_PLACE = 40, 3_000, 60, 100
MOST_LETTERS = 2_000_000  # of all cells together

_TOO_LONG = "The sheets hold too much text for a list of sub-processors. Copy only the table itself."


def cells(payload: bytes) -> bytes:
    """{"path"} -> the cells of each sheet that is not hidden, as JSON.

    Raises Unreadable for more than a list can have, and whatever the reading library raises.
    """
    from python_calamine import CalamineWorkbook, SheetVisibleEnum

    book = CalamineWorkbook.from_path(Path(json.loads(payload)["path"]))
    shown = [each.name for each in book.sheets_metadata if each.visible == SheetVisibleEnum.Visible]
    sheets, count, letters = [], 0, 0
    for name in shown[:MOST_SHEETS]:
        sheets.append(_sheet(book.get_sheet_by_name(name)))
        written = [len(cell) for row in sheets[-1]["rows"] for cell in row if cell]
        count, letters = count + len(written), letters + sum(written)
        if count > MOST_CELLS or letters > MOST_LETTERS:
            raise Unreadable(TOO_MANY if count > MOST_CELLS else _TOO_LONG)
    return json.dumps(sheets).encode()


def _sheet(sheet: Any) -> dict[str, Any]:
    rows = sheet.to_python(skip_empty_area=False, nrows=MOST_ROWS)
    read = [[_text(cell) for cell in row[:MOST_COLUMNS]] for row in rows]
    heads = []
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or []:
        if top < len(read) and left < len(read[top]):
            heads += [top] if right > left else []
            for row in range(top + 1, min(bottom + 1, len(read))):
                read[row][left] = read[row][left] or read[top][left]
    return {"name": sheet.name, "rows": read, "heads": heads}


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value)[: LONGEST_CELL + 1]


def tables(answer: bytes) -> list[Table]:
    """What `cells` answered, as tables that carry the name of their sheet."""
    return few_enough(
        Table(
            [
                row_of(line, row, heads=line - 1 in sheet["heads"])
                for line, row in enumerate(sheet["rows"], 1)
                if any(map(str.strip, row))
            ],
            place=plain(sheet["name"][:LONGEST_PLACE]),
        )
        for sheet in json.loads(answer)
    )
