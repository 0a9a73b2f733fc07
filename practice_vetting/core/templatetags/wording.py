"""How values are put into words on pages, in mails and in documents."""

import re
from datetime import date, datetime
from typing import Any

from django import template
from django.utils.formats import date_format
from django.utils.html import conditional_escape, format_html_join
from django.utils.timezone import localtime

register = template.Library()
_LABEL = re.compile(r"\b([A-Z]-\d+)\b")


@register.filter
def day(value: date | datetime | None) -> str:
    """ "9 Nov 2026", in the practice's time zone; an empty string for no date."""
    if value is None or value == "":
        return ""
    return date_format(localtime(value) if isinstance(value, datetime) else value, "j M Y")


@register.filter
def moment(value: datetime | None) -> str:
    """ "9 Nov 2026, 14:31", in the practice's time zone."""
    return date_format(localtime(value), "j M Y, H:i") if value else ""


@register.filter
def fingerprint(value: str) -> str:
    """The first 16 digits of a SHA-256 in groups of four: "5d41 402a bc4b 2a76"."""
    return " ".join(value[i : i + 4] for i in range(0, 16, 4))


@register.filter
def unbroken(words: str) -> str:
    """The words with the label of each record kept on one line: no line ends within "E-08"."""
    *before, last = _LABEL.split(words)
    pairs = zip(before[::2], before[1::2], strict=True)
    return format_html_join("", '{}<span class="nowrap">{}</span>', pairs) + conditional_escape(last)


@register.filter
def page_words(pages: str) -> str:
    """ "page 1", "pages 4, 7"; an empty string for none."""
    return f"page{'' if pages.strip().isdigit() else 's'} {pages}" if pages else ""


@register.filter
def item(mapping: Any, key: Any) -> Any:
    """mapping[key], or None when there is none."""
    return mapping.get(key) if mapping else None
