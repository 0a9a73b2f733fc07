"""Tables in a text: Markdown, CSV, TSV, cells copied from a spreadsheet. Pure."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

from vendors.sub_processor_import.tables import Row, Table, Unreadable, few_enough, row_of

MOST_LETTERS = 1_000_000
_DASHES = re.compile(r":?-+:?")
_BAR = re.compile(r"(?<!\\)\|")
_FENCE = re.compile(r"\s*(```|~~~)")
_DELIMITERS = "\t,;|"
_LOOKED_AT = 200  # rows that decide on the delimiter

_TOO_LONG = "This text is too long for a list of sub-processors. Copy only the table itself."
_BROKEN = "The quotation marks in this text do not close. Copy the table anew, or bring the original file."


def decoded(content: bytes) -> str:
    """The text of the bytes: UTF-8, UTF-16 with its mark, else as Windows wrote it (cp1252)."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def mended(text: str) -> str:
    """Lines whose UTF-8 was once read as cp1252 ("CafÃ©") as they were meant; all others as they are."""
    return "\n".join(_mended_line(line) if re.search("[ÃÂâÄÅ]", line) else line for line in text.split("\n"))


def _mended_line(line: str) -> str:
    try:
        return line.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return line


def tables_in(text: str) -> list[Table]:
    """The Markdown tables of the text, or where it has none, the text as one table of a delimiter.

    Raises Unreadable for a text that is too long or cannot be split.
    """
    if len(text) > MOST_LETTERS:
        raise Unreadable(_TOO_LONG)
    text = mended(text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", ""))
    return few_enough(_markdown(text)) or few_enough(_delimited(text))


# --- Markdown ---------------------------------------------------------------------------------------


def _markdown(text: str) -> Iterator[Table]:
    """Pipe tables: a heading, a ruler under it, rows until a line without a bar. Code between fences is none."""
    lines, fenced, number = text.split("\n"), False, 0
    while number < len(lines) - 1:
        if _FENCE.match(lines[number]):
            fenced = not fenced
        elif not fenced and "|" in lines[number] and _is_ruler(lines[number + 1]):
            last = number + 2
            while last < len(lines) and "|" in lines[last]:
                last += 1
            taken = [number, *range(number + 2, last)]
            yield Table([row_of(each + 1, _bars(lines[each])) for each in taken])
            number = last - 1
        number += 1


def _is_ruler(line: str) -> bool:
    if "|" not in line or not set(line) <= set("|-: \t"):
        return False
    return all(_DASHES.fullmatch(cell.strip()) for cell in line.strip().strip("|").split("|"))


def _bars(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return [cell.replace("\\|", "|") for cell in _BAR.split(inner)]


# --- CSV and its kin ---------------------------------------------------------------------------------


def _delimited(text: str) -> list[Table]:
    return [Table(list(_rows(text, _delimiter(text))))] if text.strip() else []


def _delimiter(text: str) -> str:
    """The one by which most rows have the same number of cells."""
    head = "\n".join(text.split("\n")[:_LOOKED_AT])
    return max(_DELIMITERS, key=lambda delimiter: _evenness(head, delimiter))


def _evenness(text: str, delimiter: str) -> tuple[int, int]:
    try:
        widths = Counter(len(cells) for _, cells in _split(text, delimiter) if len(cells) > 1)
    except Unreadable:
        return (0, 0)
    width, rows = max(widths.items(), key=lambda each: each[1] * each[0], default=(0, 0))
    return (rows, width) if rows else (0, 0)


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    return (row_of(line, cells) for line, cells in _split(text, delimiter))


def _split(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The line of each row that is not empty, and its cells as they are written."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False)
    begins = 1
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error:
        raise Unreadable(_BROKEN) from None
