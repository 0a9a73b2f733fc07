"""Anybody can add the last time stamp to a sealed file: what they add in the same breath is told as an addition."""

import struct
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pyhanko.pdf_utils import generic, xref
from pyhanko.pdf_utils.generic import NameObject, pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfTimeStamper
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from tests.core.seal_material import Holder
from tests.core.test_stamp_time import checked, keys, plain, points, root, sealed, server, stamper, willing
from tests.services import TimeStampServer

__all__ = ["keys", "plain", "root", "sealed", "server", "willing"]  # fixtures


def new_title(writer: Any) -> None:
    writer._meta.title = "Cleared"


def new_view(writer: Any) -> None:
    writer.root["/PageMode"] = NameObject("/UseOutlines")
    writer.update_root()


def new_words(writer: Any) -> None:
    page = writer.root["/Pages"]["/Kids"][0]
    writer.mark_update(page.raw_get("/Contents"))
    page["/Contents"]._data = b"BT ET"


def no_change(writer: Any) -> None:
    pass


def drawn(writer: Any) -> None:
    """The field of the stamp has a picture, though it says to have no size."""
    append_signature_field(writer, SigFieldSpec("Time"))
    picture = writer.add_object(generic.StreamObject(stream_data=b"BT (Cleared) Tj ET"))
    writer.root["/AcroForm"]["/Fields"][-1]["/AP"] = generic.DictionaryObject({pdf_name("/N"): picture})


def laid_over(writer: Any) -> None:
    """The field of the stamp covers words of the first page."""
    append_signature_field(writer, SigFieldSpec("Time", box=(90, 600, 300, 700)))
    writer.root["/AcroForm"]["/Fields"][-1].pop("/AP", None)


def freed(writer: Any) -> None:
    """An object of ours is told to be no more."""
    number = writer.root["/Pages"]["/Kids"][0].raw_get("/Contents").idnum
    writer.freed = [number]


def another_beginning(writer: Any) -> None:
    """The file begins to be read at a note of who made it that is new."""
    writer.set_info(writer.add_object(generic.DictionaryObject({pdf_name("/Title"): pdf_string("Cleared")})))


def another_field(writer: Any) -> None:
    field = {pdf_name("/FT"): pdf_name("/Tx"), pdf_name("/T"): pdf_string("answer")}
    writer.root["/AcroForm"]["/Fields"].append(writer.add_object(generic.DictionaryObject(field)))
    writer.update_container(writer.root["/AcroForm"]["/Fields"])


def another_mark(writer: Any) -> None:
    """Beside the field of the stamp, on the same page, somebody's own words."""
    box = generic.ArrayObject(map(generic.NumberObject, (90, 90, 190, 190)))
    named = {
        "/Type": pdf_name("/Annot"),
        "/Subtype": pdf_name("/FreeText"),
        "/Rect": box,
        "/Contents": pdf_string("No"),
    }
    writer.register_annotation(
        writer.find_page_for_modification(0)[0], writer.add_object(generic.DictionaryObject(named))
    )


def another_description(writer: Any) -> None:
    """Only what the file says of itself in XMP."""
    described = writer.root["/Metadata"]
    more = b'<rdf:Description rdf:about="" xmlns:x="urn:x" x:y="z"/></rdf:RDF>'
    described._data = described.data.replace(b"</rdf:RDF>", more)
    described._encoded_data = None
    writer.mark_update(writer.root.raw_get("/Metadata"))


ATTACKS = [
    new_title, new_view, new_words, drawn, laid_over, freed, another_beginning, another_field, another_mark,
    another_description,
]  # fmt: skip


def stamped(pdf: bytes, change: Any, by: Any, monkeypatch: pytest.MonkeyPatch) -> bytes:
    writer: Any = IncrementalPdfFileWriter(BytesIO(pdf))
    change(writer)
    for number in getattr(writer, "freed", ()):
        monkeypatch.setattr(xref.XRefStream, "write_to_stream", _freeing(number))
    named = {"field_name": "Time"} if change in (drawn, laid_over) else {}
    return PdfTimeStamper(by, **named).timestamp_pdf(writer, "sha256").getvalue()


def _freeing(number: int) -> Any:
    write = xref.XRefStream.write_to_stream

    def written(self: Any, stream: Any, handler: Any = None, container_ref: Any = None) -> None:
        write(self, BytesIO())
        self["/Index"] += [generic.NumberObject(number), generic.NumberObject(1)]
        self._data = bytes(self._data) + b"\0" + struct.pack(">QH", 0, 1)
        self._encoded_data = None
        generic.StreamObject.write_to_stream(self, stream, None)

    return written


def test_a_stamp_alone_is_no_addition(
    keys: Path, server: TimeStampServer, root: Holder, sealed: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    pdf = stamped(sealed["B-T"], no_change, stamper(server), monkeypatch)
    assert points(checked(pdf, keys, root)) == (True, True, True, True)


@pytest.mark.parametrize("change", ATTACKS, ids=lambda change: change.__name__)
def test_what_comes_along_with_the_last_stamp_is_told(
    keys: Path, server: TimeStampServer, root: Holder, sealed: dict[str, bytes], monkeypatch: Any, change: Any
) -> None:
    pdf = stamped(sealed["B-T"], change, stamper(server), monkeypatch)
    monkeypatch.undo()
    assert points(checked(pdf, keys, root)) == (True, True, False, True)
