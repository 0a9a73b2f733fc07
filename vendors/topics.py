"""What there is to know about a vendor beside its agreements: one line each on its page, with the way to it. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """One line of the list: `says` is how it stands in a few words, `tone` the class of its pill ("" for none)."""

    title: str
    url: str
    says: str
    tone: str = ""
