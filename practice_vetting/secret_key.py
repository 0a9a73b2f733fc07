"""The installation's own secret, made at the first start."""

import contextlib
import os
import secrets
from pathlib import Path


def read_or_make(path: Path) -> str:
    """The secret kept at `path`, readable by its owner only; made there when there is none.

    Two processes that start together agree, because the file appears whole or not at all.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):  # another process was first; its secret counts
            os.link(draft, path)
        draft.unlink()
    return path.read_text()
