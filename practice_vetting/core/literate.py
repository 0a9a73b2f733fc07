"""Reading literate data: TOML files that people write and read, checked field by field.

A reader takes what it needs from a `Table` and then calls `done()`. A missing field, a field of the wrong
kind, an empty text, a sentence that is too long and a field nobody asked for are all refused, each with
the file and the field named.
"""

import re
import tomllib
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from practice_vetting.core.basis import Basis, Citation

LONGEST_SENTENCE = 25
"""Words. Longer sentences lose readers at grade 8."""

_SENTENCE_END = re.compile(r"[.?!][”’)]*\s+")
_Enum = TypeVar("_Enum", bound=StrEnum)


class CatalogueError(ValueError):
    """A data file is not fit to be used. The message names the file and the field."""


def longest_sentence(text: str) -> int:
    """The number of words in the longest sentence of the text."""
    return max(len(sentence.split()) for sentence in _SENTENCE_END.split(text.strip()))


class Table:
    """One table of a data file, from which each field is taken once and checked on the way."""

    def __init__(self, values: dict[str, Any], *, file: str, place: str = "") -> None:
        self._left = dict(values)
        self._file = file
        self._place = place

    def refuse(self, field: str, why: str) -> NoReturn:
        """Raise `CatalogueError` for one field of this table."""
        where = f"{self._place}.{field}" if self._place else field
        raise CatalogueError(f"{self._file}: {where}: {why}")

    def text(self, field: str) -> str:
        """A text with something in it."""
        return self._clean(field, self._take(field, str))

    def plain(self, field: str) -> str:
        """A text for a reader: with something in it, and no sentence over `LONGEST_SENTENCE` words."""
        return self._short(field, self.text(field))

    def plains(self, field: str, *, least: int = 1, most: int = 12) -> tuple[str, ...]:
        """Several texts for a reader, no two alike."""
        texts = tuple(self._short(field, self._clean(field, text)) for text in self._several(field, str))
        if not least <= len(texts) <= most:
            self.refuse(field, f"holds {len(texts)} texts; {least} to {most} are needed")
        return self._unique(field, texts)

    def number(self, field: str) -> int:
        """A whole number above zero."""
        return self._above_zero(field, self._take(field, int))

    def numbers(self, field: str) -> tuple[int, ...]:
        """Whole numbers above zero, no two alike; may be none at all."""
        return self._unique(field, tuple(self._above_zero(field, n) for n in self._several(field, int)))

    def has(self, field: str) -> bool:
        """Whether the field is there."""
        return field in self._left

    def flag(self, field: str) -> bool:
        """True or false; false when it is not there."""
        return self._take(field, bool) if field in self._left else False

    def value(self, field: str, kind: type) -> Any:
        """A value of exactly this type."""
        return self._take(field, kind)

    def choice(self, field: str, choices: type[_Enum]) -> _Enum:
        """A word that the enum knows."""
        word = self._take(field, str)
        if word not in list(choices):
            self.refuse(field, f"{word!r} is not one of {', '.join(choices)}")
        return choices(word)

    def labels(self, field: str) -> tuple[str, ...]:
        """Short names, no two alike; may be none at all."""
        return self._unique(field, tuple(self._clean(field, text) for text in self._several(field, str)))

    def tables(self, field: str) -> tuple["Table", ...]:
        """The tables of a list of tables; none when it is not there."""
        if field not in self._left:
            return ()
        found = self._several(field, dict)
        return tuple(
            Table(values, file=self._file, place=self._under(f"{field}[{place}]"))
            for place, values in enumerate(found, start=1)
        )

    def table(self, field: str) -> "Table":
        """One table inside this one."""
        return Table(self._take(field, dict), file=self._file, place=self._under(field))

    def citations(self, field: str, basis: Basis) -> tuple[Citation, ...]:
        """Names and addresses of sources; see `check_cited` for when there may be none."""
        cited = []
        for table in self.tables(field):
            cited.append(Citation(table.text("label"), table.text("url")))
            if not cited[-1].url.startswith("https://"):
                table.refuse("url", "must begin with https://")
            table.done()
        self.check_cited(field, basis, cited)
        return self._unique(field, tuple(cited))

    def check_cited(self, field: str, basis: Basis, cited: Iterable[object]) -> None:
        """Refuse an entry that claims a rule, a proposal or a state's law and names no source for it."""
        if basis not in {Basis.PRODUCT_POLICY, Basis.BEST_PRACTICE} and not tuple(cited):
            self.refuse(field, f"the basis {basis.value!r} needs a citation")

    def done(self) -> None:
        """Refuse whatever was never asked for: it is a spelling mistake, or nobody would read it."""
        for field in self._left:
            self.refuse(field, "is not a field that is known here")

    def _under(self, field: str) -> str:
        return f"{self._place}.{field}" if self._place else field

    def _take(self, field: str, kind: type) -> Any:
        if field not in self._left:
            self.refuse(field, "is missing")
        value = self._left.pop(field)
        if type(value) is not kind:  # exactly: in Python, true is also the number 1
            self.refuse(field, f"must be of type {kind.__name__}, and is {type(value).__name__}")
        return value

    def _several(self, field: str, kind: type) -> list[Any]:
        values = self._take(field, list)
        if any(type(value) is not kind for value in values):
            self.refuse(field, f"must be a list of {kind.__name__}")
        return list(values)

    def _above_zero(self, field: str, number: int) -> int:
        if number < 1:
            self.refuse(field, "must be 1 or more")
        return number

    def _clean(self, field: str, text: str) -> str:
        cleaned = " ".join(text.split())
        if not cleaned:
            self.refuse(field, "is empty")
        return cleaned

    def _short(self, field: str, text: str) -> str:
        words = longest_sentence(text)
        if words > LONGEST_SENTENCE:
            self.refuse(field, f"has a sentence of {words} words; {LONGEST_SENTENCE} is the most")
        return text

    def _unique(self, field: str, values: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(set(values)) != len(values):
            self.refuse(field, "says the same thing twice")
        return values


def read_table(path: Path) -> Table:
    """The outermost table of a data file, or `CatalogueError` when there is no such file or no such TOML."""
    try:
        return Table(tomllib.loads(path.read_text(encoding="utf-8")), file=path.name)
    except OSError as problem:
        raise CatalogueError(f"{path.name}: cannot be read") from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise CatalogueError(f"{path.name}: is not TOML: {problem}") from problem
