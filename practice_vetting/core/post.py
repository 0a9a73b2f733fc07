"""Mails that a page does not wait for: handed to a worker, and tried again while the mail server is away."""

import logging
from smtplib import SMTPException
from typing import Any

from celery import shared_task
from kombu.exceptions import OperationalError

from practice_vetting.core import mail

log = logging.getLogger(__name__)


@shared_task(name="core.mail", autoretry_for=(SMTPException, OSError), retry_backoff=60, max_retries=6)
def hand_over(name: str, email: str, subject: str, text: str, html: str, message_id: str) -> None:
    """Give one mail to the mail server. An address that no mail can carry is given up."""
    try:
        mail.send(to=mail.Addressee(name, email), subject=subject, text=text, html=html, message_id=message_id)
    except ValueError:
        log.warning("A mail about an account could not be addressed")


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
