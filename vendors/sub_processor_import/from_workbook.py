"""Tables in an Excel file. `cells` runs only in the limited child of core.limited; `tables` is pure.

Formulas are never evaluated: the value that the file keeps for them is read, and nothing where it keeps none.
"""

import json
from pathlib import Path
from typing import Any

from vendors.sub_processor_import.tables import Row, Table, plain

#: what core.limited reads once, before it forks a child for each call
WARM = {"cells": ("python_calamine",)}

MOST_SHEETS, MOST_ROWS, MOST_COLUMNS, MOST_LETTERS = 40, 3_000, 60, 2_000


def cells(payload: bytes) -> bytes:
    """{"path"} -> the cells of each sheet that is not hidden, as JSON. Raises whatever the reading library raises."""
    from python_calamine import CalamineWorkbook, SheetVisibleEnum

    book = CalamineWorkbook.from_path(Path(json.loads(payload)["path"]))
    shown = [each.name for each in book.sheets_metadata if each.visible == SheetVisibleEnum.Visible]
    return json.dumps([_sheet(book.get_sheet_by_name(name)) for name in shown[:MOST_SHEETS]]).encode()


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
    return "" if value is None else str(value)[:MOST_LETTERS]


def tables(answer: bytes) -> list[Table]:
    """What `cells` answered, as tables that carry the name of their sheet."""
    return [
        Table(
            [
                Row(line, [plain(cell) for cell in row], heads=line - 1 in sheet["heads"])
                for line, row in enumerate(sheet["rows"], 1)
                if any(map(str.strip, row))
            ],
            place=plain(sheet["name"]),
        )
        for sheet in json.loads(answer)
    ]
