"""How hostile files are made: PDFs with actions, archives in archives, pictures that claim too much. All in code."""

import io
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from tests import files as made

SCRIPT = b"<html><script>alert(1)</script></html>"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def pdf(change: Callable[[pikepdf.Pdf], Any], **saving: Any) -> Callable[[], bytes]:
    """A PDF of one page, changed in one place."""

    def make() -> bytes:
        document = pikepdf.open(io.BytesIO(made.pdf()))
        change(document)
        out = io.BytesIO()
        document.save(out, **saving)
        return out.getvalue()

    return make


def action(kind: str, **more: Any) -> Dictionary:
    return Dictionary(S=Name(kind), **more)


SCRIPTED = {"JS": String("app.launchURL('https://example.com')")}


def opens_with(document: pikepdf.Pdf, action: Any) -> None:
    document.Root.OpenAction = document.make_indirect(action)


def annotated(document: pikepdf.Pdf, **annotation: Any) -> None:
    note = Dictionary(Type=Name.Annot, Rect=[0, 0, 9, 9], **annotation)
    document.pages[0].Annots = Array([document.make_indirect(note)])


def named_script(document: pikepdf.Pdf) -> None:
    tree = Dictionary(Names=Array([String("a"), action("/JavaScript", **SCRIPTED)]))
    document.Root.Names = Dictionary(JavaScript=document.make_indirect(tree))


def form(document: pikepdf.Pdf) -> None:
    document.Root.AcroForm = Dictionary(Fields=Array([]), XFA=document.make_stream(b"<xdp:xdp/>"))


def page_event(document: pikepdf.Pdf) -> None:
    document.pages[0].obj.AA = Dictionary(O=action("/URI", URI=String("https://example.com")))


def deep(document: pikepdf.Pdf) -> None:
    """An action behind a hundred others."""
    chain = action("/JavaScript", **SCRIPTED)
    for _ in range(100):
        chain = document.make_indirect(action("/GoTo", D=Array([]), Next=chain))
    annotated(document, Subtype=Name.Link, A=chain)


def raw_pdf(*objects: bytes, root: int = 1) -> bytes:
    """Numbered objects as they are typed, with a true table behind them."""
    out, places = io.BytesIO(b"%PDF-1.7\n"), []
    out.seek(0, io.SEEK_END)
    for number, content in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer\n<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, root, start))
    return out.getvalue()


def page_tree_loop() -> bytes:
    return raw_pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[2 0 R]>>")


def no_pages() -> bytes:
    return raw_pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 0/Kids[]>>")


def many_objects(count: int) -> bytes:
    """A small file of very many objects: they stand in one packed stream."""
    places = b"".join(b"%d %d " % (number + 4, 2 * number) for number in range(count))
    packed = zlib.compress(places + b"0 " * count)
    named = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>", b"<</Type/Page/Parent 2 0 R>>"]
    out, rows = b"%PDF-1.7\n", [b"\0" + bytes(8)]
    for number, content in enumerate(named, 1):
        rows.append(b"\1" + len(out).to_bytes(4, "big") + bytes(4))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    carrier, table = count + 4, count + 5
    rows += [b"\2" + carrier.to_bytes(4, "big") + index.to_bytes(4, "big") for index in range(count)]
    rows.append(b"\1" + len(out).to_bytes(4, "big") + bytes(4))
    head = b"<</Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d>>" % (count, len(places), len(packed))
    out += b"%d 0 obj\n%sstream\n%s\nendstream\nendobj\n" % (carrier, head, packed)
    start = len(out)
    rows.append(b"\1" + start.to_bytes(4, "big") + bytes(4))
    packed = zlib.compress(b"".join(rows), 1)
    head = b"<</Type/XRef/Size %d/W[1 4 4]/Root 1 0 R/Filter/FlateDecode/Length %d>>" % (table + 1, len(packed))
    return out + b"%d 0 obj\n%sstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % (table, head, packed, start)


def many_pages() -> bytes:
    pages = b"".join(b"%d 0 R " % number for number in range(3, 3004))
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 3001/Kids[%s]>>" % pages]
    return raw_pdf(*objects, *[b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"] * 3001)


def flate_bomb(megabytes: int = 340) -> bytes:
    """An object stream of a few kilobytes that unpacks to more than a child may hold."""
    squeeze = zlib.compressobj(1)
    body = b"".join(squeeze.compress(bytes(1024 * 1024)) for _ in range(megabytes)) + squeeze.flush()
    head = b"%PDF-1.7\n"
    stream = b"<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(body), body)
    first = len(head)
    objects = head + b"1 0 obj\n" + stream + b"\nendobj\n"
    table = b"".join(
        bytes([kind]) + place.to_bytes(4, "big") + bytes([index])
        for kind, place, index in [(0, 0, 255), (1, first, 0), (2, 1, 0), (1, len(objects), 0)]
    )
    dictionary = b"<</Type/XRef/Size 4/W[1 4 1]/Root 2 0 R/Length %d>>" % len(table)
    return objects + b"3 0 obj\n%sstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % (
        dictionary,
        table,
        len(objects),
    )


def archive(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def nested(depth: int = 6) -> bytes:
    inner = made.docx()
    for _ in range(depth):
        inner = made.docx({"word/embeddings/inner.docx": inner})
    return inner


def related(kind: str, target: str, *, quote: str = '"', prefix: str = "") -> bytes:
    link = f"<{prefix}Relationship Id={quote}r1{quote} Type={quote}{RELATIONS}/{kind}{quote} "
    link += f"Target={quote}{target}{quote} TargetMode={quote}External{quote}/>"
    return f"<Relationships>{link}</Relationships>".encode()


def field(*pieces: str) -> bytes:
    return ("<w:document>" + "".join(f"<w:instrText>{piece}</w:instrText>" for piece in pieces)).encode()


def laughs() -> str:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE d [<!ENTITY l0 "ha">{entities}]><w:document>&l9;</w:document>'


def png_claiming(width: int, height: int) -> bytes:
    head = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
    chunk = (13).to_bytes(4, "big") + head + zlib.crc32(head).to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n" + chunk + made.png()[33:]


def jpeg_with(comment: bytes) -> bytes:
    whole = made.jpeg()
    return whole[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + whole[2:]


def jpeg_script() -> bytes:
    """The length of its first part reads "/*", so that a browser told so would run it."""
    return b"\xff\xd8\xff\xe0/*" + b"\0" * (0x2F2A - 2 - 20) + b"*/=1;alert(1)/*....." + made.jpeg()[2:]


def mail(file_name: str, content: bytes, kind: str = "application/octet-stream") -> bytes:
    head = b"From: a@x.example\r\nTo: b@x.example\r\nSubject: s\r\nMIME-Version: 1.0\r\n"
    part = f'Content-Type: {kind}\r\nContent-Disposition: attachment; filename="{file_name}"\r\n\r\n'.encode()
    return head + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + part + content + b"\r\n--b--\r\n"


def cut(whole: bytes, share: float = 0.6) -> bytes:
    return whole[: int(len(whole) * share)]


def locked(user: str, owner: str) -> bytes:
    return made.pdf(encryption=pikepdf.Encryption(owner=owner, user=user))
