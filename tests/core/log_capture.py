"""The lines of the log as production writes them, of one test."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from practice_vetting.core.log_filter import HideSecretAddresses
from practice_vetting.core.log_lines import Json

Lines = Callable[[], list[dict[str, Any]]]
EACH = ("practice_vetting.core.tracing", "practice_vetting.core.task_tracing")


@pytest.fixture
def log_lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """Each line that was written so far, read back from its JSON."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(Json())
    handler.addFilter(HideSecretAddresses())
    root = logging.getLogger()
    root.addHandler(handler)
    for name in EACH:
        monkeypatch.setattr(logging.getLogger(name), "level", logging.INFO)
        logging.getLogger(name).manager._clear_cache()
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.removeHandler(handler)
