"""A document laid out by WeasyPrint alone, with our fonts and style sheet and nothing else; this needs no Django."""

from functools import cache
from pathlib import Path
from typing import Any

from practice_vetting.core.documents.fonts import faces_for
from practice_vetting.core.documents.produce import produce
from practice_vetting.core.documents.render import STATIC

#: what core.limited reads before it forks
WARM = {"produce": ("practice_vetting.core.documents.render",)}


@cache
def _fonts(rules: str) -> tuple[Any, Any]:
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    configuration = FontConfiguration()
    return CSS(string=rules, font_config=configuration, base_url=f"{STATIC}/"), configuration


def alone(html: str) -> bytes:
    """As somebody would write it who has never heard of tags, archives or seals."""
    from weasyprint import HTML

    rules = "".join(face.rule for face in faces_for(html)).replace("static:", "")
    sheet, configuration = _fonts(rules)
    local = html.replace("static:", "")
    document: bytes = HTML(string=local, base_url=f"{STATIC}/").write_pdf(
        stylesheets=[sheet], font_config=configuration
    )
    return document


def memory_of(order: str) -> int:
    """Make the document of an order that lies in a file; answers how many pages it has."""
    import json

    made: dict[str, int] = json.loads(produce(Path(order).read_bytes()))
    return made["pages"]


def memory_alone(order: str) -> int:
    """The same HTML by `alone`; answers how many bytes that gave."""
    import json

    return len(alone(json.loads(Path(order).read_bytes())["html"]))
