"""Which passwords are good enough: long, of any characters, unknown to those who guess, and never cut."""

import pytest

from practice_vetting.core.accounts.passwords import LEAKED, OUR_WORDS, REPEATS, weakness
from practice_vetting.core.models import Person

WORDS = ["Maria Reyes", "maria.reyes@harborlight.example", "Harbor Light Counseling"]


@pytest.mark.parametrize(
    "password",
    [
        "harbour mist over slate",
        "my dog is called rex",
        "häuser über dem meer ☂",
        "密码密码 是 一 句 话 很 长",
        "no digits and no capitals",
        "maria likes long walks",
        "x7#q" * 3 + "never twice",
        "  spaces stay around  ",
    ],
)
def test_a_long_one_is_good_whatever_it_is_made_of(password: str):
    assert weakness(password, WORDS) == ""


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("short", "This has 5 characters. Use at least 12: a short sentence is easy to keep in mind."),
        ("elevenchars", "This has 11 characters. Use at least 12: a short sentence is easy to keep in mind."),
        ("a sentence " * 12, "This has 132 characters. Keep it to 128."),
    ],
)
def test_the_length_is_told_in_a_sentence(password: str, sentence: str):
    assert weakness(password) == sentence


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "Password1234!",
        "P@ssw0rd1234",
        "qwertyuiop123",
        "iloveyou2025",
        "welcome2024!!",
        "letmein12345",
        "summer2026!!",
        "1qaz2wsx3edc",
        "administrator",
        "!!dragon1234",
        "Unbelievable1",
    ],
)
def test_a_leaked_one_is_refused_also_with_digits_and_signs_around_it(password: str):
    assert weakness(password, WORDS) == LEAKED


@pytest.mark.parametrize(
    "password", ["aaaaaaaaaaaa", "abcabcabcabc", "passwordpassword", "1234567890123", "mlkjihgfedcba", "qwertyuiopas"]
)
def test_what_repeats_itself_or_runs_in_a_row_is_refused(password: str):
    assert weakness(password) == REPEATS


@pytest.mark.parametrize(
    "password",
    [
        "MariaReyes2026",
        "maria.reyes@harborlight.example",
        "Harbor Light Counseling!",
        "harborlight-2026",
        "practicevetting1",
        "Practice Vetting 99",
    ],
)
def test_our_own_words_are_refused(password: str):
    assert weakness(password, WORDS) == OUR_WORDS


def test_it_is_kept_whole_and_the_same_however_a_keyboard_composed_it():
    person = Person(email="x@x.example", name="X")
    person.set_password("Tür und Ångström " + "ﬁne " * 12)
    assert person.check_password("Tu\u0308r und A\u030angstro\u0308m " + "ﬁne " * 12)
    assert not person.check_password("Tür und Ångström " + "ﬁne " * 11)
    assert not person.check_password("tür und ångström " + "ﬁne " * 12)


def test_128_characters_are_taken_as_they_are():
    password = ("ünïcödé passes ☂ " * 8)[:128]
    person = Person(email="x@x.example", name="X")
    person.set_password(password)
    assert (len(password), weakness(password), person.check_password(password)) == (128, "", True)
    assert not person.check_password(password[:-1])
