"""A bundle as it is made: what goes into it, what does not, and why."""

import json
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.core.files.storage import default_storage

from checklists import evidence_files
from checklists.actions.dossiers import request_bundle, request_dossier
from practice_vetting.core import clock
from practice_vetting.core.documents import jobs
from practice_vetting.core.errors import Refused
from practice_vetting.core.files.keeping import accept
from practice_vetting.core.models import Document, Job, JobState
from tests.checklists import paper
from tests.checklists.kits import CONTENT, Kit, arranged, attached, bundled, bytes_of, made
from tests.conftest import Cast
from tests.files import upload
from vendors.actions.patient_data import purge_evidence, quarantine_evidence

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(autouse=True)
def that_day(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.DATA_DIR, settings.KEYS_DIR = tmp_path, tmp_path / "keys"
    with clock.set_to(paper.PRINTED):
        yield


@pytest.fixture
def story() -> paper.Story:
    return arranged()


def test_it_holds_what_it_says_and_nothing_else(folder: Path):
    found = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert found == [
        "READ-ME-FIRST.html", "READ-ME-FIRST.txt", "SHA256SUMS", "certificates/root.pem", "certificates/seal.pem",
        "dossier.pdf", "evidence/E-05 SOC 2 Type II report, July 2025 to June 2026.pdf", "ledger/chain.csv",
        "ledger/entries.jsonl",
    ]  # fmt: skip
    assert (folder / found[6]).read_bytes() == CONTENT


def test_what_may_not_leave_is_missing_everywhere_with_its_reason(kit: Kit, folder: Path):
    why = "quarantined, because patient data may be in it"
    gone = "missing from the storage, or not the same bytes any more"
    listed = {each["label"]: each["why"] for each in json.loads(kit.bundle.snapshot)["missing"]}
    assert listed == {"E-01": gone, "E-02": gone, "E-03": gone, "E-04": gone, "E-06": why}
    assert f"E-06 Written answers of the vendor's privacy officer: {why}." in " ".join(
        (folder / "READ-ME-FIRST.txt").read_text().split()
    )
    words = paper.words_of(kit.pdf)
    assert words.count("Its file is not included") == 5
    assert "In the bundle as evidence/E-05 SOC 2 Type II report" in words
    proof = attached(kit.pdf)["proof.json"]
    assert {each["label"]: each["missing"] for each in json.loads(proof)["evidence"]} == {**listed, "E-05": ""}


def test_the_dossier_in_it_is_a_document_of_its_own(kit: Kit):
    dossier, bundle = kit.dossier, kit.bundle
    assert (dossier.number, bundle.number) == ("PV-2026-0001", "PV-2026-0002")
    assert sha256(kit.pdf).hexdigest() == dossier.sha256
    assert (bundle.ledger_seq, bundle.ledger_digest) == (dossier.ledger_seq, dossier.ledger_digest)
    assert (bundle.certificate_sha256, bundle.signers) == (dossier.certificate_sha256, dossier.signers)
    assert bundle.file.content_type == "application/zip"
    assert sorted(attached(kit.pdf)) == ["proof.json", "signed-snapshot.json", "snapshot.json"]


def test_the_same_dossier_gives_the_same_bytes_of_the_bundle(story: paper.Story):
    job = request_bundle(vendor=story.vendor, by=story.cast.owner, form_id="1")
    left = jobs.work_folder(job) / "a worker that died"
    left.mkdir(parents=True)
    (left / "document.zip").write_bytes(b"half")
    first = bytes_of(made(job))
    assert not left.parent.exists()
    job.refresh_from_db()
    job.claim = "again"
    again = jobs.work_folder(job)
    again.mkdir(parents=True)
    told: Any = jobs.import_string("checklists.bundle.bundle")(job)
    assert jobs.make(job, told, again).sha256 == sha256(first).hexdigest()


def test_the_pdf_carries_the_files_under_names_that_every_system_takes(story: paper.Story):
    job = request_dossier(vendor=story.vendor, by=story.cast.owner, form_id="1", evidence=evidence_files.INSIDE)
    document = made(job)
    pdf = bytes_of(document)
    name = "E-05 SOC 2 Type II report, July 2025 to June 2026.pdf"
    assert attached(pdf)[name] == CONTENT
    with pikepdf.open(BytesIO(pdf)) as opened:
        spec: Any = opened.attachments[name].obj
        said = (str(spec.AFRelationship), str(spec.EF.F.Params.ModDate), str(spec.Desc)[:49])
    assert said == ("/Supplement", "D:20260715120000Z", "E-05 SOC 2 Type II report, July 2025 to June 2026")
    assert f"Attached to this PDF as {name}" in paper.words_of(pdf)
    assert document.carries == sha256(CONTENT).hexdigest()


def test_the_proof_says_who_signed_what(kit: Kit):
    document, proof = kit.dossier, json.loads(attached(kit.pdf)["proof.json"])
    assert (proof["ledger"]["entries"], proof["ledger"]["digest"]) == (document.ledger_seq, document.ledger_digest)
    hashes = (document.snapshot_sha256, document.certificate_sha256)
    assert (proof["snapshot_sha256"], proof["certificate_sha256"]) == hashes
    assert (proof["time_source"], proof["sealed_at"]) == ("this server's clock", "2026-11-21T18:00:00Z")
    assert proof["signatures"][0] == {
        "name": "Dana Okafor",
        "role": "Compliance officer",
        "at": "2026-11-09T22:31:05+00:00",
        "method": "password",
        "statement_edition": "2026-1",
        "statement_sha256": sha256(kit.statement.encode()).hexdigest(),
        "snapshot_sha256": kit.signed_over,
    }


def test_a_bundle_waits_for_its_dossier_and_tells_when_that_cannot_be_made(story: paper.Story, settings: Any):
    job = request_bundle(vendor=story.vendor, by=story.cast.owner, form_id="1")
    assert jobs.claim(job.uid) is None
    settings.JOB_KINDS = {**settings.JOB_KINDS, "dossier": "tests.core.document_kinds.letter_of_too_many_pages"}
    assert job.after
    jobs.run(job.after.uid)
    jobs.run(job.uid)
    job.refresh_from_db()
    assert (job.state, job.last_error[:44]) == (JobState.FAILED, "The dossier that goes into this bundle could")
    jobs.try_again(job=job, by=story.cast.owner)
    assert set(Job.objects.filter(kind__in=["dossier", "bundle"]).values_list("state", flat=True)) == {"queued"}


def test_a_file_that_is_purged_later_takes_along_what_carries_it(
    story: paper.Story, django_capture_on_commit_callbacks: Any
):
    document = bundled(story)
    evidence = story.vendor.evidence.get(number=5)
    quarantine_evidence(evidence=evidence, by=story.cast.officer, reason="A name is in it.")
    with django_capture_on_commit_callbacks(execute=True):
        purge_evidence(evidence=evidence, by=story.cast.owner, reason="A name is in it.")
    document.refresh_from_db()
    assert document.file.purged_at == paper.PRINTED
    assert not default_storage.exists(document.file.path)
    assert Document.objects.get(kind="dossier").file.purged_at is None


@pytest.mark.parametrize(
    ("size", "form", "words"),
    [
        (46, "inside", "The evidence files are 46.0 MB together, and a PDF takes 45 MB. Ask for the bundle instead."),
        (201, "zip", "The evidence files are 201.0 MB together, and a bundle takes 200 MB. Ask for the dossier alone"),
        (201, "inside", "The evidence files are 201.0 MB together, and a PDF takes 45 MB. Ask for the dossier alone"),
    ],
)
def test_too_much_evidence_says_what_to_do(size: int, form: str, words: str):
    with pytest.raises(evidence_files.NotMade) as refused:
        evidence_files.refuse_too_much([size * evidence_files.MEGABYTE], form)
    assert refused.value.sentence.startswith(words)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("SOC 2 report", "E-07 SOC 2 report.pdf"),
        ("../../etc/passwd\x00", "E-07 etc passwd.pdf"),
        ('CON: a|b?c*<d>"e"', "E-07 CON a b c d e.pdf"),
        ("Invoice \u202egnp.exe", "E-07 Invoice gnp.exe.pdf"),
        ("W" * 300, f"E-07 {'W' * 60}.pdf"),
        ("王小明", "E-07 王小明.pdf"),
        ("...", "E-07.pdf"),
    ],
)
def test_names_are_safe(title: str, name: str):
    assert evidence_files.safe_name("E-07", title, ".pdf") == name


def test_our_own_document_is_evidence_and_a_strangers_with_files_inside_is_not(
    story: paper.Story, strangers: Cast
) -> None:
    job = request_dossier(vendor=story.vendor, by=story.cast.owner, form_id="1", evidence=evidence_files.INSIDE)
    document = made(job)
    sent = upload(bytes_of(document), "dossier.pdf")
    accepted = accept(practice=story.vendor.practice, upload=sent)
    assert (accepted.sha256, accepted.pages) == (document.sha256, document.file.pages)
    with pytest.raises(Refused, match="attached files"):
        accept(practice=strangers.practice, upload=upload(bytes_of(document), "dossier.pdf"))
