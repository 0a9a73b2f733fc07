"""What an earlier release left behind: its rows, files and keys, as its own backup held them.

`0.1.0.tar.xz` is the inside of a backup that release 0.1.0 made of its demonstration: vendors in every standing, signed
documents, fourteen months of history. It stays as it is for good; a release that changes the schema adds its own.
"""

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from practice_vetting.core.archive import sealed

HERE = Path(__file__).parent
RELEASE = "0.1.0"
PASSPHRASE = "harbour mist over slate"


def members(release: str = RELEASE) -> Iterator[tuple[str, bytes]]:
    """Each member of the backup, in its order, with its bytes."""
    with tarfile.open(HERE / f"{release}.tar.xz", "r|xz") as tar:
        for member in tar:
            content = tar.extractfile(member)
            assert content
            yield member.name, content.read()


def lines(release: str = RELEASE) -> Iterator[tuple[str, list[bytes]]]:
    """The rows of each table, as lines of JSON, in the order in which they fit together."""
    for name, content in members(release):
        if name.startswith("tables/"):
            yield name.split("/")[1], content.splitlines(keepends=True)


def manifest(release: str = RELEASE) -> dict[str, Any]:
    return json.loads(next(content for name, content in members(release) if name == "manifest.json"))


def seal_to(path: Path, release: str = RELEASE) -> Path:
    """The backup as it was: one file under PASSPHRASE."""
    with path.open("w+b") as out, sealed.sealing(out, PASSPHRASE, at=1_795_000_000.0) as inside:
        for name, content in members(release):
            inside.put_bytes(name, content)
    return path
