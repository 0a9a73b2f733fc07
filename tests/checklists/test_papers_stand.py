"""Each kind of paper as it leaves the house, sealed: other people's checkers, and what PDF/A-3A and PDF/UA-1 ask.

All are issued as the worker issues them. The names in the attestation are written in every script.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from django.test import override_settings
from pdfua import Severity, validate
from pypdf import PdfReader

from checklists.actions.dossiers import request_bundle, request_dossier
from checklists.actions.sheets import request_sheet
from checklists.evidence_files import INSIDE
from practice_vetting.core import clock
from practice_vetting.core.documents import authority, codes, jobs
from practice_vetting.core.documents.proof import OWN_CLOCK
from practice_vetting.core.documents.seal_check import check_seal
from practice_vetting.core.models import Document, Job
from practice_vetting.core.qr import matrix_of
from tests.checklists import paper
from tests.checklists.kits import arranged, attached, bytes_of
from tests.core import seal_material
from tests.core.pdf_tools import missing_glyphs, tool
from tests.core.test_render_document import SCRIPTS
from tests.factories import make_exposure
from tests.services import TimeStampServer
from tests.vendors import exposing
from vendors.actions.letters import request_letter
from vendors.actions.part2 import sign_memo
from vendors.models import Vendor
from vendors.part2 import About, part2_list

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
MADE = paper.PRINTED
PAST = date(2026, 11, 15)
KINDS = ("attestation", "dossier", "carrying", "as_of", "bundled", "stamped", "exposure", "memo", "letter", "sheet")
#: how many headings and cells those papers have at least that are no attestation and no dossier
SHORT = {"exposure": (6, 10), "memo": (2, 10), "letter": (2, 0), "sheet": (2, 20)}
#: nobody signs these with a name; of the others, two are made of just what was signed over
UNSIGNED, SIGNED_OVER = ("letter", "sheet"), ("attestation", "memo")
STAMPED = timedelta(seconds=2)
NAME = "Punctual Stamps seal, Punctual Stamps"


@dataclass(frozen=True)
class Paper:
    """A document as it was issued; `roots` are those that vouch for its seal, and for its time."""

    kind: str
    job: Job
    document: Document
    pdf: bytes
    path: Path
    roots: tuple[list[bytes], list[bytes]]


@pytest.fixture(scope="module")
def papers(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Paper]]:
    home = tmp_path_factory.mktemp("papers")
    with (
        django_db_blocker.unblock(),
        paper.undone(),
        override_settings(DATA_DIR=home, KEYS_DIR=home / "keys"),
        clock.set_to(MADE),
    ):
        jobs_by_kind = {
            "attestation": attestation_in_every_script(),
            **dossiers(),
            "exposure": decided_exposure(),
            **short_ones(),
        }
        made = {kind: issued(kind, job, home) for kind, job in jobs_by_kind.items()}
        with stamping(home):
            made["stamped"] = issued("stamped", asked_again(made["dossier"].job), home)
        yield made


@pytest.fixture(params=KINDS)
def each(request: pytest.FixtureRequest, papers: dict[str, Paper]) -> Paper:
    return papers[request.param]


def attestation_in_every_script() -> Job:
    names = list(SCRIPTS.values())
    cast = paper.cast_of(name=SCRIPTS["hebrew"] + " 24/7", officer=SCRIPTS["arabic"], owner=SCRIPTS["vietnamese"])
    vendor = paper.begun(cast, vendor=SCRIPTS["chinese"], tools=tuple(names[:9]))
    paper.agreed(cast, vendor, quote=" ".join(names))
    said = {number: f"{words} 365" for number, words in enumerate(names[-9:], 1)}
    evaluation = paper.signed(cast, paper.answered(cast, vendor, said=said))
    return Job.objects.get(kind="attestation", subject_uid=evaluation.uid)


def dossiers() -> dict[str, Job]:
    with clock.set_to(paper.BEGUN):
        story = arranged()
    asked = {"vendor": story.vendor, "by": story.cast.owner}
    bundle = request_bundle(**asked, form_id="4")
    assert bundle.after
    return {
        "dossier": request_dossier(**asked, form_id="1"),
        "carrying": request_dossier(**asked, form_id="2", evidence=INSIDE),
        "as_of": request_dossier(**asked, form_id="3", as_of=PAST),
        "bundled": bundle.after,
    }


def decided_exposure() -> Job:
    """A large breach of two states, with what people typed in every script, decided and told in part."""
    cast = paper.cast_of(officer=SCRIPTS["arabic"])
    vendor = paper.begun(cast, vendor=SCRIPTS["chinese"])
    everything = " ".join(SCRIPTS.values())
    exposure = make_exposure(
        vendor=vendor, what_happened=everything, people=1300, residents={"TX": 700, "CA": 600}, part2=True,
        data_kinds=["notes"], reported_by=cast.officer, delay_kind="oral", delay_asked_on=date(2026, 10, 12),
    )  # fmt: skip
    exposure = exposing.written(exposing.stopped(exposure, cast.officer), cast.officer)
    exposure = exposing.decided(exposure, cast.officer, reason=everything, typed_name=cast.officer.name)
    exposing.told(exposure, cast.officer, people_told_on=date(2026, 11, 20), media_told={"TX": date(2026, 11, 20)})
    return Job.objects.get(kind="exposure", subject_uid=exposure.uid)


def short_ones() -> dict[str, Job]:
    """The memo, the letter and the sheet of a practice whose people and tools are named in every script."""
    cast = paper.cast_of(name=SCRIPTS["georgian"], officer=SCRIPTS["arabic"], owner=SCRIPTS["vietnamese"])
    vendor = paper.begun(cast, vendor=SCRIPTS["chinese"], tools=tuple(list(SCRIPTS.values())[:6]))
    agreement = paper.agreed(cast, vendor, quote=" ".join(SCRIPTS.values()))
    answers = {each.key: "no" for each in part2_list().questions_about(About.PRACTICE)}
    memo = sign_memo(practice=cast.practice, tool=None, by=cast.officer, answers=answers, applies=True,
                     reason=" ".join(SCRIPTS.values()), typed_name=cast.officer.name, method="password")  # fmt: skip
    return {
        "memo": Job.objects.get(kind="part2-memo", subject_uid=memo.uid),
        "letter": request_letter(agreement=agreement, by=cast.officer, form_id="1"),
        "sheet": request_sheet(practice=cast.practice, by=cast.officer, form_id="1"),
    }


def asked_again(job: Job) -> Job:
    return request_dossier(vendor=Vendor.objects.get(uid=job.subject_uid), by=job.requested_by, form_id="5")


@contextmanager
def stamping(home: Path) -> Iterator[None]:
    """A time stamp authority whose clock is two seconds ahead of ours."""
    root = seal_material.authority("Punctual Stamps root")
    stamper = seal_material.time_stamper(root)
    (home / "roots.pem").write_text(root.pem)
    der = [each.certificate.public_bytes(Encoding.DER) for each in (stamper, root)]
    with TimeStampServer(certificate=der[0], key=stamper.key_der, above=der[1:]) as server:
        server.moment = MADE + STAMPED
        with override_settings(TSA_URL=server.url, TSA_CERTIFICATES=str(home / "roots.pem")):
            yield


def issued(kind: str, job: Job, home: Path) -> Paper:
    jobs.run(job.uid)
    job.refresh_from_db()
    assert job.last_error == ""
    document = Document.objects.select_related("file__practice").get(job=job)
    path = home / f"{kind}.pdf"
    path.write_bytes(bytes_of(document))
    roots = [[each.encode() for each in found()] for found in (authority.trusted_roots, authority.time_roots)]
    return Paper(kind, job, document, path.read_bytes(), path, (roots[0], roots[1]))


def dictionaries(document: pikepdf.Pdf) -> list[Any]:
    return [item for item in document.objects if isinstance(item, pikepdf.Dictionary)]


# --- other people's checkers --------------------------------------------------------------------------------


def test_poppler_calls_the_signature_valid_over_the_whole_document(each: Paper):
    said = tool("pdfsig", each.path)
    assert ("Signature is Valid." in said, "Total document signed" in said) == (True, True)


def test_qpdf_finds_no_error(each: Paper):
    assert "No syntax or stream encoding errors found" in tool("qpdf", "--check", each.path)


def test_pyhanko_finds_the_seal_intact_and_ours(each: Paper):
    found = check_seal(each.pdf, trusted=each.roots[0], time_roots=each.roots[1])
    stamped = (NAME, MADE + STAMPED) if each.kind == "stamped" else ("", None)
    assert (found.problem, found.time_source, found.stamped_at) == ("", *stamped)
    assert each.document.time_source == stamped[0]


def test_pdfua_finds_no_error(each: Paper):
    """Two things that it says are its own.

    It looks for Scope at the header cells and does not read the Headers that each of our cells has: see the next test.
    And it cannot look at headings (UA-14-001): it fails at any file with an element whose kids are an array.
    """
    report = validate(each.path)
    found = {(finding.severity, finding.rule_id) for finding in report.findings}
    assert found == ({(Severity.WARNING, "UA-15-003")} if each.kind != "letter" else set())  # it has no table
    assert [rule.rule_id for rule in report.skipped] == ["UA-14-001"]


def test_every_cell_names_its_header_cells(each: Paper):
    with pikepdf.open(each.path) as document:
        tags = [item for item in dictionaries(document) if item.get("/Type") == "/StructElem"]
        heads = {bytes(tag.ID) for tag in tags if tag.S == "/TH"}
        named = [list(map(bytes, tag.A.Headers)) for tag in tags if tag.S == "/TD"]
    assert len(named) >= SHORT.get(each.kind, (8, 100))[1]
    assert [cell for cell in named if len(cell) != 1 or cell[0] not in heads] == []


def test_headings_begin_at_the_first_level_and_skip_none(each: Paper):
    with pikepdf.open(each.path) as document:
        levels = list(headings(document.Root.StructTreeRoot.K))
    steps = [after - before for before, after in zip([0, *levels], levels, strict=False)]
    assert (levels[0], levels.count(1), max(steps)) == (1, 1, 1)


def headings(tag: Any) -> Iterator[int]:
    """The levels of the headings under this tag, in reading order."""
    if isinstance(tag, pikepdf.Array):
        for kid in tag:
            yield from headings(kid)
    elif isinstance(tag, pikepdf.Dictionary):
        if match := re.fullmatch(r"/H(\d)", str(tag.get("/S"))):
            yield int(match[1])
        yield from headings(tag.get("/K"))


# --- what PDF/A-3A asks -------------------------------------------------------------------------------------


def test_every_font_is_embedded_in_part_and_can_be_read_back(each: Paper):
    rows = [line.split() for line in tool("pdffonts", each.path).splitlines()[2:]]
    assert len(rows) > 2
    assert {tuple(row[-5:-2]) for row in rows} == {("yes", "yes", "yes")}


def test_no_glyph_is_missing(each: Paper):
    assert missing_glyphs(each.pdf) == 0


def test_every_name_can_be_read_back(papers: dict[str, Paper]):
    words = "".join(paper.words_of(papers["attestation"].pdf).split())
    read = {script for script, name in SCRIPTS.items() if "".join(name.split()) in words}
    # marks are put together, and signs turn around from right to left: what a reader sees is in test_render_document
    assert read >= {"latin", "cyrillic", "greek", "vietnamese", "chinese", "japanese", "korean", "georgian", "armenian"}


def test_the_packet_declares_archive_and_accessibility(each: Paper):
    with pikepdf.open(each.path) as document, document.open_metadata() as packet:
        said = {name: packet[name] for name in ("pdfaid:part", "pdfaid:conformance", "pdfuaid:part", "dc:title")}
        titles = (str(document.docinfo.Title), bool(document.Root.ViewerPreferences.DisplayDocTitle))
    assert said == {
        "pdfaid:part": "3",
        "pdfaid:conformance": "A",
        "pdfuaid:part": "1",
        "dc:title": each.document.title,
    }
    assert titles == (each.document.title, True)


def test_every_attachment_says_what_it_is_to_the_document(each: Paper):
    with pikepdf.open(each.path) as document:
        told = {str(file.UF): (str(file.AFRelationship), str(file.EF.F.Subtype)) for file in document.Root.AF}
        listed = set(document.attachments)
    names = ["snapshot.json", "proof.json"] + ["signed-snapshot.json"] * (each.kind not in (*SIGNED_OVER, *UNSIGNED))
    expected = {name: ("/Data", "/application/json") for name in names}
    if each.kind == "carrying":
        expected["E-05 SOC 2 Type II report, July 2025 to June 2026.pdf"] = ("/Supplement", "/application/pdf")
    assert told == expected
    assert listed == set(told)


def test_it_is_tagged_in_its_language_and_in_colours_that_are_known(each: Paper):
    with pikepdf.open(each.path) as document:
        root = document.Root
        assert (bool(root.MarkInfo.Marked), str(root.Lang)) == (True, "en-US")
        assert [str(intent.S) for intent in root.OutputIntents] == ["/GTS_PDFA1"]
        assert {"/Encrypt"} & set(document.trailer.keys()) == set()
        kinds = {str(item.get("/S")) for item in dictionaries(document)}
    assert {"/JavaScript", "/Launch", "/Sound", "/Movie", "/SubmitForm"} & kinds == set()


def test_it_has_bookmarks(each: Paper):
    assert len(paper.bookmarks(each.pdf)[1]) >= SHORT.get(each.kind, (8, 100))[0]


# --- what each prints about itself ---------------------------------------------------------------------------


def test_it_prints_what_its_reader_checks_it_by_and_its_proof_says_the_same(each: Paper):
    document, proof = each.document, json.loads(attached(each.pdf)["proof.json"])
    joined = paper.words_of(each.pdf).replace(" ", "")
    stamp = "a time stamp, asked for at 127.0.0.1"
    said, told = (f"By {stamp}.", stamp) if each.kind == "stamped" else ("Time by this server’s clock.", OWN_CLOCK)
    printed = [each.job.number, codes.address_of(each.job.uid), document.snapshot_sha256]
    if each.kind != "letter":  # the vendor reads it, and checks it by its code
        ledger = f"{document.ledger_seq} entries when it was made"
        printed += [ledger, document.ledger_digest, document.certificate_sha256, said]
    if each.kind not in UNSIGNED:
        printed.append("Statement edition 2026-1")
    assert [words for words in printed if words.replace(" ", "") not in joined] == []
    end = (proof["ledger"]["entries"], proof["ledger"]["digest"])
    assert (proof["number"], proof["snapshot_sha256"], end, proof["certificate_sha256"], proof["time_source"]) == (
        each.job.number,
        document.snapshot_sha256,
        (document.ledger_seq, document.ledger_digest),
        document.certificate_sha256,
        told,
    )


def test_its_snapshot_tells_the_same_ledger_and_certificate_as_its_paper(each: Paper):
    document, told = each.document, json.loads(each.document.snapshot)
    paper_tells = ({"entries": document.ledger_seq, "digest": document.ledger_digest}, document.certificate_sha256)
    if each.kind == "as_of":
        assert told["ledger"]["entries"] < document.ledger_seq
        assert told["ledger"]["digest"] in paper.words_of(each.pdf).replace(" ", "")
    elif each.kind not in (*SIGNED_OVER, "letter"):
        assert (told["ledger"], told["certificate"]) == paper_tells


def test_what_was_signed_over_is_inside_and_has_the_hash_that_is_told(each: Paper):
    if each.kind in UNSIGNED:
        return
    inside = attached(each.pdf)
    signed = sha256(inside["snapshot.json" if each.kind in SIGNED_OVER else "signed-snapshot.json"]).hexdigest()
    assert {one["snapshot_sha256"] for one in json.loads(inside["proof.json"])["signatures"]} == {signed}


@pytest.mark.parametrize("kind", UNSIGNED)
def test_what_nobody_signed_names_no_signature(papers: dict[str, Paper], kind: str):
    assert json.loads(attached(papers[kind].pdf)["proof.json"]).get("signatures", []) == []


def test_its_code_leads_to_its_check_from_a_picture_of_the_page(each: Paper):
    """Each square, looked at in its middle on the drawn page, is that of the code of the short address."""
    with pikepdf.open(each.path) as document:
        figure = next(tag for tag in dictionaries(document) if tag.get("/S") == "/Figure")
        assert str(figure.Alt) == f"QR code that leads to {codes.address_of(each.job.uid)}"
    expected = matrix_of(codes.address_of(each.job.uid))
    number = len(pypdfium2.PdfDocument(each.pdf)) - 1 if each.kind == "letter" else 0  # a letter ends with it
    left, top, side = place_of_code(each.pdf, number)
    assert side >= 18 / 25.4 * 72
    picture = pypdfium2.PdfDocument(each.pdf)[number].render(scale=4, grayscale=True).to_pil().convert("L")
    step = side / len(expected)
    seen = [
        [picture.getpixel((4 * (left + (x + 0.5) * step), 4 * (top + (y + 0.5) * step))) < 128 for x in range(len(row))]
        for y, row in enumerate(expected)
    ]
    assert seen == expected


def place_of_code(pdf: bytes, number: int) -> tuple[float, float, float]:
    """Left, top and side of the white square around the code on that page, in points from the upper left."""
    first = pypdfium2.PdfDocument(pdf)[number]
    white = [
        box
        for each in first.get_objects()
        if (box := each.get_bounds()) and 18 / 25.4 * 72 <= box[2] - box[0] == pytest.approx(box[3] - box[1], abs=0.1)
    ]
    left, bottom, right, top = white[0]
    return left, first.get_height() - top, right - left


def test_a_paper_of_a_past_day_says_so_loudly(papers: dict[str, Paper]):
    each = papers["as_of"]
    pages = [" ".join(sheet.extract_text().split()) for sheet in PdfReader(BytesIO(each.pdf)).pages]
    assert each.document.title == "Vendor dossier: Claridesk, as of 15 Nov 2026"
    assert each.document.as_of == PAST
    assert "As of 15 Nov 2026 This tells what was on record at the end of that day, not what is true now." in pages[0]
    assert "It was made on 21 November 2026, and judged by the rules of edition 2026-1" in pages[0]
    header = "vendor dossier · as of 15 Nov 2026"
    assert [number for number, words in enumerate(pages[1:], 2) if header not in words] == []
