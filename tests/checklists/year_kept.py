"""What keeps a clearance true, told into the made-up year: each of these records is made, changed and ended in it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from checklists.actions.rollout import record_step, take_back_step
from tests.checklists import paper, year
from tests.vendors.exposing import SCREENED, SMALL, changed, closed, decided, fresh, stopped, told, written
from vendors.actions.agreements import record_agreement, send_agreement, sign_agreement
from vendors.actions.clauses import read_clause
from vendors.actions.data_flows import add_flow, change_flow, end_flow
from vendors.actions.exposure_decisions import reopen_exposure
from vendors.actions.exposures import report_exposure, write_factor
from vendors.actions.part2 import record_check, sign_memo
from vendors.actions.reviews import add_review
from vendors.actions.sub_processor_lists import bring_in_list, confirm_list, set_list_aside
from vendors.actions.sub_processors import add_sub_processor, change_sub_processor, end_sub_processor
from vendors.actions.tools import change_tool
from vendors.actions.triggers import report_change, set_aside_trigger
from vendors.exposure_states import Decision
from vendors.models import Agreement, DataFlow, Exposure, RolloutStep, SubProcessor
from vendors.part2 import About, part2_list
from vendors.sub_processor_changes import TAKE, compare, seen
from vendors.sub_processor_import.lists import ReadList

_ROW = {"does": "", "region": "US", "role": "other", "gets": "yes", "covered": "yes", "place": ""}


@dataclass
class KeptUp:
    """Days on which somebody keeps the vendor of the year true."""

    year: year.Year

    @property
    def by(self) -> Any:
        person = self.year.cast.officer
        person.refresh_from_db()
        return person

    @property
    def today(self) -> date:
        return self.year.vendor.practice.today()

    @property
    def exposure(self) -> Exposure:
        return fresh(self.year.vendor.exposures.get())

    def agreement(self, **about: Any) -> Agreement:
        return self.year.vendor.agreements.get(**about)

    def behind(self, name: str) -> SubProcessor:
        return self.year.vendor.sub_processors.get(name=name)

    def flow(self) -> DataFlow:
        return self.year.vendor.data_flows.all()[0]

    # Companies behind it.

    def bring_in(self, *names: str, region: str = "US") -> None:
        rows = [{**_ROW, "line": line, "name": name, "region": region} for line, name in enumerate(names, 2)]
        bring_in_list(vendor=self.year.vendor, by=self.by, found=ReadList(rows=rows), received_on=self.today,
                      source="pasted")  # fmt: skip

    def confirm(self) -> None:
        draft = self.year.vendor.sub_processor_lists.get(state="draft")
        standing = list(self.year.vendor.sub_processors.standing())
        taken = {each.key: TAKE for each in compare(draft.rows, standing)}
        confirm_list(subprocessorlist=draft, by=self.by, version=1, decisions=taken, rows_seen=seen(standing))

    def set_list_aside(self) -> None:
        draft = self.year.vendor.sub_processor_lists.get(state="draft")
        set_list_aside(subprocessorlist=draft, by=self.by, version=1, reason="It is the list of another product.")

    def name_another(self) -> None:
        tools = [self.year.tool("Intake assistant")]
        add_sub_processor(vendor=self.year.vendor, by=self.by, name="Quill Speech", since=self.today, role_of="speech",
                          gets_patient_data="yes", covered="unknown", tools=tools)  # fmt: skip

    def learn_of(self, name: str, **facts: Any) -> None:
        sub = self.behind(name)
        change_sub_processor(subprocessor=sub, by=self.by, version=sub.version, is_news=True, **facts)

    def leave_out(self, name: str) -> None:
        sub = self.behind(name)
        end_sub_processor(subprocessor=sub, by=self.by, version=sub.version, removed_on=self.today)

    # Its map.

    def draw(self) -> None:
        tool, vendor = self.year.tool("Intake assistant"), self.year.vendor
        facts: dict[str, Any] = {"data": "phi", "carries": ["forms"], "purpose": "To ask before the visit"}
        add_flow(vendor=vendor, by=self.by, from_kind="patient", to_kind="tool", to_tool=tool,
                 agreement=self.agreement(kind_of="baa", replaces=None), **facts)  # fmt: skip
        add_flow(vendor=vendor, by=self.by, from_kind="tool", from_tool=tool, to_kind="sub_processor",
                 to_sub_processor=self.behind("Big Model"), method_evidence=self.year.paper(2),
                 **{**facts, "data": "de_identified"})  # fmt: skip

    def redraw(self) -> None:
        flow = self.flow()
        change_flow(dataflow=flow, by=self.by, version=flow.version, safeguard="Encrypted", logged="yes")

    def rub_out(self) -> None:
        flow = self.flow()
        end_flow(dataflow=flow, by=self.by, version=flow.version, on=self.today, reason="They ask by paper now.")

    # What makes a review due.

    def report(self, kind_of: str, what: str) -> None:
        report_change(vendor=self.year.vendor, by=self.by, kind_of=kind_of, on=self.today, what=what)

    def set_aside(self) -> None:
        trigger = self.year.vendor.triggers.open().get(kind_of="ownership")
        set_aside_trigger(trigger=trigger, by=self.by, version=trigger.version, reason="Only a rumour.")

    def answer(self, agreement: Agreement) -> None:
        """A review that answers whatever is open, point by point, with the other agreements read for it, too."""
        points: Any = [{"key": "states", "still": False, "note": "New York is new."},
                       {"key": "model", "still": True, "note": ""}]  # fmt: skip
        waiting = list(self.year.vendor.triggers.open())
        also = self.year.vendor.agreements.going_on(self.today).executed().exclude(pk=agreement.pk)
        add_review(agreement=agreement, by=self.by, on=self.today, finding="stands", points=points, triggers=waiting,
                   also=also)  # fmt: skip

    # Its agreements.

    def draft_newer(self) -> None:
        old = self.agreement(kind_of="baa")
        record_agreement(vendor=self.year.vendor, by=self.by, replaces=old, kind_of="baa", environments=["production"],
                         tools=list(old.tools.all()), evidence=self.year.paper(1))  # fmt: skip

    def newer(self) -> Agreement:
        return self.agreement(kind_of="baa", replaces__isnull=False)

    def send_newer(self) -> None:
        newer = self.newer()
        send_agreement(agreement=newer, by=self.by, version=newer.version, on=self.today)

    def sign_newer(self) -> None:
        newer = self.newer()
        for code in [each.code for each in self.agreement(kind_of="baa", replaces=None).readings.all()]:
            read_clause(agreement=newer, by=self.by, on=self.today, code=code, version=0, status="present", quote="So.",
                        days=10 if code in ("B19", "B31") else None)  # fmt: skip
        sign_agreement(agreement=newer, by=self.by, version=newer.version, practice_signed_on=self.today,
                       vendor_signed_on=self.today, effective_on=self.today)  # fmt: skip

    def amend(self) -> None:
        record_agreement(vendor=self.year.vendor, by=self.by, kind_of="amendment", amends=self.newer(), plan="Plus",
                         practice_signed_on=self.today, vendor_signed_on=self.today, evidence=self.year.paper(1),
                         tools=[self.year.tool("Intake assistant")])  # fmt: skip

    # Part 2.

    def write_memo(self, tool: str = "", *, applies: bool = False) -> None:
        chosen = self.year.tool(tool) if tool else None
        asked = part2_list().questions_about(About.TOOL if tool else About.PRACTICE)
        by = self.by
        sign_memo(practice=self.year.vendor.practice, tool=chosen, by=by, answers={each.key: "no" for each in asked},
                  applies=applies, reason="We asked.", typed_name=by.name, method="password")  # fmt: skip

    def check(self, version: int, status: str) -> None:
        record_check(vendor=self.year.vendor, by=self.by, on=self.today, code="P01", version=version, status=status,
                     note="They sent it.", evidence=self.year.paper(4))  # fmt: skip

    # Rollout.

    def roll_out(self) -> None:
        record_step(tool=self.year.tool("Intake assistant"), by=self.by, step=1, done_on=self.today, note="Listed.",
                    evidence=self.year.paper(6))  # fmt: skip

    def take_back(self) -> None:
        step = RolloutStep.objects.standing().get(tool__vendor=self.year.vendor)
        take_back_step(rolloutstep=step, by=self.by, version=step.version, reason="One tool was left out.")

    # An exposure.

    def find_out(self) -> None:
        tool = self.year.tool("Reminder texts")
        change_tool(tool=tool, by=self.by, version=tool.version, first_phi_on=date(2027, 7, 6))
        report_exposure(vendor=self.year.vendor, by=self.year.cast.staff, what_happened="Texts went out too early.",
                        began_on=date(2027, 7, 6), discovered_on=self.today, tool=tool, found_how="dates")  # fmt: skip

    def assess(self) -> None:
        made = changed(self.exposure, self.by, **SCREENED, **SMALL)
        made = written(stopped(made, self.by, stopped_on=self.today), self.by, (2, 3, 4))
        write_factor(exposure=made, by=self.by, version=made.version, number=1, narrative="Names.",
                     evidence=[self.year.paper(6)])  # fmt: skip

    def decide(self, decision: Decision) -> None:
        decided(self.exposure, self.by, decision)

    def take_up_again(self) -> None:
        exposure = self.exposure
        reopen_exposure(exposure=exposure, by=self.by, version=exposure.version, reason="Two more people.")

    def tell(self) -> None:
        told(self.exposure, self.by, people_told_on=self.today, hhs_told_on=self.today)

    def close(self) -> None:
        closed(self.exposure, self.by)

    def rename_tool(self) -> None:
        tool = self.year.tool("Intake assistant")
        change_tool(tool=tool, by=self.by, version=tool.version, name="Intake helper")

    def renew_report(self) -> None:
        paper.file_of(self.year.vendor, by=self.by, number=10, title="SOC 2 report, 2028", kind_of="report",
                      dated_on=self.today, replaces=self.year.paper(9))  # fmt: skip


def happenings(told_of: year.Year) -> dict[datetime, Callable[[], None]]:
    """Everything that happens in the year, what keeps the clearance true at three in the afternoon."""
    kept = KeptUp(told_of)
    baa = {"kind_of": "baa", "replaces": None}
    days: list[tuple[date, Callable[[], None]]] = [
        (date(2027, 7, 11), lambda: kept.bring_in("Big Model", "Cloud Harbor")),
        (date(2027, 7, 12), kept.confirm),
        (date(2027, 7, 14), kept.draw),
        (date(2027, 7, 16), lambda: kept.write_memo("Intake assistant")),
        (date(2027, 7, 18), lambda: kept.check(0, "not_shown")),
        (date(2027, 7, 25), lambda: kept.check(1, "shown")),
        (date(2027, 8, 10), kept.roll_out),
        (date(2027, 9, 5), lambda: kept.answer(kept.agreement(**baa))),
        (date(2027, 9, 20), lambda: kept.report("ownership", "They may be sold.")),
        (date(2027, 9, 22), kept.set_aside),
        (date(2027, 10, 5), kept.name_another),
        (date(2027, 10, 6), lambda: kept.learn_of("Quill Speech", covered="yes", region="Canada")),
        (date(2027, 10, 7), lambda: kept.answer(kept.agreement(**baa))),
        (date(2027, 10, 15), kept.find_out),
        (date(2027, 10, 16), kept.assess),
        (date(2027, 10, 18), lambda: kept.decide(Decision.LOW)),
        (date(2027, 10, 20), kept.take_up_again),
        (date(2027, 10, 21), lambda: kept.decide(Decision.BREACH)),
        (date(2027, 10, 25), kept.tell),
        (date(2027, 10, 26), kept.close),
        (date(2027, 11, 3), lambda: kept.answer(kept.agreement(**baa))),
        (date(2027, 11, 10), kept.redraw),
        (date(2027, 11, 12), kept.take_back),
        (date(2027, 11, 15), lambda: kept.bring_in("Big Model", "Northern Cloud", "Quill Speech", region="EU")),
        (date(2027, 11, 16), kept.set_list_aside),
        (date(2027, 11, 17), lambda: kept.bring_in("Big Model", "Northern Cloud", region="EU")),
        (date(2027, 11, 18), kept.confirm),
        (date(2027, 11, 19), lambda: kept.answer(kept.agreement(**baa))),
        (date(2027, 12, 10), kept.draft_newer),
        (date(2027, 12, 12), kept.send_newer),
        (date(2027, 12, 20), kept.sign_newer),
        (date(2028, 1, 5), kept.amend),
        (date(2028, 1, 20), lambda: kept.write_memo(applies=True)),
        (date(2028, 2, 10), kept.rename_tool),
        (date(2028, 2, 12), lambda: kept.leave_out("Northern Cloud")),
        (date(2028, 2, 28), kept.rub_out),
        (date(2028, 4, 15), kept.renew_report),
        (date(2028, 5, 15), lambda: kept.report("complaint", "A patient complained.")),
    ]
    west, east = ZoneInfo("America/Los_Angeles"), ZoneInfo("America/New_York")
    mine = {
        datetime(day.year, day.month, day.day, 15, tzinfo=west if day <= date(2028, 4, 1) else east): what
        for day, what in days
    }
    return year.happenings(told_of) | mine
