"""Reading the ledger: what happened in a practice, newest first, in sentences."""

from dataclasses import dataclass
from datetime import MAXYEAR, UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.text import capfirst

from practice_vetting.core import records
from practice_vetting.core.actions import VERBS
from practice_vetting.core.history_acts import Act, acts
from practice_vetting.core.models import LedgerEntry, Practice, Record
from practice_vetting.core.told import Told

PAGE = 100  # entries; what was done again and again is told in one line
OURSELVES = "-"  # stands for the product itself in the filter by person


@dataclass(frozen=True)
class Pages:
    """Some entries, how they are told, and the keys of the pages around them (None where there is none)."""

    entries: list[Told]
    acts: list[Act]
    newer_than: int | None
    older_than: int | None


def read(practice: Practice, filters: dict[str, Any], *, before: int | None, after: int | None) -> Pages:
    """The page of entries older than `before`, or newer than `after`, or the newest.

    Between two days they go by their moments, which an index finds whatever came since; else by their numbers.
    """
    wanted = filtered(practice, filters)
    order = ("at", "seq") if filters.get("since") or filters.get("until") else ("seq",)
    older_than, newer_than = _entry(practice, before, order), _entry(practice, after, order)
    if newer_than:
        rows = list(_beyond(wanted, order, newer_than, "gt").order_by(*order)[: PAGE + 1])
        more, rows = len(rows) > PAGE, rows[:PAGE][::-1]
        newer, older = more, True
    else:
        older_ones = _beyond(wanted, order, older_than, "lt") if older_than else wanted
        rows = list(older_ones.order_by(*(f"-{column}" for column in order))[: PAGE + 1])
        newer, older, rows = bool(older_than), len(rows) > PAGE, rows[:PAGE]
    told = tell(practice, rows)
    return Pages(
        told,
        acts(told, ZoneInfo(practice.time_zone)),
        newer_than=rows[0].seq if newer and rows else None,
        older_than=rows[-1].seq if older and rows else None,
    )


def _beyond(
    wanted: QuerySet[LedgerEntry], order: tuple[str, ...], key: LedgerEntry, side: str
) -> QuerySet[LedgerEntry]:
    """Those on that side ("lt", "gt") of an entry, in that order."""
    if "at" not in order:
        return wanted.filter(**{f"seq__{side}": key.seq})
    beyond = Q(**{f"at__{side}": key.at}) | Q(at=key.at) & Q(**{f"seq__{side}": key.seq})
    return wanted.filter(beyond, **{f"at__{side}e": key.at})


def _entry(practice: Practice, seq: int | None, order: tuple[str, ...]) -> LedgerEntry | None:
    """The entry of that number, or where it would be; None for no number."""
    if seq is None:
        return None
    nearby = LedgerEntry.objects.filter(practice_uid=practice.uid, seq__lte=seq).order_by("-seq")
    return (nearby.first() if "at" in order else None) or LedgerEntry(seq=seq, at=datetime.min.replace(tzinfo=UTC))


def filtered(practice: Practice, filters: dict[str, Any]) -> QuerySet[LedgerEntry]:
    """The practice's entries under the filters: person, kind, verb, since, until (days), words."""
    person = filters.get("person")
    zone = ZoneInfo(practice.time_zone)
    wanted = {
        "person_uid": "" if person == OURSELVES else person or None,
        "record_kind": filters.get("kind") or None,
        "verb": filters.get("verb") or None,
        "record_label__icontains": filters.get("words") or None,
        "at__gte": _moment(filters.get("since"), time.min, zone),
        "at__lte": _moment(filters.get("until"), time.max, zone),
    }
    given = {name: value for name, value in wanted.items() if value is not None}
    return LedgerEntry.objects.filter(practice_uid=practice.uid, **given)


def _moment(day: date | None, at: time, zone: ZoneInfo) -> datetime | None:
    """That time of the day in UTC; None for no day, and for one at the end of the calendar, which bounds nothing."""
    if day is None or not 1 < day.year < MAXYEAR:
        return None
    return datetime.combine(day, at, zone)


def in_short(practice: Practice, entries: list[LedgerEntry]) -> list[Act]:
    """The entries, newest first, as acts: what was done again and again on one day is one of them."""
    return acts(tell(practice, entries), ZoneInfo(practice.time_zone))


def tell(practice: Practice, entries: list[LedgerEntry]) -> list[Told]:
    """The entries as sentences, with their links; a few queries, however many entries."""
    subjects = [_subject(entry) for entry in entries]
    urls = records.addresses(practice, subjects)
    return [
        Told(
            entry,
            says(entry.verb),
            _label(entry),
            urls.get(subject, ""),
            _changes_url(entry),
            list(_lines(entry)),
        )
        for entry, subject in zip(entries, subjects, strict=True)
    ]


def _subject(entry: LedgerEntry) -> tuple[str, str]:
    """What the entry leads to: the record itself, or the one that it says it is about."""
    kind, uid = entry.detail.get("about") or (entry.record_kind, entry.record_uid)
    return kind, uid


def says(verb: str) -> str:
    """The words between the person and the record."""
    return VERBS.get(verb) or verb.replace(".", " ").replace("_", " ")


def _label(entry: LedgerEntry) -> str:
    """The record's label, without the person's own name said twice ("Dana Okafor signed in")."""
    return entry.record_label.removeprefix(entry.person_name).removeprefix(", ")


def _changes_url(entry: LedgerEntry) -> str:
    """The field by field history of what was changed."""
    model = records.kinds().get(entry.record_kind)
    if not entry.detail.get("changed") or model is None or not issubclass(model, (Record, Practice)):
        return ""
    return reverse("core:record_history", args=[entry.record_kind, entry.record_uid])


def _lines(entry: LedgerEntry) -> Any:
    detail = entry.detail
    if detail.get("changed"):
        yield f"Changed: {', '.join(_field_name(entry.record_kind, name) for name in detail['changed'])}."
    if detail.get("after"):
        yield _standing(_plain(detail.get("before")), _plain(detail["after"]), detail.get("headline") or "")
    if detail.get("reason"):
        yield f"Reason: {detail['reason']}"


def _standing(before: str, after: str, headline: str) -> str:
    """From where to where, and the verdict in a line; nothing twice."""
    move = f"From {before} to {after}." if before and before != after else ""
    return f"{move} {headline or after}".strip()


def _plain(value: Any) -> str:
    return str(value or "").replace("_", " ")


def _field_name(kind: str, name: str) -> str:
    model = records.kinds().get(kind)
    fields = {field.name: str(field.verbose_name) for field in model._meta.fields} if model else {}
    return fields.get(name, _plain(name))


def verb_choices() -> list[tuple[str, str]]:
    """Every verb with words that tell them apart: "Agreement recorded"."""
    return sorted((verb, capfirst(verb.replace(".", " ").replace("_", " "))) for verb in VERBS)


def kind_choices() -> list[tuple[str, str]]:
    return sorted(((kind, capfirst(records.noun(kind))) for kind in records.kinds()), key=lambda pair: pair[1])
