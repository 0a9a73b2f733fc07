"""A list of sub-processors on its way in: the text that was pasted, or a file that core.files accepted, made rows.

found, source, file_name, came = brought(form, membership, vendor)      of a valid vendors.forms BringInForm
"""

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from practice_vetting.core.errors import Refused
from practice_vetting.core.files import held
from practice_vetting.core.files.file_types import ending
from practice_vetting.core.limited import ChildFailed, LimitReached, run_limited
from practice_vetting.core.models import Membership
from vendors.kinds import ListSource
from vendors.models import Vendor
from vendors.sub_processor_import import from_text, from_workbook, lists
from vendors.sub_processor_import.lists import ReadList, SeveralCompanies
from vendors.sub_processor_import.tables import Table, Unreadable
from vendors.uploading import Incoming, incoming

if TYPE_CHECKING:
    from vendors.forms.sub_processor_lists import BringInForm

log = logging.getLogger(__name__)

READ = (".csv", ".tsv", ".txt", ".md", ".mdx", ".xlsx")
ENDINGS = ",".join(READ)
IN_WORDS = "Excel (.xlsx), CSV, TSV, Markdown (.md, .mdx) or plain text (.txt)"
SECONDS, MEGABYTES = 20, 600  # for a workbook
MOST_BYTES = 4 * 1024**2  # of a text

_NO_TABLE_TYPE = f"We cannot read a list from this type. Choose {IN_WORDS}, or copy the table and paste it above."
_TOO_LARGE = "This file is too large for a list of sub-processors. Copy the table, and paste it above."
_DAMAGED = "We could not read the sheets of this file. Copy the table, and paste it above."


@dataclass(frozen=True)
class Brought:
    """What was read, how it came, and the accepted file where it was one."""

    found: ReadList
    source: ListSource
    file_name: str = ""
    came: Incoming | None = None


def brought(form: "BringInForm", membership: Membership, vendor: Vendor) -> Brought:
    """The rows of the list in the form. Raises Refused beside its field, or LooksLikePatientData for a file."""
    owner = form.cleaned_data["owner"]
    if not (form.cleaned_data["file"] or form.asked):
        try:
            tables = from_text.tables_in(form.cleaned_data["text"])
            return Brought(lists.read(tables, vendor=vendor.name, owner=owner), ListSource.PASTED)
        except Unreadable as unreadable:
            raise _refused(form, unreadable, "text") from None
    if (upload := form.cleaned_data["file"]) and ending(upload.name or "") not in READ:
        raise Refused(_NO_TABLE_TYPE, field="file")
    came = incoming(form, membership)
    try:
        found = lists.read(_tables(came), vendor=vendor.name, owner=owner)
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


def _tables(came: Incoming) -> list[Table]:
    path = came.accepted.path
    if ending(came.accepted.name) == ".xlsx":
        return _of_workbook(path)
    if came.accepted.size > MOST_BYTES:
        raise Unreadable(_TOO_LARGE)
    return from_text.tables_in(from_text.decoded(path.read_bytes()))


def _of_workbook(path: Path) -> list[Table]:
    asked = json.dumps({"path": str(path)}).encode()
    try:
        answer = run_limited(
            "vendors.sub_processor_import.from_workbook:cells", asked, seconds=SECONDS, megabytes=MEGABYTES
        )
    except ChildFailed as failure:
        log.warning("The sheets of a file could not be read: %s", failure)
        raise Unreadable(_DAMAGED) from None
    except LimitReached as limit:
        log.warning("The sheets of a file are too large: %s", limit)
        raise Unreadable(_TOO_LARGE) from None
    return from_workbook.tables(answer)
