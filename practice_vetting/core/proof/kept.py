"""The rows that the ledger names: rows of history, and rows that are made once and never changed."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError

from practice_vetting.core import ledger, records


@cache
def models_by_kind() -> dict[str, Any]:
    """kind -> the model whose rows are kept: that of its history, or the model itself where it never changes."""
    unchanging = {apps.get_model(label) for label in settings.UNCHANGING}
    found = {}
    for kind, model in records.kinds().items():
        if hasattr(model, "history"):
            found[kind] = model.history.model
        elif model in unchanging:
            found[kind] = model
    return found


def has_history(kind: str) -> bool:
    """Whether its rows are history."""
    return hasattr(models_by_kind().get(kind), "history_object")


def table(kind: str) -> str:
    """The table in which the rows of that kind lie; "" for a kind that nobody knows any more."""
    model = models_by_kind().get(kind)
    return str(model._meta.db_table) if model else ""


def rows(kind: str, keys: Sequence[int], using: str) -> dict[int, tuple[Any, str]]:
    """The rows of these primary keys, each with its digest, in few queries."""
    model = models_by_kind()[kind]
    found = model._base_manager.using(using).filter(pk__in=keys)
    links = ledger.links_of(model, keys, using=using)
    return {row.pk: (row, _digest(row, _of(row, links))) for row in found}


def _digest(row: Any, links: dict[str, list[int]]) -> str:
    """Its digest; "" when a column holds what it cannot hold, as SQLite lets somebody write."""
    try:
        return ledger.digest_of(row, links)
    except (ValidationError, ValueError, TypeError):
        return ""


def _of(row: Any, links: dict[str, dict[int, list[int]]]) -> dict[str, list[int]]:
    return {name: found.get(row.pk, []) for name, found in links.items()}
