"""How long evidence counts. Pure: no Django, no clock. `expires_on` is the last day on which it counts."""

from dataclasses import dataclass
from datetime import date, timedelta

from vendors.deadlines import a_year_after
from vendors.kinds import EvidenceKind

#: So many days ahead a document is shown as expiring.
EXPIRES_SOON = timedelta(days=30)
#: They say how things were on a day, so we trust them for one year from it (our policy).
YEARLY = {EvidenceKind.REPORT, EvidenceKind.MEMO}
#: when one of these expires, the vendor's agreements are reviewed (good practice: nobody vouches for it any more)
VOUCHING = {EvidenceKind.REPORT, EvidenceKind.INSURANCE, EvidenceKind.CERTIFICATE}


def counts_until(kind_of: str, dated_on: date | None, expires_on: date | None) -> date | None:
    """The last day on which it counts: the one given, or a year after the date of a report or a memo."""
    if expires_on is None and dated_on is not None and kind_of in YEARLY:
        return a_year_after(dated_on)
    return expires_on


def problems(kind_of: str, dated_on: date | None, expires_on: date | None, today: date) -> dict[str, str]:
    """Field name -> the sentence about it, for dates that cannot be."""
    found = {}
    if dated_on is not None and dated_on > today:
        found["dated_on"] = "This date lies in the future. Write the date that stands on the document."
    if dated_on is None and expires_on is None and kind_of in YEARLY:
        found["dated_on"] = "Write the date on the document. A report or memo counts for one year from it."
    if dated_on is not None and expires_on is not None and expires_on < dated_on:
        found["expires_on"] = "It cannot stop counting before its own date."
    return found


@dataclass(frozen=True)
class Age:
    """Whether it still counts, as a style and in words. `words` is empty while nothing needs saying."""

    tone: str
    words: str


def age(expires_on: date | None, today: date) -> Age:
    """Where a document stands on a day."""
    if expires_on is None or expires_on > today + EXPIRES_SOON:
        return Age("", "")
    days = (expires_on - today).days
    if days < 0:
        return Age("late", "expired yesterday" if days == -1 else f"expired {-days:,} days ago")
    return Age("soon", {0: "last day today", 1: "expires tomorrow"}.get(days, f"expires in {days} days"))
