"""Signed documents that we issued, and the durable queue that makes them."""

from datetime import date

from django.db import models
from django.db.models import Q

from practice_vetting.core import clock
from practice_vetting.core.models.record import new_uid
from practice_vetting.core.models.underway import Underway


class JobState(models.TextChoices):
    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Being prepared"
    DONE = "done", "Ready"
    FAILED = "failed", "Could not be made"


class Job(Underway):
    """A piece of work that outlives the process that began it: the queue wakes a worker, this row is the truth.

    A worker owns the row while `claim` is its own and `lease_until` is ahead; then anybody may take it over, and
    `takeovers` counts how often somebody did.
    `number` is reserved when the first worker claims it, because the document prints it: a retry prints the same.
    `after` is a job that has to be over before this one begins: a bundle waits for the dossier that goes into it.
    `options` are what was asked for beside kind and subject, as JSON: {"as_of": "2026-03-01", "evidence": "zip"}.
    """

    uid = models.CharField(max_length=12, unique=True, default=new_uid, editable=False)
    practice = models.ForeignKey("core.Practice", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=40)
    subject_uid = models.CharField(max_length=12)
    subject_label = models.CharField(max_length=300)
    key = models.CharField(max_length=200, unique=True)
    number = models.CharField(max_length=20, blank=True)
    options = models.JSONField(default=dict)
    after = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="waiting")
    requested_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=clock.now)
    state = models.CharField(max_length=10, choices=JobState, default=JobState.QUEUED)
    claim = models.CharField(max_length=36, blank=True)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    takeovers = models.PositiveSmallIntegerField(default=0, db_default=0)
    next_try_at = models.DateTimeField(default=clock.now)
    last_error = models.CharField(max_length=500, blank=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state=JobState.RUNNING, lease_until__isnull=False) & ~Q(claim="")
                | ~Q(state=JobState.RUNNING),
                name="running_job_is_claimed",
            ),
            models.UniqueConstraint(fields=["practice", "number"], condition=~Q(number=""), name="job_number_once"),
        ]
        indexes = [
            models.Index(fields=["state", "next_try_at"]),
            models.Index(fields=["practice", "subject_kind", "subject_uid", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.subject_label}"

    @property
    def as_of(self) -> date | None:
        """The past day that it was asked for."""
        return date.fromisoformat(self.options["as_of"]) if "as_of" in self.options else None

    @property
    def is_over(self) -> bool:
        """True when nothing happens any more by itself."""
        return self.state in (JobState.DONE, JobState.FAILED)


class Document(models.Model):
    """A sealed PDF, or a bundle with one, that left the house. Never changed.

    `sha256` is of the final bytes, `snapshot` is what it was made from. `signers` is what its signature panel prints: a
    list of {"name", "role", "at"}, the time in ISO 8601. `ledger_seq` and `ledger_digest` are the end of the practice's
    ledger that it carries. `time_source` names who vouches for the time of its seal; "" is this server's clock.
    `carries` are the SHA-256 of the evidence files inside, one a line.
    """

    uid = models.CharField(max_length=12, unique=True, default=new_uid, editable=False)
    practice = models.ForeignKey("core.Practice", on_delete=models.PROTECT, related_name="+")
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="document")
    kind = models.CharField(max_length=40)
    number = models.CharField(max_length=20)
    title = models.CharField(max_length=300)
    subject_kind = models.CharField(max_length=40)
    subject_uid = models.CharField(max_length=12)
    file = models.OneToOneField("core.StoredFile", on_delete=models.PROTECT, related_name="document")
    sha256 = models.CharField(max_length=64, db_index=True)
    snapshot = models.TextField()
    snapshot_sha256 = models.CharField(max_length=64)
    signers = models.JSONField(default=list)
    carries = models.TextField(blank=True)
    certificate_sha256 = models.CharField(max_length=64)
    time_source = models.CharField(max_length=200, blank=True)
    as_of = models.DateField(null=True)
    ledger_seq = models.PositiveBigIntegerField(default=0)
    ledger_digest = models.CharField(max_length=64, blank=True)
    issued_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["practice", "number"], name="document_number_once")]
        indexes = [models.Index(fields=["practice", "subject_kind", "subject_uid", "-id"])]

    def __str__(self) -> str:
        return f"{self.title}, {self.number}"
