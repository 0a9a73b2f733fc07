"""Which pages of two PDFs differ, by number. Import this only in the limited child.

A page is the same when all of its objects are. Neither its text nor its look is compared: who holds a copy with words
taken out could try words in it until it is told that they are the same.
"""

from difflib import SequenceMatcher
from typing import Any

import pikepdf

from practice_vetting.core.documents.pdf_parts import digest_of

_SHOWN = ("/Contents", "/Resources", "/MediaBox", "/CropBox", "/Rotate", "/UserUnit")
_RANGE = 3  # pages in a row that are told as a range


def changed_pages(ours: pikepdf.Pdf, theirs: pikepdf.Pdf) -> list[str]:
    before, after = (list(map(_digest, document.pages)) for document in (ours, theirs))
    pairs, sentences = _paired(before, after)
    if not pairs:
        return sentences
    words = pages_in_words([place + 1 for _, place in pairs])
    return [*sentences, f"{words[0].upper()}{words[1:]} {'differs' if len(pairs) == 1 else 'differ'}."]


def _digest(page: Any) -> str:
    return digest_of(pikepdf.Array([page.obj.get(name) for name in _SHOWN]))


def _paired(before: list[str], after: list[str]) -> tuple[list[tuple[int, int]], list[str]]:
    """The pages that stand in each other's place and differ; and what the numbers of pages alone tell."""
    if len(before) == len(after):
        return [(place, place) for place in range(len(before)) if before[place] != after[place]], []
    pairs: list[tuple[int, int]] = []
    sentences = [f"It has {len(after)} page{'' if len(after) == 1 else 's'}; the original has {len(before)}."]
    for kind, first, last, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "delete":
            sentences.append(f"Of the original, {pages_in_words(list(range(first + 1, last + 1)), verb=True)} missing.")
        elif kind == "insert":
            sentences.append(f"In this file, {pages_in_words(list(range(start + 1, end + 1)), verb=True)} new.")
        elif kind == "replace" and last - first == end - start:
            pairs += zip(range(first, last), range(start, end), strict=True)
    return pairs, sentences


def pages_in_words(numbers: list[int], *, verb: bool = False) -> str:
    """ "page 3", "pages 3 and 5", "pages 2, 4 to 9 and 12"; with the verb "page 3 is", "pages 3 and 5 are"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    told = [
        part
        for run in runs
        for part in ([f"{run[0]} to {run[-1]}"] if len(run) >= _RANGE else [str(number) for number in run])
    ]
    listed = f"{', '.join(told[:-1])} and {told[-1]}" if len(told) > 1 else told[0]
    words = f"{'page' if len(numbers) == 1 else 'pages'} {listed}"
    return f"{words} {'is' if len(numbers) == 1 else 'are'}" if verb else words
