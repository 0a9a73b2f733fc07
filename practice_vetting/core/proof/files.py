"""The bytes of evidence and documents in the storage, against the hash with which they were kept."""

import hashlib
from collections.abc import Iterator

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.utils.module_loading import import_string

from practice_vetting.core import progress
from practice_vetting.core.files.store import StorageAway
from practice_vetting.core.models import Document, Practice, StoredFile
from practice_vetting.core.proof.misfit import Misfit


def misfits(practice: Practice, *, using: str) -> Iterator[Misfit | None]:
    """For each file that is kept, what is wrong with its bytes, or None. Raises StorageAway."""
    rows = StoredFile.objects.using(using).filter(practice=practice, purged_at=None).select_related("practice")
    for stored in progress.each("Comparing the files", rows.order_by("pk").iterator(500), rows.count()):
        sentence = _fault(stored)
        # Purged or removed while we read, its bytes went rightly.
        still = sentence and StoredFile.objects.filter(pk=stored.pk, purged_at=None).exists()
        yield _named(stored, sentence, using) if still else None


def _fault(stored: StoredFile) -> str:
    digest = hashlib.sha256()
    try:
        with default_storage.open(stored.path) as file:
            while chunk := file.read(1024 * 1024):
                digest.update(chunk)
    except StorageAway:
        raise  # nothing is known about any file: whoever checks tries again later
    except (OSError, SuspiciousFileOperation, ValueError):  # the last two: no hash that we wrote is such a name
        return "Its file is missing from the storage. Restore it from a backup."
    if digest.hexdigest() != stored.sha256:
        return "Its file was changed in the storage. Restore it from a backup."
    return ""


def _named(stored: StoredFile, sentence: str, using: str) -> Misfit:
    """By the document or the evidence that the file is."""
    if document := Document.objects.using(using).filter(file_id=stored.pk).first():
        return Misfit(0, "document", document.uid, str(document), sentence)
    uses = [label for label, _ in import_string(settings.FILE_USES)(stored)]
    return Misfit(0, stored.kind(), stored.uid, ", ".join(uses) or str(stored), sentence)
