"""What is handed to the mail server: one mail a person a day with all that is due, and news that cannot wait."""

from django.db import models
from django.db.models import Q

from practice_vetting.core import clock
from practice_vetting.core.models.record import new_uid


class MailKind(models.TextChoices):
    DAILY = "daily", "The mail of the day"
    NEWS = "news", "Told at once"


class MailState(models.TextChoices):
    WAITING = "waiting", "Waiting to be sent"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Refused by the mail server"
    PARKED = "parked", "Not sent again after a restore"


class Mail(models.Model):
    """One mail to one person. What it says is written when it leaves, from the reminders that it carries.

    One mail of the day goes out a day (`daily_mail_once`): one that could not leave becomes the next day's. `doubtful`
    says that the server may have taken it without our hearing so. `trying_since` is when it was ready first.
    """

    uid = models.CharField(max_length=12, unique=True, default=new_uid, editable=False)
    practice = models.ForeignKey("core.Practice", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("core.Person", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=MailKind)
    on = models.DateField(help_text="the day of the practice whose mail it is")
    message_id = models.CharField(max_length=200, unique=True)
    state = models.CharField(max_length=10, choices=MailState, default=MailState.WAITING)
    doubtful = models.BooleanField(default=False)
    claim = models.CharField(max_length=36, blank=True)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=clock.now)
    last_error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    trying_since = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "person", "on"], condition=Q(kind=MailKind.DAILY), name="daily_mail_once"
            )
        ]
        indexes = [
            models.Index(fields=["state", "next_try_at"]),
            models.Index(fields=["practice", "person", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.on}"


class QuietWeek(models.Model):
    """The last day of a practice's summary on which there was nothing to tell: that week has none any more."""

    practice = models.OneToOneField("core.Practice", on_delete=models.PROTECT, related_name="quiet_week")
    on = models.DateField()

    def __str__(self) -> str:
        return f"{self.on}"
