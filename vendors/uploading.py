"""A file that comes in: accepted, looked through for patient data, and asked about when something is found.

came = incoming(form, request.membership)      any form of vendors.forms.evidence.UploadFields
add_evidence(vendor=vendor, by=person, **came.facts, **other_facts)
"""

from dataclasses import dataclass
from typing import Any

from practice_vetting.core.errors import Refused
from practice_vetting.core.files import held, keeping
from practice_vetting.core.files.held import Held, Looked
from practice_vetting.core.models import Membership
from vendors.forms.evidence import UploadFields

_UNREAD = {
    "no_text": "We could not read the text of this file (a scan?). Look through it yourself.",
    "partly": "We could read only a part of its text. Look through the rest yourself.",
    "failed": "We could not read the text of this file. Look through it yourself.",
}


class LooksLikePatientData(Refused):
    """Something in the file looks like patient data. We hold it under `token` while the person answers."""

    def __init__(self, held: Held, token: str) -> None:
        super().__init__("Something in this file looks like patient data. Nothing was saved yet.", field="file")
        self.held = held
        self.token = token


@dataclass(frozen=True)
class Incoming:
    """A file that may be kept, how far its text was read, and why what was found in it is no patient data."""

    accepted: keeping.Accepted
    looked: Looked
    reason: str

    @property
    def facts(self) -> dict[str, Any]:
        """As vendors.actions.evidence.add_evidence takes them."""
        return {"accepted": self.accepted, "looked": self.looked, "why_no_patient_data": self.reason}


def incoming(form: UploadFields, membership: Membership) -> Incoming:
    """The file of a valid form: the one that was chosen, else the one that we hold for it.

    Raises Refused for a file that may not be kept, and LooksLikePatientData until the person said of this very file why
    it is none; the form then shows what was found.
    """
    upload, reason = form.cleaned_data["file"], form.cleaned_data["why_no_patient_data"]
    known = form.asked
    if known and not upload:
        return Incoming(held.take(known), known.looked, reason)
    accepted = keeping.accept(practice=membership.practice, upload=upload, by=membership.person)
    told = known is not None and known.sha256 == accepted.sha256
    looked = known.looked if known and told else held.look_through(accepted)
    if looked.stops and not (told and reason):
        raise _asking(form, accepted, looked, membership)
    return Incoming(accepted, looked, reason if looked.stops else "")


def _asking(form: UploadFields, accepted: keeping.Accepted, looked: Looked, of: Membership) -> LooksLikePatientData:
    token = held.hold(accepted, looked, practice=of.practice, person=of.person)
    found = held.read_token(token, practice=of.practice, person=of.person)
    assert found
    form.ask_about(found, token)
    return LooksLikePatientData(found, token)


def without_upload(given: dict[str, Any]) -> dict[str, Any]:
    """What a form says beside its file."""
    return {name: value for name, value in given.items() if name not in {"file", "held", "why_no_patient_data"}}


def unread_words(text_read: str) -> str:
    """What to tell who added a file whose text could not be looked through; "" when all of it was."""
    return _UNREAD.get(text_read, "")
