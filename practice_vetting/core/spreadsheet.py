"""Text for a spreadsheet program: RFC 4180, in UTF-8 that Excel recognizes, and no cell that it would run."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

_RUNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "|", "%")  # noqa: RUF001  full-width forms count, too
_BREAKS = ("\t", "\r", "\n")
_BOM = "\ufeff"


def cell(value: Any) -> str:
    """The value as a cell that holds text. What a program would read as a formula begins with an apostrophe.

    Numbers stay as they are; other control characters than line breaks and tabs are left out.
    """
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    text = "".join(each for each in str(value) if each.isprintable() or each in "\t\r\n\u2028\u2029" or ord(each) > 159)
    text = text.replace(_BOM, "")
    return f"'{text}" if text.startswith(_BREAKS) or text.lstrip().startswith(_RUNS) else text


class _Line:
    """What csv writes into: it hands each line on."""

    def write(self, line: str) -> str:
        return line


def lines(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """The file line by line, every cell in quotation marks."""
    write = csv.writer(_Line(), quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow
    yield (_BOM + str(write([cell(name) for name in header]))).encode()
    for row in rows:
        yield str(write([cell(value) for value in row])).encode()
