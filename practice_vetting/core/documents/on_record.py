"""What our record says of a document that we issued: by whom, as it was then, and which one took its place."""

import json
from dataclasses import dataclass

from django.conf import settings

from practice_vetting.core import records
from practice_vetting.core.models import Document


@dataclass(frozen=True)
class Issuer:
    """The practice as the document names it, and its time zone on that day."""

    name: str
    zone: str


def issuer_of(document: Document) -> Issuer:
    """From the snapshot; a document that names no practice (a bundle) is told as the one that it was made around."""
    said = json.loads(document.snapshot or "{}").get("practice")
    if said:
        return Issuer(said["name"], said["time_zone"])
    around = Document.objects.filter(job=document.job.after_id).first() if document.job.after_id else None
    return issuer_of(around) if around else Issuer(document.practice.name, document.practice.time_zone)


def newer_than(document: Document | None) -> Document | None:
    """The newest document of the same kind, about the same and as of the same day, issued after this one."""
    if document is None:
        return None
    same = {name: getattr(document, name) for name in ("practice", "kind", "subject_kind", "as_of")}
    later = Document.objects.filter(pk__gt=document.pk, subject_uid__in=_about_the_same(document), **same)
    return later.order_by("-pk").first()


def _about_the_same(document: Document) -> list[str]:
    """The uids of the records that this kind of document is about in turn (settings.RECORD_OF): of one vendor, say."""
    above = settings.RECORD_OF.get(document.subject_kind)
    if above is None:
        return [document.subject_uid]
    rows = records.kinds()[document.subject_kind]._default_manager.filter(practice=document.practice)
    owners = rows.filter(uid=document.subject_uid).values(above)
    return [document.subject_uid, *rows.filter(**{f"{above}__in": owners}).values_list("uid", flat=True)]
