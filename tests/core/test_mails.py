"""What mails say: the subject, the first line, the whole text, and HTML that nobody can slip markup into."""

import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from django.conf import settings
from django.core import mail as outgoing

from practice_vetting.core import clock, letters, mail, reminders
from practice_vetting.core.models import Mail, Practice
from practice_vetting.core.people import invite
from practice_vetting.core.reminder_words import subject_words
from practice_vetting.core.roles import Role
from tests.conftest import Cast
from tests.core.deadlines_for_tests import DUE, OPEN, SOURCE, set_deadline

EVIL = "Note\r\nwell <script>alert(1)</script> & Söhne"


class Reader(HTMLParser):
    """The words of an HTML mail, its links, and its tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words, self.links, self.tags = "", [], set[str]()
        self.feed(html)
        self.words = " ".join(self.words.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.words += data + " "


@pytest.fixture(autouse=True)
def _own_source(settings):
    settings.DEADLINES = SOURCE
    OPEN.clear()
    yield
    OPEN.clear()


def reminder_on(practice: Practice, on: date, **deadline: Any) -> mail.Words:
    """What the first person is mailed on that day."""
    set_deadline(practice, **deadline)
    reminders.make(practice, [next(iter(reminders.planned(practice, on)))], on)
    words = letters.Desk(on).write(Mail.objects.get()).words
    assert words is not None
    return words


# --- subjects ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "words"),
    [
        (date(2026, 9, 10), "Review the agreement with Notewell by 9 November"),
        (date(2026, 11, 9), "Review the agreement with Notewell today, 9 November"),
        (date(2026, 11, 10), "Late since 9 November: review the agreement with Notewell"),
        (date(2025, 12, 1), "Review the agreement with Notewell by 9 November 2026"),
    ],
)
def test_the_subject_is_the_fact_and_the_date(on: date, words: str):
    assert subject_words(set_deadline(Practice(uid="x")), on) == words


@pytest.mark.parametrize("on", [date(2026, 9, 10), date(2026, 11, 9), date(2027, 11, 10)])
def test_a_long_name_is_cut_and_the_date_stays(on: date):
    words = subject_words(set_deadline(Practice(uid="x"), vendor_name="Notewell " * 20), on)
    assert (len(words) <= 70, "9 November" in words, "…" in words) == (True, True, True)


def test_a_subject_is_one_line():
    words = subject_words(set_deadline(Practice(uid="x"), vendor_name="Note\r\nBcc: all@x.example"), DUE)
    assert words == "Review the agreement with Note Bcc: all@x.example today, 9 November"


@pytest.mark.parametrize("words", ["a\r\nb", "a\x00b\x1b", "a\u2028b", " a\tb "])
def test_one_line_keeps_no_break_and_no_control_character(words: str):
    assert mail.one_line(words).replace(" ", "") == "ab"


# --- the reminder --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_first_line_says_what_to_do_and_the_rest_who_and_why(cast: Cast):
    text = reminder_on(cast.practice, date(2026, 10, 26)).text
    assert text == (
        "Review the agreement with Notewell by 9 Nov 2026:\n"
        "http://localhost:8000/agreements/abcdefghjkmn/\n"
        "\n"
        "What:     Business associate agreement with Notewell\n"
        "Vendor:   Notewell\n"
        "Due:      9 Nov 2026\n"
        "Practice: Harbor Light Counseling\n"
        "\n"
        "Done, or not now? Say so here (a button asks you first):\n"
        "http://localhost:8000/reminders/agreement-review/abcdefghjkmn/2026-11-09/\n"
        "\n"
        "You can stop these reminders: once it is done and recorded on that page, no more follow.\n"
        "\n"
        "Why you get this mail\n"
        "You get it as compliance officer of Harbor Light Counseling, from Practice Vetting at http://localhost:8000.\n"
        "This mail holds no patient data. Please do not answer it: nobody reads the answers.\n"
    )


@pytest.mark.django_db
def test_what_is_late_says_so_and_tells_the_owner_why_now(cast: Cast):
    reminder = reminder_on(cast.practice, date(2026, 11, 10))  # the owner's first
    assert Mail.objects.get().person == cast.owner
    first = "This was due on 9 Nov 2026 and is late now. Review the agreement with Notewell:"
    assert reminder.text.splitlines()[0] == first
    assert "Owners hear of a date once it is late" in reminder.text


@pytest.mark.django_db
def test_the_html_says_the_same_and_links_to_the_same_page(cast: Cast):
    reminder = reminder_on(cast.practice, date(2026, 10, 26))
    html = Reader(reminder.html)
    choices = "http://localhost:8000/reminders/agreement-review/abcdefghjkmn/2026-11-09/"
    assert set(html.links) == {
        "http://localhost:8000/agreements/abcdefghjkmn/", f"{choices}#done", f"{choices}#snooze",
        "http://localhost:8000",
    }  # fmt: skip
    for words in (
        "Business associate agreement with Notewell",
        "9 Nov 2026",
        "You get it as compliance officer of",
    ):
        assert words in html.words


@pytest.mark.django_db
def test_the_html_asks_nothing_of_a_mail_reader_that_it_cannot_do(cast: Cast):
    html = reminder_on(cast.practice, date(2026, 10, 26)).html
    assert Reader(html).tags & {"img", "script", "link", "style", "form", "svg", "video", "div"} == set()
    assert re.findall(r"display:|position:|float:|flex|grid|var\(|rem;|url\(", html) == []


@pytest.mark.django_db
def test_what_a_person_typed_is_text_and_nothing_else(cast: Cast):
    reminder = reminder_on(cast.practice, date(2026, 10, 26), vendor_name=EVIL)
    assert "script" not in Reader(reminder.html).tags
    assert "Vendor:   Note well <script>alert(1)</script> & Söhne" in reminder.text.splitlines()
    assert "\n" not in reminder.subject


# --- the other mails -------------------------------------------------------------------------------------


def standing_mail(practice: Practice, **changes: Any) -> tuple[str, str, str]:
    reason = {"sentence": "The agreement has ended.", "change": "Record a new one."}
    context = {
        "practice": practice,
        "role": Role.OWNER,
        "vendor_name": "Notewell",
        "state": "Lapsed",
        "headline": "Not cleared: 4 of 5 met",
        "reasons": [reason],
        "in_use": True,
        "path": "/vendors/abc/",
        "today": DUE,
    }
    return mail.render("standing_changed", {**context, **changes})


def test_a_vendor_that_is_no_longer_cleared_is_told_with_the_reasons():
    subject, text, html = standing_mail(Practice(name="Harbor Light Counseling"))
    assert subject == "No longer cleared since 9 November: Notewell"
    assert text == (
        "Open the page of Notewell and see what must change before it is cleared again:\n"
        "http://localhost:8000/vendors/abc/\n"
        "\n"
        "Notewell was cleared. Since 9 Nov 2026 it is: Lapsed.\n"
        "Not cleared: 4 of 5 met.\n"
        "\n"
        "Why:\n"
        "- The agreement has ended. Record a new one.\n"
        "\n"
        "It is in use with patient data. Ask yourself today whether that can go on.\n"
        "\n"
        "Why you get this mail\n"
        "You get it as practice owner of Harbor Light Counseling, from Practice Vetting at http://localhost:8000.\n"
        "This mail holds no patient data. Please do not answer it: nobody reads the answers.\n"
    )
    assert "The agreement has ended. Record a new one." in Reader(html).words


def test_a_long_name_keeps_that_subject_short():
    subject, text, html = standing_mail(Practice(name="x"), vendor_name=EVIL * 5)
    assert (len(subject) <= 70, subject[:35]) == (True, "No longer cleared since 9 November:")
    assert ("script" in Reader(html).tags, "\r" in text) == (False, False)


@pytest.mark.django_db
def test_an_invitation_says_who_asks_and_until_when(cast: Cast, django_capture_on_commit_callbacks):
    with (
        clock.set_to(datetime(2026, 11, 9, 14, tzinfo=UTC)),
        django_capture_on_commit_callbacks(execute=True),
    ):
        invited = invite(
            practice=cast.practice, by=cast.owner, email="noor@x.example", name="Noor Haddad", role="staff"
        )
    [message] = outgoing.outbox
    assert (message.subject, message.to) == (
        "Maria Reyes invites you; open until 16 November",
        ["Noor Haddad <noor@x.example>"],
    )
    assert message.body.splitlines()[:2] == [
        "Open this link by 16 Nov 2026 and choose a password:",
        invited.link,
    ]
    html = Reader(str(message.alternatives[0][0]))
    assert (invited.link in html.links, "Your role: Staff." in html.words) == (True, True)


def test_every_mail_has_a_subject_a_text_and_html():
    parts: dict[str, set[str]] = {}
    for path in (settings.BASE_DIR / "templates" / "emails").iterdir():
        if not path.name.startswith(("_", "base")):
            name, _, kind = path.name.partition(".")
            parts.setdefault(name, set()).add(kind)
    assert "account_notice" in parts
    assert parts == dict.fromkeys(parts, {"subject.txt", "txt", "html"})
