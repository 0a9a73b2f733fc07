"""The text of a file, looked through for patient data. Runs only in the limited child of core.limited.

`search` takes {"path", "ending"} and answers {"state", "findings"}. The text itself never leaves the child. Nothing is
opened but the file: no entity, no link, no network. Tables are read as "heading: value", so that a date under "DOB"
is known as what it is.
"""

import csv
import io
import itertools
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from email import message_from_bytes, policy
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.parsers import expat

from practice_vetting.core.files.inspect_office import MAX_UNPACKED
from practice_vetting.core.files.inspect_text import decoded
from practice_vetting.core.files.patient_data import as_data, look_through

MOST_LETTERS = 5_000_000  # of one file; a longer one is said to be read in part
MOST_PAGES = 1_000

#: (place, text)
Part = tuple[str, str]


def search(payload: bytes) -> bytes:
    """What one file's text holds, as JSON. Raises whatever the reading library raises."""
    asked = json.loads(payload)
    reading = Reading(_READERS[asked["ending"]](Path(asked["path"])))
    findings = as_data(look_through(reading))
    return json.dumps({"state": reading.state, "findings": findings}).encode()


class Reading:
    """Goes through the parts of a file, and knows afterwards how much of it was text."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self._parts = parts
        self._letters = self._blank = 0
        self._cut = False

    def __iter__(self) -> Iterator[Part]:
        for place, text in self._parts:
            room = MOST_LETTERS - self._letters
            if room <= 0:
                self._cut = True
                return
            self._cut = self._cut or len(text) > room
            self._letters += len(text)
            self._blank += not text.strip()
            yield place, text[:room]

    @property
    def state(self) -> str:
        """ "read", "partly" when some of it is no text or too much, or "no_text"."""
        if not self._letters:
            return "no_text"
        return "partly" if self._cut or self._blank else "read"


# --- PDF --------------------------------------------------------------------------------------------


def _pdf(path: Path) -> Iterator[Part]:
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    for number, page in enumerate(document, 1):
        if number > MOST_PAGES:
            yield "", ""  # said as "partly"
            return
        text = page.get_textpage()
        yield f"page {number}", re.sub(r"\r\n?", "\n", text.get_text_bounded()).strip()
        text.close()
        page.close()
    if filled := "\n".join(_filled_in(path)):
        yield "the fields and notes", filled
    yield from _attached(path)


def _filled_in(path: Path) -> Iterator[str]:
    """What was typed into the fields of a form, or as a note on a page."""
    import pikepdf

    with pikepdf.open(path) as pdf:
        for thing in pdf.objects:
            if isinstance(thing, pikepdf.Dictionary):
                for key in ("/V", "/Contents"):
                    if isinstance(value := thing.get(key), pikepdf.String):
                        yield f"{thing.get('/TU', thing.get('/T', ''))}: {value}"


def _attached(path: Path) -> Iterator[Part]:
    """The small plain data that a PDF may carry along, see inspect_pdf."""
    import pikepdf

    with pikepdf.open(path) as pdf:
        for name, attached in pdf.attachments.items():
            text = decoded(attached.get_file().read_bytes())
            yield "an attached file", "\n".join(_table(_cells(text))) if name.lower().endswith(".csv") else text


def _image(path: Path) -> Iterator[Part]:
    return iter(())


# --- Word and Excel ---------------------------------------------------------------------------------

_WORD_PART = re.compile(r"word/(document|header\d*|footer\d*|comments\w*|footnotes|endnotes)\.xml")
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_NOTES = re.compile(r"xl/(comments\d*|threadedComments/\w+)\.xml")
_SAYS = {"document": "the text", "footnotes": "a footnote", "endnotes": "an endnote"}


def _docx(file: Path | io.BytesIO) -> Iterator[Part]:
    with zipfile.ZipFile(file) as package:
        yield from _embedded(package)
        for name in package.namelist():
            if found := _WORD_PART.fullmatch(name):
                word = found[1].rstrip("0123456789")
                place = _SAYS.get(word, "a comment" if word.startswith("comments") else f"a {word}")
                if text := _words_of(package.read(name)):
                    yield place, text


def _words_of(part: bytes) -> str:
    """The paragraphs and tables of one part, in their order."""
    lines: list[str] = []
    rows: list[list[str]] = []
    text: list[str] = []
    depth = 0

    def start(tag: str) -> None:
        nonlocal depth
        if tag == "tbl":
            depth += 1
        elif tag == "tr":
            rows.append([])
        elif tag in {"tab", "br"}:
            text.append(" ")

    def end(tag: str) -> None:
        nonlocal depth
        if tag == "tc" and rows:
            rows[-1].append(_taken(text))
        elif tag == "p":
            lines.append(_taken(text)) if not depth else text.append(" ")
        elif tag == "tbl":
            depth -= 1
            lines.extend(_table(rows))
            rows.clear()

    _parse(part, start, end, text.append, within={"t", "delText"})
    return "\n".join(line for line in lines if line)


def _taken(text: list[str]) -> str:
    whole = " ".join("".join(text).split())
    text.clear()
    return whole


def _embedded(package: zipfile.ZipFile) -> Iterator[Part]:
    """Tables and texts inside another, which are read, and pictures, which cannot be."""
    for name in package.namelist():
        if "/media/" in name:
            yield "", ""
        elif "/embeddings/" in name and (reader := _OFFICE.get(Path(name).suffix.lower())):
            yield from (("an embedded file", text) for _, text in reader(io.BytesIO(package.read(name))))


def _xlsx(file: Path | io.BytesIO) -> Iterator[Part]:
    with zipfile.ZipFile(file) as package:
        yield from _embedded(package)
        names = package.namelist()
        shared = _strings(package.read("xl/sharedStrings.xml")) if "xl/sharedStrings.xml" in names else []
        for number, name in enumerate((name for name in names if _SHEET.fullmatch(name)), 1):
            if text := "\n".join(_table(_rows(package.read(name), shared))):
                yield f"sheet {number}", text
        for name in names:
            if _NOTES.fullmatch(name) and (text := "\n".join(_strings(package.read(name), ends={"comment", "text"}))):
                yield "a comment", text


_OFFICE = {".docx": _docx, ".xlsx": _xlsx}


def _strings(part: bytes, ends: set[str] = frozenset({"si"})) -> list[str]:  # type: ignore[assignment]
    found: list[str] = []
    text: list[str] = []

    def end(tag: str) -> None:
        if tag in ends:
            found.append(_taken(text))

    _parse(part, lambda tag: None, end, text.append, within={"t", "text"})
    return found


def _rows(part: bytes, shared: list[str]) -> Iterator[list[str]]:
    """The cells of a sheet by row, each at its column."""
    rows: list[dict[int, str]] = []
    text: list[str] = []
    cell: dict[str, str] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "row":
            rows.append({})
        elif tag == "c":
            cell.clear()
            cell.update(attributes)

    def end(tag: str) -> None:
        if tag == "c" and rows:
            value = _taken(text)
            if cell.get("t") == "s" and value.isdigit() and int(value) < len(shared):
                value = shared[int(value)]
            rows[-1][_column(cell.get("r", ""), len(rows[-1]))] = value

    _parse(part, start, end, text.append, within={"v", "t"}, with_attributes=True)
    for row in rows:
        yield [row.get(column, "") for column in range(min(max(row, default=-1) + 1, 500))]


def _column(reference: str, otherwise: int) -> int:
    """ "B7" is column 1, "AA1" column 26."""
    column = 0
    for letter in itertools.takewhile(str.isalpha, reference.upper()):
        column = column * 26 + ord(letter) - 64
    return column - 1 if column else otherwise


class Entities(ValueError):
    """The part declares a document type, which no office program writes."""


def _parse(
    part: bytes,
    start: Callable[..., None],
    end: Callable[[str], None],
    take: Callable[[str], Any],
    *,
    within: set[str],
    with_attributes: bool = False,
) -> None:
    """Call back for each element by its name without namespace; `take` gets the text of those in `within`."""
    inside: list[str] = []

    def started(tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        inside.append(name)
        start(name, attributes) if with_attributes else start(name)

    def ended(tag: str) -> None:
        end(inside.pop())

    def said(text: str) -> None:
        if inside and inside[-1] in within:
            take(text)

    def refuse(*declared: Any) -> None:
        raise Entities

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = started, ended, said
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    parser.Parse(part[:MAX_UNPACKED], True)


# --- tables -----------------------------------------------------------------------------------------

_BIRTH = re.compile(r"\b(dob|birth)", re.IGNORECASE)


def _table(rows: Iterable[list[str]]) -> Iterator[str]:
    """Each row as a line: "heading: value; heading: value", or "label: value" where a table has no headings."""
    headings: list[str] = []
    for row in rows:
        full = [cell for cell in row if cell]
        if headings:
            yield "; ".join(
                f"{heading}: {_as_day(heading, cell)}" if heading else cell
                for heading, cell in itertools.zip_longest(headings, row, fillvalue="")
                if cell
            )
            continue
        if len(full) > 1 and not any(sign.isdigit() for cell in full for sign in cell):
            headings = [" ".join(re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", cell).split()) for cell in row]
        yield ": ".join(full)


def _as_day(heading: str, cell: str) -> str:
    """A spreadsheet keeps a day as the number of days since 1899."""
    if _BIRTH.search(heading) and re.fullmatch(r"\d{4,5}(\.0+)?", cell):
        return str(date(1899, 12, 30) + timedelta(days=int(float(cell))))
    return cell


# --- e-mail and plain text --------------------------------------------------------------------------


def _mail(path: Path) -> Iterator[Part]:
    mail: Any = message_from_bytes(path.read_bytes(), policy=policy.default)
    yield "the heading", f"Subject: {mail.get('Subject', '')}"
    for part in mail.walk():
        if part.get_content_maintype() != "text":
            if not part.is_multipart():
                yield "", ""  # a picture: said as "partly"
            continue
        name, text = part.get_filename(), _content(part)
        if part.get_content_subtype() == "html" or (name or "").lower().endswith((".htm", ".html")):
            text = _without_tags(text)
        if (name or "").lower().endswith(".csv"):
            text = "\n".join(_table(_cells(text)))
        if text.strip():
            yield "an attached file" if name else "the message", text


def _content(part: Any) -> str:
    try:
        return str(part.get_content())
    except (LookupError, ValueError):  # an unknown encoding
        return (part.get_payload(decode=True) or b"").decode("latin-1")


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._hidden = False

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self._hidden = tag in {"style", "script"}
        if tag in {"br", "p", "div", "tr", "li"}:
            self.found.append("\n")
        elif tag in {"td", "th"}:
            self.found.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found.append(data)


def _without_tags(html: str) -> str:
    words = _Words()
    words.feed(html)
    words.close()
    return "".join(words.found)


def _csv(path: Path) -> Iterator[Part]:
    yield "the table", "\n".join(_table(_cells(_decoded(path.read_bytes()))))


def _cells(text: str) -> Iterator[list[str]]:
    first = text.partition("\n")[0]
    delimiter = max(",;\t|", key=first.count)
    yield from csv.reader(io.StringIO(text.replace("\0", "")), delimiter=delimiter, strict=False)


def _text(path: Path) -> Iterator[Part]:
    yield "the text", _decoded(path.read_bytes())


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


_READERS: dict[str, Callable[[Path], Iterator[Part]]] = {
    ".pdf": _pdf,
    ".png": _image,
    ".jpg": _image,
    ".jpeg": _image,
    ".docx": _docx,
    ".xlsx": _xlsx,
    ".eml": _mail,
    ".txt": _text,
    ".csv": _csv,
    ".tsv": _csv,
    ".mdx": _text,
    ".md": _text,
}
