"""What in a text looks like patient data. Pure: no Django, no clock, no file.

    look("Patient: Ann Example, DOB 03/04/1985", place="page 2") -> [Finding("birth_date", 1, "**/**/1985", "page 2")]

Business papers are full of phone numbers, dates and names, so these alone stop nothing. A number that only a person
has, a birth date under its label, or a patient's name beside one of the weak signs does. A finding is a question to
a person, never a judgement; it holds no value, only a masked sample.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of patient data: how often, a masked sample, and where it was seen first."""

    kind: str
    count: int
    sample: str
    place: str = ""

    @property
    def stops(self) -> bool:
        """Whether it is enough to stop and ask."""
        return self.kind in STOPPING

    @property
    def words(self) -> str:
        """What it may be, counted: "2 social security numbers"."""
        return counted(self.kind, self.count)


#: kind -> one of it, many of it
WORDS = {
    "ssn": ("social security number", "social security numbers"),
    "record_number": ("patient or record number", "patient or record numbers"),
    "member_number": ("insurance or member number", "insurance or member numbers"),
    "medicare_number": ("Medicare number", "Medicare numbers"),
    "birth_date": ("birth date", "birth dates"),
    "named_patient": ("patient’s name with a detail", "patients’ names with a detail"),
    "phone": ("phone or fax number", "phone or fax numbers"),
    "email": ("e-mail address", "e-mail addresses"),
    "diagnosis": ("diagnosis code", "diagnosis codes"),
}
STOPPING = frozenset({"ssn", "record_number", "member_number", "medicare_number", "birth_date", "named_patient"})


def counted(kind: str, count: int) -> str:
    """ "1 birth date", "3 birth dates"."""
    one, many = WORDS[kind]
    return f"{count:,} {one if count == 1 else many}"


def look(text: str, place: str = "") -> list[Finding]:
    """What looks like patient data in one text: a finding a kind, in the order of WORDS."""
    plain = _plain(text)
    found: dict[str, list[str]] = {}
    for kind, seek in _SEEKERS:
        if hits := list(seek(plain)):
            found[kind] = hits
    return [Finding(kind, len(found[kind]), found[kind][0], place) for kind in WORDS if kind in found]


def look_through(parts: Iterable[tuple[str, str]]) -> list[Finding]:
    """The same over the parts of a file, each (place, text); counts add up, the first place is named."""
    sums: dict[str, Finding] = {}
    for place, text in parts:
        for each in look(text, place):
            before = sums.get(each.kind)
            sums[each.kind] = replace(before, count=before.count + each.count) if before else each
    return [sums[kind] for kind in WORDS if kind in sums]


def stopping(findings: Iterable[Finding]) -> list[Finding]:
    return [each for each in findings if each.stops]


def as_data(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """The findings as JSON takes them, masked samples included."""
    return [{"kind": f.kind, "count": f.count, "sample": f.sample, "place": f.place} for f in findings]


def from_data(data: Iterable[dict[str, Any]]) -> list[Finding]:
    return [Finding(**each) for each in data]


def kinds_and_counts(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """What may be kept of findings: no sample, no place."""
    return [{"kind": each.kind, "count": each.count} for each in findings]


# --- how a text is read -----------------------------------------------------------------------------

_UNSEEN = dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff", "")
_SIGNS = str.maketrans(
    dict.fromkeys("‐‑‒–—−﹣－", "-") | dict.fromkeys("\u00a0\u2007\u202f\u2009\t", " ") | {"’": "'"} | _UNSEEN
)
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)"
)
_DATE = (
    r"(?:(?:0?[1-9]|1[0-2])[/.\-](?:0?[1-9]|[12]\d|3[01])[/.\-](?:(?:19|20)\d\d|\d\d)"
    r"|(?:19|20)\d\d[-/](?:0[1-9]|1[0-2])[-/](?:0[1-9]|[12]\d|3[01])"
    rf"|{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)\d\d"
    rf"|\d{{1,2}}(?:st|nd|rd|th)? {_MONTH}\.?,? (?:19|20)\d\d)(?![\d/])"
)
_NAME = r"[A-Z][a-z]+(?:[-'][A-Z][a-z]+)?,? (?:[A-Z]\.? )?[A-Z][a-z]+(?:[-'][A-Z][a-z]+)?"
_IS = r"[\"')\] ]{0,3}(?:[:#=]|is|was|-)?[\"'( #]{0,4}"  # what may stand between a label and its value


def _plain(text: str) -> str:
    """One kind of dash, quote and space, so that a number is the same however it was typed."""
    return text.translate(_SIGNS)


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())


# --- social security numbers ------------------------------------------------------------------------

_SSN = re.compile(r"(?<![\w\-/.])(\d{3})-(\d{2})-(\d{4})(?![\w\-/]|\.\d)")
_SSN_LABEL = re.compile(
    rf"\b(?:SSN?|SS ?#|SS No|social security(?: (?:number|no|num|#|id))?)\.?{_IS}"
    r"(\d{3})[ .\-]?(\d{2})[ .\-]?(\d{4})(?![\w\-])",
    re.IGNORECASE,
)
_NEVER_GIVEN = {"078051120", "219099999"}  # printed on sample cards, and taken out of use for good


def _ssn(text: str) -> Iterator[str]:
    seen: set[int] = set()
    for pattern in (_SSN, _SSN_LABEL):
        for hit in pattern.finditer(text):
            if hit.start(1) not in seen and is_ssn("".join(hit.groups())):
                seen.add(hit.start(1))
                yield f"***-**-{hit[3]}"


def is_ssn(nine: str) -> bool:
    """Whether the nine digits can be a social security number (the ranges that the SSA gives out)."""
    area, group, serial = nine[:3], nine[3:5], nine[5:]
    possible = area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"
    return possible and nine not in _NEVER_GIVEN


# --- numbers beside their labels --------------------------------------------------------------------

_VALUE = r"((?=[A-Z0-9\-]*\d{LEAST})[A-Z]{0,5}-?\d[A-Z0-9\-]{3,17})(?![\w])"
_RECORD = re.compile(
    r"\b(?:MRN|MR ?#|(?:medical|health|patient)[ _]record(?:[ _](?:number|no|num|#|id))?"
    r"|chart[ _]?(?:number|no|num|#|id)|patient[ _]?(?:identifier|id|number|no|#|account(?:[ _](?:number|no|#))?))\.?"
    + _IS
    + _VALUE.replace("{LEAST}", "{4}"),
    re.IGNORECASE,
)
_MEMBER = re.compile(
    r"\b(?:(?:member|subscriber|beneficiary|enrollee|medicaid|recipient|insurance|health plan)[ _]?"
    r"(?:identifier|identification(?: number)?|id(?:[ _](?:number|no|#))?|number|no|#))\.?"
    + _IS
    + _VALUE.replace("{LEAST}", "{4}"),
    re.IGNORECASE,
)
# A certificate of the vendor's own insurance names policies too, so this one needs a person beside it.
_POLICY = re.compile(
    r"\b(?:policy|group|claim)[ _]?(?:number|no|#|id)\.?" + _IS + _VALUE.replace("{LEAST}", "{4}"), re.IGNORECASE
)
_OF_A_PERSON = re.compile(r"\b(?:patient|subscriber|dependent|DOB|date of birth|policy ?holder)\b", re.IGNORECASE)
_A_DATE = re.compile(_DATE)
_LETTER, _MIXED = "[AC-HJKMNP-RT-Y]", "[AC-HJKMNP-RT-Y0-9]"
_MBI_PARTS = (rf"[1-9]{_LETTER}{_MIXED}\d", rf"{_LETTER}{_MIXED}\d", rf"{_LETTER}{{2}}\d\d")
_MBI = re.compile(rf"(?<![\w\-]){'-'.join(_MBI_PARTS)}(?![\w\-])")
_MBI_LABEL = re.compile(rf"\b(?i:medicare|MBI|beneficiary)[^\n]{{0,30}}?(?<![\w\-])({''.join(_MBI_PARTS)})(?![\w\-])")


def _labelled(pattern: re.Pattern[str]) -> Callable[[str], Iterator[str]]:
    def seek(text: str) -> Iterator[str]:
        return (_masked(hit[1]) for hit in pattern.finditer(text) if not _A_DATE.fullmatch(hit[1]))

    return seek


def _masked(value: str) -> str:
    return f"*****{value[-2:]}"


def _member(text: str) -> Iterator[str]:
    yield from _labelled(_MEMBER)(text)
    for hit in _POLICY.finditer(text):
        around = text[max(0, hit.start() - 120) : hit.start()] + text[hit.end() : hit.end() + 120]
        if _OF_A_PERSON.search(around) and not _A_DATE.fullmatch(hit[1]):
            yield _masked(hit[1])


def _medicare(text: str) -> Iterator[str]:
    for hit in _MBI.finditer(text):
        yield _masked(hit[0])
    for hit in _MBI_LABEL.finditer(text):
        yield _masked(hit[1])


# --- birth dates and patients by name ---------------------------------------------------------------

_BIRTH = re.compile(
    rf"\b(?:DOB|D\.O\.B|date[ _]of[ _]birth|birth[ _]?(?:date|day))\.?(?: \([^)\n]{{1,20}}\))?{_IS}({_DATE})",
    re.IGNORECASE,
)
_BORN = re.compile(rf"{_NAME},? ?\(?(?:was |is )?(?:born(?: on)?:?|b\.) ({_DATE})")
_BORN_PATIENT = re.compile(rf"\b(?i:patient|client)\b[^.\n]{{0,40}}\bborn(?: on)?:? ({_DATE})")
_PATIENT = re.compile(
    rf"\b(?:Patient|PATIENT|patient)(?:[ _'](?:s )?(?:[Nn]ame|NAME|full[ _]name))?[\"']? ?[:=] ?[\"']?({_NAME})"
)
_PHONE = re.compile(r"(?<![\w\-.])(?:\+?1[ .\-])?\(?[2-9]\d{2}\)?[ .\-] ?[2-9]\d{2}[ .\-]\d{4}(?![\w\-])")
_EMAIL = re.compile(r"\b[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{2,63}){1,4}\b")
_ICD = re.compile(r"(?<![\w.\-])[A-TV-Z]\d[0-9AB]\.[0-9A-Z]{1,4}(?![\w\-])")
_ICD_LABEL = re.compile(
    r"\b(?:ICD(?:-10)?(?:-CM)?|dx|diagnosis(?: code)?)" + _IS + r"[A-TV-Z]\d[0-9AB]\b", re.IGNORECASE
)
_BESIDE = 120  # letters after a patient's name in which a weak sign belongs to it


def _birth(text: str) -> Iterator[str]:
    seen: set[int] = set()
    for pattern in (_BIRTH, _BORN, _BORN_PATIENT):
        for hit in pattern.finditer(text):
            if hit.start(1) not in seen:
                seen.add(hit.start(1))
                yield _masked_day(hit[1])


def _masked_day(day: str) -> str:
    year = re.search(r"(?:19|20)\d\d", day)
    return f"**/**/{year[0] if year else '**'}"


def _named(text: str) -> Iterator[str]:
    for hit in _PATIENT.finditer(text):
        beside = text[hit.end() : hit.end() + _BESIDE]
        if any(weak.search(beside) for weak in (_A_DATE, _PHONE, _EMAIL, _ICD, _ICD_LABEL)):
            yield f"{hit[1][0]}*****"


def _phone(text: str) -> Iterator[str]:
    return (f"***-***-{_digits(hit[0])[-4:]}" for hit in _PHONE.finditer(text))


def _email(text: str) -> Iterator[str]:
    return (f"{hit[0][0]}***@***" for hit in _EMAIL.finditer(text))


def _diagnosis(text: str) -> Iterator[str]:
    for pattern in (_ICD, _ICD_LABEL):
        yield from ("***" for _ in pattern.finditer(text))


_SEEKERS: list[tuple[str, Callable[[str], Iterator[str]]]] = [
    ("ssn", _ssn),
    ("record_number", _labelled(_RECORD)),
    ("member_number", _member),
    ("medicare_number", _medicare),
    ("birth_date", _birth),
    ("named_patient", _named),
    ("phone", _phone),
    ("email", _email),
    ("diagnosis", _diagnosis),
]
