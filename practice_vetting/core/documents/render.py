"""HTML in, PDF/A-3A and PDF/UA-1 out: tagged, with our own fonts, and the same bytes for the same input.

Import this only where documents are made: WeasyPrint costs the web process a second and 40 MB.
"""

import gc
import os
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from practice_vetting.core.documents.fonts import STATIC, Face, faces_for, printable

os.environ["FONTCONFIG_FILE"] = str(Path(__file__).with_name("fontconfig.xml"))
with warnings.catch_warnings():
    # By design: ours come with each document.
    warnings.filterwarnings("ignore", message="No fonts configured")
    from weasyprint import CSS, HTML, Attachment, Document
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

MOST_PAGES = 600

_NAME = re.compile(r"static:((?:css|fonts|img)/[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9_-]+)*)", re.ASCII)
_TYPES = {
    ".css": "text/css",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
_LINK = re.compile(r"(?:https?://|mailto:|#)", re.IGNORECASE)

# PDF/UA-1 beside PDF/A-3A in one XMP packet. PDF/A knows no `pdfuaid`, so the packet must describe it
# (ISO 19005-3, 6.6.2.3); a second rdf:RDF would break PDF/UA (ISO 14289-1, 5).
_UA1 = b"""<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<pdfuaid:part>1</pdfuaid:part></rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 that the file follows</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"""


class RenderRefused(Exception):
    """The document was not made; `sentence` says why, in words for a person. `details` are for the log."""

    def __init__(self, sentence: str, *, details: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.details = tuple(details)


@dataclass(frozen=True)
class Attached:
    """A file inside the PDF: its name, bytes, and what it is in one line; dated like the document by default.

    `relationship` is what PDF/A-3 calls it: "Data" is what the document was made from, "Supplement" is beside it.
    """

    name: str
    data: bytes
    description: str
    dated: datetime | None = None
    relationship: str = "Data"


class StaticFetcher(URLFetcher):
    """Serves `static:css/NAME`, `static:fonts/NAME` and `static:img/NAME` of our folder; records and
    refuses all else.
    """

    def __init__(self) -> None:
        super().__init__(allowed_protocols=("static",), allow_redirects=False, fail_on_errors=True)
        self.refused: list[str] = []

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:  # noqa: ARG002
        named = _NAME.fullmatch(url)
        path = STATIC / named[1] if named else None
        if path is None or path.suffix not in _TYPES or not path.is_file():
            self.refused.append(url[:200])
            raise FatalURLFetchingError(f"refused: {url[:200]}")
        return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": _TYPES[path.suffix]})


def render_pdf(
    *,
    html: str,
    title: str,
    author: str,
    language: str,
    created: datetime,
    identifier: bytes,
    attachments: Sequence[Attached] = (),
) -> bytes:
    """The PDF of one HTML document.

    `created` (aware) is the only date in the file; `identifier` is its fixed /ID, there as hex; `language` is
    a BCP 47 tag. The head of the HTML cannot say otherwise. Raises RenderRefused when the HTML asks for
    anything but our static files, or has more than MOST_PAGES pages.
    """
    fetcher = StaticFetcher()
    options = {"pdf_variant": "pdf/a-3a", "pdf_tags": True, "pdf_identifier": identifier.hex().encode()}
    try:
        with _collector_off(), _clock_at(created), warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # WeasyPrint leaves its colour profile open
            document = _laid_out(html, language, fetcher, options)
            _describe(document, title=title, author=author, language=language, created=created)
            document.metadata.attachments = [_attachment(item, created, fetcher) for item in attachments]
            pdf: bytes = document.write_pdf(**options)
    except FatalURLFetchingError:
        raise _refusal(fetcher) from None
    if fetcher.refused:  # WeasyPrint swallows refusals inside SVG and renders on
        raise _refusal(fetcher)
    return pdf


def _laid_out(html: str, language: str, fetcher: StaticFetcher, options: dict[str, Any]) -> Document:
    source = HTML(string=html, url_fetcher=fetcher, base_url="static:css/")
    shown = _clean(source.etree_element)
    source.etree_element.set("lang", language)
    sheet, configuration = _fonts(faces_for(shown))
    document = source.render(font_config=configuration, stylesheets=[sheet], **options)
    if len(document.pages) > MOST_PAGES:
        raise RenderRefused(
            f"This document would have {len(document.pages)} pages; at most {MOST_PAGES} can be made. "
            "Choose a shorter time span, or leave the full history out."
        )
    return document


def _clean(root: Any) -> str:
    """Makes every text of the tree printable; drops links that lead elsewhere than to the web or a mailbox.

    Answers all that the tree may show, values of attributes included.
    """
    shown: list[str] = []
    for element in root.iter():
        element.text, element.tail = printable(element.text or ""), printable(element.tail or "")
        for name, value in element.attrib.items():
            element.set(name, printable(value))
        if element.tag == "a" and not _LINK.match(element.get("href", "#")):
            del element.attrib["href"]
        shown += [element.text, element.tail, *element.attrib.values()]
    return "".join(shown)


@lru_cache(maxsize=8)
def _fonts(chosen: tuple[Face, ...]) -> tuple[CSS, FontConfiguration]:
    # Kept, because each configuration holds unwrapped fonts on disk and in memory; one for each set of faces,
    # because a face left over from another document could be chosen here, and then the bytes would differ.
    configuration = FontConfiguration()
    rules = "\n".join(face.rule for face in chosen)
    return CSS(string=rules, font_config=configuration, url_fetcher=StaticFetcher()), configuration


def _describe(document: Document, *, title: str, author: str, language: str, created: datetime) -> None:
    metadata = document.metadata
    metadata.title, metadata.authors, metadata.lang = printable(title), [printable(author)], language
    metadata.description, metadata.generator = printable(title), "Practice Vetting"
    metadata.created = metadata.modified = created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    metadata.keywords, metadata.custom, metadata.xmp_metadata = [], {}, []
    plain = metadata.generate_rdf_metadata

    def with_accessibility(*arguments: object) -> bytes:
        rdf: bytes = plain(*arguments)
        return rdf.removesuffix(b"</rdf:RDF>") + _UA1 + b"</rdf:RDF>"

    metadata.generate_rdf_metadata = with_accessibility


def _attachment(item: Attached, created: datetime, fetcher: StaticFetcher) -> Attachment:
    return Attachment(
        string=item.data,
        name=item.name,
        description=item.description,
        created=(item.dated or created).astimezone(UTC),
        modified=(item.dated or created).astimezone(UTC),
        relationship=item.relationship,
        url_fetcher=fetcher,
    )


def _refusal(fetcher: StaticFetcher) -> RenderRefused:
    sentence = "The document asked for something outside of this installation, so it was not made."
    return RenderRefused(sentence, details=fetcher.refused)


@contextmanager
def _collector_off() -> Iterator[None]:
    # Long tables make millions of objects that all live until the end; looking through them doubles the time.
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def _clock_at(moment: datetime) -> Iterator[None]:
    # fontTools dates each font that it cuts out of a variable one, and with it the bytes of the document.
    before = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ["SOURCE_DATE_EPOCH"] = str(int(moment.timestamp()))
    try:
        yield
    finally:
        if before is None:
            del os.environ["SOURCE_DATE_EPOCH"]
        else:
            os.environ["SOURCE_DATE_EPOCH"] = before
