"""Mails: text and HTML from one pair of templates, never with a header that a person typed unchecked."""

from dataclasses import dataclass
from email.utils import formataddr, make_msgid
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.text import Truncator

from practice_vetting.core.models import Invitation, Person
from practice_vetting.core.roles import Role

SUBJECT_LIMIT = 70  # characters: a phone shows the line whole


@dataclass(frozen=True)
class Addressee:
    """Somebody by name and address, where no row stands for them."""

    name: str
    email: str


@dataclass(frozen=True)
class Words:
    """What a mail says. `calendar` is an .ics file with what is due by it, b"" when nothing is."""

    subject: str
    text: str
    html: str
    calendar: bytes = b""


def render(template: str, context: dict[str, Any]) -> tuple[str, str, str]:
    """Subject (one line, 70 characters at most), text and HTML of emails/TEMPLATE.{subject.txt,txt,html}."""
    role_words = Role(context["role"]).label if "role" in context else ""
    context = {"role_words": role_words, **context, "site_url": settings.SITE_URL}
    subject = one_line(render_to_string(f"emails/{template}.subject.txt", context))
    text = render_to_string(f"emails/{template}.txt", context)
    html = render_to_string(f"emails/{template}.html", context)
    return Truncator(subject).chars(SUBJECT_LIMIT), text.strip() + "\n", html


def one_line(words: str) -> str:
    """The words without line breaks and control characters: fit for a header, whatever a person typed."""
    return "".join(letter for letter in " ".join(words.split()) if letter.isprintable())


def new_message_id() -> str:
    """A Message-ID that stays the same on every try of one mail: a receiver can drop a second copy."""
    return make_msgid(domain="practice-vetting.invalid")


def send(
    *,
    to: Person | Invitation | Addressee,
    subject: str,
    text: str,
    html: str,
    message_id: str,
    calendar: bytes = b"",
    line: Any = None,
) -> None:
    """Hand one mail to the mail server, over the open `line` of a run where there is one; `calendar` is due.ics.

    Raises SMTPException or OSError when it does not take it, ValueError for an address no mail can carry.
    """
    address = formataddr((one_line(to.name), to.email))
    headers = {"Message-ID": message_id, "Auto-Submitted": "auto-generated"}  # RFC 3834
    message = EmailMultiAlternatives(one_line(subject), text, to=[address], headers=headers, connection=line)
    message.attach_alternative(html, "text/html")
    if calendar:
        message.attach("due.ics", calendar.decode(), "text/calendar")
    message.send()


def invitation(invitation: Invitation, by: Person, link: str) -> tuple[str, str, str]:
    """The subject, text and HTML of an invitation."""
    context = {"invitation": invitation, "by": by, "link": link, "practice": invitation.practice}
    return render("invitation", {**context, "role": invitation.role})
