"""What differs between a document as we issued it and a copy of it, in sentences that tell nothing of what it says.

Runs in the limited child, because the copy comes from a stranger: `told` for core.documents.origin. Only what is sure
is said; an empty list means that we cannot say where the change is.
"""

import json
import re
from collections.abc import Callable, Iterator
from itertools import islice

from practice_vetting.core.documents.changed_pages import changed_pages, pages_in_words
from practice_vetting.core.documents.pdf_parts import Parts, opened, parts_of

WARM = {"told": ("pikepdf", "practice_vetting.core.documents.changed_pages")}

_CONTENTS = re.compile(rb"/Contents\s*<([0-9A-Fa-f]{2000,})>")  # the bytes of a seal or a time stamp
_MOST_PLACES = 1000
_STRETCH = 64 * 1024  # bytes that are compared at once


def told(payload: bytes) -> bytes:
    """Takes a line of JSON with `original` (how many bytes it has), then the original, then the copy.

    Answers the sentences as a JSON list.
    """
    head, _, rest = payload.partition(b"\n")
    size = json.loads(head)["original"]
    original, copy = rest[:size], rest[size:]
    return json.dumps([*_by_parts(original, copy), *_by_bytes(original, copy)]).encode()


def _by_bytes(original: bytes, copy: bytes) -> list[str]:
    """What the bytes alone prove."""
    if copy.startswith(original):
        tail = copy[len(original) :]
        if b"startxref" not in tail:
            return [f"Only {_counted(len(tail), 'byte')} that no reader shows stand behind the end."]
        return ["All that we issued is still in it; the change was added behind the seal."]
    if original.startswith(copy):
        return [f"It was cut short: the last {_counted(len(original) - len(copy), 'byte')} are missing."]
    if len(original) != len(copy):
        return []
    places = list(islice(_differing(original, copy), _MOST_PLACES))
    if len(places) == _MOST_PLACES:
        return []
    zones = [match.span(1) for match in _CONTENTS.finditer(original)]
    found = [f"{_counted(len(places), 'byte')} of {len(original):,} {'differs' if len(places) == 1 else 'differ'}."]
    if all(_is_seal(place, zones) for place in places):
        found.append("Only the seal itself was changed; everything that it seals is as we issued it.")
    return found


def _differing(original: bytes, copy: bytes) -> Iterator[int]:
    """The places at which two files of one length differ."""
    for start in range(0, len(original), _STRETCH):
        ours, theirs = original[start : start + _STRETCH], copy[start : start + _STRETCH]
        if ours != theirs:
            yield from (start + at for at, pair in enumerate(zip(ours, theirs, strict=True)) if pair[0] != pair[1])


def _is_seal(place: int, zones: list[tuple[int, int]]) -> bool:
    return any(first <= place < last for first, last in zones)


def _by_parts(original: bytes, copy: bytes) -> list[str]:
    """What a reader of both files finds; nothing when the copy cannot be read."""
    try:
        with opened(original) as ours, opened(copy) as theirs:
            if theirs.get_warnings():  # damaged: what a program makes of it is a guess
                return []
            before, after = parts_of(ours), parts_of(theirs)
            pages = changed_pages(ours, theirs)
    except Exception:  # noqa: BLE001 - a stranger's file may raise anything at any depth of the parser
        return []
    return [*pages, *(sentence for look in _LOOKS for sentence in look(before, after))]


def _added_to_pages(before: Parts, after: Parts) -> Iterator[str]:
    if len(before.notes) != len(after.notes):  # which page is which is not sure
        if sum(after.notes) > sum(before.notes):
            yield "A comment, a mark or a note was added."
        return
    both = range(len(before.notes))
    if noted := [page + 1 for page in both if after.notes[page] > before.notes[page]]:
        yield f"A comment, a mark or a note was added on {pages_in_words(noted)}."
    if linked := [page + 1 for page in both if after.links[page] != before.links[page]]:
        yield f"A link on {pages_in_words(linked)} was added, removed or leads elsewhere."


def _fields(before: Parts, after: Parts) -> Iterator[str]:
    if after.fields > before.fields:
        yield "A form field was added."
    if after.seals > before.seals:
        yield "Another signature was added."
    if after.seals < before.seals:
        yield "Our seal was taken out."


def _files(before: Parts, after: Parts) -> Iterator[str]:
    for name, digest in before.files.items():
        if after.files.get(name) != digest:
            yield f"{_file_in_words(name)} inside it {'differs' if name in after.files else 'is missing'}."
    if set(after.files) - set(before.files):
        yield "A file was attached to it."


def _rest(before: Parts, after: Parts) -> Iterator[str]:
    if after.about != before.about:
        yield "The title, the author or the date that it gives of itself differs."
    if after.acts > before.acts:
        yield "Something that acts by itself was added, such as a script."


_LOOKS: list[Callable[[Parts, Parts], Iterator[str]]] = [_added_to_pages, _fields, _files, _rest]


def _file_in_words(name: str) -> str:
    return f"The file {name}" if name in ("snapshot.json", "proof.json") else "An evidence file"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
