"""A bundle checked by typing what its first page says: each command says what it promises, and forgery is told."""

import csv
import json
import re
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from asn1crypto.keys import PrivateKeyInfo
from asn1crypto.x509 import Certificate
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.generic import DictionaryObject, StreamObject, pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfTimeStamper
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper

from checklists import bundle_words
from practice_vetting.core.models import Document, StoredFile
from tests.checklists import paper
from tests.checklists.kits import Kit, attached, typed
from tests.core import seal_material

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def test_every_command_of_its_first_page_says_what_it_promises(kit: Kit, folder: Path):
    document = kit.dossier
    said = (folder / "READ-ME-FIRST.txt").read_text()
    lines = [line.strip() for line in said.splitlines() if re.match(r"    \S", line)]
    begins = r"(sha|find|pdf|cert|mkdir|openssl|python3)"
    answers = {line: typed(line, folder) for line in lines if re.match(begins, line)}
    assert list(answers) == [
        "sha256sum -c SHA256SUMS", "shasum -a 256 -c SHA256SUMS", bundle_words.PY_SUMS,
        "certutil -hashfile dossier.pdf SHA256", bundle_words.COUNT, bundle_words.PY_COUNT, "pdfsig dossier.pdf",
        *bundle_words.NSS, bundle_words.FINGERPRINT,
        "pdfdetach -savefile proof.json dossier.pdf", bundle_words.PY_CHAIN, bundle_words.PY_ENTRIES,
    ]  # fmt: skip
    for line in list(answers)[:3]:
        files = answers[line].splitlines()
        assert [each for each in files if "OK" not in each] == []
        assert len(files) == 8
    assert answers[bundle_words.COUNT] == answers[bundle_words.PY_COUNT] == "9\n"
    assert "It must say 9." in said
    assert keeps_the_rule(answers["pdfsig dossier.pdf"])
    if which("certutil"):
        assert "Certificate is Trusted" in answers[bundle_words.NSS[-1]]
    pairs = re.search(r"=([0-9A-F:]+)", answers[bundle_words.FINGERPRINT])
    assert pairs is not None
    assert pairs[1].replace(":", "").lower() == document.certificate_sha256
    assert pairs[1] in said
    assert json.loads((folder / "proof.json").read_text())["number"] == document.number
    assert answers[bundle_words.PY_CHAIN] == f"{fits(document)}\n"
    about = json.loads((folder / "proof.json").read_text())["ledger"]["about"]
    count = (folder / "ledger/entries.jsonl").read_text().count("\n")
    told = f"{count} of {count} entries fit, their numbers are {about['sha256']}"
    assert (answers[bundle_words.PY_ENTRIES], about["entries"]) == (f"{told}\n", count)
    assert f"    {told}\n" in said
    assert f"{count}ofthemareaboutthisvendor.ThelistoftheirnumbershasSHA-256{about['sha256']}" in paper.words_of(
        kit.pdf
    ).replace(" ", "")


def keeps_the_rule(said: str) -> bool:
    """What step 2 asks of pdfsig's words, for a dossier without a time stamp."""
    told = {line.strip(" -") for line in said.splitlines()}
    whole = "Total document signed" in told and "Not total document signed" not in told
    return said.count("Signature #") == 1 and "Signature Validation: Signature is Valid." in told and whole


def drawn_over(pdf: bytes) -> Any:
    """The sealed file with other words over its first page, as an editor appends them: nothing under the seal moves."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    helvetica = {pdf_name("/Type"): pdf_name("/Font"), pdf_name("/Subtype"): pdf_name("/Type1")}
    font = DictionaryObject({**helvetica, pdf_name("/BaseFont"): pdf_name("/Helvetica")})
    resources = DictionaryObject({pdf_name("/Font"): DictionaryObject({pdf_name("/Forged"): font})})
    words = StreamObject(stream_data=b"BT /Forged 30 Tf 60 600 Td (Stopped: requirement 5 failed) Tj ET")
    writer.add_stream_to_page(0, writer.add_object(words), resources)
    return writer


def written(writer: Any) -> bytes:
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def stamped_by_anybody(writer: Any) -> bytes:
    own = seal_material.time_stamper(seal_material.authority("Anybody"))
    certificate, key = Certificate.load(own.certificate.public_bytes(Encoding.DER)), PrivateKeyInfo.load(own.key_der)
    done: BytesIO = PdfTimeStamper(DummyTimeStamper(certificate, key)).timestamp_pdf(writer, "sha256")
    return done.getvalue()


@pytest.mark.parametrize("finish", [written, stamped_by_anybody])
def test_words_drawn_over_a_sealed_dossier_break_the_rule_as_it_is_written(folder: Path, finish: Any):
    (folder / "dossier.pdf").write_bytes(finish(drawn_over((folder / "dossier.pdf").read_bytes())))
    assert "Stopped: requirement 5 failed" in typed("pdftotext -l 1 dossier.pdf -", folder)
    said = typed("pdfsig dossier.pdf", folder)
    assert ("Signature is Valid" in said, keeps_the_rule(said)) == (True, False)
    assert "dossier.pdf: FAILED" in typed("sha256sum -c SHA256SUMS", folder)
    rule = " ".join((folder / "READ-ME-FIRST.txt").read_text().split())
    for sentence in (
        "There is exactly one signature: “Signature #1”, and no “Signature #2”.",
        "It says “Total document signed”.",
        "If it says “Not total document signed”, or if there is a second signature, something was added",
    ):
        assert sentence in rule


def test_a_dossier_with_a_time_stamp_is_told_to_be_checked_by_its_hash():
    document = Document(number="PV-2026-0001", time_source="Punctual Stamps")
    document.file = StoredFile(pages=9)
    shown = bundle_words.Shown(
        number="PV-2026-0002", vendor="Claridesk", practice="Harbor Light", zone="UTC", made_at=paper.PRINTED,
        dossier=document, evidence=(), about={"entries": 1, "sha256": "0"}, files=9, verify_at="https://x.example",
    )  # fmt: skip
    words = " ".join(bundle_words.as_text(shown).split())
    assert "It cannot show that nothing was added to this dossier. What decides is its SHA-256" in words
    assert (
        "The time of the seal is that of a time stamp by Punctual Stamps: this is the name in its certificate." in words
    )
    assert "exactly one signature" not in words


def test_a_file_put_into_the_folder_is_counted(folder: Path):
    (folder / "evidence/E-07 More.pdf").write_bytes(b"%PDF-1.7")
    assert "FAILED" not in typed("sha256sum -c SHA256SUMS", folder)
    assert [typed(line, folder) for line in (bundle_words.COUNT, bundle_words.PY_COUNT)] == ["10\n"] * 2


def fits(document: Document) -> str:
    return f"{document.ledger_seq} entries: every link fits, the last is {document.ledger_digest}"


@pytest.mark.parametrize("name", ["dossier.pdf", "ledger/chain.csv", "ledger/entries.jsonl"])
def test_a_changed_byte_is_told(folder: Path, name: str):
    place = folder / name
    content = bytearray(place.read_bytes())
    content[-100] ^= 1
    place.write_bytes(content)
    assert f"{name}: FAILED" in typed("sha256sum -c SHA256SUMS", folder)
    assert f"CHANGED {name}" in typed(bundle_words.PY_SUMS, folder)


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "ledger/chain.csv").open() as file:
        return list(csv.DictReader(file))


def put_rows(folder: Path, rows: list[dict[str, str]]) -> None:
    with (folder / "ledger/chain.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, rows[0], lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def reworded(folder: Path, *, seqs: int) -> list[int]:
    """Whoever forges a bundle rewords the first entries about the vendor that name a person; answers their numbers."""
    place = folder / "ledger/entries.jsonl"
    changed: list[int] = []
    lines: list[str] = []
    for line in place.read_text().splitlines(keepends=True):
        if len(changed) < seqs and "Dana Okafor" in line:
            changed.append(json.loads(line)["seq"])
            line = line.replace("Dana Okafor", "Dina Okafor")
        lines.append(line)
    place.write_text("".join(lines))
    return changed


def test_entries_reworded_are_told(kit: Kit, folder: Path):
    changed = reworded(folder, seqs=2)
    count = (folder / "ledger/entries.jsonl").read_text().count("\n")
    assert typed(bundle_words.PY_ENTRIES, folder).startswith(f"{count - 2} of {count} entries fit, ")
    texts = {each["seq"]: each["content"] for each in entries_of(folder)}
    rows = rows_of(folder)
    for seq in changed:  # and their hashes patched, so that they fit again
        rows[seq - 1]["content"] = sha256(texts[seq].encode()).hexdigest()
    put_rows(folder, rows)
    assert typed(bundle_words.PY_ENTRIES, folder).startswith(f"{count} of {count} entries fit, ")
    broken = f"{len(rows)} entries: BROKEN at {changed[0]}, the last is {kit.dossier.ledger_digest}\n"
    assert typed(bundle_words.PY_CHAIN, folder) == broken
    previous = ""
    for row in rows:  # and every link after them made anew: then the end is another than the paper's
        row["previous"] = previous
        row["digest"] = previous = sha256(f"{row['seq']} {previous} {row['content']}".encode()).hexdigest()
    put_rows(folder, rows)
    said = typed(bundle_words.PY_CHAIN, folder)
    assert (said.startswith(f"{len(rows)} entries: every link fits"), kit.dossier.ledger_digest in said) == (
        True,
        False,
    )


@pytest.mark.parametrize("column", ["digest", "previous", "content", "seq"])
def test_a_patched_column_of_the_chain_is_told(folder: Path, column: str):
    rows = rows_of(folder)
    rows[4][column] = rows[5][column]
    put_rows(folder, rows)
    assert "BROKEN at 5" in typed(bundle_words.PY_CHAIN, folder)


def test_an_entry_left_out_of_the_chain_is_told(folder: Path):
    rows = rows_of(folder)
    put_rows(folder, rows[:5] + rows[6:])
    assert "BROKEN at 6" in typed(bundle_words.PY_CHAIN, folder)


@pytest.mark.parametrize("forged", [lambda lines: lines[:3] + lines[4:], lambda lines: [*lines, lines[-1]]])
def test_an_entry_about_the_vendor_left_out_or_told_twice_is_told(kit: Kit, folder: Path, forged: Any):
    place = folder / "ledger/entries.jsonl"
    lines = place.read_text().splitlines(keepends=True)
    place.write_text("".join(forged(lines)))
    about = json.loads(attached(kit.pdf)["proof.json"])["ledger"]["about"]
    assert about["entries"] == len(lines)
    assert about["sha256"] not in typed(bundle_words.PY_ENTRIES, folder)


def entries_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "ledger/entries.jsonl").read_text().splitlines()]


def test_the_ledger_of_other_vendors_is_links_alone(kit: Kit, folder: Path):
    rows = rows_of(folder)
    assert list(rows[0]) == ["seq", "previous", "content", "digest"]
    assert {len(row["content"]) for row in rows} == {64}
    assert len(rows) == kit.dossier.ledger_seq
    numbers = {each["seq"] for each in entries_of(folder)}
    assert kit.numbers - numbers == set()
