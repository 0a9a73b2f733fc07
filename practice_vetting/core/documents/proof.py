"""What every sealed PDF carries beside its snapshot, so that it can be checked without us: proof.json."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from practice_vetting.core import ledger
from practice_vetting.core.documents.content import Content
from practice_vetting.core.models import Job
from practice_vetting.core.version import software_version

FORMAT = "practice-vetting-proof/1"
OWN_CLOCK = "this server's clock"
STAMP = "a time stamp, asked for at"


def proof_of(job: Job, content: Content, *, fingerprint: str, time_source: str, sealed_at: datetime) -> str:
    """The canonical JSON of what this document proves, and by what.

    `fingerprint` is of the certificate that seals it (SHA-256, hex); `time_source` is the host that is asked for a time
    stamp, "" when this server tells the time.
    """
    return ledger.canonical(
        {
            "format": FORMAT,
            "number": job.number,
            "kind": job.kind,
            "title": content.title,
            "practice": content.author,
            "software": software_version(),
            "verify_at": settings.SITE_URL + reverse("core:verify"),
            "as_of": content.as_of,
            "snapshot_sha256": content.snapshot_sha256,
            "ledger": {"entries": content.ledger_seq, "digest": content.ledger_digest, **_about(content)},
            "certificate_sha256": fingerprint,
            "asked_at": job.requested_at,
            "made_at": content.made_at or sealed_at,
            "sealed_at": sealed_at,
            "time_source": f"{STAMP} {time_source}" if time_source else OWN_CLOCK,
            "signatures": [signer.as_data() for signer in content.signers],
            "evidence": [_evidence(each) for each in content.evidence],
        }
    )


def _about(content: Content) -> dict[str, Any]:
    return {"about": content.about} if content.about else {}


def _evidence(told: Any) -> dict[str, Any]:
    return {
        "label": told.label,
        "title": told.title,
        "file_name": told.file_name,
        "sha256": told.sha256,
        "size": told.size,
        "attached_as": told.name if told.path else "",
        "in_bundle_as": "" if told.path else told.name,
        "missing": told.missing,
    }
