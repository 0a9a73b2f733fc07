"""The practices and vendors of the plan as rows, and what people do with them, by the product's own actions."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Model, QuerySet

from checklists import standing
from checklists.catalogue import current_on
from checklists.models import Answer, Citation, Evaluation
from practice_vetting.core import clock
from practice_vetting.core.actions import action
from practice_vetting.core.ledger import record
from practice_vetting.core.models import Person, Practice, StoredFile
from practice_vetting.core.roles import Role
from practice_vetting.core.snoozes import snooze, standing_deadline
from tests.factories import arranging, make_member, make_practice, make_tool, make_vendor
from tests.five_years.lives import Act
from tests.five_years.plan import PLACES, place_of
from vendors.actions.agreements import end_agreement, record_agreement
from vendors.actions.exposure_decisions import decide_exposure, record_notices
from vendors.actions.exposures import change_exposure, report_exposure
from vendors.actions.part2 import sign_memo
from vendors.actions.reviews import add_review
from vendors.actions.tools import change_tool
from vendors.actions.triggers import report_change, set_aside_trigger
from vendors.actions.vendors import end_vendor
from vendors.clauses import CURRENT, clause_list
from vendors.exposure_states import Decision
from vendors.models import Agreement, ClauseReading, Evidence, Exposure, Vendor
from vendors.part2 import About, part2_list

REASON = "So it was agreed."


def fill(model: type[Model], rows: Sequence[Any]) -> list[Any]:
    """Many rows at once, without their history: nothing here asks for it."""
    return list(QuerySet(model).bulk_create(rows))


class World:
    def __init__(self) -> None:
        self.practices: list[Practice] = []
        self.owners: list[Person] = []
        self.officers: list[Person] = []
        self.names: dict[str, str] = {}  # address -> the name in the plan
        for number, place in enumerate(PLACES):
            practice = make_practice(
                name=place.name, time_zone=place.zone, remind_before=list(place.before),
                owners_after=place.owners_after, summary_weekday=place.weekday,
            )  # fmt: skip
            self.practices.append(practice)
            owner = self._person(practice, f"owner {number}", Role.OWNER)
            self.owners.append(owner)
            officers = place.officers and self._person(practice, f"officer {number}", Role.OFFICER)
            self.officers.append(officers or owner)

    def _person(self, practice: Practice, name: str, role: Role) -> Person:
        person = make_member(practice=practice, name=name, role=role)
        self.names[person.email] = name
        return person

    def act(self, act: Act) -> None:
        getattr(self, f"_do_{act.verb}")(act)

    def _vendor(self, act: Act) -> Vendor:
        return Vendor.objects.select_related("practice").get(name=act.vendor)

    def _by(self, act: Act) -> Person:
        return self.officers[place_of(act.vendor)]

    def _agreement(self, act: Act) -> Agreement | None:
        found = Agreement.objects.select_related("vendor", "practice").filter(vendor__name=act.vendor, ended_on=None)
        agreement = found.first()
        over = agreement and agreement.ends_on and agreement.ends_on < agreement.practice.today()
        return None if over else agreement

    def _do_memo(self, act: Act) -> None:
        answers = {each.key: "no" for each in part2_list().questions_about(About.PRACTICE)}
        by = self.owners[1]
        sign_memo(practice=self.practices[1], tool=None, by=by, answers=answers, applies=False, reason=REASON,
                  typed_name=by.name, method="password")  # fmt: skip

    def _do_add(self, act: Act) -> None:
        place = place_of(act.vendor)
        vendor = make_vendor(practice=self.practices[place], name=act.vendor)
        tool = make_tool(vendor=vendor, name=f"Tool of {act.vendor}")
        if not act.facts["signed"]:
            judged(vendor=vendor, by=self._by(act))
            return
        signed, ends = act.facts["signed_on"], act.facts.get("ends")
        agreement = record_agreement(
            vendor=vendor, by=self._by(act), kind_of="baa", practice_signed_on=signed - timedelta(days=1),
            vendor_signed_on=signed, ends_on=ends, tools=[tool],
        )  # fmt: skip
        of = {"practice": vendor.practice, "agreement": agreement, "read_by": self._by(act), "read_on": signed}
        codes = [each.code for each in clause_list(CURRENT).clauses]
        fill(ClauseReading, [
            ClauseReading(code=code, status="present", days=10 if code == "B19" else None, **of) for code in codes
        ])  # fmt: skip
        self._do_evaluate(act)

    def _do_evaluate(self, act: Act) -> None:
        """A new signed evaluation, with new papers under it."""
        vendor, by, today = self._vendor(act), self._by(act), clock.now().date()
        papers = {
            name: self._paper(vendor, act, name) for name in ("statement", "papers", "report")
            if name == "statement" or act.facts.get(name)
        }  # fmt: skip
        memo = act.facts.get("memo") and place_of(act.vendor) == 1
        evaluation = Evaluation(
            practice=vendor.practice, vendor=vendor, title=f"{today}", edition=current_on(today).code, state="signed",
            started_on=today, started_by=by, snapshot="{}", snapshot_sha256="0" * 64, signed_at=clock.now(),
        )  # fmt: skip
        fill(Evaluation, [evaluation])
        through = Evaluation.tools.through
        fill(through, [through(evaluation=evaluation, tool=tool) for tool in vendor.tools.all()])
        answers = fill(Answer, [answer(evaluation, number, memo) for number in range(1, 10)])
        under = {4: papers.get("papers"), 7: papers.get("report")}
        fill(Citation, [
            Citation(practice=vendor.practice, answer=each, evidence=under.get(each.question) or papers["statement"])
            for each in answers if each.response == "in_writing"
        ])  # fmt: skip
        judged(vendor=vendor, by=by)

    def _paper(self, vendor: Vendor, act: Act, name: str) -> Evidence:
        number, kind = vendor.evidence.count() + 1, {"papers": "log", "report": "report"}.get(name, "statement")
        same = vendor.evidence.filter(kind_of=kind).order_by("-number")
        stored = StoredFile(practice=vendor.practice, sha256=f"{vendor.pk:032}{number:032}", size=9,
                            content_type="application/pdf")  # fmt: skip
        with arranging(self._by(act)):
            stored.save()
        return fill(Evidence, [Evidence(
            practice=vendor.practice, vendor=vendor, number=number, title=f"{name} {len(same) + 1}", kind_of=kind,
            expires_on=act.facts.get(name), file=stored, file_name="a.pdf", checked_by=self._by(act),
            replaces=same.first(),
        )])[0]  # fmt: skip

    def _do_newer(self, act: Act) -> None:
        vendor = self._vendor(act)
        self._paper(vendor, act, "report")
        judged(vendor=vendor, by=self._by(act))

    def _do_review(self, act: Act) -> None:
        agreement = self._agreement(act)
        if agreement:
            triggers = list(agreement.vendor.triggers.open())
            add_review(agreement=agreement, by=self._by(act), on=agreement.practice.today(), finding="stands",
                       triggers=triggers)  # fmt: skip

    def _do_report(self, act: Act) -> None:
        vendor = self._vendor(act)
        on = vendor.practice.today() - timedelta(days=act.facts["before"])
        report_change(vendor=vendor, by=self._by(act), kind_of=act.facts["kind"], on=on, what="So they said.")

    def _do_set_aside(self, act: Act) -> None:
        trigger = self._vendor(act).triggers.open().order_by("due_on").first()
        if trigger:
            set_aside_trigger(trigger=trigger, by=self._by(act), version=trigger.version, reason=REASON)

    def _do_gain(self, act: Act) -> None:
        tool = self._vendor(act).tools.get()
        more = [*tool.data_classes, "billing"]
        change_tool(tool=tool, by=self._by(act), version=tool.version, data_classes=more)

    def _do_end_agreement(self, act: Act) -> None:
        agreement = self._agreement(act)
        if agreement:
            end_agreement(agreement=agreement, by=self._by(act), version=agreement.version,
                          on=agreement.practice.today(), reason=REASON)  # fmt: skip

    def _do_end(self, act: Act) -> None:
        vendor = self._vendor(act)
        end_vendor(vendor=vendor, by=self._by(act), version=vendor.version, ended_on=vendor.practice.today(),
                   reason=REASON)  # fmt: skip

    def _do_expose(self, act: Act) -> None:
        vendor = self._vendor(act)
        known = vendor.practice.today() - timedelta(days=act.facts["before"])
        report_exposure(vendor=vendor, by=self._by(act), what_happened="Notes went out.",
                        began_on=known - timedelta(days=2), discovered_on=known)  # fmt: skip

    def _exposure(self, act: Act) -> Exposure:
        found: Exposure = Exposure.objects.select_related("practice").get(vendor__name=act.vendor)
        return found

    def _do_count(self, act: Act) -> None:
        exposure = self._exposure(act)
        change_exposure(exposure=exposure, by=self._by(act), version=exposure.version, **act.facts)

    def _do_decide(self, act: Act) -> None:
        exposure, by, decision = self._exposure(act), self._by(act), Decision.BREACH
        if not act.facts["breach"]:
            decision = Decision.NOT_PHI
            exposure = change_exposure(exposure=exposure, by=by, version=exposure.version, was_phi="no",
                                       screening_reason=REASON)  # fmt: skip
        decide_exposure(exposure=exposure, by=by, version=exposure.version, decision=decision, reason=REASON,
                        typed_name=by.name, method="password")  # fmt: skip

    def _do_tell(self, act: Act) -> None:
        exposure, today = self._exposure(act), self._exposure(act).practice.today()
        told: dict[str, date | None] = {name: getattr(exposure, f"{name}_told_on") for name in ("people", "hhs")}
        media = {state: date.fromisoformat(on) for state, on in exposure.media_told.items()}
        if act.facts["what"] == "media":
            media = {state: today for state, count in exposure.residents.items() if count > 500}
        else:
            told[act.facts["what"]] = today
        record_notices(exposure=exposure, by=self._by(act), version=exposure.version, media_told=media,
                       people_told_on=told["people"], hhs_told_on=told["hhs"], part2_told_on=None)  # fmt: skip

    def _do_snooze(self, act: Act) -> None:
        agreement = self._agreement(act)
        assert agreement
        assert agreement.next_review_on
        deadline = standing_deadline(agreement.practice, "agreement-review", agreement.uid, agreement.next_review_on)
        assert deadline
        snooze(practice=agreement.practice, deadline=deadline, by=self._by(act), until=act.facts["until"],
               reason=REASON)  # fmt: skip


def answer(evaluation: Evaluation, number: int, memo: bool | None) -> Answer:
    response = "does_not_apply" if number == 5 and memo else "in_writing"
    route = {3: "deidentified", 5: "consent"}.get(number, "") if response == "in_writing" else ""
    return Answer(practice=evaluation.practice, evaluation=evaluation, question=number, response=response, route=route)


@action("test.judged", says="judged")
def judged(*, vendor: Vendor, by: Person) -> None:
    """As each action ends that may change where a vendor stands."""
    standing.judge(vendor)
    record(vendor)
