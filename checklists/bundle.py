"""A dossier with everything that it speaks of, as one ZIP that an attorney checks with no software of ours.

It is made around a dossier that was issued just before (Job.after), and adds nothing to what that says.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import reverse

from checklists import bundle_words, evidence_files, snapshot
from checklists.dossier_history import uids_about
from practice_vetting.core.documents import certificates
from practice_vetting.core.documents.content import Bundle, EvidenceFile, Member, Signer, work_folder
from practice_vetting.core.documents.issue import NotMade
from practice_vetting.core.files.keeping import read
from practice_vetting.core.ledger import canonical
from practice_vetting.core.ledger_extract import write_chain, write_entries
from practice_vetting.core.models import Document, Job, SealCertificate
from vendors.models import Vendor

FORMAT = "practice-vetting-bundle/1"
_FIRST = {"READ-ME-FIRST.html": bundle_words.as_html, "READ-ME-FIRST.txt": bundle_words.as_text}
_NO_DOSSIER = "The dossier that goes into this bundle could not be made. Press “Try again”: we begin with the dossier."


@dataclass(frozen=True)
class Chain:
    """The certificates of a seal as PEM: its own, the root, and what stands between them."""

    seal: str
    root: str
    between: str = ""


def bundle(job: Job) -> Bundle:
    """The bundle around the dossier for which this job waited. Raises NotMade when that could not be made."""
    document = Document.objects.filter(job=job.after_id).select_related("file__practice", "practice").first()
    if document is None:
        raise NotMade(_NO_DOSSIER)
    folder, vendor = work_folder(job), Vendor.objects.of(job.practice).get(uid=job.subject_uid)
    content = snapshot.read(document.snapshot)
    evidence = evidence_files.gather(
        job.practice, content["evidence"], form=evidence_files.ZIP, folder=folder / "evidence"
    )
    about = _ledger(vendor, document, folder)
    members = [
        Member("dossier.pdf", path=_dossier(document, folder), sha256=document.sha256),
        *(Member(each.name, path=each.path, sha256=each.sha256) for each in evidence if each.path),
        Member("ledger/entries.jsonl", path=folder / "entries.jsonl"),
        Member("ledger/chain.csv", path=folder / "chain.csv"),
        *_certificates(document),
    ]
    files = len(members) + len(_FIRST) + 1  # the list of hashes itself
    shown = _shown(job, document, evidence, about=about, name=content["vendor"]["name"], files=files)
    first = [Member(name, words(shown).encode()) for name, words in _FIRST.items()]
    return Bundle(
        title=f"Bundle: {content['vendor']['name']}",
        snapshot=_listed(job, document, evidence),
        signers=tuple(Signer.from_data(each) for each in document.signers),
        ledger_seq=document.ledger_seq,
        ledger_digest=document.ledger_digest,
        as_of=document.as_of,
        evidence=evidence,
        members=(*first, *members),
        certificate_sha256=document.certificate_sha256,
        time_source=document.time_source,
    )


def _listed(job: Job, document: Document, evidence: tuple[EvidenceFile, ...]) -> str:
    """What the bundle was made from: the dossier, the files that went in, and those that are missing."""
    return canonical(
        {
            "format": FORMAT,
            "number": job.number,
            "dossier": {"number": document.number, "sha256": document.sha256},
            "ledger": {"entries": document.ledger_seq, "digest": document.ledger_digest},
            "files": [{"name": each.name, "sha256": each.sha256} for each in evidence if each.path],
            "missing": [
                {"label": each.label, "title": each.title, "sha256": each.sha256, "why": each.missing}
                for each in evidence
                if not each.path
            ],
        }
    )


def _shown(
    job: Job, document: Document, evidence: tuple[EvidenceFile, ...], *, about: dict[str, Any], name: str, files: int
) -> bundle_words.Shown:
    return bundle_words.Shown(
        number=job.number,
        vendor=name,
        practice=job.practice.name,
        zone=job.practice.time_zone,
        made_at=job.requested_at,
        dossier=document,
        evidence=evidence,
        about=about,
        files=files,
        verify_at=settings.SITE_URL + reverse("core:verify"),
    )


def _dossier(document: Document, folder: Path) -> Path:
    path = folder / "dossier.pdf"
    with read(document.file) as source, path.open("xb") as copy:
        shutil.copyfileobj(source, copy)
    return path


def _ledger(vendor: Vendor, document: Document, folder: Path) -> dict[str, Any]:
    """Write the two files of the ledger up to the entry that the dossier prints; answers which are in full."""
    practice_uid, until = document.practice.uid, document.ledger_seq
    write_chain(folder / "chain.csv", practice_uid, until=until)
    return write_entries(folder / "entries.jsonl", practice_uid, uids=uids_about(vendor), until=until)


def _certificates(document: Document) -> list[Member]:
    chain = _chain(document.certificate_sha256)
    named = [("seal.pem", chain.seal), ("between.pem", chain.between), ("root.pem", chain.root)]
    return [Member(f"certificates/{name}", text.encode()) for name, text in named if text]


def _chain(fingerprint: str) -> Chain:
    """The certificates that vouch for the seal, from our record of it; else those that seal now."""
    kept = SealCertificate.objects.filter(fingerprint=fingerprint).first()
    if kept is None:
        material = certificates.load(settings.KEYS_DIR)
        return Chain(material.certificate.decode(), material.root.decode())
    *between, root = [f"{each.strip()}\n{_END}\n" for each in kept.chain.split(_END) if each.strip()] or [
        kept.certificate
    ]
    return Chain(kept.certificate, root, "".join(between))


_END = "-----END CERTIFICATE-----"
