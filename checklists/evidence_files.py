"""The evidence of a vendor as files that leave with its dossier: which may, under which names, and why not."""

import hashlib
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from checklists.rules.findings import long_date
from practice_vetting.core import progress
from practice_vetting.core.documents.content import EvidenceFile
from practice_vetting.core.documents.issue import NotMade
from practice_vetting.core.files.file_types import ending
from practice_vetting.core.files.keeping import Damaged, read
from practice_vetting.core.models import Practice
from practice_vetting.core.models.stored_file import ScanState
from vendors.models import Evidence
from vendors.set_aside import set_aside

INSIDE, ZIP = "inside", "zip"  # options["evidence"] of a job; without it no file leaves
IN_BUNDLE = "evidence/"
MEGABYTE = 1024 * 1024
#: in bytes. The verify page takes PDFs of 50 MB, the pages of the dossier included.
MOST = {INSIDE: 45 * MEGABYTE, ZIP: 200 * MEGABYTE}

_NAME_LENGTH = 60  # without label and ending; three bytes a letter still fit the file systems that people use
_SAFE = " -_().,&+"
_A_PART = 1024 * 1024

Data = dict[str, Any]


def mentioned(rows: Iterable[Data]) -> tuple[EvidenceFile, ...]:
    """The evidence of a snapshot as a document speaks of it that carries no file."""
    return tuple(_told(row) for row in rows)


def gather(practice: Practice, rows: list[Data], *, form: str, folder: Path | None = None) -> tuple[EvidenceFile, ...]:
    """The same with the file of each that may leave, copied into `folder` hash by hash, and why the others are missing.

    Without a folder they are looked at only: the bundle brings them. `form` is INSIDE or ZIP. Raises NotMade when they
    are more than MOST of it.
    """
    known = Evidence.objects.of(practice).filter(uid__in=[row["uid"] for row in rows])
    evidence = {each.uid: each for each in known.select_related("file__practice", "practice")}
    missing = {row["uid"]: why_missing(evidence.get(row["uid"])) for row in rows}
    refuse_too_much((row["size"] for row in rows if not missing[row["uid"]]), form)
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    each = progress.each("Gathering the evidence", rows, len(rows))
    return tuple(_gathered(row, evidence.get(row["uid"]), missing[row["uid"]], form, folder) for row in each)


def why_missing(evidence: Evidence | None) -> str:
    """Why the file of this evidence may not leave, in words; "" when it may."""
    if evidence is None:
        return "removed from the record since"
    if why := set_aside(evidence):
        return why
    return "waiting for the virus scanner" if evidence.file.scan_state == ScanState.WAITING else ""


def refuse_too_much(sizes: Iterable[int], form: str) -> None:
    """Raise NotMade with what to do instead when files of these sizes do not fit the form."""
    together = sum(sizes)
    if together <= MOST[form]:
        return
    instead = "Ask for the bundle instead." if form == INSIDE and together <= MOST[ZIP] else _ALONE
    where = "a PDF" if form == INSIDE else "a bundle"
    raise NotMade(
        f"The evidence files are {_megabytes(together)} MB together, and {where} takes {MOST[form] // MEGABYTE} MB. "
        f"{instead}"
    )


_ALONE = "Ask for the dossier alone: it lists the SHA-256 of every file. Then send the files that matter beside it."


def safe_name(label: str, title: str, ends: str) -> str:
    """A name under which every system takes the file, such as "E-07 SOC 2 report.pdf"; labels make it unique."""
    plain = unicodedata.normalize("NFC", title)
    kept = "".join(each if each in _SAFE or unicodedata.category(each)[0] in "LMN" else " " for each in plain)
    short = " ".join(kept.split())[:_NAME_LENGTH].strip(" .")
    return f"{label} {short}".strip() + ends


def _told(row: Data, **more: Any) -> EvidenceFile:
    names = ("label", "title", "file_name", "sha256", "size", "content_type")
    return EvidenceFile(**{name: row[name] for name in names}, **more)


def _gathered(row: Data, evidence: Evidence | None, missing: str, form: str, folder: Path | None) -> EvidenceFile:
    if missing or evidence is None:
        return _told(row, missing=missing)
    name = safe_name(row["label"], row["title"], ending(row["file_name"]))
    path = folder / name if folder else None
    try:
        _copy(evidence, row["sha256"], path)
    except Damaged:
        return _told(row, missing="missing from the storage, or not the same bytes any more")
    about = f"{row['label']} {row['title']}. {row['kind']}, SHA-256 {row['sha256']}"
    name = f"{IN_BUNDLE}{name}" if form == ZIP else name
    return _told(row, name=name, path=path, about=about + _dates(row), dated_at=_dated_at(row))


def _copy(evidence: Evidence, sha256: str, out: Path | None) -> None:
    """Copy the bytes while hashing them; `read` has seen that they are those of the stored file."""
    with read(evidence.file) as source:
        if evidence.file.sha256 != sha256:
            raise Damaged("The file is not the one that the record names.")
        if out is None:
            return
        digest = hashlib.sha256()
        with out.open("xb") as copy:
            while part := source.read(_A_PART):
                digest.update(part)
                copy.write(part)
    if digest.hexdigest() != sha256:
        out.unlink()
        raise Damaged("The file changed while it was read.")


def _dates(row: Data) -> str:
    dated = f", dated {long_date(row['dated_on'])}" if row["dated_on"] else ""
    until = f", counts until {long_date(row['expires_on'])}" if row["expires_on"] else ""
    return dated + until


def _dated_at(row: Data) -> datetime:
    """The day on the document at noon UTC, so that it is that day everywhere; else when it came on file."""
    came: datetime = row["checked_at"]
    return datetime.combine(row["dated_on"], time(12), UTC) if row["dated_on"] else came


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:,.1f}"
