"""Mails about accounts on their way: invitations, notices, links. What they say lies sealed, and not for long."""

from django.db import models

from practice_vetting.core import clock
from practice_vetting.core.models.record import new_uid


class AccountMailKind(models.TextChoices):
    WRITTEN = "written", "Written"
    PASSWORD_LINK = "password_link", "Somebody asks for a link for a new password"
    EMAIL_LINK = "email_link", "Somebody asks for a link to another e-mail"


class AccountMailState(models.TextChoices):
    """The first four are those of MailState."""

    WAITING = "waiting", "Waiting to be sent"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Given up"
    ENDED = "ended", "Not needed any more"


class AccountMail(models.Model):
    """One mail, or the wish for one whose link a worker has yet to make.

    `sealed` is what it says and to whom, encrypted (core.post), and "" once the mail went or is given up. It is not
    sent after `until`, nor when the invitation or the link that it carries was used or has ended.
    """

    uid = models.CharField(max_length=12, unique=True, default=new_uid, editable=False)
    kind = models.CharField(max_length=20, choices=AccountMailKind)
    sealed = models.TextField(blank=True)
    until = models.DateTimeField()
    invitation = models.ForeignKey("core.Invitation", on_delete=models.PROTECT, null=True, related_name="+")
    link = models.ForeignKey("core.AccountLink", on_delete=models.PROTECT, null=True, related_name="+")
    message_id = models.CharField(max_length=200, unique=True)
    state = models.CharField(max_length=10, choices=AccountMailState, default=AccountMailState.WAITING)
    claim = models.CharField(max_length=36, blank=True)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=clock.now)
    created_at = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "next_try_at"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.created_at}"
