"""A made-up year of one vendor, told day by day through the real actions: whatever can happen to it happens once.

It holds a leap day, both changes of the clock, and a move of the practice to another time zone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from checklists.actions.answers import cite, record_answer, take_away
from checklists.actions.evaluations import start_evaluation, withdraw_evaluation
from checklists.actions.gate import put_in_use
from checklists.actions.signing import send_back_evaluation
from checklists.models import Answer, Citation, Evaluation
from practice_vetting.core.files.infected import withhold_infected
from practice_vetting.core.people import change_practice
from tests.checklists import paper
from tests.checklists.signing import attest, countersign, submit
from tests.conftest import Cast
from tests.factories import change
from vendors.actions.agreements import change_agreement, end_agreement, record_agreement
from vendors.actions.clauses import read_clause
from vendors.actions.evidence import change_evidence
from vendors.actions.holds import lift_hold, place_hold
from vendors.actions.patient_data import purge_evidence, quarantine_evidence, release_evidence
from vendors.actions.reviews import add_review
from vendors.actions.tools import add_tool, change_tool, retire_tool
from vendors.actions.vendors import add_vendor, change_vendor, end_vendor, reopen_vendor
from vendors.clauses import CURRENT, clause_list
from vendors.models import Agreement, Evidence, Tool, Vendor

FIRST, LAST = date(2027, 7, 1), date(2028, 6, 30)  # 366 days
ADDED = date(2027, 7, 3)
NOON = time(12)
FILES = (
    ("Agreement, signed by both", "agreement", None),
    ("Redaction diagram", "diagram", date(2028, 1, 15)),
    ("Sample log", "log", date(2028, 7, 1)),
    ("Qualified service organization rider", "agreement", None),
    ("SOC 2 report", "report", date(2028, 5, 30)),
    ("Written answers", "statement", None),
)


@dataclass
class Year:
    """The vendor and whoever acts on it."""

    cast: Cast

    @property
    def vendor(self) -> Vendor:
        return Vendor.objects.select_related("practice").get(name__startswith="Claridesk")

    def tool(self, name: str) -> Tool:
        return self.vendor.tools.get(name=name)

    def paper(self, number: int) -> Evidence:
        return self.vendor.evidence.get(number=number)

    def agreement(self, kind_of: str = "baa") -> Agreement:
        return self.vendor.agreements.get(kind_of=kind_of, superseded_on=None)

    @property
    def evaluation(self) -> Evaluation:
        return self.vendor.evaluations.all()[0]

    def answer(self, question: int) -> Answer:
        return self.evaluation.answers.get(question=question)

    # Each of these is one day.

    def add(self) -> None:
        vendor = add_vendor(
            practice=self.cast.practice, by=self.cast.officer, name="Claridesk", summary="Scheduling", website=""
        )
        for name in paper.TOOLS:
            add_tool(vendor=vendor, by=self.cast.staff, name=name, has_ai=True, data_classes=["forms"], part2=True)

    def put_on_file(self) -> None:
        for number, (title, kind, expires_on) in enumerate(FILES, 1):
            paper.file_of(self.vendor, by=self.cast.staff, number=number, title=title, kind_of=kind,
                          dated_on=date(2027, 7, 1), expires_on=expires_on)  # fmt: skip

    def use(self) -> None:
        put_in_use(tool=self.tool("Reminder texts"), by=self.cast.officer, version=1, in_use_since=date(2027, 7, 6),
                   use_reason="We could not wait.", known=True)  # fmt: skip

    def record(self) -> None:
        record_agreement(vendor=self.vendor, by=self.cast.officer, kind_of="baa", tools=[self.tool("Reminder texts")])

    def execute(self) -> None:
        change_agreement(
            agreement=self.agreement(), by=self.cast.officer, version=1, practice_signed_on=date(2027, 7, 9),
            vendor_signed_on=date(2027, 7, 10), effective_on=date(2027, 7, 10), tools=list(self.vendor.tools.all()),
            evidence=self.paper(1),
        )  # fmt: skip

    def read(self, *codes: str, status: str = "present") -> None:
        agreement = self.agreement()
        versions = {each.code: each.version for each in agreement.readings.all()}
        for code in codes or [each.code for each in clause_list(CURRENT).clauses]:
            read_clause(
                agreement=agreement, by=self.cast.officer, on=self.vendor.practice.today(), code=code,
                version=versions.get(code, 0), status=status, quote="It says so." if status == "present" else "",
                days=10 if code == "B19" else None,
            )  # fmt: skip

    def start(self, title: str, *tools: str) -> None:
        chosen = [each for each in self.vendor.tools.filter(retired_on=None) if not tools or each.name in tools]
        start_evaluation(vendor=self.vendor, by=self.cast.officer, title=title, tools=chosen)

    def withdraw(self) -> None:
        withdraw_evaluation(evaluation=self.evaluation, by=self.cast.officer, reason="Begun too early.")

    def say(self, question: int, response: str, **given: Any) -> None:
        answer = self.answer(question)
        record_answer(answer=answer, by=self.cast.staff, version=answer.version, response=response, **given)

    def document(self, *questions: int) -> None:
        for number in questions:
            route = {3: "deidentified", 5: "qso"}.get(number, "")
            self.say(number, "in_writing", route=route, said=paper.SAID[number], said_by="Priya Natarajan")
            for file in paper.UNDER[number]:
                cite(answer=self.answer(number), evidence=self.paper(file), by=self.cast.staff, pages="1, 7")

    def take_away(self) -> None:
        take_away(citation=Citation.objects.get(answer=self.answer(1), evidence=self.paper(6)), by=self.cast.officer)

    def submit(self) -> None:
        submit(self.evaluation, self.cast.officer)

    def send_back(self) -> None:
        send_back_evaluation(evaluation=self.evaluation, by=self.cast.owner, reason="Say who said it.")

    def attest(self) -> None:
        self.cast.officer.refresh_from_db()
        attest(self.evaluation, self.cast.officer)

    def countersign(self) -> None:
        countersign(self.evaluation, self.cast.owner)

    def sign(self) -> None:
        self.submit()
        self.attest()
        self.countersign()

    def rename_person(self) -> None:
        change(self.cast.officer, name="Dana Okafor-Lind")

    def change_practice(self, version: int, **changes: Any) -> None:
        change_practice(practice=self.vendor.practice, by=self.cast.owner, version=version, **changes)

    def rename_vendor(self) -> None:
        change_vendor(vendor=self.vendor, by=self.cast.officer, version=1, name="Claridesk Health", summary="Intake")

    def add_rider(self) -> None:
        record_agreement(
            vendor=self.vendor, by=self.cast.officer, kind_of="qsoa", plan="All", evidence=self.paper(4),
            practice_signed_on=date(2027, 9, 30), vendor_signed_on=date(2027, 9, 30), tools=[self.tool(paper.TOOLS[0])],
        )  # fmt: skip

    def change_tool(self, name: str, **changes: Any) -> None:
        tool = self.tool(name)
        change_tool(tool=tool, by=self.cast.officer, version=tool.version, **changes)

    def quarantine(self, number: int) -> None:
        quarantine_evidence(evidence=self.paper(number), by=self.cast.staff, reason="A name on page 3.")

    def release(self, number: int) -> None:
        release_evidence(evidence=self.paper(number), by=self.cast.owner, reason="It is made up.")

    def purge(self, number: int) -> None:
        purge_evidence(evidence=self.paper(number), by=self.cast.owner, reason="A patient's name.")

    def find_virus(self, number: int) -> None:
        withhold_infected(stored=self.paper(number).file, by=None, virus="Test-Signature")

    def prolong(self, number: int, expires_on: date) -> None:
        evidence = self.paper(number)
        change_evidence(evidence=evidence, by=self.cast.officer, version=evidence.version, expires_on=expires_on)

    def replace(self) -> None:
        paper.file_of(self.vendor, by=self.cast.officer, number=7, title="New diagram", kind_of="diagram")
        cite(answer=self.answer(3), evidence=self.paper(7), by=self.cast.officer)

    def replace_rider(self) -> None:
        paper.file_of(self.vendor, by=self.cast.officer, number=8, title="New rider", kind_of="agreement")
        paper.file_of(self.vendor, by=self.cast.officer, number=9, title="New report", kind_of="report")
        cite(answer=self.answer(5), evidence=self.paper(8), by=self.cast.officer)
        cite(answer=self.answer(7), evidence=self.paper(9), by=self.cast.officer)

    def review(self) -> None:
        add_review(agreement=self.agreement(), by=self.cast.officer, on=self.vendor.practice.today(),
                   finding="changes", notes="They name a new model.")  # fmt: skip

    def retire(self) -> None:
        tool = self.tool("Reminder texts")
        retire_tool(tool=tool, by=self.cast.officer, version=tool.version, retired_on=date(2028, 3, 11))

    def hold(self) -> None:
        place_hold(vendor=self.vendor, by=self.cast.officer, reason="A letter of counsel.", since=date(2028, 4, 9))

    def lift(self) -> None:
        lift_hold(hold=self.vendor.legal_holds.get(), by=self.cast.owner, version=1, reason="They settled.")

    def end_agreement(self) -> None:
        agreement = self.agreement()
        end_agreement(agreement=agreement, by=self.cast.owner, version=agreement.version, on=date(2028, 5, 2),
                      reason="They sold the product.")  # fmt: skip

    def end(self, ended_on: date) -> None:
        vendor = self.vendor
        end_vendor(vendor=vendor, by=self.cast.owner, version=vendor.version, ended_on=ended_on, reason="Too dear.")

    def reopen(self) -> None:
        vendor = self.vendor
        reopen_vendor(vendor=vendor, by=self.cast.owner, version=vendor.version)


def happenings(year: Year) -> dict[datetime, Callable[[], None]]:
    """What happens when, in the practice's own time. Ends of days and both changes of the clock are among it."""
    west, east = ZoneInfo("America/Los_Angeles"), ZoneInfo("America/New_York")
    noon = [
        (ADDED, year.add),
        (date(2027, 7, 5), year.put_on_file),
        (date(2027, 7, 6), year.use),
        (date(2027, 7, 8), year.record),
        (date(2027, 7, 10), year.execute),
        (date(2027, 7, 12), lambda: year.start("First try", "Intake assistant")),
        (date(2027, 7, 13), lambda: year.say(9, "no", said="A clinician sees it later.")),
        (date(2027, 7, 20), year.withdraw),
        (date(2027, 7, 21), lambda: year.start("2027 evaluation")),
        (date(2027, 7, 22), lambda: year.document(1, 2, 3, 4, 5, 6)),
        (date(2027, 7, 23), lambda: year.read()),
        (date(2027, 7, 24), lambda: year.read("B07", status="absent")),
        (date(2027, 7, 26), lambda: year.document(7, 8, 9)),
        (date(2027, 7, 27), year.take_away),
        (date(2027, 7, 28), lambda: year.document(1)),
        (date(2027, 7, 29), lambda: year.read("B07")),
        (date(2027, 7, 30), year.submit),
        (date(2027, 8, 1), year.send_back),
        (date(2027, 8, 2), lambda: year.say(8, "in_writing", said_by="Priya Natarajan, by letter")),
        (date(2027, 8, 3), year.submit),
        (date(2027, 8, 4), year.attest),
        (date(2027, 8, 6), year.countersign),
        (date(2027, 8, 20), year.rename_person),
        (date(2027, 9, 1), lambda: year.change_practice(1, name="Harbor Light Group", states=["CA", "NY"])),
        (date(2027, 9, 15), year.rename_vendor),
        (date(2027, 10, 1), year.add_rider),
        (date(2027, 11, 20), lambda: year.quarantine(2)),
        (date(2027, 11, 22), lambda: year.release(2)),
        (date(2027, 12, 1), lambda: year.quarantine(5)),
        (date(2027, 12, 3), lambda: year.purge(5)),
        (date(2027, 12, 24), lambda: year.find_virus(4)),
        (date(2028, 2, 1), lambda: year.start("2028 evaluation")),
        (date(2028, 2, 2), year.replace),
        (date(2028, 2, 29), year.review),
        (date(2028, 3, 13), year.withdraw),
        (date(2028, 3, 20), lambda: year.start("2028 evaluation, second try")),
        (date(2028, 3, 21), lambda: year.prolong(3, date(2029, 7, 1))),
        (date(2028, 3, 22), year.replace_rider),
        (date(2028, 3, 24), year.sign),
        (date(2028, 4, 1), lambda: year.change_practice(2, time_zone="America/New_York", strict_boundary=True)),
        (date(2028, 4, 10), year.hold),
        (date(2028, 4, 12), year.lift),
        (date(2028, 5, 2), year.end_agreement),
        (date(2028, 6, 1), lambda: year.end(date(2028, 5, 31))),
        (date(2028, 6, 20), year.reopen),
    ]
    told = {datetime.combine(day, NOON, west if day <= date(2028, 4, 1) else east): what for day, what in noon}
    return told | {
        # one o'clock comes twice on this day, and two o'clock never on the other
        datetime(2027, 11, 7, 1, 30, tzinfo=west): lambda: year.change_tool("Intake assistant", purpose="Asks first"),
        datetime(2027, 11, 7, 1, 30, tzinfo=west, fold=1): lambda: year.change_tool("Intake assistant", purpose="Asks"),
        datetime(2028, 3, 12, 3, 0, tzinfo=west): year.retire,
        datetime(2027, 10, 10, 23, 59, 59, 999999, west): lambda: year.read("B36", status="absent"),
        datetime(2027, 10, 12, 0, 0, tzinfo=west): lambda: year.read("B36"),
    }


def ends_of_days() -> list[tuple[date, datetime]]:
    """Every day of the year with its last moment, where the practice then was."""
    days = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
    moved = date(2028, 4, 1)
    zones = {day: ZoneInfo("America/Los_Angeles" if day < moved else "America/New_York") for day in days}
    return [(day, datetime.combine(day, time(23, 59, 59, 999999), zones[day])) for day in days]
