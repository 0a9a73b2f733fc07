"""What runs in the limited child: a document is made and sealed, or a seal is checked. Bytes in, bytes out.

run_limited("practice_vetting.core.documents.produce:produce", json, ...) -> json
run_limited("practice_vetting.core.documents.produce:check", json + newline + pdf, ...) -> json
"""

import base64
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

#: what core.limited reads once, before it forks a child for each call
WARM = {
    "produce": (
        "practice_vetting.core.documents.render",
        "practice_vetting.core.documents.seal",
        "pikepdf",
        "practice_vetting.core.documents.fonts:read_all",
    ),
    "check": ("practice_vetting.core.documents.seal_check",),
}


def produce(payload: bytes) -> bytes:
    """Renders, seals and writes one PDF.

    Takes JSON: html, title, author, language, created and sealed_at (ISO 8601 with zone), identifier (hex),
    reason, seal (see authority.order), out (path), attachments (name, description, and either data in base64 or
    path with sha256; dated and relationship as far as they are not those of the document).
    Writes beside `out` and puts it in place when it is whole and on disk. Answers JSON: sha256 (hex), size
    (bytes), pages, time_source, and fingerprint, certificate and chain of what sealed it.
    """
    from practice_vetting.core.documents.render import render_pdf
    from practice_vetting.core.documents.seal import seal_file
    from practice_vetting.core.documents.seal_keys import load_key
    from practice_vetting.core.documents.time_stamp import Stamper

    order = json.loads(payload)
    sealed_at = datetime.fromisoformat(order["sealed_at"])
    key, tsa = load_key(order["seal"], at=sealed_at), order["seal"]["tsa"]
    stamper = Stamper(tsa) if tsa else None
    with _beside(Path(order["out"])) as file:
        plain = render_pdf(
            html=order["html"],
            title=order["title"],
            author=order["author"],
            language=order["language"],
            created=datetime.fromisoformat(order["created"]),
            identifier=bytes.fromhex(order["identifier"]),
            attachments=_attachments(order.get("attachments", [])),
        )
        file.write(plain)
        del plain
        seal_file(file, keys=key, reason=order["reason"], name=order["author"], at=sealed_at, stamper=stamper)
        answer = {**_facts(file), "time_source": stamper.source if stamper else "", **key.facts()}
    return json.dumps(answer).encode()


def check(payload: bytes) -> bytes:
    """Checks a seal. Takes a line of JSON with `trusted` and `time_roots` (lists of PEM texts), then the PDF; answers
    SealCheck as JSON.
    """
    from practice_vetting.core.documents.seal_check import check_seal

    head, _, pdf = payload.partition(b"\n")
    roots = {name: [root.encode() for root in given] for name, given in json.loads(head).items()}
    return json.dumps(check_seal(pdf, **roots).as_data()).encode()


def _attachments(given: list[dict[str, str]]) -> list[Any]:
    from practice_vetting.core.documents.render import Attached

    return [
        Attached(
            item["name"],
            _bytes(item),
            item["description"],
            dated=datetime.fromisoformat(item["dated"]) if "dated" in item else None,
            relationship=item.get("relationship", "Data"),
        )
        for item in given
    ]


def _bytes(item: dict[str, str]) -> bytes:
    if "data" in item:
        return base64.b64decode(item["data"])
    data = Path(item["path"]).read_bytes()
    if hashlib.sha256(data).hexdigest() != item["sha256"]:
        raise OSError(f"{item['name']} changed while it was attached")
    return data


def _facts(file: BinaryIO) -> dict[str, Any]:
    from pikepdf import Pdf

    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # it can be read into a buffer
    file.seek(0)
    with Pdf.open(file) as document:
        return {"sha256": sha256, "size": size, "pages": len(document.pages)}


@contextmanager
def _beside(out: Path) -> Iterator[BinaryIO]:
    """A file to write to; after the block it stands at `out`, whole and on disk. It is gone when the block fails."""
    beside = out.with_name(f"{out.name}.{os.getpid()}.new")
    try:
        with beside.open("x+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)
    folder = os.open(out.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name too must survive a power cut
    finally:
        os.close(folder)
