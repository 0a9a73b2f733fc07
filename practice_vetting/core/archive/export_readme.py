"""README.html of an export: every file and every column in plain words, made from what the models say of themselves."""

from typing import Any

from django.db import models
from django.template.loader import render_to_string

from practice_vetting.core import clock
from practice_vetting.core.archive.practice_rows import Kind, kinds
from practice_vetting.core.models import Practice
from practice_vetting.core.version import software_version

_TYPES: list[tuple[type[models.Field], str]] = [
    (models.JSONField, "JSON"),
    (models.BooleanField, "true or false"),
    (models.DateTimeField, "a moment, with its zone"),
    (models.DateField, "a day, as 2026-11-22"),
    (models.IntegerField, "a number"),
]
#: what the columns are that most kinds have
_COMMON = {
    "id": "number of the row on this installation; other files refer to it",
    "uid": "public id, as in the addresses of pages and in the ledger",
    "practice_id": "the practice, in core_practice",
    "form_id": "id of the form that made it, so that nothing is made twice",
    "version": "how often it was changed, counted from 1",
    "created_at": "when it was recorded",
    "history_id": "number of the row of history; the ledger binds it",
    "history_date": "when it said this",
    "history_type": "+ made, ~ changed, - taken away",
    "history_change_reason": "the action that changed it",
    "history_user_id": "who changed it, in core_person",
    "m2m_history_id": "number of the row",
    "token_sha256": "hash of a link that was mailed; the link cannot be found from it",
    "stop_sha256": "hash of a link that was mailed; the link cannot be found from it",
}


def readme(practice: Practice, counts: dict[str, int], missing: list[dict[str, str]]) -> str:
    context = {
        "practice": practice,
        "kinds": [_told(kind, counts[kind.name]) for kind in sorted(kinds(), key=lambda kind: kind.name)],
        "missing": missing,
        "made_at": clock.now(),
        "software": software_version(),
    }
    return render_to_string("export/readme.html", context)


def _told(kind: Kind, count: int) -> dict[str, Any]:
    fields = {field.attname: field for field in kind.model._meta.concrete_fields}
    words = str(kind.model._meta.verbose_name)
    return {
        "name": kind.name,
        "count": count,
        "words": words[0].upper() + words[1:],
        "says": "" if kind.is_history else _first_line(kind.model),
        "columns": [(name, _words(fields[name]), _kind_of(fields[name])) for name in kind.columns],
    }


def _first_line(model: type[models.Model]) -> str:
    said = (model.__doc__ or "").strip()
    return "" if said.startswith(f"{model.__name__}(") else said.partition("\n")[0]


def _words(field: Any) -> str:
    said = [_COMMON.get(field.attname) or str(field.verbose_name)]
    if field.help_text:
        said.append(str(field.help_text))
    if field.choices:
        said.append("one of: " + ", ".join(f"{value} ({label})" for value, label in field.choices))
    return "; ".join(said)


def _kind_of(field: Any) -> str:
    if field.related_model:
        return f"number of a row of {_table(field.related_model)}"
    return next((words for kind, words in _TYPES if isinstance(field, kind)), "text")


def _table(model: Any) -> str:
    return next((kind.name for kind in kinds() if kind.model is model), str(model._meta.db_table))
