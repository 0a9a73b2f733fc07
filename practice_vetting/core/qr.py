"""QR codes as one path of squares: a picture that needs no address of its own."""

from itertools import groupby
from typing import NamedTuple

QUIET = 4  # light squares around it, as the standard asks


class Squares(NamedTuple):
    """`path` is for the d of an SVG path, in a square view box that is `size` squares wide, the quiet zone included."""

    size: int
    path: str


def matrix_of(text: str) -> list[list[bool]]:
    """Row by row, whether each square is dark; the quiet zone is around it."""
    import qrcode  # with Pillow, for which a web process that starts need not wait

    code = qrcode.QRCode(border=QUIET)
    code.add_data(text)
    code.make()
    rows: list[list[bool]] = code.get_matrix()
    return rows


def squares_of(text: str) -> Squares:
    """The QR code of the text. A run of dark squares is one oblong: between two squares a printer may leave a line."""
    rows = matrix_of(text)
    return Squares(len(rows), "".join(_oblongs(y, row) for y, row in enumerate(rows)))


def _oblongs(y: int, row: list[bool]) -> str:
    path, x = "", 0
    for dark, run in groupby(row):
        wide = len(list(run))
        path += f"M{x} {y}h{wide}v1h-{wide}z" if dark else ""
        x += wide
    return path
