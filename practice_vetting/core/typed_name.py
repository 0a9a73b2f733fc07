"""How a name that somebody typed under a statement is compared with the person's own. Pure: no Django."""

import unicodedata


def same_name(typed: str, name: str) -> bool:
    """Whether the typed name is the person's, whatever its case, spacing and way of writing accents."""
    return _plain(typed) == _plain(name)


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
