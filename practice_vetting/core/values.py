"""Values of fields in words, for people who read what changed."""

from datetime import date, datetime
from typing import Any

from django.db import models

from practice_vetting.core.templatetags.wording import day, fingerprint, moment


def words(field: Any, value: Any, names: dict[Any, str]) -> str:
    """The value of a model's field in words; "" when it is empty. `names` has the name of each related row."""
    if value is None or value == "" or value == [] or value == ():
        return ""
    if isinstance(field, models.ManyToManyField):
        return ", ".join(names.get(key, "one that is gone") for key in value)
    if isinstance(field, models.ForeignKey):
        return names.get(value, "one that is gone")
    if field.name.endswith("sha256"):
        return fingerprint(value)
    if field.flatchoices:
        label = dict(field.flatchoices).get(value, value)
        return _plain(value) if label == value else str(label)
    return _said(value)


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, list):
        return ", ".join(_item(each) for each in value)
    return str(value)


def _item(value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get("sentence") or " ".join(_plain(each) for each in value.values()))
    return str(value) if str(value).isupper() else _plain(value)


def _plain(value: Any) -> str:
    return str(value).replace("_", " ")
