"""Reading pages as a person does: the forms on them, and whether what they say can be true."""

import re
from typing import Any

import requests
from lxml import html

_INSIDE = re.compile(r"Traceback \(most recent|psycopg|OperationalError|django\.|site-packages|Exception Value")
_KIND = {
    500: "Something went wrong on our side",
    503: "not available right now",
}
_EXPECTED = {200, 302, 409, 422, *_KIND}


def wrong_with(answer: requests.Response) -> str:
    """Why this answer is not one that a person can rely on; "" when it is."""
    if answer.status_code not in _EXPECTED:
        return f"status {answer.status_code}"
    if answer.status_code == 302:
        return "" if answer.headers.get("Location") else "sent on to nowhere"
    kind = answer.headers.get("Content-Type", "")
    if not kind.startswith("text/html"):
        return (
            "" if answer.content and answer.status_code == 200 else f"{kind or 'no type'}, {len(answer.content)} bytes"
        )
    text = answer.text
    if "</html>" not in text or "Practice Vetting" not in text:
        return "a page that is cut short, or not ours"
    if _INSIDE.search(text):
        return "it shows the inside"
    words = _KIND.get(answer.status_code)
    if words and words not in text:
        return f"a page of status {answer.status_code} without its sentence"
    if answer.status_code == 500 and "say this reference" not in text:
        return "a fault page without a reference"
    if answer.status_code == 500 and answer.request.method == "POST" and "We do not know whether" not in text:
        return "a fault page that is sure of what was sent"
    return ""


def form_of(text: str, *, action: str = "", holding: str = "") -> dict[str, str]:
    """What the form with this action, or with a field of this name, would send if nothing were typed."""
    for form in html.fromstring(text).forms:
        if action and action not in (form.action or ""):
            continue
        fields = {name: value for name, value in form.form_values() if isinstance(value, str)}
        chosen = form.xpath('.//input[@type="radio" and @checked and @value=""]/@name')
        fields |= dict.fromkeys(map(str, chosen), "")  # lxml says "on"
        if not holding or holding in form.fields:
            return fields
    raise LookupError(f"There is no form for {action or holding} on this page.")


def problems_of(text: str) -> list[str]:
    """What a page says is wrong with the form that was sent."""
    found: Any = html.fromstring(text).xpath('//*[contains(@class, "error")]')
    return [" ".join(each.text_content().split()) for each in found]


def messages_of(text: str) -> list[str]:
    """The messages at the top of a page."""
    found: Any = html.fromstring(text).xpath('//*[@id="messages"]//p')
    return [" ".join(each.text_content().split()) for each in found]
