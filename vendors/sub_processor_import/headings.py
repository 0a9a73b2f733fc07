"""What a heading means, and what kind of table a row of headings begins. Pure."""

import re
from dataclasses import dataclass

LONGEST = 70  # letters of a heading; a longer cell is a sentence

_NAMES = (
    r"(?:(?:legal|full|company|entity|supplier|vendor|provider|organi[sz]ation|partner) )?(?:name|entity)"
    r"(?: of .{1,40})?"
    r"|company|supplier|vendor|provider|organi[sz]ation|partner|processor|affiliate|service provider(?: name)?"
    r"|third part(?:y|ies)(?: (?:service )?(?:provider|vendor|supplier|entity|company|name))*"
)
_STRONG = (
    r"(?:.{0,30}\b)?(?:sub ?processors?|sub ?contractors?)"
    r"(?: (?:legal )?(?:name|entity|company|organi[sz]ation))*(?: name)?"
)
#: column -> what its heading says, tried in this order
_COLUMNS = [
    ("covered", r".*\b(?:baa|business associate)\b.*"),
    ("gets", r".*\b(?:phi|ephi|patient data|protected health)\b.*"),
    ("region", r".*\b(?:country|countries|location|located|region|jurisdiction|where|territory|residency|address)\b.*"),
    (
        "does",
        r".*\b(?:purposes?|functions?|services?|activity|activities|description|what (?:it|they) do(?:es)?|nature"
        r"|used? for|use|category|role|task|processing|notes?|details?|type)\b.*",
    ),
]
_OWNERS = r"company(?: name)?|vendor(?: name)?|customer|service provider|product|controller|processor"


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of a table holds what: name, does, region, gets, covered; `owner` may name whose row it is."""

    at: dict[str, int]
    owner: int | None = None
    #: columns of "what it does", joined in this order
    does: tuple[int, ...] = ()


def normal(heading: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", heading.casefold().replace("sub-", "sub ").replace("e-mail", "email")))


def columns_of(cells: list[str], *, alone: bool = False) -> Columns | None:
    """The columns when the row heads a list of companies, else None. `alone`: its table has one column only."""
    if any(len(cell) > LONGEST for cell in cells) or other_kind(cells):
        return None
    words = [normal(cell) for cell in cells]
    strong = [at for at, each in enumerate(words) if re.fullmatch(_STRONG, each)]
    weak = [at for at, each in enumerate(words) if re.fullmatch(_NAMES, each)]
    if not strong and not weak:
        return None
    name = (strong or weak)[0]
    at: dict[str, int] = {"name": name}
    does = []
    for place, each in enumerate(words):
        if place == name or not each:
            continue
        if column := _column(each):
            at.setdefault(column, place)
            does += [place] if column == "does" else []
    told = sum(1 for each in words if each)
    if not (len(at) > 1 or (strong and (told > 1 or alone))):
        return None
    owners = [place for place in range(len(words)) if place != name and re.fullmatch(_OWNERS, words[place])]
    return Columns(at, owners[0] if strong and owners else None, tuple(does))


def _column(heading: str) -> str:
    return next((column for column, said in _COLUMNS if re.fullmatch(said, heading)), "")


# --- tables of something else ------------------------------------------------------------------------

#: kind -> what it looks like, in the order in which a file is told about
KINDS = {
    "patients": "a list of patients",
    "questionnaire": "a questionnaire with its answers",
    "costs": "a list of costs",
    "people": "a list of people",
}
_SAYS = {
    "patients": r"\b(?:patient (?:name|id|no|number)|mrn|dob|date of birth|diagnosis|medical record)\b",
    "questionnaire": r"\bquestions?(?: id| text| no)?$|\bquestion (?:id|text)\b|^(?:answer|response)s?$",
    "costs": r"\b(?:costs?|spend|spending|amount|price|invoice|budget|usd|eur|gbp|fees?)\b",
    "people": r"^(?:first|last|given|family) name$",
}


def other_kind(cells: list[str]) -> str:
    """The kind of a table that has these headings and is no list of companies; "" when nothing says so."""
    words = [normal(cell) for cell in cells if cell and len(cell) <= LONGEST]
    if len(words) < 2:
        return ""
    return next((kind for kind in KINDS if any(re.search(_SAYS[kind], each) for each in words)), "")
