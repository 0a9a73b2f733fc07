"""What every record of a practice has in common: its practice, its address, its version and its history."""

import secrets
from typing import Any, ClassVar, Self

from django.db import models
from simple_history.models import HistoricalRecords

from practice_vetting.core import actions, clock

_LETTERS = "23456789abcdefghjkmnpqrstvwxyz"  # no letter that is mistaken for another when read out


def new_uid() -> str:
    """A random public id of 12 letters (59 bits): it tells nothing of how many there are."""
    return "".join(secrets.choice(_LETTERS) for _ in range(12))


class BareWrite(RuntimeError):
    """A record was written outside an action, where nothing would have told who did it."""


class History(HistoricalRecords):
    """History rows that take person, action and time from the action under way.

    Row ids have 64 bits, and one index serves "the last changes of this record": with 10,000,000 rows that
    answers in under a millisecond, without it in seconds.
    """

    def __init__(self) -> None:
        super().__init__(inherit=True, history_id_field=models.BigAutoField(), user_db_constraint=False)

    def get_history_user(self, instance: models.Model) -> Any:
        return actions.person_at_work()

    def get_change_reason_for_object(self, instance: models.Model, history_type: str, using: str | None) -> str:
        return actions.verb_at_work()

    def get_meta_options(self, model: type[models.Model]) -> dict[str, Any]:
        options = super().get_meta_options(model)
        options["indexes"] = (models.Index(fields=["id", "-history_date", "-history_id"]),)
        return options


class RecordQuerySet(models.QuerySet):
    """Queries start at the practice; bulk writes are refused, because they leave no history."""

    def of(self, practice: Any) -> Self:
        return self.filter(practice=practice)

    def update(self, **changes: Any) -> int:
        raise BareWrite("A bulk update leaves no history. Change the record through an action.")

    def bulk_create(self, *args: Any, **options: Any) -> list[Any]:
        raise BareWrite("A bulk create leaves no history. Use an action.")

    def bulk_update(self, *args: Any, **options: Any) -> int:
        raise BareWrite("A bulk update leaves no history. Use an action.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise BareWrite("A bulk delete leaves no history. Use an action.")


class Record(models.Model):
    """A row that belongs to exactly one practice and that people change through actions only.

    `form_id` makes a creating form harmless when it is sent twice; `version` tells a stale form from a fresh one.
    """

    practice = models.ForeignKey("core.Practice", on_delete=models.PROTECT, related_name="+")
    uid = models.CharField(max_length=12, unique=True, default=new_uid, editable=False)
    form_id = models.CharField(max_length=36, unique=True, null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    history = History()
    objects: ClassVar[Any] = RecordQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def _history_date(self) -> Any:  # read by simple-history
        return clock.now()

    @classmethod
    def kind(cls) -> str:
        """The noun that names this record in addresses and in the ledger: "agreement"."""
        return cls._meta.model_name or ""

    def save(self, *args: Any, **options: Any) -> None:
        """Write the row, within an action only. Raises BareWrite outside one."""
        if not actions.verb_at_work():
            raise BareWrite(f"{type(self).__name__} was saved outside an action.")
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """Remove the row, within an action only. Raises BareWrite outside one."""
        if not actions.verb_at_work():
            raise BareWrite(f"{type(self).__name__} was deleted outside an action.")
        return super().delete(*args, **options)
