"""Whether two names mean the same company. Pure.

identity("Harbor  Cloud, Inc.") == identity("harbor cloud") == "harbor cloud"
looks_like("Northern Web Services", "NWS") is True      a question to a person, never an answer
"""

import re
import unicodedata
from difflib import SequenceMatcher

_FORMS = {
    "inc", "incorporated", "llc", "ltd", "limited", "corp", "corporation", "co", "company", "lp", "llp", "pbc", "plc",
    "gmbh", "ag", "ab", "as", "oy", "bv", "nv", "sa", "sas", "sarl", "srl", "spa", "sro", "doo", "dd", "kft", "kk",
    "pty", "pte", "pvt", "se",
}  # fmt: skip
_DOTTED = re.compile(r"\b(?:[a-z]\.\s?){2,}", re.IGNORECASE)  # "d.o.o.", "L. L. C."
_ASIDE = re.compile(r"\([^)]*\)")
_ALIKE = 0.82  # of the letters, as difflib counts them
_COUNTED = 60  # letters of a name that are counted; counting costs time


def identity(name: str) -> str:
    """The name without case, spaces, punctuation and form of company: equal for two spellings of one company."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each)).casefold()
    plain = _DOTTED.sub(lambda found: re.sub(r"[.\s]", "", found[0]) + " ", plain)
    words = re.findall(r"\w+", plain)
    kept = list(words)
    while len(kept) > 1 and kept[-1] in _FORMS:
        kept.pop()
    return " ".join(kept) or plain.strip()


def looks_like(one: str, other: str) -> bool:
    """Whether two names may mean the same company: nearly the same letters, one within the other, or its initials."""
    first, second = identity(_ASIDE.sub(" ", one)), identity(_ASIDE.sub(" ", other))
    if not first or not second:
        return False
    if first == second or _initials(first, second) or _initials(second, first):
        return True
    short, long = sorted((first.split(), second.split()), key=len)
    if len(short[0]) > 3 and long[: len(short)] == short:
        return True
    return _nearly(first[:_COUNTED], second[:_COUNTED])


def _nearly(first: str, second: str) -> bool:
    """Whether most letters are the same. What is quick to see is looked at first: the lengths, then the letters."""
    letters = SequenceMatcher(None, first, second, autojunk=False)
    return all(share() >= _ALIKE for share in (letters.real_quick_ratio, letters.quick_ratio, letters.ratio))


def _initials(short: str, long: str) -> bool:
    words = long.split()
    return len(words) > 1 and len(short) > 1 and short == "".join(word[0] for word in words)
