"""Broken PDFs, made from whole ones by a seeded chance: always the same."""

import random
from collections.abc import Iterator

import pikepdf
from pikepdf import Dictionary, Name

from tests import files as made
from tests.hostile_makers import pdf


def originals() -> list[bytes]:
    """PDFs as our makers save them: plain, with object streams, with attached data, of several pages."""
    streams = {"object_stream_mode": pikepdf.ObjectStreamMode.generate}
    return [
        made.pdf(pages=2),
        made.pdf(pages=5, **streams),
        made.pdf_with_attachment("a.json", b'{"a": 1}'),
        pdf(_drawn, **streams)(),
        pdf(_drawn)(),
    ]


def _drawn(document: pikepdf.Pdf) -> None:
    """A page with letters, lines and a picture."""
    picture = document.make_stream(bytes(range(256)) * 3, Type=Name.XObject, Subtype=Name.Image, Width=16, Height=16)
    picture.ColorSpace, picture.BitsPerComponent = Name.DeviceRGB, 8
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    page = document.pages[0]
    page.Resources = Dictionary(XObject=Dictionary(P=picture), Font=Dictionary(F=font))
    page.Contents = document.make_stream(
        b"q 90 0 0 90 9 9 cm /P Do Q BT /F 20 Tf 99 99 Td (Notewell) Tj ET 0 0 m 9 9 l S"
    )


def mutants(count: int, seed: int = 3) -> Iterator[bytes]:
    """`count` broken PDFs: bits flipped, pieces cut, doubled, exchanged, spliced from another; always the same ones."""
    chance, whole = random.Random(seed), originals()
    ways = [_flip, _remove, _double, _exchange, _splice, _retype]
    for number in range(count):
        content = whole[number % len(whole)]
        for _ in range(chance.randint(1, 4)):
            content = chance.choice(ways)(content, chance, whole)
        yield content if chance.random() < 0.3 else _passing(content)


def _passing(content: bytes) -> bytes:
    """With a true beginning and end, so that more than the first look is tried."""
    return b"%PDF-1.7" + content[8:] + (b"" if content.rstrip().endswith(b"%%EOF") else b"\n%%EOF\n")


def _spot(content: bytes, chance: random.Random) -> tuple[int, int]:
    start = chance.randrange(len(content))
    return start, min(len(content), start + chance.choice([1, 2, 8, 40, 200]))


def _flip(content: bytes, chance: random.Random, _: list[bytes]) -> bytes:
    changed = bytearray(content)
    for _each in range(chance.randint(1, 30)):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _remove(content: bytes, chance: random.Random, _: list[bytes]) -> bytes:
    start, end = _spot(content, chance)
    return content[:start] + content[end:] or b"%"


def _double(content: bytes, chance: random.Random, _: list[bytes]) -> bytes:
    start, end = _spot(content, chance)
    return content[:end] + content[start:end] * chance.randint(1, 50) + content[end:]


def _exchange(content: bytes, chance: random.Random, _: list[bytes]) -> bytes:
    (a, b), (c, d) = sorted([_spot(content, chance), _spot(content, chance)])
    return content[:a] + content[c:d] + content[b:c] + content[a:b] + content[d:]


def _splice(content: bytes, chance: random.Random, whole: list[bytes]) -> bytes:
    other, at = chance.choice(whole), chance.random()
    return content[: int(len(content) * at)] + other[int(len(other) * at) :]


def _retype(content: bytes, chance: random.Random, _: list[bytes]) -> bytes:
    """Numbers that lie, and names that mean something else."""
    words = [(b"/Count", b"/Kids"), (b"/Length", b"/Size"), (b" 0 R", b" 9 R"), (b"/Pages", b"/Page"), (b"/W", b"/N")]
    words += [(b"1", b"99999999999"), (b"2", b"-1"), (b"<<", b"<<<<"), (b"]", b""), (b"endstream", b"endobj")]
    old, new = chance.choice(words)
    return content.replace(old, new, chance.randint(1, 3))
