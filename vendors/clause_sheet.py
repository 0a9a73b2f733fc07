"""The clauses of one agreement as its page shows them: grouped, each with what was found, and counted."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from practice_vetting.core.templatetags.wording import day
from vendors.clause_wants import Want, days_want, says, want
from vendors.clauses import Clause, Group, Need, ReadingStatus, clause_list
from vendors.coverage import amended_readings
from vendors.kinds import AgreementKind
from vendors.models import Agreement, ClauseReading

_TONES = {
    "present": "met",
    "partial": "open",
    "absent": "failed",
    "does_not_apply": "not_applicable",
    "": "plain",
}
_TYPED = ("status", "days", "page", "quote", "reason")
PART2_GROUP = "part2"
RIGHTS_GROUP = "if-written"  # rights that the vendor has only where the agreement grants them: left out is best
_SHORT = {AgreementKind.BAA: "BAA", AgreementKind.QSOA: "QSOA", AgreementKind.RIDER: "rider"}
_PART2_PAPERS = (AgreementKind.QSOA, AgreementKind.RIDER)


@dataclass(frozen=True, slots=True)
class Row:
    """One clause. `typed` is what a refused form said, `error` why, `theirs` what somebody else said.

    `amended` is how an amendment in force was read, where it speaks of the clause.
    """

    clause: Clause
    reading: ClauseReading | None
    typed: Mapping[str, str] = field(default_factory=dict)
    error: str = ""
    error_field: str = ""
    theirs: ClauseReading | None = None
    amended: ClauseReading | None = None

    @property
    def counts(self) -> ClauseReading | None:
        """The reading that counts: that of the amendment, or its own."""
        return self.amended or self.reading

    @property
    def want(self) -> Want | None:
        """What is wanting in the clause as it counts."""
        return want(self.clause, self.counts.status, self.counts.days) if self.counts else None

    @property
    def wants(self) -> str:
        """What is wanting as a sentence, "" when nothing is."""
        days = self.counts.days if self.counts else None
        return f"It {says(self.want, self.clause, days)}." if self.want else ""

    @property
    def status(self) -> str:
        return self.reading.status if self.reading else ""

    @property
    def label(self) -> str:
        return ReadingStatus(self.status).label if self.status else "Not read"

    @property
    def yours_label(self) -> str:
        """The word for what was typed, where that differs from what is on file."""
        typed = self.shown["status"]
        return ReadingStatus(typed).label if typed in set(ReadingStatus) else "Not read"

    @property
    def tone(self) -> str:
        """The class of its pill. A right that the agreement does not grant is no gap."""
        if self.clause.group == RIGHTS_GROUP and self.status == ReadingStatus.ABSENT:
            return "met"
        days = self.reading.days if self.reading else None
        if of_days := days_want(self.clause, self.status, days):
            return "failed" if of_days is Want.OVER_LIMIT else "open"
        return _TONES[self.status]

    @property
    def pressing(self) -> bool:
        """Whether the agreement is not complete while the clause is as it is."""
        needed = self.clause.needed_for is Need.ALWAYS and self.want in (Want.MISSING, Want.PARTIAL)
        return needed or self.want is Want.OVER_LIMIT

    @property
    def folded(self) -> bool:
        """Whether its form may stand closed: it is read, and nothing about it waits for the person."""
        return self.reading is not None and not self.error and self.theirs is None

    @property
    def shown(self) -> dict[str, str]:
        """What stands in the fields: what was typed, or else what is on file."""
        kept = {name: getattr(self.reading, name, "") for name in _TYPED}
        return {name: self.typed.get(name, "" if value is None else str(value)) for name, value in kept.items()}

    @property
    def version(self) -> str | int:
        """The version that the person saw; a conflict keeps the old one until they have chosen."""
        return self.typed.get("version", self.reading.version if self.reading else 0)

    @property
    def choices(self) -> list[ReadingStatus]:
        """The answers that this clause may have."""
        return [status for status in ReadingStatus if self.clause.may_not_apply or status != "does_not_apply"]

    @property
    def condition(self) -> str:
        """When it is needed, if not always."""
        return {
            Need.ROUTE_B: "Needed when identifiers reach an outside model under agreements.",
            Need.PART2: "Needed when substance-use records reach the vendor.",
        }.get(self.clause.needed_for, "")


@dataclass(frozen=True, slots=True)
class Part:
    """One group of the list with its rows, and how far its reading is. `kept_in` holds these clauses in its place."""

    group: Group
    rows: tuple[Row, ...]
    opened: bool
    kept_in: Agreement | None = None

    @property
    def elsewhere(self) -> str:
        """ "the QSOA of 3 Mar 2026", where another agreement holds these clauses."""
        kept = self.kept_in
        return f"the {_SHORT[AgreementKind(kept.kind_of)]} of {day(kept.executed_on)}" if kept else ""

    @property
    def tally(self) -> str:
        """ "11 of 15 present, 2 absent, 2 not read"; for rights "1 granted, 2 left out"."""
        if self.kept_in:
            return f"Kept in {self.elsewhere}"
        counts = Counter(row.status for row in self.rows)
        if self.group.key == RIGHTS_GROUP:
            return ", ".join(f"{counts[status]} {words}" for status, words in _GRANTED if counts[status])
        told = [f"{counts['present']} of {len(self.rows)} present"]
        for status, words in _COUNTED:
            if counts[status]:
                told.append(f"{counts[status]} {_verb(counts[status]) if status == 'does_not_apply' else words}")
        return ", ".join(told)

    @property
    def seal(self) -> str:
        """The state of the group as a whole, for its seal."""
        if self.kept_in:
            return "not_applicable"
        found = {row.tone for row in self.rows}
        if "failed" in found and self.opened:
            return "failed"
        return "met" if found <= {"met", "not_applicable"} else "open"


_COUNTED = [("partial", "partly there"), ("absent", "absent"), ("does_not_apply", ""), ("", "not read")]

_GRANTED = [("present", "granted with limits"), ("partial", "too wide"), ("absent", "left out"), ("", "not read")]


@dataclass(frozen=True, slots=True)
class Sheet:
    """All clauses that apply to an agreement."""

    parts: tuple[Part, ...]

    @property
    def next_unread(self) -> Row | None:
        """The first clause that nobody has read, the needed ones before the rest."""
        return next(
            (row for part in self.in_need_order if not part.kept_in for row in part.rows if not row.status), None
        )

    @property
    def in_need_order(self) -> list[Part]:
        return sorted(self.parts, key=lambda part: not part.opened)

    @property
    def unread(self) -> list[Row]:
        """The required clauses that nobody has read: until they are, the agreement clears no vendor."""
        rows = [row for part in self.parts if not part.kept_in for row in part.rows if row.counts is None]
        return [row for row in rows if row.clause.needed_for is Need.ALWAYS]

    @property
    def wanting(self) -> list[Row]:
        """The clauses that somebody read and found wanting, those that a rule asks for first."""
        rows = [row for part in self.in_need_order if not part.kept_in for row in part.rows if row.want]
        return sorted(rows, key=lambda row: not row.pressing)

    def row(self, code: str) -> Row:
        """The row of one clause; `KeyError` when it does not apply here or does not exist."""
        return {row.clause.code: row for part in self.parts for row in part.rows}[code]

    def having(self, changed: Row) -> "Sheet":
        """The same sheet with one row replaced."""
        return Sheet(tuple(replace(part, rows=_with(part.rows, changed)) for part in self.parts))


def agreement_sheet(agreement: Agreement, on: date) -> Sheet:
    """Its clauses on that day, as amended. Those of Part 2 only where substance-use records may reach the vendor."""
    covered = any(tool.part2 for tool in agreement.tools.all())
    others = agreement.vendor.agreements.in_force(on).exclude(pk=agreement.pk)
    return sheet_of(
        agreement,
        part2=agreement.practice.part2 or covered,
        others=list(others.prefetch_related("tools")),
        amended=amended_readings(agreement, on),
    )


def sheet_of(
    agreement: Agreement, *, part2: bool, others: Iterable[Agreement] = (), amended: Mapping[str, ClauseReading] = {}
) -> Sheet:
    """The sheet of an agreement, in one query. `part2`: substance-use records may reach the vendor.

    `others`: the vendor's other agreements in force. What one of them is for need not be read here as well.
    `amended`: how amendments in force were read, by the code of each clause that they speak of.
    """
    readings = {each.code: each for each in agreement.readings.select_related("read_by")}
    listed = clause_list(agreement.clause_list)
    parts = []
    for group in listed.groups:
        if group.key == PART2_GROUP and not part2:
            continue
        rows = tuple(
            Row(clause, readings.get(clause.code), amended=amended.get(clause.code))
            for clause in listed.in_group(group.key)
        )
        needed = any(row.clause.needed_for in (Need.ALWAYS, Need.PART2) for row in rows)
        kept_in = None if any(row.status for row in rows) else _keeper(agreement, group, others)
        parts.append(Part(group, rows, opened=needed and kept_in is None, kept_in=kept_in))
    return Sheet(tuple(parts))


def _keeper(agreement: Agreement, group: Group, others: Iterable[Agreement]) -> Agreement | None:
    """The other agreement that these clauses belong in, if it covers the same tools.

    A QSOA or a rider is there for substance-use records (42 CFR 2.11), a BAA for all else.
    """
    here = agreement.kind_of == AgreementKind.BAA
    if here != (group.key == PART2_GROUP):
        return None
    tools = {tool.pk for tool in agreement.tools.all() if tool.part2 or not here}
    wanted = _PART2_PAPERS if here else (AgreementKind.BAA,)
    fitting = (each for each in others if each.kind_of in wanted)
    return next((each for each in fitting if tools <= {tool.pk for tool in each.tools.all()}), None)


def _with(rows: Iterable[Row], changed: Row) -> tuple[Row, ...]:
    return tuple(changed if row.clause.code == changed.clause.code else row for row in rows)


def _verb(count: int) -> str:
    return "does not apply" if count == 1 else "do not apply"
