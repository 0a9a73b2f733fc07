"""The records of all apps by the noun that names them, found without importing upward."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.urls import reverse

from practice_vetting.core.models import Practice, Record


@cache
def kinds() -> dict[str, type[models.Model]]:
    """kind -> the model: every record, the practice itself, and whatever else the ledger may speak of."""
    return {_kind(model): model for model in apps.get_models() if _speaks(model)}


def _speaks(model: type[models.Model]) -> bool:
    fields = {field.name for field in model._meta.concrete_fields}
    return "uid" in fields and not hasattr(model, "history_object") and "history_id" not in fields


def _kind(model: Any) -> str:
    named = getattr(model, "kind", None)
    return str(named()) if callable(named) else str(model._meta.model_name)


def noun(kind: str) -> str:
    """The words for a kind: "clause reading"."""
    model = kinds().get(kind)
    return str(model._meta.verbose_name) if model else kind.replace("_", " ")


@dataclass(frozen=True)
class Found:
    """A record of the practice, or what its history still knows of one that was taken away."""

    kind: str
    model: Any
    pk: int
    label: str
    url: str


def find(practice: Practice, kind: str, uid: str) -> Found | None:
    """The record of this kind and uid whose history is kept, if it is the practice's own."""
    model: Any = kinds().get(kind)
    if model is Practice:
        return Found(kind, Practice, practice.pk, practice.name, "") if uid == practice.uid else None
    if model is None or not issubclass(model, Record):
        return None
    record = with_parents(model).filter(practice=practice, uid=uid).first()
    if record is not None:
        return Found(kind, model, record.pk, str(record), addresses(practice, [(kind, uid)]).get((kind, uid), ""))
    gone = model.history.filter(practice=practice.pk, uid=uid).order_by("-history_id").first()
    return Found(kind, model, gone.id, f"A {noun(kind)} that was taken away", "") if gone else None


def with_parents(model: type[models.Model]) -> Any:
    """Its rows with all that their names are made of, in one query."""
    return model._base_manager.select_related(*_parents(model))


def _parents(model: type[models.Model], depth: int = 3) -> list[str]:
    paths = []
    for field in model._meta.concrete_fields:
        parent = field.related_model
        if depth and isinstance(parent, type) and issubclass(parent, Record):
            paths += [field.name, *[f"{field.name}__{path}" for path in _parents(parent, depth - 1)]]
    return paths


def addresses(practice: Practice, subjects: list[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The page of each (kind, uid) that has one (settings.RECORD_PAGES), by one query a kind at most."""
    found = {}
    for kind in {kind for kind, _ in subjects} & settings.RECORD_PAGES.keys():
        name, path = settings.RECORD_PAGES[kind]
        uids = {uid for each, uid in subjects if each == kind}
        for uid, key in _keys(practice, kind, path, uids):
            found[kind, uid] = reverse(name, args=[key])
    return found


def _keys(practice: Practice, kind: str, path: str, uids: set[str]) -> Any:
    """The uid of each that is still there, and the key of its page: what was removed leads nowhere."""
    rows = kinds()[kind]._base_manager.filter(practice=practice, uid__in=uids)
    return rows.values_list("uid", path)
