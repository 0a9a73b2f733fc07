"""The document of a signed memo about 42 CFR Part 2 (settings.JOB_KINDS): from what was signed alone."""

from typing import Any
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils import timezone

from practice_vetting.core import clock, ledger
from practice_vetting.core.documents.content import Content, Signer
from practice_vetting.core.documents.imprint import imprint_of
from practice_vetting.core.frozen_text import read
from practice_vetting.core.models import Job
from vendors.models import Part2Memo

KIND = "part2-memo"


class Unsound(RuntimeError):
    """What was signed and what is kept are not the same: no document is made of it."""


def memo(job: Job) -> Content:
    """The signed memo as a document. Raises Unsound when what is kept does not have the hash that was signed."""
    found = Part2Memo.objects.of(job.practice).select_related("practice").get(uid=job.subject_uid)
    if ledger.sha256(found.content) != found.content_sha256:
        raise Unsound(f"What was signed in the Part 2 memo {found.uid} is not kept as it was.")
    content = read(found.content) | {"content_sha256": found.content_sha256, "counts_before_on": found.lapses_on}
    subject = content["tool"] or "the practice"
    title = f"Part 2 memo about {subject}"
    imprint = imprint_of(job, found.content, made_at=clock.now())
    zone = found.practice.time_zone
    context = {
        "memo": content,
        "one": [content],
        "subject_name": subject,
        "title": title,
        "imprint": imprint,
        "zone": zone,
    }
    context |= {"content": {"practice": {"name": content["practice"]}, "software": content["software"]}}
    with timezone.override(ZoneInfo(zone)):
        html = render_to_string("pdf/part2_memo.html", context)
    return Content(
        html=html,
        title=title,
        author=content["practice"],
        snapshot=found.content,
        reason=f"{title} ({job.number})",
        certificate=imprint.certificate,
        language="en-US",
        signers=(_signer(content),),
        ledger_seq=imprint.entries,
        ledger_digest=imprint.digest,
        made_at=imprint.made_at,
    )


def _signer(content: dict[str, Any]) -> Signer:
    return Signer(
        name=content["signed_by"],
        role=content["signed_role"],
        at=content["signed_at"],
        method=content["method"],
        statement_edition=content["statement_edition"],
        statement_sha256=ledger.sha256(content["statement"]),
        snapshot_sha256=content["content_sha256"],
    )
