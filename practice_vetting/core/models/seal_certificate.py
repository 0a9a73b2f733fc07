"""The certificates that sealed documents of this installation: what an old document is checked against."""

from django.db import models

from practice_vetting.core import clock


class SealCertificate(models.Model):
    """One signing certificate that was used here, with the chain that vouches for it. Kept for good.

    `fingerprint` is the SHA-256 of the certificate (hex); `certificate` and `chain` are PEM, the chain from the issuer
    up to its root. `source` is "own", "pkcs12" or "pkcs11"; "time" is a root under which the time of documents was
    stamped, and sealed nothing. At most one that seals is not retired: the one in charge.
    """

    fingerprint = models.CharField(max_length=64, unique=True)
    certificate = models.TextField()
    chain = models.TextField()
    source = models.CharField(max_length=10)
    first_used_at = models.DateTimeField(default=clock.now)
    retired_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.fingerprint[:16]
