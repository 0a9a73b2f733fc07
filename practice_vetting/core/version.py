"""Which release of the software this is: it stands in everything that is signed."""

import tomllib
from functools import cache
from pathlib import Path


@cache
def software_version() -> str:
    """The version of the release, as pyproject.toml states it: "0.1.0"."""
    project = Path(__file__).resolve().parents[2] / "pyproject.toml"
    return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
