"""A link that was mailed to one person about their own account. Only the hash of its secret is kept."""

from django.db import models

from practice_vetting.core import clock


class LinkPurpose(models.TextChoices):
    PASSWORD = "password", "set a new password"
    EMAIL = "email", "confirm a new e-mail"


class AccountLink(models.Model):
    """Good once, until `expires_at`. `email` is the address that it was mailed to."""

    person = models.ForeignKey("core.Person", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=10, choices=LinkPurpose.choices)
    email = models.EmailField(max_length=254)
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}, for {self.person}"
