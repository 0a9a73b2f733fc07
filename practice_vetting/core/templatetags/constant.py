"""Parts of pages that say the same each time: the menu of a role, the guide to a question."""

from collections.abc import Hashable
from typing import Any

from django import template
from django.conf import settings
from django.template.loader import render_to_string

register = template.Library()
_rendered: dict[tuple[Hashable, ...], str] = {}


@register.simple_tag
def constant(name: str, *key: Hashable, **values: Any) -> str:
    """The template of that name, rendered with `values` once a key.

    The key has to name everything that the part depends on beside what is code: templates, roles, addresses, editions
    of the catalogue. None of that changes while a process runs, so what is kept here ends with the process. Nothing
    that a person wrote belongs into it.
    """
    found = _rendered.get((name, *key))
    if found is None or settings.DEBUG:
        found = _rendered[name, *key] = render_to_string(name, values)
    return found
