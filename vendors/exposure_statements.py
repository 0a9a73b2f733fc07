"""The words that a person puts their name under when they decide about an exposure. Pure: no Django.

A changed word is a new edition; old decisions keep theirs. What a signature needs is captured with it (15 USC 7001 and
7006(5), UETA sections 5 and 9): the intent to sign, the consent to the electronic form, and what exactly was signed.
"""

from vendors.exposure_states import Decision

STATEMENT_EDITION = "2026-1"

CONSENT = "I mean this as my signature, and I agree to sign electronically."

_READ = "I read everything that is written here about exposure {label} at {vendor}, and I decide for {practice}."
_DECIDED = {
    Decision.BREACH: "It is a breach of unsecured patient data. The notices that the rule asks for go out without "
    "unreasonable delay, and no later than the days shown.",
    Decision.LOW: "I considered at least the four factors of 45 CFR 164.402(2). By what is written under them, the "
    "probability is low that the data was compromised. It is therefore no breach, and the practice can show why.",
    Decision.NOT_PHI: "What reached the vendor was not patient data. It is therefore no breach of patient data.",
    Decision.SECURED: "The data was secured by a method that HHS names. The rule on breach notices does not reach it.",
    Decision.PERMITTED: "The rule permitted this use or disclosure. It is therefore no breach.",
    Decision.EXCLUSION: "The exclusion that is marked here applies (45 CFR 164.402(1)). It is therefore no breach.",
}


def statement_for(decision: Decision, *, label: str, vendor: str, practice: str) -> str:
    """The whole statement: paragraphs are parted by an empty line, the last is the consent."""
    read = _READ.format(label=label, vendor=vendor, practice=practice)
    return "\n\n".join([read, _DECIDED[decision], CONSENT])
