"""The papers of the invented vendors, as small real files. Every function gives back a file's name and its bytes."""

import csv
import hashlib
import io
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from PIL import Image, ImageDraw, ImageFont

FOLDER = Path(__file__).with_suffix("")
File = tuple[str, bytes]

_LOOK = """body { font-family: "Source Sans 3"; font-size: 10.5pt; line-height: 1.45 } h1 { font-size: 17pt }
h2 { font-size: 11pt; margin: 1em 0 .1em } p { margin: 0 0 .6em } section + section { break-before: page }"""


@dataclass(frozen=True)
class Signatures:
    """Who signs an agreement and when; a day that is None leaves the line empty."""

    party: str
    plan: str
    practice_on: date | None
    vendor_on: date | None


@cache
def words(name: str) -> dict[str, Any]:
    """The text of papers/NAME.toml."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def terms(name: str) -> dict[str, Any]:
    """What an agreement says: "agreement", "rider", or "both": the rider as an annex on its own page."""
    if name != "both":
        return words(name)
    base = words("agreement")
    page = 1 + max(clause["page"] for clause in base["clause"])
    annex = [{**clause, "page": page, "heading": f"Annex C.{clause['heading']}"} for clause in words("rider")["clause"]]
    for clause in annex:
        clause["text"] = clause["text"].replace("Organization", "Vendor").replace("Program", "Practice")
    return {**base, "clause": [*base["clause"], *annex]}


def agreement(name: str, signed: Signatures) -> File:
    """The agreement or rider as a PDF, page by page, with both signature lines at its end."""
    told = terms(name)
    filled = {"party": signed.party, "plan": signed.plan}
    first = format_html("<h1>{}</h1><p>{}</p>", told["title"], told["intro"].format(**filled))
    last = format_html(
        "<h2>Signatures</h2><p>For the Practice: Maria Reyes, {}</p><p>For {}: {}</p>",
        _signed(signed.practice_on), signed.party, _signed(signed.vendor_on),
    )  # fmt: skip
    count = max(clause["page"] for clause in told["clause"])
    pages = [_page(told, number, filled) for number in range(1, count + 1)]
    pages[0], pages[-1] = first + pages[0], pages[-1] + last
    body = format_html_join("", "<section>{}</section>", ((page,) for page in pages))
    return f"{told['title']}.pdf", _pdf(told["title"], body, signed.party, signed.vendor_on or signed.practice_on)


def letter(name: str, dated_on: date, **filled: str) -> File:
    """A one-page paper of letters.toml as a PDF."""
    told = words("letters")[name]
    filled["day"] = f"{dated_on:%B} {dated_on.day}, {dated_on.year}"
    title = told["title"].format(**filled)
    lines = format_html_join("", "<p>{}</p>", ((line.format(**filled),) for line in told["paragraphs"]))
    body = format_html("<h1>{}</h1><p>{}</p>{}", title, filled["day"], lines)
    return f"{name}.pdf", _pdf(title, body, filled["vendor"], dated_on)


def flow(vendor: str, tool: str) -> File:
    """A picture of where data goes, as a PNG."""
    boxes = ["Harbor Light Counseling", tool, "Fernhill Cloud (hosting, US)", "Quartz Language (model, keeps nothing)"]
    image = Image.new("RGB", (900, 460), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(20)
    draw.text((30, 20), f"{vendor}: what leaves, and who gets it", "black", font)
    for place, box in enumerate(boxes):
        top = 70 + 95 * place
        draw.rectangle((30, top, 520, top + 60), outline="black", width=2)
        draw.text((50, top + 18), box, "black", font)
        if place:
            draw.line((275, top - 35, 275, top), "black", 2)
    draw.text((550, 185), "text of the note, no name,\nno birth date, no address", "black", font)
    out = io.BytesIO()
    image.save(out, "PNG")
    return "data-flow.png", out.getvalue()


def log(tool: str, on: date) -> File:
    """The log of one test record, as a CSV."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["at", "actor", "action", "record", "detail"])
    acts = [("clinician-07", "opened"), (tool, "drafted"), ("clinician-07", "edited"), ("clinician-07", "signed")]
    for minute, (actor, act) in enumerate([*acts, ("clinician-07", "read"), (tool, "refused: no signature")]):
        rows.writerow([f"{on}T10:{minute + 12}:00-08:00", actor, act, "Test Heron", "invented patient"])
    return "ai-log-test-record.csv", out.getvalue().encode()


def mail(contact: Mapping[str, str], subject: str, text: str, on: date) -> File:
    """An e-mail of the vendor's contact to the officer, as an EML."""
    message = EmailMessage()
    message["From"] = f"{contact['contact_name']} <{contact['contact_email']}>"
    message["To"] = "Dana Okafor <officer@harborlight.example>"
    message["Subject"], message["Date"] = subject, format_datetime(_noon(on))
    message.set_content(text)
    return "answer.eml", bytes(message)


def _page(told: dict[str, Any], number: int, filled: dict[str, str]) -> SafeString:
    clauses = [clause for clause in told["clause"] if clause["page"] == number]
    rows = ((clause["heading"], clause["text"].format(**filled)) for clause in clauses)
    return format_html_join("", "<h2>{}</h2><p>{}</p>", rows)


def _signed(on: date | None) -> str:
    return f"signed on {on:%B} {on.day}, {on.year}" if on else "____________________"


def _pdf(title: str, body: SafeString, author: str, on: date | None) -> bytes:
    from practice_vetting.core.documents.render import render_pdf  # it costs a second

    page = format_html("<!doctype html><title>{}</title><style>{}</style>{}", title, SafeString(_LOOK), body)
    return render_pdf(
        html=page,
        title=title,
        author=author,
        language="en-US",
        created=_noon(on or date(2026, 1, 1)),
        identifier=hashlib.sha256(page.encode()).digest()[:16],
    )


def _noon(on: date) -> datetime:
    return datetime.combine(on, time(20), tzinfo=UTC)
