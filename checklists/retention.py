"""How long the records about each vendor are kept, why, and what may go: the same facts for page and action."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.core.paginator import Page, Paginator
from django.db.models import Max, Prefetch

from checklists.models import Attestation, Evaluation
from checklists.removing import parts, path_to_vendor
from practice_vetting.core.models import Document, Practice, Removal, RemovalState
from vendors.holding import FETCHED, holds, in_effect
from vendors.models import Standing, Vendor
from vendors.retention_rules import InEffect, Kept, last_in_effect, longest, periods

PER_PAGE = 50
#: what was made, for which vendor (its key), and when
Made = tuple[str, int, datetime]


@dataclass(frozen=True)
class Row:
    """One vendor that has ended: how long its records are kept, and the removal that waits for an owner."""

    vendor: Vendor
    kept: Kept
    on: date
    removal: Removal | None

    @property
    def may_go(self) -> bool:
        return self.kept.may_go(self.on)

    @property
    def soon(self) -> bool:
        return self.kept.may_go_soon(self.on)


def kept(vendor: Vendor, on: date) -> Kept:
    """How long the vendor's records are kept, and what holds them on that day."""
    return _kept(vendor, on, made([vendor])[vendor.pk])


def made(vendors: Collection[Vendor]) -> dict[int, list[InEffect]]:
    """By vendor, the days on which its records were made: the last change of each kind, signatures and documents.

    Whatever somebody writes down is a record made that day, however long ago the thing was that it tells of.
    """
    found: dict[int, list[InEffect]] = {vendor.pk: [] for vendor in vendors}
    by_key = {vendor.pk: vendor for vendor in vendors}
    for what, key, moment in [*_changes(by_key), *_signatures(by_key), *_documents(vendors)]:
        found[key].append(InEffect(moment.astimezone(ZoneInfo(by_key[key].practice.time_zone)).date(), what))
    return found


def _kept(vendor: Vendor, on: date, written: list[InEffect]) -> Kept:
    practice = vendor.practice
    return Kept(
        last=last_in_effect([*in_effect(vendor), *_evaluations(vendor), *written]),
        period=longest(periods(practice.states, practice.record_years)),
        holds=tuple(holds(vendor, on)),
    )


def ended(practice: Practice, on: date, page: str | None) -> tuple[list[Row], Page]:
    """A page of the vendors that have ended, the longest ago first, with a few queries however many they are."""
    vendors = Vendor.objects.of(practice).exclude(ended_on=None).select_related("practice").order_by("ended_on", "id")
    evaluations = Prefetch("evaluations", Evaluation.objects.defer("snapshot"))
    shown = Paginator(vendors.prefetch_related(*FETCHED, evaluations), PER_PAGE).get_page(page)
    waiting = {each.vendor_uid: each for each in Removal.objects.of(practice).filter(state=RemovalState.PROPOSED)}
    written = made(list(shown))
    return [Row(each, _kept(each, on, written[each.pk]), on, waiting.get(each.uid)) for each in shown], shown


def waiting_removal(vendor: Vendor) -> Removal | None:
    """The removal of the vendor's records that waits for an owner; only an ended vendor can have one."""
    if vendor.ended_on is None:
        return None
    waiting = Removal.objects.of(vendor.practice).filter(vendor_uid=vendor.uid, state=RemovalState.PROPOSED)
    return waiting.select_related("proposed_by").first()


def _changes(vendors: Collection[int]) -> Iterator[Made]:
    """The last row of history of each kind of record. The product itself writes the standing, so it says nothing."""
    for model in parts():
        if hasattr(model, "history") and model is not Standing:
            path = path_to_vendor(model)
            rows = model.history.filter(**{f"{path}__in": vendors}).order_by().values_list(path)
            noun = "its record" if model is Vendor else f"the record of its {model._meta.verbose_name_plural}"
            for key, moment in rows.annotate(Max("history_date")):
                yield f"{noun} was last changed", key, moment


def _signatures(vendors: Collection[int]) -> Iterator[Made]:
    rows = Attestation.objects.filter(evaluation__vendor__in=vendors).order_by().values_list("evaluation__vendor")
    for key, moment in rows.annotate(Max("signed_at")):
        yield "an evaluation of it was signed", key, moment


def _documents(vendors: Collection[Vendor]) -> Iterator[Made]:
    """Each document is about a vendor or an evaluation."""
    subjects = {vendor.uid: vendor.pk for vendor in vendors}
    subjects |= {each.uid: vendor.pk for vendor in vendors for each in vendor.evaluations.all()}
    practices = {vendor.practice_id for vendor in vendors}
    issued = Document.objects.filter(practice__in=practices, subject_uid__in=subjects)
    for number, uid, moment in issued.values_list("number", "subject_uid", "issued_at"):
        yield f"{number} was issued", subjects[uid], moment


def _evaluations(vendor: Vendor) -> Iterator[InEffect]:
    """An evaluation counts until the next one is signed or the work ends; here, when each was made and signed."""
    zone = ZoneInfo(vendor.practice.time_zone)
    for each in vendor.evaluations.all():
        signed = each.signed_at.astimezone(zone).date() if each.signed_at else each.started_on
        yield InEffect(max(each.started_on, signed), f"“{each.title}” was {'signed' if each.signed_at else 'begun'}")
