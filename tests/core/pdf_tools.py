"""Reading PDFs back with other people's tools."""

import subprocess
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
from pypdf import PdfReader

from practice_vetting.core.documents.render import render_pdf

DAY = datetime(2026, 11, 9, 14, 31, tzinfo=UTC)
IDENTIFIER = bytes(range(16))


def page(body: str, head: str = "") -> str:
    style = '<link rel="stylesheet" href="static:css/pdf.css">'
    return f"<!doctype html><html><head><title>other</title>{style}{head}</head><body>{body}</body></html>"


def rendered(html: str, **named: Any) -> bytes:
    given: dict[str, Any] = {
        "title": "Vendor dossier: Claridesk",
        "author": "Harbor Light Counseling",
        "language": "en-US",
        "created": DAY,
        "identifier": IDENTIFIER,
    }
    return render_pdf(html=html, **{**given, **named})


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def missing_glyphs(pdf: bytes) -> int:
    """How often a page shows glyph 0, the box that fonts keep for what they lack."""
    found = 0
    with pikepdf.open(BytesIO(pdf)) as document:
        for sheet in document.pages:
            for instruction in pikepdf.parse_content_stream(sheet, "Tj TJ"):
                shown: Any = instruction.operands
                items = shown[0] if str(instruction.operator) == "TJ" else shown
                codes = [bytes(item) for item in items if isinstance(item, pikepdf.String)]
                found += sum(code[i : i + 2] == b"\0\0" for code in codes for i in range(0, len(code), 2))
    return found


def tool(command: str, *arguments: str | Path) -> str:
    """What a program says, on both channels."""
    done = subprocess.run([command, *arguments], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr
