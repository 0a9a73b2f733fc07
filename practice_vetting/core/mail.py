"""Mails: text and HTML from one pair of templates, never with a header that a person typed unchecked."""

import logging
from email.utils import formataddr, make_msgid
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from practice_vetting.core.models import Invitation, Person

log = logging.getLogger(__name__)


def render(template: str, context: dict[str, Any]) -> tuple[str, str, str]:
    """Subject (one line, 70 characters at most), text and HTML of templates/emails/TEMPLATE.{subject.txt,txt,html}."""
    context = {**context, "site_url": settings.SITE_URL}
    subject = " ".join(render_to_string(f"emails/{template}.subject.txt", context).split())
    text = render_to_string(f"emails/{template}.txt", context)
    return subject[:70], text.strip() + "\n", render_to_string(f"emails/{template}.html", context)


def new_message_id() -> str:
    """A Message-ID that stays the same on every try of one mail, so that a receiver can drop a second copy."""
    return make_msgid(domain="practice-vetting.invalid")


def send(*, to: Person | Invitation, subject: str, text: str, html: str, message_id: str) -> None:
    """Hand one mail to the mail server. Raises SMTPException or OSError when it does not take it."""
    address = formataddr((" ".join(to.name.split()), to.email))
    message = EmailMultiAlternatives(subject, text, to=[address], headers={"Message-ID": message_id})
    message.attach_alternative(html, "text/html")
    message.send()


def send_invitation(*, invitation: Invitation, by: Person, link: str) -> None:
    """Try to mail an invitation. The link was shown to its maker too, so a lost mail stops nobody."""
    context = {"invitation": invitation, "by": by, "link": link, "practice": invitation.practice}
    subject, text, html = render("invitation", context)
    try:
        send(to=invitation, subject=subject, text=text, html=html, message_id=new_message_id())
    except (SMTPException, OSError):
        log.warning("The invitation %s could not be mailed", invitation.uid)
