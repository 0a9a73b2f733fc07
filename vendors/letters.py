"""The letter that asks a vendor for what its agreement lacks: as mail text, and as a PDF (settings.JOB_KINDS).

Nothing is sent by us: a person copies the text or downloads the file.
"""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils import timezone

from practice_vetting.core import clock, ledger
from practice_vetting.core.basis import Basis
from practice_vetting.core.documents.content import Content
from practice_vetting.core.documents.imprint import imprint_of
from practice_vetting.core.models import Job
from practice_vetting.core.templatetags.wording import day
from vendors.clause_sheet import Row, agreement_sheet
from vendors.clause_wants import Want
from vendors.kinds import AgreementKind
from vendors.models import Agreement


@dataclass(frozen=True)
class Point:
    """One clause that the letter asks for: what was found, with page and quote, and the words to ask with."""

    code: str
    title: str
    basis: str
    sources: str
    found: str
    page: str
    quote: str
    ask: str


@dataclass(frozen=True)
class Letter:
    """The letter before it is laid out. `needed` are the points without which the agreement is not complete."""

    subject: str
    greeting: str
    opening: tuple[str, ...]
    needed: tuple[Point, ...]
    advised: tuple[Point, ...]
    closing: tuple[str, ...]
    person: str
    practice: str

    @property
    def count(self) -> int:
        return len(self.needed) + len(self.advised)

    @property
    def parts(self) -> list[tuple[str, tuple[Point, ...], int]]:
        """The parts that hold something: heading, points, and the number of the first."""
        both = ((NEEDED, self.needed, 1), (ADVISED, self.advised, len(self.needed) + 1))
        return [part for part in both if part[1]]

    @property
    def text(self) -> str:
        """The whole letter as plain text."""
        blocks = [self.greeting, *self.opening]
        for heading, points, first in self.parts:
            blocks.append(f"{heading.upper()}")
            blocks += [_plain(number, point) for number, point in enumerate(points, start=first)]
        return "\n\n".join([*blocks, *self.closing, f"Kind regards,\n{self.person}\n{self.practice}"]) + "\n"

    def mailto(self, address: str) -> str:
        """An address that opens the person's own mail program with the letter in it."""
        return f"mailto:{quote(address, safe='@')}?subject={quote(self.subject)}&body={quote(_lines(self.text))}"


NEEDED = "Needed before patient data may move"
ADVISED = "Good practice that we ask for"


def letter_of(agreement: Agreement, *, person: str, on: date) -> Letter:
    """The letter about one agreement as it is read on that day, its amendments in force included."""
    wanting = agreement_sheet(agreement, on).wanting
    needed = tuple(_point(row) for row in wanting if row.pressing)
    advised = tuple(_point(row) for row in wanting if not row.pressing)
    vendor, practice = agreement.vendor, agreement.practice.name
    kind = _kind(agreement)
    points = "1 point" if len(wanting) == 1 else f"{len(wanting)} points"
    return Letter(
        subject=f"Our {kind}: {points} to change",
        greeting=f"Hello {vendor.contact_name}," if vendor.contact_name else "Hello,",
        opening=_opening(agreement, kind, points),
        needed=needed,
        advised=advised,
        closing=_closing(bool(needed)),
        person=person,
        practice=practice,
    )


def _kind(agreement: Agreement) -> str:
    name, _, short = AgreementKind(agreement.kind_of).label.partition(" (")
    words = name[0].lower() + name[1:] if not name.startswith("Part") else name
    return f"{words} ({short}" if short else words


def _opening(agreement: Agreement, kind: str, points: str) -> tuple[str, ...]:
    party = agreement.vendor_party or agreement.vendor.name
    signed = f"signed by both of us on {day(agreement.executed_on)}" if agreement.executed_on else "not signed yet"
    are = "is" if points == "1 point" else "are"
    below = "It stands" if points == "1 point" else "Each one stands"
    return (
        f"Thank you for the {kind} between {agreement.practice.name} and {party}, {signed}. "
        f"We have read it clause by clause. There {are} {points} that we ask you to change.",
        f"{below} below with what we found, what it rests on, and words that you may use.",
    )


def _closing(pressing: bool) -> tuple[str, ...]:
    data = "Our rules let patient data reach your tools only once the first part is settled. " if pressing else ""
    return (
        "WHAT HAPPENS NEXT",
        "Please send us an amendment with these points, or show us where the agreement holds them already. "
        "We read what you send and tell you whether we can sign.",
        f"{data}If a point cannot be changed, tell us why, and we look at it again together. "
        "Please send no patient data with your answer.",
    )


def _point(row: Row) -> Point:
    clause, read = row.clause, row.counts
    assert read is not None, "what nobody read is not wanting"
    over = row.want is Want.OVER_LIMIT  # it breaks a rule, whatever the clause itself rests on, and says which
    return Point(
        code=clause.code,
        title=clause.title,
        basis=Basis.RULE.label if over else clause.basis.label,
        sources="" if over else ", ".join(clause.citations),
        found=row.wants,
        page=read.page,
        quote=" ".join(read.quote.split()),
        ask=clause.ask,
    )


def _plain(number: int, point: Point) -> str:
    rests = f"{point.basis}: {point.sources}" if point.sources else point.basis
    lines = [f"{number}. {point.title} ({point.code})", f"   {point.found} {rests}."]
    if point.quote:
        where = f" (page {point.page})" if point.page else ""
        lines.append(f"   Your text{where}: “{point.quote}”")
    return "\n".join([*lines, f"   {point.ask}"])


def _lines(text: str) -> str:
    return text.replace("\n", "\r\n")  # RFC 6068 writes a line break so


def letter(job: Job) -> Content:
    """The letter as a PDF: of the agreement as it is read when the document is made."""
    agreement = Agreement.objects.of(job.practice).select_related("vendor", "practice").get(uid=job.subject_uid)
    made_at = clock.now()
    zone = job.practice.time_zone
    on = made_at.astimezone(ZoneInfo(zone)).date()
    told = letter_of(agreement, person=job.requested_by.name, on=on)
    data = _data(agreement, told, on)
    text = ledger.canonical(data)
    imprint = imprint_of(job, text, made_at=made_at)
    title = f"Letter to {agreement.vendor.name} about the {_kind(agreement)}"
    with timezone.override(ZoneInfo(zone)):
        html = render_to_string(
            "pdf/letter.html",
            {"content": data, "letter": told, "on": on, "title": title, "imprint": imprint, "zone": zone},
        )
    return Content(
        html=html,
        title=title,
        author=job.practice.name,
        snapshot=text,
        reason=f"{title} ({job.number})",
        certificate=imprint.certificate,
        language="en-US",
        ledger_seq=imprint.entries,
        ledger_digest=imprint.digest,
        made_at=made_at,
    )


def _data(agreement: Agreement, told: Letter, on: date) -> dict[str, Any]:
    """The letter as plain data: its snapshot."""
    vendor = agreement.vendor
    return {
        "practice": {"name": agreement.practice.name, "uid": agreement.practice.uid},
        "vendor": {"name": vendor.name, "uid": vendor.uid, "party": agreement.vendor_party},
        "agreement": {
            "uid": agreement.uid,
            "kind": AgreementKind(agreement.kind_of).label,
            "executed_on": agreement.executed_on and agreement.executed_on.isoformat(),
            "clause_list": agreement.clause_list,
        },
        "written_on": on.isoformat(),
        "letter": asdict(told),
    }
