"""What records say now, against what their history says of them last; and history that no entry of the ledger names."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any

from django.db.models import Exists, Max, OuterRef

from practice_vetting.core import ledger, progress, records
from practice_vetting.core.models import Installation, LedgerEntry, LedgerHead, Person, Practice
from practice_vetting.core.proof import kept
from practice_vetting.core.proof.misfit import Misfit

_TOGETHER = 500  # records that are compared at once


def misfits(practice: Practice, *, using: str) -> Iterator[Misfit]:
    """Every record of the practice that was written past its history."""
    every = records.kinds().items()
    for kind, model in progress.each("Comparing each kind of record with its history", every, len(every)):
        if hasattr(model, "history") and model is not Person:
            of = {"id": practice.pk} if model is Practice else {"practice_id": practice.pk}
            yield from _compared(kind, model, of, using)


def people(*, using: str, named: set[int]) -> Iterator[Misfit]:
    """The same of all people of the installation; `named` are the rows of their history that some ledger names."""
    yield from _compared("person", Person, {}, using)
    for row in kept.models_by_kind()["person"]._base_manager.using(using).order_by("pk").iterator(2000):
        if row.pk not in named:
            yield Misfit(0, "person", row.uid, row.name, "A row of its history was written past the ledger.")


def unnamed(practice: Practice, *, using: str, named: dict[str, int]) -> Iterator[Misfit]:
    """The kept rows that no entry names. `named` counts, by kind, those that entries name and that are there."""
    every = kept.models_by_kind().items()
    for kind, model in progress.each("Looking for rows that no entry names, in each kind of record", every, len(every)):
        if kind == "person":
            continue
        of = {"id": practice.pk} if kind == "practice" else {"practice_id": practice.pk}
        there = model._base_manager.using(using).filter(**of)
        if there.count() > named.get(kind, 0):
            yield from _unnamed(practice, kind, there, using)


def _unnamed(practice: Practice, kind: str, there: Any, using: str) -> Iterator[Misfit]:
    bound: set[int] = set()
    entries = LedgerEntry.objects.using(using).filter(practice_uid=practice.uid)
    for each in entries.values_list("bound", flat=True).iterator(2000):
        bound.update(key for bound_kind, _, key, _ in each if bound_kind == kind)
    for row in there.order_by("pk").iterator(2000):
        if row.pk not in bound:
            what = "A row of its history" if kept.has_history(kind) else "Its row"
            yield Misfit(0, kind, row.uid, _name(row), f"{what} was written past the ledger.")


def strays(*, using: str, homes: Collection[int]) -> Iterator[Misfit]:
    """Kept rows that say they belong to no practice of this installation, and so are compared with none of them."""
    for kind, model in kept.models_by_kind().items():
        if kind != "person":
            belongs = {"id__in" if kind == "practice" else "practice_id__in": homes}
            for row in model._base_manager.using(using).exclude(**belongs).order_by("pk").iterator(2000):
                sentence = "It was written past the ledger, for a practice that is not here."
                yield Misfit(0, kind, row.uid, _name(row), sentence)


def orphans(*, using: str) -> Iterator[Misfit]:
    """Ledgers whose practice is gone, and an installation that was set up and has no practice any more."""
    there = set(Practice.objects.using(using).values_list("uid", flat=True))
    told = {*LedgerHead.objects.using(using).values_list("practice_uid", flat=True)}
    told |= {*LedgerEntry.objects.using(using).order_by().values_list("practice_uid", flat=True).distinct()}
    for uid in sorted(told - there):
        yield Misfit(0, "practice", uid, "A practice that is gone", "Its ledger is there, and it is not.")
    if not there and Installation.objects.using(using).exclude(set_up_at=None).exists():
        yield Misfit(0, "practice", "", "Every practice", "The installation was set up, and has no practice any more.")


def _compared(kind: str, model: Any, of: dict[str, Any], using: str) -> Iterator[Misfit]:
    """Live rows and the newest row of the history of each."""
    history = model.history.model._base_manager.using(using)
    newest = history.filter(**of).order_by("id").values("id").annotate(last=Max("history_id"))
    for together in _batches(newest.values_list("id", "last").iterator(2000)):
        live = {row.pk: row for row in model._base_manager.using(using).filter(pk__in=[pk for pk, _ in together])}
        linked = _differently_linked(model, dict(together), using)
        for said in history.filter(pk__in=[last for _, last in together]):
            if sentence := _difference(live.get(said.id), said, linked.get(said.id, [])):
                yield Misfit(0, kind, said.uid, _name(said), sentence)
    own_history = history.filter(id=OuterRef("pk"), **{name: value for name, value in of.items() if name != "id"})
    own = {"pk": of["id"]} if "id" in of else of
    for row in model._base_manager.using(using).filter(**own).exclude(Exists(own_history)):
        yield Misfit(0, kind, row.uid, _name(row), "It was written past its history.")


def _difference(live: Any, said: Any, linked: list[str]) -> str:
    """How the live row differs from what history says last, in words; "" when it does not."""
    if said.history_type == "-":
        return "It is there, though its history says that it was taken away." if live else ""
    if live is None:
        return "It is gone, and its history does not say why."
    fields = [field for field in said.tracked_fields if not field.many_to_many]
    changed = [field.verbose_name for field in fields if getattr(live, field.attname) != getattr(said, field.attname)]
    return f"It was changed past its history: {', '.join(map(str, changed + linked))}." if changed + linked else ""


def _differently_linked(model: Any, newest: dict[int, int], using: str) -> dict[int, list[str]]:
    """Record -> the many-to-many fields of which its newest row of history says something else."""
    said = ledger.links_of(model.history.model, list(newest.values()), using=using)
    found: dict[int, list[str]] = defaultdict(list)
    for field in getattr(model.history.model, "_history_m2m_fields", ()):
        through, own = field.remote_field.through, f"{field.m2m_field_name()}_id"
        other = f"{field.m2m_reverse_field_name()}_id"
        links = through._base_manager.using(using).filter(**{f"{own}__in": list(newest)}).order_by(other)
        now: dict[int, list[int]] = defaultdict(list)
        for key, linked in links.values_list(own, other):
            now[key].append(linked)
        for key, last in newest.items():
            if now.get(key, []) != said[field.name].get(last, []):
                found[key].append(field.name)
    return found


def _name(row: Any) -> str:
    for name in ("name", "title", "label", "code", "question"):
        if said := getattr(row, name, ""):
            return str(said)
    return f"number {row.pk}"


def _batches(rows: Iterator[Any]) -> Iterator[list[Any]]:
    while together := list(islice(rows, _TOGETHER)):
        yield together
