"""What kind of company it may be, by the words of what it does. A draft for a person. Pure."""

import re

from vendors.kinds import Known, SubProcessorRole

_WORDS: list[tuple[SubProcessorRole, str]] = [
    (SubProcessorRole.SPEECH, r"speech|transcri|dictation|voice recognition"),
    (SubProcessorRole.MODEL, r"\bai\b|\bllms?\b|language model|machine learning|artificial intelligence|inference|gpt"),
    (SubProcessorRole.PAYMENT, r"payment|billing|invoic|credit card|payroll"),
    (SubProcessorRole.MONITORING, r"monitor|error (?:report|track)|logging|observab|alerting|telemetry"),
    (SubProcessorRole.SUPPORT, r"support|help ?desk|ticket|customer (?:service|communication)|collaboration|internal"),
    (
        SubProcessorRole.MESSAGING,
        r"e-?mail|\bsms\b|text messag|telephon|phone|messaging|notification|video (?:call|conf)",
    ),
    (SubProcessorRole.ANALYTICS, r"analytic|usage data|metrics|statistic"),
    (
        SubProcessorRole.HOSTING,
        r"host|cloud|infrastructure|storage|backup|database|data ?cent|server|\bdns\b|content delivery|\bcdn\b",
    ),
]


def role(does: str) -> SubProcessorRole:
    """The first kind whose words the text has; OTHER when none fits."""
    return next((kind for kind, words in _WORDS if re.search(words, does, re.IGNORECASE)), SubProcessorRole.OTHER)


def known(cell: str) -> str:
    """ "yes" or "no" where a cell says it plainly, else ""."""
    word = cell.strip().strip(".").casefold()
    if word in {"yes", "y", "true", "signed", "in place", "x", "✓", "✔", "executed", "1"}:
        return "yes"
    return "no" if word in {"no", "n", "false", "none", "not signed", "✗", "✘", "0"} else ""


def cover(cell: str) -> str:
    """Whether its agreement covers patient data, as a list says it. A list is not the agreement: "by_list" or "no"."""
    said = known(cell)
    return Known.BY_LIST.value if said == "yes" else said
