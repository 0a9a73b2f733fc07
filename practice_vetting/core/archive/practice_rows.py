"""Which rows are one practice's own: what its export holds, and what it must never hold."""

from dataclasses import dataclass
from functools import cache

from django.db import models
from django.db.models import Q

from practice_vetting.core.archive import tables
from practice_vetting.core.models import LedgerEntry, LedgerHead, Person, Practice, SealCertificate

#: tables that speak of the installation or of sign-in, or hold what opens something
_NOT_A_PRACTICES = {
    "core_installation",
    "core_accountlink",
    "core_historycheck",
    "checklists_loadededition",
}
#: the columns of a person that others may read; history of people keeps no others
_OF_A_PERSON = ["id", "uid", "email", "name", "is_active", "created_at"]


@dataclass(frozen=True)
class Kind:
    """One kind of record: its table, its name in the export, and the columns that are exported."""

    model: tables.Model
    name: str
    columns: list[str]

    @property
    def is_history(self) -> bool:
        return _is_history(self.model)

    def rows(self, practice: Practice, using: str) -> models.QuerySet:
        found: models.QuerySet = models.QuerySet(self.model, using=using).filter(_own(self.model, practice, using))
        return found.order_by("pk").distinct()


@cache
def kinds() -> list[Kind]:
    """Every kind of record that a practice has, in the order in which an import writes them."""
    ours = [model for model in tables.kept_models() if _is_ours(model)]
    return [Kind(model, _name(model), _columns(model)) for model in ours]


def _is_ours(model: tables.Model) -> bool:
    own_app = model._meta.app_config and not model.__module__.startswith(("allauth", "django"))
    return bool(own_app) and model._meta.db_table not in _NOT_A_PRACTICES


def _name(model: tables.Model) -> str:
    """Such as "vendors_tool" or "vendors_tool_history"."""
    return str(model._meta.db_table).replace("_historical", "_") + ("_history" if _is_history(model) else "")


def _is_history(model: tables.Model) -> bool:
    return "_historical" in model._meta.db_table


def _columns(model: tables.Model) -> list[str]:
    return list(_OF_A_PERSON) if model is Person else tables.columns(model)


def _own(model: tables.Model, practice: Practice, using: str) -> Q:
    """The rows of this table that are the practice's."""
    names = {field.name for field in model._meta.concrete_fields}
    if model is SealCertificate:
        return Q()  # public, and what its documents are checked against
    if model in (LedgerEntry, LedgerHead):
        return Q(practice_uid=practice.uid)
    if model is Practice or model is Practice.history.model:
        return Q(id=practice.pk)
    if model is Person:
        return Q(id__in=_people(practice, using))
    if model is Person.history.model:
        return Q(history_id__in=_told_of_people(practice, using))
    if "practice" in names:
        return Q(practice_id=practice.pk)
    return _through(model, practice)


def _through(model: tables.Model, practice: Practice) -> Q:
    """A row of a many-to-many field belongs where the record does that it hangs on; of history, where the row does."""
    for field in model._meta.concrete_fields:
        parent = field.related_model
        leads_home = isinstance(parent, type) and "practice_id" in tables.columns(parent)
        if leads_home and (not _is_history(model) or field.name == "history"):
            return Q(**{f"{field.name}__practice_id": practice.pk})
    raise LookupError(f"{model.__name__} belongs to no practice, and practice_rows does not say why.")


def _people(practice: Practice, using: str) -> set[int]:
    """Everybody of whom a row of the practice speaks."""
    found: set[int] = set()
    for kind in kinds():
        links = [field.attname for field in kind.model._meta.concrete_fields if field.related_model is Person]
        if kind.model in (Person, Person.history.model):
            continue
        rows: models.QuerySet = models.QuerySet(kind.model, using=using).filter(_own(kind.model, practice, using))
        for link in links:
            found |= set(rows.exclude(**{link: None}).order_by().values_list(link, flat=True).distinct())
    return found


def _told_of_people(practice: Practice, using: str) -> set[int]:
    """The rows of people's history that the practice's ledger names: what they did elsewhere is not its own."""
    entries = LedgerEntry.objects.using(using).filter(practice_uid=practice.uid)
    told = entries.order_by("seq").values_list("bound", flat=True).iterator(2000)
    return {key for bound in told for kind, _, key, _ in bound if kind == Person.kind()}


def people_as_told(practice: Practice, using: str) -> dict[int, tables.Row]:
    """What the practice's ledger told last of each person: what another practice told since is not its own."""
    told: models.QuerySet = models.QuerySet(Person.history.model, using=using).filter(
        history_id__in=_told_of_people(practice, using)
    )
    return {row["id"]: row for row in told.order_by("history_id").values(*_OF_A_PERSON)}
