"""An address of the practice's own systems that is told what is due and what happened, and each time it was told."""

from django.db import models
from django.db.models import Q

from practice_vetting.core import clock
from practice_vetting.core.models.record import Record, new_uid


class Webhook(Record):
    """One address, until it is ended. The secret that signs is made from the uid (core.webhooks) and kept nowhere."""

    url = models.URLField("address", max_length=500)
    made_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice"], condition=Q(ended_at=None), name="one_webhook_a_practice"),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None) | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="webhook_ended_when_and_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"Webhook to {self.url}"


class CallState(models.TextChoices):
    WAITING = "waiting", "Waiting to be sent"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Taken"
    FAILED = "failed", "Given up"


class WebhookCall(models.Model):
    """One message to a webhook. `key` names the fact, so that each is told once; `uid` is its id for the receiver."""

    uid = models.CharField(max_length=12, unique=True, default=new_uid, editable=False)
    practice = models.ForeignKey("core.Practice", on_delete=models.PROTECT, related_name="+")
    webhook = models.ForeignKey(Webhook, on_delete=models.PROTECT, related_name="calls")
    key = models.CharField(max_length=120)
    body = models.TextField()
    state = models.CharField(max_length=10, choices=CallState, default=CallState.WAITING)
    claim = models.CharField(max_length=36, blank=True)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=clock.now)
    last_error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["webhook", "key"], name="webhook_told_once")]
        indexes = [models.Index(fields=["state", "next_try_at"])]

    def __str__(self) -> str:
        return self.key
