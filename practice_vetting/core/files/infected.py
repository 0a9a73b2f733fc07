"""A file with a virus: refused at the door, or found later among those that were kept. Both are told at once."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.module_loading import import_string

from practice_vetting.core import clock, ledger, reminders
from practice_vetting.core.actions import action
from practice_vetting.core.models import Person, Practice, StoredFile
from practice_vetting.core.models.stored_file import ScanState
from practice_vetting.core.roles import Role


class AlreadyJudged(RuntimeError):
    """Another worker was faster: the scanner's word on this file is kept."""


@action("file.refused_infected", says="brought a file with a virus, which was not kept:")
def refuse_infected(*, practice: Practice, by: Person | None, name: str, sha256: str, virus: str) -> None:
    """Tell of a file that was refused. Call it outside of any transaction that the refusal undoes."""
    ledger.record(practice, label=name, virus=virus, sha256=sha256)
    brought = StoredFile(practice=practice, uid=sha256[:12])  # no row: it names what the mail is about
    _tell(brought, {"name": name, "virus": virus, "person": by, "path": reverse("core:history")})


@action("file.found_infected", says="found a virus in the kept file")
def withhold_infected(*, stored: StoredFile, by: None, virus: str) -> None:
    """From now on nobody gets these bytes, and what rested on them is judged again. Raises AlreadyJudged."""
    judged = {"scan_state": ScanState.INFECTED, "scanned_at": clock.now(), "virus": virus}
    if not StoredFile.objects.filter(pk=stored.pk).exclude(scan_state=ScanState.INFECTED).update(**judged):
        raise AlreadyJudged(stored.uid)
    for name, value in judged.items():
        setattr(stored, name, value)
    uses: list[tuple[str, str]] = import_string(settings.FILE_USES)(stored)
    names = ", ".join(label for label, _ in uses) or str(stored)
    ledger.record(stored, label=names, virus=virus, sha256=stored.sha256)
    import_string(settings.JUDGE_ALL)(stored.practice)
    path = uses[0][1] if uses else reverse("core:history")
    _tell(stored, {"name": names, "virus": virus, "kept": True, "path": path})


def _tell(stored: StoredFile, context: dict[str, Any]) -> None:
    about: Any = stored
    roles = [Role.OFFICER, Role.OWNER]
    reminders.tell_now(
        practice=stored.practice, kind="virus", subject=about, roles=roles, template="virus_found", context=context
    )
