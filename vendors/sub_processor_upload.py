"""A list of sub-processors on its way in: the text that was pasted, or a file that core.files accepted, made rows.

found, source, file_name, came = brought(form, membership, vendor)      of a valid vendors.forms BringInForm
"""

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from practice_vetting.core.errors import Refused
from practice_vetting.core.files import held
from practice_vetting.core.files.file_types import ending
from practice_vetting.core.limited import ChildFailed, LimitReached, run_limited
from practice_vetting.core.models import Membership
from vendors.kinds import ListSource
from vendors.models import Vendor
from vendors.sub_processor_import.lists import ReadList, SeveralCompanies
from vendors.sub_processor_import.tables import Unreadable
from vendors.uploading import Incoming, incoming

if TYPE_CHECKING:
    from vendors.forms.sub_processor_lists import BringInForm

log = logging.getLogger(__name__)

READ = (".csv", ".tsv", ".txt", ".md", ".mdx", ".xlsx")
ENDINGS = ",".join(READ)
IN_WORDS = "Excel (.xlsx), CSV, TSV, Markdown (.md, .mdx) or plain text (.txt)"
SECONDS, MEGABYTES = 20, 600
MOST_ANSWERED = 4 * 1024**2  # bytes of the rows that were read
MOST_BYTES = 4 * 1024**2  # of a text

_NO_TABLE_TYPE = f"We cannot read a list from this type. Choose {IN_WORDS}, or copy the table and paste it above."
_TOO_LARGE = "This is too large for a list of sub-processors. Copy only the table itself, and paste it."
_DAMAGED = "We could not read this. Copy only the table itself, and paste it."


@dataclass(frozen=True)
class Brought:
    """What was read, how it came, and the accepted file where it was one."""

    found: ReadList
    source: ListSource
    file_name: str = ""
    came: Incoming | None = None


def brought(form: "BringInForm", membership: Membership, vendor: Vendor) -> Brought:
    """The rows of the list in the form. Raises Refused beside its field, or LooksLikePatientData for a file."""
    whose = {"vendor": vendor.name, "owner": form.cleaned_data["owner"]}
    if not (form.cleaned_data["file"] or form.asked):
        try:
            return Brought(_read({**whose, "text": form.cleaned_data["text"]}), ListSource.PASTED)
        except Unreadable as unreadable:
            raise _refused(form, unreadable, "text") from None
    if (upload := form.cleaned_data["file"]) and ending(upload.name or "") not in READ:
        raise Refused(_NO_TABLE_TYPE, field="file")
    came = incoming(form, membership)
    try:
        found = _of_file(came, whose)
    except Unreadable as unreadable:
        if isinstance(unreadable, SeveralCompanies):
            _hold(form, came, membership)
        raise _refused(form, unreadable, "file") from None
    return Brought(found, ListSource.FILE, came.accepted.name, came)


def _refused(form: "BringInForm", unreadable: Unreadable, field: str) -> Refused:
    if isinstance(unreadable, SeveralCompanies):
        form.ask_whose(unreadable.owners)
        return Refused(unreadable.sentence, field="owner")
    return Refused(unreadable.sentence, field=field)


def _hold(form: "BringInForm", came: Incoming, membership: Membership) -> None:
    """Keep the file for an hour, so that it need not be chosen again after the question whose rows to take."""
    if form.asked and form.asked.sha256 == came.accepted.sha256:
        return
    practice, person = membership.practice, membership.person
    token = held.hold(came.accepted, came.looked, practice=practice, person=person)
    form.ask_about(held.read_token(token, practice=practice, person=person), token)


def _of_file(came: Incoming, whose: dict[str, str]) -> ReadList:
    sheets = ending(came.accepted.name) == ".xlsx"
    if not sheets and came.accepted.size > MOST_BYTES:
        raise Unreadable(_TOO_LARGE)
    return _read({**whose, "path": str(came.accepted.path), "sheets": sheets})


def _read(asked: dict[str, Any]) -> ReadList:
    """What the limited child makes of it: what others wrote may be made to take for ever. Raises Unreadable."""
    try:
        answer = run_limited(
            "vendors.sub_processor_import.reading:read",
            json.dumps(asked).encode(),
            seconds=SECONDS,
            megabytes=MEGABYTES,
            most_answered=MOST_ANSWERED,
        )
    except ChildFailed as failure:
        log.warning("A list could not be read: %s", failure)
        raise Unreadable(_DAMAGED) from None
    except LimitReached as limit:
        log.warning("A list is too large to read: %s", limit)
        raise Unreadable(_TOO_LARGE) from None
    found = json.loads(answer)
    if "owners" in found:
        raise SeveralCompanies(found["owners"])
    if "unreadable" in found:
        raise Unreadable(found["unreadable"])
    return ReadList(found["rows"], found["refused"])
