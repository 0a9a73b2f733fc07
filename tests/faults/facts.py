"""Says in JSON what an installation has on record and on its disk; with --sweep after what the days to come tidy up.

python -m tests.faults.facts [--sweep]
"""

import hashlib
import json
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

if __name__ == "__main__":
    django.setup()

from django.conf import settings  # noqa: E402
from django.core.files.storage import default_storage  # noqa: E402
from django.db.models import Count  # noqa: E402

from checklists.models import Answer  # noqa: E402
from practice_vetting.core import clock  # noqa: E402
from practice_vetting.core.documents import jobs  # noqa: E402
from practice_vetting.core.files import held  # noqa: E402
from practice_vetting.core.files.orphans import sweep_files  # noqa: E402
from practice_vetting.core.models import AccountMail, Document, Job, LedgerEntry, Mail, Reminder, StoredFile  # noqa: E402
from vendors.models import Evidence, Vendor  # noqa: E402


def main(*, sweep: bool) -> None:
    if sweep:
        with clock.set_to(clock.now() + timedelta(days=2)):
            sweep_files()
            jobs.clear_work()
            held.sweep()
    sys.stdout.write(json.dumps(facts(), default=str))


def facts() -> dict[str, Any]:
    return {
        "vendors": rows(Vendor, "uid", "name", "form_id"),
        "answers": rows(Answer, "uid", "question", "said", "evaluation__uid"),
        "said": rows(Answer.history, "uid", "said", "history_type", "version"),
        "evidence": rows(Evidence, "uid", "title", "form_id", "file__sha256", "quarantined_at"),
        "jobs": rows(Job, "uid", "key", "kind", "state", "number", "attempts", "last_error"),
        "documents": [*map(document, Document.objects.select_related("job", "file__practice"))],
        "mails": [
            *rows(Mail, "pk", "message_id", "state", "attempts", "doubtful", "kind", "on", "person__email"),
            *AccountMail.objects.exclude(state="ended").values("pk", "message_id", "state", "attempts", "kind"),
        ],
        "reminders": rows(Reminder, "person__email", "kind", "subject_uid", "due_on", "rung", "mail_id"),
        "verbs": [*LedgerEntry.objects.values("verb", "record_uid").annotate(times=Count("pk"))],
        **on_disk(),
    }


def rows(model: Any, *columns: str) -> list[dict[str, Any]]:
    manager = getattr(model, "objects", model)
    return list(manager.values(*columns))


def document(row: Document) -> dict[str, Any]:
    return {"number": row.number, "key": row.job.key, "sha256": row.sha256, "path": place_of(row.file)}


def place_of(stored: StoredFile) -> str:
    return str(Path(default_storage.path(stored.path)))


def on_disk() -> dict[str, Any]:
    """Each row with what its bytes are, and each file that has no row."""
    files = list(StoredFile.objects.select_related("practice").filter(purged_at=None))
    places = {place_of(each): each.sha256 for each in files}
    found = {str(path): digest(path) for path in Path(default_storage.location).rglob("*") if path.is_file()}
    work = [str(path) for path in (settings.DATA_DIR / "work").rglob("*") if path.is_file()]
    return {
        "files": len(places),
        "damaged": [place for place, sha256 in places.items() if found.get(place) != sha256],
        "strays": sorted(found.keys() - places.keys()),
        "left of work": work,
        "twice": [
            key for key, times in Counter((each.practice_id, each.sha256) for each in files).items() if times > 1
        ],
    }


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    main(sweep="--sweep" in sys.argv)
