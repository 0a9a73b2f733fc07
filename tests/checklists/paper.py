"""A vendor with a whole story, told through the real actions, from which documents are printed."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import gettempdir
from typing import Any
from uuid import uuid4

from django.db import transaction
from pypdf import PdfReader

from checklists.actions.answers import cite, record_answer
from checklists.actions.evaluations import start_evaluation
from checklists.actions.signing import attest_evaluation, countersign_evaluation, submit_evaluation
from checklists.models import Evaluation
from practice_vetting.core import clock
from practice_vetting.core.models import Job, Person, StoredFile
from practice_vetting.core.roles import Role
from tests.conftest import Cast
from tests.core.pdf_tools import text_of, tool
from tests.factories import arranging, make_member, make_practice
from vendors.actions.agreements import record_agreement
from vendors.actions.clauses import read_clause
from vendors.actions.tools import add_tool
from vendors.actions.vendors import add_vendor
from vendors.clauses import CURRENT, clause_list
from vendors.models import Agreement, Evidence, Vendor

BEGUN = datetime(2026, 11, 2, 17, 14, tzinfo=UTC)  # 09:14 in Los Angeles
SIGNED = datetime(2026, 11, 9, 22, 31, 5, tzinfo=UTC)  # 14:31 in Los Angeles
PRINTED = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)

SAID = {
    1: "Yes. The agreement names your plan and the trial. Both sides sign before the account is opened.",
    2: "Section 4.3 forbids training, tuning and product improvement, with and without names.\nWe hold no right to "
    "make data without identifiers.",
    3: "Text passes our redaction service before any model sees it. The diagram shows where, and the tests are in "
    "appendix B.",
    4: "Every action of the assistant is logged for each record, with the user and the version of the model. Kept "
    "seven years.",
    5: "We sign a qualified service organization agreement. The rider holds the words of 42 CFR 2.11.",
    6: "Two model providers. The list stands on our trust page, and we announce a change 30 days ahead.",
    7: "SOC 2 Type II of June 2026, by an outside auditor. The report is attached in full.",
    8: "We export everything within 30 days and delete it within 60. You receive a letter.",
    9: "The assistant writes drafts. A clinician has to approve each one before it is filed.",
}
FILES = [
    ("Business associate agreement, signed by both", "agreement", date(2026, 11, 6), None),
    ("Redaction architecture diagram, version 3", "diagram", date(2026, 10, 20), date(2027, 10, 20)),
    ("Sample log export with every field", "log", date(2026, 10, 28), date(2027, 10, 28)),
    ("Qualified service organization rider", "agreement", date(2026, 11, 6), None),
    ("SOC 2 Type II report, July 2025 to June 2026", "report", date(2026, 7, 15), date(2027, 7, 15)),
    ("Written answers of the vendor's privacy officer", "statement", date(2026, 11, 5), date(2027, 11, 5)),
]
TOOLS = ("Intake assistant", "Reminder texts")
UNDER = {1: (1, 6), 2: (1,), 3: (2,), 4: (3,), 5: (4,), 6: (6,), 7: (5,), 8: (6,), 9: (6,)}


@dataclass(frozen=True)
class Story:
    cast: Cast
    vendor: Vendor
    agreement: Agreement
    evaluation: Evaluation


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is written within is gone afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def cast_of(*, name: str = "Harbor Light Counseling", **people: str) -> Cast:
    practice = make_practice(name=name, time_zone="America/Los_Angeles", part2=True)
    names = {
        "owner": "Maria Reyes",
        "officer": "Dana Okafor",
        "staff": "Sam Lindqvist",
        "auditor": "Alex Tan",
        **people,
    }
    members = {role.value: make_member(practice=practice, name=names[role.value], role=role) for role in Role}
    return Cast(practice=practice, **members)


def begun(cast: Cast, *, vendor: str = "Claridesk", tools: tuple[str, ...] = TOOLS) -> Vendor:
    """A vendor with its tools, none of them in use."""
    with clock.set_to(BEGUN):
        added = add_vendor(
            practice=cast.practice, by=cast.officer, name=vendor, summary="Scheduling with AI intake",
            website="https://claridesk.example",
        )  # fmt: skip
        for tool in tools:
            data = ["contact", "appointments", "forms"]
            add_tool(vendor=added, by=cast.officer, name=tool, purpose="Talks to patients before the visit",
                     has_ai=True, data_classes=data, part2=True)  # fmt: skip
    return added


def file_of(vendor: Vendor, *, by: Person, number: int, title: str, **columns: Any) -> Evidence:
    hashed = sha256(f"{title} {number}".encode()).hexdigest()
    with arranging(by):
        stored = StoredFile.objects.create(
            practice=vendor.practice, sha256=hashed, size=214_000 + number, content_type="application/pdf", pages=12
        )
        evidence = Evidence(
            practice=vendor.practice, vendor=vendor, number=number, title=title, file=stored, checked_by=by,
            **{"file_name": f"{title}.pdf", **columns},
        )  # fmt: skip
        evidence.save()
    return evidence


def agreed(cast: Cast, vendor: Vendor, *, quote: str = "") -> Agreement:
    """A complete agreement, signed by both and read clause by clause."""
    for number, (title, kind, dated_on, expires_on) in enumerate(FILES, 1):
        file_of(vendor, by=cast.officer, number=number, title=title, kind_of=kind, dated_on=dated_on,
                expires_on=expires_on, pages_that_matter="1, 7")  # fmt: skip
    with clock.set_to(BEGUN + timedelta(days=5)):
        agreement = record_agreement(
            vendor=vendor, by=cast.officer, kind_of="baa", vendor_party="Claridesk Inc.", plan="Practice plan",
            practice_signed_on=date(2026, 11, 6), vendor_signed_on=date(2026, 11, 6),
            effective_on=date(2026, 11, 6), ends_on=None, next_review_on=date(2027, 11, 6),
            tools=list(vendor.tools.all()), evidence=vendor.evidence.get(number=1),
        )  # fmt: skip
        for place, clause in enumerate(clause_list(CURRENT).clauses):
            words = (
                quote or "The vendor uses and shares patient information only to perform the services named in part 1."
            )
            read_clause(
                agreement=agreement, by=cast.officer, on=date(2026, 11, 7), code=clause.code, version=0,
                status="absent" if clause.code in ("B36", "B45") else "present", page=str(2 + place // 6),
                quote="" if clause.code in ("B36", "B45") else words, reason="", days=10 if clause.days else None,
            )  # fmt: skip
    return agreement


def used(vendor: Vendor, *, reason: str, first_phi_on: date | None = None) -> None:
    """Its first tool came into use on 3 November, before anything was signed."""
    first = vendor.tools.order_by("name").first()
    assert first is not None
    first.in_use_since, first.use_reason, first.first_phi_on = date(2026, 11, 3), reason, first_phi_on
    with arranging():
        first.save()


def answered(cast: Cast, vendor: Vendor, *, said: dict[int, str] | None = None) -> Evaluation:
    """An evaluation with every question answered in writing, ready to be submitted."""
    with clock.set_to(BEGUN + timedelta(days=6)):
        evaluation = start_evaluation(
            vendor=vendor, by=cast.officer, title="2026 evaluation", tools=list(vendor.tools.all())
        )
        for answer in evaluation.answers.all():
            route = {3: "deidentified", 5: "qso"}.get(answer.question, "")
            record_answer(
                answer=answer, by=cast.officer, version=1, response="in_writing", route=route,
                said=(said or SAID)[answer.question], said_by="Priya Natarajan, privacy officer",
                said_on=date(2026, 11, 5),
            )  # fmt: skip
            for number in UNDER[answer.question]:
                cite(answer=answer, evidence=vendor.evidence.get(number=number), by=cast.officer)
    return evaluation


def signed(cast: Cast, evaluation: Evaluation) -> Evaluation:
    """Submitted, attested by the officer and countersigned by the owner."""
    with clock.set_to(SIGNED - timedelta(hours=1)):
        digest = submit_evaluation(evaluation=evaluation, by=cast.officer).snapshot_sha256
    how = {"snapshot_sha256": digest, "method": "password", "address": "203.0.113.9"}
    with clock.set_to(SIGNED):
        attest_evaluation(evaluation=evaluation, by=cast.officer, typed_name=cast.officer.name, **how)
    with clock.set_to(SIGNED + timedelta(minutes=31)):
        countersign_evaluation(evaluation=evaluation, by=cast.owner, typed_name=cast.owner.name, **how)
    return Evaluation.objects.get(pk=evaluation.pk)


def told(cast: Cast | None = None, **words: Any) -> Story:
    """The whole story: a cleared vendor with a signed evaluation."""
    cast = cast or cast_of()
    vendor = begun(cast, **words)
    agreement = agreed(cast, vendor)
    evaluation = signed(cast, answered(cast, vendor))
    return Story(cast, Vendor.objects.get(pk=vendor.pk), agreement, evaluation)


def job_for(kind: str, subject: Any, by: Person, *, number: str = "PV-2026-0007") -> Job:
    return Job.objects.create(
        practice=subject.practice, kind=kind, subject_kind=subject.kind(), subject_uid=subject.uid,
        subject_label=str(subject), key=f"{kind}:{subject.uid}:test", requested_by=by, number=number,
        requested_at=PRINTED,
    )  # fmt: skip


def alone() -> Cast:
    """A practice of one: its owner is everybody."""
    practice = make_practice(name="Harbor Light Counseling", time_zone="America/Los_Angeles", part2=True)
    owner = make_member(practice=practice, name="Maria Reyes", role=Role.OWNER)
    return Cast(practice=practice, owner=owner, officer=owner, staff=owner, auditor=owner)


def outside(pdf: bytes, *, margin: float = 54) -> list[str]:
    """The words of a Letter page that stand, even in part, in its left or right margin (in points)."""
    path = Path(gettempdir()) / f"{uuid4()}.pdf"
    path.write_bytes(pdf)
    try:
        boxes = tool("pdftotext", "-bbox", path, "-")
    finally:
        path.unlink()
    words = re.findall(r'<word xMin="([\d.-]+)" yMin="[\d.-]+" xMax="([\d.-]+)" yMax="[\d.-]+">(.*?)</word>', boxes)
    assert words
    return [word for left, right, word in words if float(left) < margin or float(right) > 612 - margin]


def bookmarks(pdf: bytes) -> list[Any]:
    """The titles of the outline, each with those of its children in a list after it."""

    def titles(entries: list[Any]) -> list[Any]:
        return [titles(each) if isinstance(each, list) else each.title for each in entries]

    return titles(PdfReader(BytesIO(pdf)).outline)


def words_of(pdf: bytes) -> str:
    """The text of a document on one line, as a person would search it."""
    return " ".join(text_of(pdf).split())
