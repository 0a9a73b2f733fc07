"""What a document is made of, before it is laid out or packed.

content = Content(html=..., title=..., author=practice.name, snapshot=canonical({...}), reason="Attestation")
"""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from practice_vetting.core import ledger
from practice_vetting.core.models import Job


@dataclass(frozen=True)
class Signer:
    """A person whose signature the document prints: when (aware), by which method, over which words and snapshot."""

    name: str
    role: str
    at: datetime
    method: str = ""
    statement_edition: str = ""
    statement_sha256: str = ""
    snapshot_sha256: str = ""

    def as_data(self) -> dict[str, str]:
        """What is known of it, with the time as ISO 8601."""
        said = {**self.__dict__, "at": self.at.isoformat()}
        return {name: value for name, value in said.items() if value}

    @classmethod
    def from_data(cls, data: dict[str, str]) -> "Signer":
        """The signer as Document.signers keeps it."""
        return cls(**{**data, "at": datetime.fromisoformat(data["at"])})  # type: ignore[arg-type]


@dataclass(frozen=True)
class EvidenceFile:
    """One piece of evidence as a document tells of it.

    `name` is what its file is called inside the document, or in the bundle around it; `path` is where its bytes lie
    while it is put inside. `missing` says why the file does not go along, when it was asked for.
    """

    label: str
    title: str
    file_name: str
    sha256: str
    size: int
    content_type: str = ""
    about: str = ""
    dated_at: datetime | None = None
    name: str = ""
    path: Path | None = None
    missing: str = ""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What is kept on record of every document: `snapshot` is the canonical JSON that it was made from.

    `ledger_seq` and `ledger_digest` are the end of the practice's ledger that it carries, `as_of` the past day that it
    tells of, and `evidence` the files it speaks of, inside or not.
    """

    title: str
    snapshot: str
    signers: tuple[Signer, ...] = ()
    ledger_seq: int = 0
    ledger_digest: str = ""
    as_of: date | None = None
    evidence: tuple[EvidenceFile, ...] = ()

    @property
    def snapshot_sha256(self) -> str:
        return ledger.sha256(self.snapshot)

    @property
    def inside(self) -> list[EvidenceFile]:
        """The evidence whose files it carries."""
        return [each for each in self.evidence if each.path]


@dataclass(frozen=True, kw_only=True)
class Content(Told):
    """One PDF before it is laid out.

    `html` names only static: addresses; `author` is the practice; `language` is a BCP 47 tag; the snapshot is attached
    to it as snapshot.json; `reason` is what PDF readers show beside the seal. `certificate` is the fingerprint that it
    prints ("": none): no other certificate may seal it. `about` says which entries of the ledger are about its subject,
    as ledger_extract.listed does; `signed` is the snapshot that the signers signed over, where it is another one.
    `made_at` is when it was made, as it prints it.
    """

    html: str
    author: str
    reason: str
    language: str = "en"
    certificate: str = ""
    about: dict[str, Any] | None = None
    signed: str = ""
    made_at: datetime | None = None


@dataclass(frozen=True)
class Member:
    """One file of a bundle: `name` with its folders; its bytes are `data`, or lie at `path` and have this SHA-256."""

    name: str
    data: bytes = b""
    path: Path | None = None
    sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class Bundle(Told):
    """One ZIP before it is packed, around a document that was sealed before it: certificate and time are that one's."""

    members: tuple[Member, ...]
    certificate_sha256: str
    time_source: str = ""


def work_folder(job: Job) -> Path:
    """Where a claimed job may lay files while it is made; they are removed afterwards."""
    folder: Path = settings.DATA_DIR / "work" / job.uid / job.claim
    return folder
