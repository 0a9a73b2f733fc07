"""Small Excel files that say what a test needs: sheets of cells, merged ones, formulas."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def workbook(
    sheets: Mapping[str, Sequence[Sequence[str]]],
    *,
    merged: Mapping[str, Sequence[str]] | None = None,
    hidden: Sequence[str] = (),
    raw: Mapping[str, str] | None = None,
) -> bytes:
    """An .xlsx. A cell "=1+1" is a formula without a kept value; `raw` replaces the rows of a sheet by XML."""
    taken = io.BytesIO()
    with zipfile.ZipFile(taken, "w", zipfile.ZIP_DEFLATED) as package:
        parts = [
            f'<Override PartName="/xl/worksheets/s{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
            for n, _ in enumerate(sheets, 1)
        ]
        package.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>{"".join(parts)}</Types>',
        )
        package.writestr("_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")]))
        state = {name: ' state="hidden"' for name in hidden}
        names = [
            f'<sheet name="{escape(name)}" sheetId="{n}" r:id="r{n}"{state.get(name, "")}/>'
            for n, name in enumerate(sheets, 1)
        ]
        package.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{"".join(names)}</sheets></workbook>',
        )
        package.writestr(
            "xl/_rels/workbook.xml.rels",
            _relations([("worksheet", f"worksheets/s{n}.xml") for n, _ in enumerate(sheets, 1)]),
        )
        for number, (name, rows) in enumerate(sheets.items(), 1):
            inside = (raw or {}).get(name) or "".join(_row(at, row) for at, row in enumerate(rows, 1))
            ranges = (merged or {}).get(name, ())
            cells = (
                f"<mergeCells>{''.join(f'<mergeCell ref={chr(34)}{each}{chr(34)}/>' for each in ranges)}</mergeCells>"
                if ranges
                else ""
            )
            sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{inside}</sheetData>{cells}</worksheet>'
            package.writestr(f"xl/worksheets/s{number}.xml", sheet)
    return taken.getvalue()


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    each = [
        f'<Relationship Id="r{n}" Type="{OFFICE}/{kind}" Target="{to}"/>' for n, (kind, to) in enumerate(targets, 1)
    ]
    return f'<Relationships xmlns="{PACKAGE}/relationships">{"".join(each)}</Relationships>'


def _row(at: int, row: Sequence[str]) -> str:
    cells = [
        f'<c r="{chr(65 + column)}{at}"><f>{escape(cell[1:])}</f></c>'
        if cell.startswith("=")
        else f'<c r="{chr(65 + column)}{at}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
        for column, cell in enumerate(row)
        if cell
    ]
    return f'<row r="{at}">{"".join(cells)}</row>'
