"""What follows a seal: nothing but the data to check it with, and the time stamp that covers all of it.

A comparison of all objects of both states would take minutes for a long document with tags. This one looks at the
objects that the last revision writes, and takes exactly those that a PAdES B-LTA seal needs.
"""

import re
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader

#: what a program notes about itself and the moment when it saves
_NOTES = re.compile(rb'(xmp:ModifyDate|xmp:MetadataDate|pdf:Producer)="[^"<]*"')
_NAMESPACE = re.compile(rb'\s(xmlns:\w+="[^"<]*")')


def is_stamp_only(reader: PdfFileReader, sealed: bytes, stamp: Any) -> bool:
    """True when the last revision of `reader` adds only a time stamp (`stamp`) and data to the `sealed` bytes."""
    before, last = PdfFileReader(BytesIO(sealed), strict=False), stamp.signed_revision
    if reader.xrefs.refs_freed_in_revision(last) or _places(reader) != _places(before):
        return False
    if [int(side) for side in stamp.sig_field["/Rect"]] != [0, 0, 0, 0] or "/AP" in stamp.sig_field:
        return False  # it would draw on a page
    widget = _written(stamp.sig_field.raw_get("/P")), stamp.sig_field.container_ref.idnum
    written = [ref for ref in reader.xrefs.explicit_refs_in_revision(last) if _is_older(reader, ref, last)]
    return all(_may_change(before.get_object(ref), reader.get_object(ref), ref, reader, widget) for ref in written)


def _places(reader: PdfFileReader) -> list[bytes]:
    """Where the file begins to be read; the same in both states, or the new one is another document."""
    return [_written(reader.trailer.raw_get(key)) for key in ("/Root", "/Info")]


def _is_older(reader: PdfFileReader, ref: Any, last: int) -> bool:
    return bool(reader.xrefs.get_introducing_revision(ref) < last)


def _may_change(old: Any, new: Any, ref: Any, reader: PdfFileReader, widget: tuple[bytes, int]) -> bool:
    """An object that was there before: the catalog, the form, the page of the stamp's field, and notes."""
    name = f"{ref.idnum} {ref.generation} R".encode()
    root = reader.root
    if name == _written(reader.trailer.raw_get("/Root")):
        return _same(old, new, {"/DSS", "/Extensions", "/Version"})
    if name == _written(reader.trailer.raw_get("/Info")):
        return _same(old, new, {"/Producer", "/ModDate"})
    if name == _written(root.raw_get("/AcroForm")):
        return _same(old, new, {"/Fields"}) and _one_more(old["/Fields"], new["/Fields"], widget[1])
    if name == _written(root.raw_get("/Metadata")):
        return _same(old, new, {"/Length", "/Filter"}) and _described(old) == _described(new)
    return name == widget[0] and _same(old, new, {"/Annots"}) and _one_more(old["/Annots"], new["/Annots"], widget[1])


def _described(metadata: Any) -> tuple[set[bytes], bytes]:
    """What the description of the file says: the names that it uses, and its text without notes of who saved it."""
    text = _NOTES.sub(b"", metadata.data)
    return set(_NAMESPACE.findall(text)), _NAMESPACE.sub(b"", text)


def _same(old: Any, new: Any, but: set[str]) -> bool:
    """Two dictionaries say the same under every key but these."""
    first, second = ({key: _written(each.raw_get(key)) for key in each if key not in but} for each in (old, new))
    return first == second


def _one_more(old: Any, new: Any, number: int) -> bool:
    first, second = ([_written(each.raw_get(place)) for place in range(len(each))] for each in (old, new))
    return second == [*first, f"{number} 0 R".encode()]


def _written(thing: Any) -> bytes:
    out = BytesIO()
    thing.write_to_stream(out, None)
    return out.getvalue().strip()
