"""The words that people sign under an evaluation. A changed word is a new edition; old signatures keep theirs.

What a signature needs is captured with it (15 USC 7001 and 7006(5), UETA sections 5 and 9): the intent to sign, the
consent to the electronic form, and what exactly was signed.
"""

from typing import Any

STATEMENT_EDITION = "2026-1"

CONSENT = "I mean this as my signature, and I agree to sign electronically."

_OFFICER = (
    "I read the nine answers and opened the evidence listed with them. I attest that on {day} they were, to my "
    "knowledge, complete and true. The verdict on that day was “{headline}”. It speaks of {vendor} and these tools: "
    "{tools}."
)
_OWNER = (
    "I read this evaluation of {vendor} and the attestation under it. I countersign it for {practice}. The verdict on "
    "{day} was “{headline}”. Patient data may reach these tools only while it stands: {tools}."
)
_ALONE = (
    "At this time I am the only owner or compliance officer of {practice}. One person signs in both parts, and "
    "nobody else has checked this evaluation."
)


def statement_for(part: str, content: dict[str, Any], *, alone: bool) -> str:
    """The whole statement of one part ("officer" or "owner") over a snapshot as `snapshot.read` gives it.

    Paragraphs are parted by an empty line; the last is the consent to sign electronically.
    """
    day = content["judged_on"]
    words = {
        "day": f"{day.day} {day:%B %Y}",
        "headline": content["verdict"]["headline"],
        "vendor": content["vendor"]["name"],
        "practice": content["practice"]["name"],
        "tools": ", ".join(tool["name"] for tool in content["tools"]),
    }
    paragraphs = [_OFFICER if part == "officer" else _OWNER, *([_ALONE] if alone else [])]
    return "\n\n".join([*(paragraph.format(**words) for paragraph in paragraphs), CONSENT])
