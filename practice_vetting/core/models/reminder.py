"""A thing that somebody was to be told. Each is told once, whatever the clock, the worker and the mail server do."""

from django.db import models

from practice_vetting.core import clock
from practice_vetting.core.models.record import new_uid


class Reminder(models.Model):
    """One rung of one deadline's ladder for one person. The unique key is what makes it once.

    It travels in a mail. `text` and `html` are kept of news only: a deadline is put into words when its mail leaves.
    """

    uid = models.CharField(max_length=12, unique=True, default=new_uid, editable=False)
    practice = models.ForeignKey("core.Practice", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("core.Person", on_delete=models.PROTECT, related_name="+")
    mail = models.ForeignKey("core.Mail", on_delete=models.PROTECT, related_name="reminders")
    kind = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=40)
    subject_uid = models.CharField(max_length=12)
    due_on = models.DateField()
    rung = models.SmallIntegerField(help_text="days from the due date: -60 is two months before, 7 a week late")
    subject = models.CharField(max_length=200)
    line = models.CharField(max_length=500, blank=True, help_text="of news: what happened, among other things")
    path = models.CharField(max_length=300, help_text="the page to open")
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "kind", "subject_uid", "due_on", "rung"], name="reminder_once")
        ]
        indexes = [
            models.Index(fields=["practice", "subject_kind", "subject_uid", "-id"]),
            models.Index(fields=["practice", "due_on"]),
        ]

    def __str__(self) -> str:
        return self.subject


class ReminderRound(models.Model):
    """Up to which day a practice was looked at whole, and all that was due was made.

    `seq` is where its ledger stood before that look: an entry after it that is no reminder's asks for another.
    `waiting`: somebody had had the mail of the day, so that the next day is looked at whole. Without a row, it is
    looked at.
    """

    practice = models.OneToOneField(
        "core.Practice", on_delete=models.PROTECT, primary_key=True, related_name="reminder_round"
    )
    on = models.DateField()
    seq = models.PositiveBigIntegerField()
    waiting = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.practice_id} until {self.on}"
