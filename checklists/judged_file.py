"""Vendors with everything a verdict looks at in memory, one or many of them, read by one query.

Ten small queries cost more than what they read. So each row, of whichever table, comes as the JSON array of its
columns, and all tables in one union. It reads what is; checklists.vendor_file reads everything, and the past as well.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from typing import Any

from django.db import connection, models

from checklists.models import Answer, Citation, Evaluation
from checklists.states import UNDER_WAY, EvaluationState
from checklists.vendor_file import ORDER, Rows, hang, keep, one
from practice_vetting.core.models import Person, StoredFile
from vendors.models import Agreement, ClauseReading, Evidence, Exposure, Part2Check, Part2Memo, Tool, Vendor

_AGREEMENT_TOOL: Any = Agreement.tools.through
_EVALUATION_TOOL: Any = Evaluation.tools.through

#: the evaluations that count: the one under way, and the one signed last
_UNDER_WAY = ", ".join(f"'{each.value}'" for each in sorted(UNDER_WAY))
_JUDGED = f"""
    SELECT id FROM checklists_evaluation counted WHERE vendor_id IN (:vendors) AND (state IN ({_UNDER_WAY}) OR id = (
        SELECT id FROM checklists_evaluation
        WHERE vendor_id = counted.vendor_id AND state = '{EvaluationState.SIGNED.value}'
        ORDER BY started_on DESC, id DESC LIMIT 1))
"""  # noqa: S608 - this query is made of our own names alone, never of what somebody typed
_AGREED = "SELECT id FROM vendors_agreement WHERE vendor_id IN (:vendors)"
_ASKED = "SELECT id FROM checklists_answer WHERE evaluation_id IN (SELECT id FROM judged)"
_SHOWN = f"""
    SELECT evidence_id FROM checklists_citation WHERE answer_id IN ({_ASKED})
    UNION SELECT evidence_id FROM vendors_agreement WHERE vendor_id IN (:vendors)
"""  # noqa: S608
#: the rows of each table that a verdict looks at; `:vendors` and `:practices` stand for their keys
_WHERE: dict[Any, str] = {
    Vendor: "id IN (:vendors)",
    Tool: "vendor_id IN (:vendors)",
    Agreement: "vendor_id IN (:vendors)",
    _AGREEMENT_TOOL: f"agreement_id IN ({_AGREED})",
    ClauseReading: f"agreement_id IN ({_AGREED})",
    Evaluation: "id IN (SELECT id FROM judged)",
    _EVALUATION_TOOL: "evaluation_id IN (SELECT id FROM judged)",
    Answer: "evaluation_id IN (SELECT id FROM judged)",
    Person: "id IN (SELECT changed_by_id FROM checklists_answer WHERE evaluation_id IN (SELECT id FROM judged))",
    Citation: f"answer_id IN ({_ASKED})",
    Evidence: f"id IN ({_SHOWN})",
    StoredFile: f"id IN (SELECT file_id FROM vendors_evidence WHERE id IN ({_SHOWN}))",  # noqa: S608
    Exposure: "vendor_id IN (:vendors)",
    Part2Memo: "vendor_id IN (:vendors) OR practice_id IN (:practices) AND vendor_id IS NULL",
    Part2Check: "vendor_id IN (:vendors)",
}
#: long texts and secrets, which no verdict looks at: whoever does asks for them one by one
_LEFT_OUT: dict[Any, set[str]] = {
    ClauseReading: {"uid", "form_id", "version", "created_at", "page", "quote", "reason", "read_by_id", "read_on"},
    Evaluation: {"snapshot"},
    Exposure: {"snapshot", "what_happened", "statement", "decision_reason", "screening_reason", "factors"},
    Part2Memo: {"content", "statement", "reason", "answers", "address"},
    Person: {"password", "last_login"},
}

_OWN: tuple[tuple[Any, str], ...] = (
    (Tool, "tools"),
    (Agreement, "agreements"),
    (Evaluation, "evaluations"),
    (Exposure, "exposures"),
    (Part2Check, "part2_checks"),
)


def judged_file(vendor: Vendor) -> Vendor:
    """The vendor once more, wired to what a verdict looks at; `vendor` itself stays as it is."""
    return judged_files([vendor])[0]


def judged_files(vendors: Sequence[Vendor]) -> list[Vendor]:
    """The same of many, each of which knows its practice. All is in memory at once: whoever has more takes turns."""
    rows = _read(vendors)
    kept = {home.pk: home for home in rows[Vendor]}  # as it is now: whoever calls may have read it before a lock
    homes = [kept[vendor.pk] for vendor in vendors]
    for model, name in _OWN:
        _under(homes, rows[model], "vendor", name)
    _memos(homes, rows[Part2Memo])
    _under(rows[Agreement], rows[ClauseReading], "agreement", "readings")
    _under(rows[Evaluation], rows[Answer], "evaluation", "answers")
    _under(rows[Answer], rows[Citation], "answer", "citations")
    one(rows[Answer], "changed_by", rows[Person])
    one(rows[Citation] + rows[Agreement], "evidence", rows[Evidence])
    one(rows[Evidence], "file", rows[StoredFile])
    one(rows[Exposure] + rows[Part2Memo], "tool", rows[Tool])
    _scope(rows[Agreement], rows[_AGREEMENT_TOOL], "agreement_id", rows[Tool])
    _scope(rows[Evaluation], rows[_EVALUATION_TOOL], "evaluation_id", rows[Tool])
    practices = {vendor.practice_id: vendor.practice for vendor in vendors}
    for records in rows.values():
        for record in records:
            if hasattr(record, "practice_id"):
                record._state.fields_cache["practice"] = practices[record.practice_id]
    return homes


def _under(parents: Rows, rows: Rows, by: str, name: str) -> None:
    if rows:
        rows.sort(key=ORDER[type(rows[0])])
    hang(rows, parents, by, name)


def _memos(homes: Rows, memos: Rows) -> None:
    """Those about a tool of the vendor, and those about its practice."""
    _under(homes, [each for each in memos if each.vendor_id], "vendor", "part2_memos")
    about: dict[int, Rows] = {}
    for memo in sorted((each for each in memos if not each.vendor_id), key=ORDER[Part2Memo]):
        about.setdefault(memo.practice_id, []).append(memo)
    for home in homes:
        home._practice_memos = about.get(home.practice_id, [])


def _scope(rows: Rows, links: Iterable[Any], own: str, tools: Rows) -> None:
    """The tools that each agreement or evaluation names, in the order of `tools`. They are the vendor's own."""
    places = {tool.pk: place for place, tool in enumerate(tools)}
    linked: dict[int, list[int]] = {}
    for link in links:
        if link.tool_id in places:
            linked.setdefault(getattr(link, own), []).append(places[link.tool_id])
    for row in rows:
        keep(row, "tools", [tools[place] for place in sorted(linked.get(row.pk, ()))])


# --- the query ------------------------------------------------------------------------------------------


def _read(vendors: Sequence[Vendor]) -> dict[Any, Rows]:
    rows: dict[Any, Rows] = {model: [] for model in _WHERE}
    plans = [(model, *_columns(model)) for model in _WHERE]
    keys = {f"vendor{number}": vendor.pk for number, vendor in enumerate(vendors)}
    keys |= {f"practice{number}": vendor.practice_id for number, vendor in enumerate(vendors)}
    with connection.cursor() as cursor:
        cursor.execute(_statement(connection.vendor, len(vendors)), keys)
        found = cursor.fetchall()
    for number, text in found:
        model, names, reads = plans[number]
        values = json.loads(text)
        for place, read in reads:
            if values[place] is not None:
                values[place] = read(values[place])
        rows[model].append(model.from_db(connection.alias, names, values))
    return rows


@lru_cache(maxsize=8)
def _statement(vendor: str, count: int) -> str:
    """The one query about so many vendors, in the words of that database. It is made of our own names alone."""
    parts = [_part(number, model, where, vendor) for number, (model, where) in enumerate(_WHERE.items())]
    asked = f"WITH judged AS ({_JUDGED})\n" + "\nUNION ALL\n".join(parts)
    for name in ("vendor", "practice"):
        asked = asked.replace(f":{name}s", ", ".join(f"%({name}{number})s" for number in range(count)))
    return asked


def _part(number: int, model: Any, where: str, vendor: str) -> str:
    names, _ = _columns(model)
    fields = {field.attname: field for field in model._meta.concrete_fields}
    columns = ", ".join(_as_json(fields[name], vendor) for name in names)
    made = f"json_build_array({columns})::text" if vendor == "postgresql" else f"json_array({columns})"
    return f"SELECT {number}, {made} FROM {model._meta.db_table} WHERE {where}"  # noqa: S608


def _as_json(field: Any, vendor: str) -> str:
    name = connection.ops.quote_name(field.column)
    return f"json({name})" if isinstance(field, models.JSONField) and vendor == "sqlite" else name


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)  # SQLite keeps them in UTC, and does not say so


#: how a column is read back from JSON, where that is not what the record has
_READS: list[tuple[Any, Callable[[Any], Any]]] = [
    (models.DateTimeField, _moment),
    (models.DateField, date.fromisoformat),
    (models.BooleanField, bool),
]
#: columns that JSON gives as they are
_PLAIN = (models.CharField, models.TextField, models.IntegerField, models.JSONField, models.ForeignKey)


@cache
def _columns(model: Any) -> tuple[list[str], list[tuple[int, Callable[[Any], Any]]]]:
    """The columns that are read, and at which places what has to be done with them."""
    fields = [field for field in model._meta.concrete_fields if field.attname not in _LEFT_OUT.get(model, set())]
    reads = []
    for place, field in enumerate(fields):
        read = next((read for kind, read in _READS if isinstance(field, kind)), None)
        if read:
            reads.append((place, read))
        elif not isinstance(field, _PLAIN):
            raise TypeError(f"Nobody said how {field} is read.")
    return [field.attname for field in fields], reads
