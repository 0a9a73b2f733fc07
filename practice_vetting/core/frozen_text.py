"""A frozen text (canonical JSON, as ledger.canonical writes it) read back as Python values. Pure: no Django."""

import json
from datetime import date, datetime
from typing import Any


def read(text: str) -> dict[str, Any]:
    """The content as data: "..._on" and "in_use_since" as dates, "..._at" as moments in UTC."""
    content: dict[str, Any] = json.loads(text, object_hook=_with_dates)
    return content


def _with_dates(mapping: dict[str, Any]) -> dict[str, Any]:
    for key, value in mapping.items():
        if value and (key.endswith("_on") or key == "in_use_since"):
            mapping[key] = date.fromisoformat(value)
        elif value and key.endswith("_at"):
            mapping[key] = datetime.fromisoformat(value)
    return mapping
