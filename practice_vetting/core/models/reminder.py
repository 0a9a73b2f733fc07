"""A mail that was due. Each is sent once, whatever the clock, the worker and the mail server do."""

from django.db import models

from practice_vetting.core import clock
from practice_vetting.core.models.record import new_uid


class ReminderState(models.TextChoices):
    WAITING = "waiting", "Waiting to be sent"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Refused by the mail server"
    PARKED = "parked", "Not sent again after a restore"


class Reminder(models.Model):
    """One rung of one deadline's ladder for one person. The unique key is what makes it once."""

    uid = models.CharField(max_length=12, unique=True, default=new_uid, editable=False)
    practice = models.ForeignKey("core.Practice", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("core.Person", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=40)
    subject_uid = models.CharField(max_length=12)
    due_on = models.DateField()
    rung = models.SmallIntegerField(help_text="days from the due date: -60 is two months before, 7 a week late")
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField()
    message_id = models.CharField(max_length=200, unique=True)
    state = models.CharField(max_length=10, choices=ReminderState, default=ReminderState.WAITING)
    claim = models.CharField(max_length=36, blank=True)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=clock.now)
    last_error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "kind", "subject_uid", "due_on", "rung"], name="reminder_once")
        ]
        indexes = [
            models.Index(fields=["state", "next_try_at"]),
            models.Index(fields=["practice", "subject_kind", "subject_uid", "-id"]),
        ]

    def __str__(self) -> str:
        return self.subject
