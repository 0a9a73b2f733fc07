"""What every record of a practice has in common: its practice, its address, its version and its history."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, ClassVar, Self, TypeVar

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

    def __init__(self, **options: Any) -> None:
        super().__init__(inherit=True, history_id_field=models.BigAutoField(), user_db_constraint=False, **options)

    def post_save(self, instance: models.Model, created: bool, using: str | None = None, **options: Any) -> None:
        if isinstance(instance, Kept) and instance._only_unkept(options.get("update_fields")):
            return
        super().post_save(instance, created, using=using, **options)

    def m2m_changed(
        self, instance: models.Model, action: str, attr: str, pk_set: Any, reverse: bool, **told: Any
    ) -> None:
        """Links are written within an action, and from the record that keeps them. Raises BareWrite otherwise.

        From the other side no row of history would say so. It is called before the links are written, too.
        """
        if reverse or not actions.verb_at_work():
            raise BareWrite(f"The {attr} of a record were written outside an action, or from the other side.")
        super().m2m_changed(instance, action, attr, pk_set, reverse, **told)

    def create_historical_record(self, instance: models.Model, history_type: str, using: str | None = None) -> None:
        """As simple-history does it, without the manager that it builds anew for each row, and its signals."""
        row = _said_of(instance, history_type)
        row.save(using=using, force_insert=True)
        self.create_historical_record_m2ms(row, instance)

    def create_historical_record_m2ms(self, history_instance: Any, instance: models.Model) -> None:
        super().create_historical_record_m2ms(history_instance, instance)
        actions.wrote(history_instance)

    def get_history_user(self, instance: models.Model) -> Any:
        return actions.person_at_work()

    def get_change_reason_for_object(self, instance: models.Model, history_type: str, using: str | None) -> str:
        return actions.verb_at_work()

    def get_meta_options(self, model: type[models.Model]) -> dict[str, Any]:
        options = super().get_meta_options(model)
        options["indexes"] = (models.Index(fields=["id", "-history_date", "-history_id"]),)
        return options


@cache
def _history_of(model: Any) -> Any:
    """The model of a model's history; to ask for it builds a manager each time."""
    return model.history.model


def _said_of(record: models.Model, history_type: str) -> Any:
    """The row of history that says what the record says now, not written yet."""
    model = _history_of(type(record))
    return model(
        history_date=getattr(record, "_history_date", clock.now()),
        history_type=history_type,
        history_user=actions.person_at_work(),
        history_change_reason=actions.verb_at_work(),
        **{field.attname: getattr(record, field.attname) for field in model.tracked_fields if not field.many_to_many},
    )


class Kept(models.Model):
    """A row that is written within actions only, and whose every change leaves a row of history.

    `UNKEPT` names the columns that history does not keep: secrets, and what changes all the time by itself.
    """

    UNKEPT: ClassVar[frozenset[str]] = frozenset()

    class Meta:
        abstract = True

    @property
    def _history_date(self) -> Any:  # read by simple-history
        return clock.now()

    def save(self, *args: Any, **options: Any) -> None:
        """Write the row, within an action only. Raises BareWrite outside one."""
        if not actions.verb_at_work() and not self._only_unkept(options.get("update_fields")):
            raise BareWrite(f"{type(self).__name__} was saved outside an action.")
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """Remove the row, within an action only. Raises BareWrite outside one."""
        if not actions.verb_at_work():
            raise BareWrite(f"{type(self).__name__} was deleted outside an action.")
        return super().delete(*args, **options)

    @classmethod
    def _only_unkept(cls, columns: Iterable[str] | None) -> bool:
        return columns is not None and cls.UNKEPT.issuperset(columns)


_Row = TypeVar("_Row", bound=Kept, covariant=True)


class KeptQuerySet(models.QuerySet[_Row]):
    """Bulk writes are refused, because they leave no history."""

    def update(self, **changes: Any) -> int:
        if self.model._only_unkept(changes):
            return super().update(**changes)
        raise BareWrite("A bulk update leaves no history. Change the record through an action.")

    def bulk_create(self, *args: Any, **options: Any) -> list[Any]:
        raise BareWrite("A bulk create leaves no history. Use an action.")

    def bulk_update(self, *args: Any, **options: Any) -> int:
        raise BareWrite("A bulk update leaves no history. Use an action.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise BareWrite("A bulk delete leaves no history. Use an action.")


def write_together(rows: Sequence[Kept], *, columns: Sequence[str] = ()) -> None:
    """Write many rows of one model by few statements, each with its own row of history, as so many saves would.

    New ones; or, where `columns` are named, these columns of rows that are there. Raises BareWrite outside an action.
    """
    if not rows:
        return
    if not actions.verb_at_work():
        raise BareWrite(f"{type(rows[0]).__name__} was saved outside an action.")
    written: models.QuerySet[Any] = models.QuerySet(type(rows[0]))  # its own manager refuses what leaves no history
    if columns:
        written.bulk_update(rows, columns, batch_size=100)
    else:
        written.bulk_create(rows)
    said = [_said_of(row, "~" if columns else "+") for row in rows]
    _history_of(type(rows[0]))._base_manager.bulk_create(said)
    _link_together(said)
    for row in said:
        actions.wrote(row)


def _link_together(said: Sequence[Any]) -> None:
    """Keep with each row of history what its record is linked to now."""
    by_record = {row.id: row for row in said}
    for field in getattr(said[0], "_history_m2m_fields", ()):
        through: Any = field.remote_field.through
        own = f"{field.m2m_field_name()}_id"
        kept = getattr(type(said[0]), field.name).model
        columns = [each.attname for each in through._meta.concrete_fields]
        links = through._base_manager.filter(**{f"{own}__in": list(by_record)})
        kept.objects.bulk_create(
            kept(history=by_record[getattr(link, own)], **{name: getattr(link, name) for name in columns})
            for link in links
        )


@dataclass(frozen=True)
class Several:
    """Practices in which it is the same day, by their primary keys or a query for them: the clock asks all at once."""

    keys: Any
    on: date

    def today(self) -> date:
        return self.on


class RecordQuerySet(KeptQuerySet[Any]):
    """Queries start at the practice; those of the clock at several."""

    def of(self, practice: Any) -> Self:
        if not isinstance(practice, Several):
            return self.filter(practice=practice)
        if not isinstance(practice.keys, models.QuerySet):
            return self.filter(practice__in=practice.keys)
        # Very many, in which days are looked for: the index of the days has to lead, and a sum is in no index. Without
        # it SQLite reads all rows of every practice for the few of a day.
        return self.alias(home=models.F("practice_id") + 0).filter(home__in=practice.keys)


class Record(Kept):
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
        base_manager_name = "objects"  # vendor.tools.add(tool) writes through it, and is refused as any bulk update is

    @classmethod
    def kind(cls) -> str:
        """The noun that names this record in addresses and in the ledger: "agreement"."""
        return cls._meta.model_name or ""
