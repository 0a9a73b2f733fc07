"""The bytes of a file, kept once a practice and named by their SHA-256."""

from django.db import models

from practice_vetting.core import clock
from practice_vetting.core.models.record import new_uid


class StoredFile(models.Model):
    """Bytes exactly as they came. Never changed; the same bytes twice are one row."""

    uid = models.CharField(max_length=12, unique=True, default=new_uid, editable=False)
    practice = models.ForeignKey("core.Practice", on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    content_type = models.CharField(max_length=100)
    pages = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["practice", "sha256"], name="stored_file_once")]

    def __str__(self) -> str:
        return f"{self.content_type}, {self.sha256[:16]}"

    @property
    def path(self) -> str:
        """Where the bytes lie in the file storage: by practice and hash, never by a name a person gave."""
        return f"{self.practice.uid}/{self.sha256[:2]}/{self.sha256}"
