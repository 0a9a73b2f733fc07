"""Mails that a page does not wait for: handed to a worker, and tried again while the mail server is away."""

import logging
from smtplib import SMTPException
from typing import Any

from celery import shared_task
from kombu.exceptions import OperationalError

from practice_vetting.core import clock, encryption, mail
from practice_vetting.core.models import Invitation, Person

log = logging.getLogger(__name__)

_LINK = "the link of an invitation on its way to a worker"
#: after 1, 2, 4 and 8 minutes, then every ten, for a day: no longer apart, because a queue in Redis would give a
#: message a second time that waits for an hour (CELERY_BROKER_TRANSPORT_OPTIONS)
_A_DAY = {"retry_backoff": 60, "retry_backoff_max": 600, "retry_jitter": False, "max_retries": 150}


@shared_task(name="core.mail", autoretry_for=(SMTPException, OSError), **_A_DAY)
def hand_over(name: str, email: str, subject: str, text: str, html: str, message_id: str) -> None:
    """Give one mail to the mail server. An address that no mail can carry is given up."""
    try:
        mail.send(to=mail.Addressee(name, email), subject=subject, text=text, html=html, message_id=message_id)
    except ValueError:
        log.warning("A mail about an account could not be addressed")


@shared_task(name="core.mail_invitation", autoretry_for=(SMTPException, OSError), **_A_DAY)
def hand_over_invitation(uid: str, by: str, sealed_link: str, message_id: str) -> None:
    """Mail an invitation, unless it was followed or ended meanwhile."""
    waiting = Invitation.objects.filter(uid=uid, used_at=None, expires_at__gt=clock.now())
    if invitation := waiting.select_related("practice").first():
        link = encryption.decrypt(sealed_link, label=_LINK)
        parts = mail.invitation(invitation, Person.objects.get(uid=by), link)
        hand_over.run(invitation.name, invitation.email, *parts, message_id)


def invite_later(invitation: Invitation, by: Person, link: str) -> None:
    """Have a worker mail an invitation. The queue keeps its link sealed, because it lets somebody in."""
    sealed = encryption.encrypt(link, label=_LINK)
    to_a_worker(hand_over_invitation, invitation.uid, by.uid, sealed, mail.new_message_id())


def later(name: str, email: str, subject: str, text: str, html: str) -> None:
    """Have a worker send the mail. Where no queue can be reached, it is tried once here: this never fails."""
    to_a_worker(hand_over, name, email, subject, text, html, mail.new_message_id())


def to_a_worker(task: Any, *args: str) -> None:
    """Have a worker do the task. Where no queue can be reached, it is tried once here: this never fails."""
    try:
        task.apply_async(args, retry=False)
    except (OperationalError, OSError):
        log.warning("The queue cannot be reached. %s is done at once.", task.name)
        try:
            task.run(*args)
        except (SMTPException, OSError):
            log.warning("A mail about an account could not be sent")


def at_once(name: str, email: str, subject: str, text: str, html: str) -> None:
    """For a worker: send a mail that holds a secret, which no queue should keep. Lost, it can be asked for again."""
    try:
        hand_over.run(name, email, subject, text, html, mail.new_message_id())
    except (SMTPException, OSError):
        log.warning("A mail with a link could not be sent")
