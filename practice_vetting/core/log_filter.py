"""Keeps out of the log what nobody may read there: secrets of links, names of files, addresses, and words of errors.

An error's own words are never printed, because a database quotes values in them and a disk names files: its kind is
enough, with the places in our code. What others' code logs keeps its sentence and loses what was put into it. Line
breaks are written out, so that one message stays one line whatever a stranger sends.
"""

import logging
import re
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

OURS = ("practice_vetting", "vendors", "checklists")
LEFT_OUT = "…"

_PLACES = r"/(?:join|set-password|account/email/confirm|second-factor/stop|v)/|/calendar/(?!(?:make|end)/)"
_SECRET_ADDRESS = re.compile(rf"({_PLACES})[^/\s\"']+")
_SIGNED_IN_URL = re.compile(r"(\w://)[^/\s@]+@")
_MAIL_ADDRESS = re.compile(r"[^\s@<>\"'(=:,;]+@[^\s@<>\"'),;]+\.\w+")
_ENDINGS = r"pdf|png|jpe?g|docx?|xlsx?|csv|txt|zip|eml|ics|p12|pfx|pem"
_END = rf"\.(?i:{_ENDINGS})\b"
_NAMES_A_FILE = re.compile(_END)
#: with the words before it that may belong to it, such as those of "My Patient File.docx"
_FILE_NAME = re.compile(rf"(?:[A-Z0-9(][^\s/\\\"'<>]* +){{0,12}}[^\s/\\\"'<>]+{_END}")
#: what ends a line, or moves about on the terminal of who reads the log
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def hidden(message: str) -> str:
    """The message on one line, without secrets of links, mail addresses and names of files."""
    message = _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), message)
    message = _SECRET_ADDRESS.sub(r"\1(hidden)", message)
    message = _SIGNED_IN_URL.sub(r"\1(hidden)@", message)
    return _FILE_NAME.sub("(a file)", _MAIL_ADDRESS.sub("(an address)", message))


class HideSecretAddresses(logging.Filter):
    """Writes the message of a record anew, so that every handler after it sees the clean one only."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = hidden(said(record)), ()
        return True


def said(record: logging.LogRecord) -> str:
    """The message, with what may be told of its arguments, and an error's kind in place of its words."""
    problem = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    if isinstance(record.msg, BaseException):
        return kind_of(record.msg)
    message = _filled(record)
    words = str(problem or "")
    return message.replace(words, kind_of(problem)) if problem and words else message


def _filled(record: logging.LogRecord) -> str:
    trusted = record.name.partition(".")[0] in OURS
    args: Any = record.args
    if isinstance(args, Mapping):
        args = {name: _told(value, trusted) for name, value in args.items()}
    elif args:
        args = tuple(_told(value, trusted) for value in args)
    try:
        return str(record.msg) % args if args else str(record.msg)
    except (TypeError, ValueError):  # a number was asked for, and a word stands there now
        return str(record.msg)


def kind_of(problem: BaseException) -> str:
    """What kind of error it is, and the kind inside when a limited child told it: "ChildFailed/PdfError"."""
    inner = getattr(problem, "kind", "")
    name = type(problem).__name__
    return f"{name}/{inner}" if isinstance(inner, str) and inner.isidentifier() else name


def _told(value: Any, trusted: bool) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, BaseException):
        return kind_of(value)
    if trusted and isinstance(value, str) and _NAMES_A_FILE.search(value) and "/" not in value:
        return "(a file)"
    if trusted and isinstance(value, str | date | UUID):
        return value
    return LEFT_OUT
