"""The mail that asks a vendor for a newer document: its words, ready to copy or to open in a mail program."""

from dataclasses import dataclass
from urllib.parse import quote

from practice_vetting.core.templatetags.wording import day
from vendors.kinds import EvidenceKind
from vendors.models import Evidence

_WHAT = {
    EvidenceKind.REPORT: "independent report",
    EvidenceKind.INSURANCE: "insurance certificate",
    EvidenceKind.CERTIFICATE: "certificate",
}


@dataclass(frozen=True)
class Letter:
    """A mail to a vendor's contact. `to` is empty while nobody wrote down an address."""

    to: str
    subject: str
    text: str

    @property
    def address(self) -> str:
        """The address that opens it in a mail program; its parts cannot add another reader or header."""
        return f"mailto:{quote(self.to, safe='@')}?subject={quote(self.subject)}&body={quote(_lines(self.text))}"


def letter_for(evidence: Evidence, *, practice: str, by: str) -> Letter:
    """Ask the vendor's contact for a newer document than this one."""
    vendor, what = evidence.vendor, _WHAT.get(EvidenceKind(evidence.kind_of), "document")
    until = f"It counts until {day(evidence.expires_on)}." if evidence.expires_on else "It has no end date."
    dated = f", dated {day(evidence.dated_on)}" if evidence.dated_on else ""
    text = f"""Hello{f" {vendor.contact_name}" if vendor.contact_name else ""},

we keep this {what} of {vendor.name} on file: “{evidence.title}”{dated}. {until}

Please send us the one that takes its place. If it is not ready yet, tell us when it will be.
Tell us as well what covers the time between.

Please do not send any patient data with it.

Thank you,
{by}
{practice}"""
    return Letter(vendor.contact_email, f"Please send the new {what}: {evidence.title}", text)


def _lines(text: str) -> str:
    """Mail programs want both signs at the end of a line (RFC 6068)."""
    return text.replace("\n", "\r\n")
