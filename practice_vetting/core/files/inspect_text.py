"""What a text is written in, and whether a program would take it for a command. Pure."""

import re

_NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_OTHER_LANGUAGE = re.compile(
    r"\s*(<!doctype|<html|<head|<body|<script|<svg|<iframe|<\?php|%PDF-|\{\\rtf)", re.IGNORECASE
)
_UTF7_MARKUP = re.compile(r"\+ADw-", re.IGNORECASE)
_SCRIPT = re.compile(r"<script[\s>]", re.IGNORECASE)
_CELL_COMMAND = re.compile(
    r"(?m)(?:^|[,;\t])\"?\s*[=+\-@][^,;\r\n]{0,200}(?:\|[^,;\r\n]{0,200}!"
    r"|(?:webservice|importxml|importdata|importhtml|call|register|exec)\()",
    re.IGNORECASE,
)


def decoded(content: bytes) -> str:
    """The text of the bytes: UTF-8, UTF-16 with its mark, or else Latin-1."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def is_no_text(text: str) -> bool:
    """Whether it holds what no text holds."""
    return bool(_NOT_TEXT.search(text))


def writes_another_language(text: str) -> bool:
    """Whether a browser or an office program would read it as its own."""
    return bool(_OTHER_LANGUAGE.match(text) or _UTF7_MARKUP.search(text) or _SCRIPT.search(text[:4096]))


def starts_a_command(text: str) -> bool:
    """Whether a cell of it, opened as a table, would run something or fetch from elsewhere."""
    return bool(_CELL_COMMAND.search(text))
