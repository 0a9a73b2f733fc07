"""Which turn of the clock each of its tasks had last. It holds nothing of any practice, and no backup holds it."""

from django.db import models


class ClockTurn(models.Model):
    """One row a task. `turn` names the turn that was begun last, such as "2027-01-15" of what runs each day.

    `lease_until` is set while somebody works on it: when that moment has passed, who worked there is dead.
    """

    task = models.CharField(max_length=60, unique=True)
    turn = models.CharField(max_length=40, blank=True)
    claim = models.CharField(max_length=36, blank=True)
    lease_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.task} {self.turn}"
