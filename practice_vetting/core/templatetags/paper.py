"""For printed documents: long dates with their zone, hashes in groups, and words that cannot break a page."""

import re
import unicodedata
from datetime import UTC, date, datetime

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime

register = template.Library()

LONGEST_RUN = 28  # characters without a space that the narrowest column of our documents holds
LONGEST_NAME = 60  # characters of what stands on one line
_LONG_RUN = re.compile(rf"\S{{{LONGEST_RUN},}}")
_PIECE = re.compile(r".{1,14}")


@register.filter
def long_day(value: date | datetime | None) -> str:
    """ "9 November 2026"; an empty string for no date."""
    if value is None or value == "":
        return ""
    day = localtime(value) if isinstance(value, datetime) else value
    return f"{day.day} {day:%B %Y}"


@register.filter
def zoned(value: datetime | None) -> str:
    """ "9 November 2026, 06:31 PST": a moment in the zone that is active, with the zone's own short name."""
    if not value:
        return ""
    local = localtime(value)
    return f"{local.day} {local:%B %Y, %H:%M %Z}"


@register.filter
def in_utc(value: datetime | None) -> str:
    """ "9 November 2026, 14:31:05 UTC"."""
    if not value:
        return ""
    moment = value.astimezone(UTC)
    return f"{moment.day} {moment:%B %Y, %H:%M:%S} UTC"


@register.filter
def digits(value: str) -> SafeString:
    """A whole hash, with a place to break after every four digits."""
    return mark_safe("<wbr>".join(escape(value[at : at + 4]) for at in range(0, len(value), 4)))  # noqa: S308  escaped


@register.filter
def wraps(value: object) -> SafeString:
    """What a person typed, escaped, with places to break inside runs that no column could hold.

    A name written from right to left stands alone: it would pull a date after it to its other side.
    """
    text = str(value).replace("\x00", "")
    words = _LONG_RUN.sub(lambda run: "\x00".join(_PIECE.findall(run[0])), text)
    shown = str(escape(words)).replace("\x00", "<wbr>")
    alone = len(text) <= LONGEST_NAME and any(unicodedata.bidirectional(sign) in ("R", "AL") for sign in text)
    return mark_safe(f"<bdi>{shown}</bdi>" if alone else shown)  # noqa: S308  escaped


@register.filter
def clipped(value: object, most: int) -> str:
    """At most so many characters on one line; an ellipsis tells that more was there."""
    words = " ".join(str(value).split())
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"
