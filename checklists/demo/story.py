"""What can happen to an invented vendor. Each method notes a step, which calls the action that a click calls."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from checklists.actions.answers import cite, record_answer
from checklists.actions.evaluations import start_evaluation
from checklists.actions.gate import put_in_use
from checklists.actions.signing import attest_evaluation, countersign_evaluation, submit_evaluation
from checklists.demo import papers
from checklists.demo.past import Diary, workday
from checklists.demo.people import ADDRESS, NAMES, Cast
from checklists.models import Evaluation
from checklists.states import Response
from practice_vetting.core import clock
from practice_vetting.core.files import keeping
from practice_vetting.core.models import Person
from practice_vetting.core.roles import Role
from vendors.actions.agreements import record_agreement
from vendors.actions.clauses import read_clause
from vendors.actions.evidence import add_evidence
from vendors.actions.tools import add_tool
from vendors.actions.vendors import add_vendor
from vendors.clauses import ReadingStatus
from vendors.kinds import AgreementKind, EvidenceKind
from vendors.models import Agreement, Evidence, Tool, Vendor

#: a paper's key -> what it is, and its title; {vendor} is filled in
_PAPERS = {
    "agreement": (EvidenceKind.AGREEMENT, "Business associate agreement with {vendor}"),
    "amendment": (EvidenceKind.AGREEMENT, "Amendment 1 to the agreement with {vendor}"),
    "rider": (EvidenceKind.AGREEMENT, "Qualified service organization agreement with {vendor}"),
    "report": (EvidenceKind.REPORT, "SOC 2 Type II report of {vendor}"),
    "access": (EvidenceKind.POLICY, "{vendor}: who can look inside"),
    "test": (EvidenceKind.TEST, "Test script: nothing goes in unsigned"),
    "flow": (EvidenceKind.DIAGRAM, "Data flow and a sample message"),
    "log": (EvidenceKind.LOG, "AI log of one test record"),
    "mail": (EvidenceKind.STATEMENT, "E-mail from {vendor} about the day we leave"),
    "consent": (EvidenceKind.OTHER, "Consent form for {vendor}, blank"),
}


class Story:
    """One vendor, from its first day on the list until today. `who` is a role, days count back from today."""

    def __init__(self, cast: Cast, today: date, place: int, **facts: str) -> None:
        self.cast, self.today, self.facts = cast, today, facts
        self.diary = Diary(today, place)
        self.vendor: Vendor = Vendor()
        self.tools: dict[str, Tool] = {}
        self.evidence: dict[str, Evidence] = {}
        self.agreements: dict[str, Agreement] = {}
        self.terms: dict[str, str] = {}
        self.evaluation: Evaluation = Evaluation()

    def on(self, days_ago: int) -> date:
        return workday(self.today, days_ago)

    def note(self, days_ago: int, who: Role, do: Callable[[Person], object]) -> None:
        """Any other step: `do` is given the person."""
        self.diary.note(days_ago, who, lambda: do(self.cast.people[who]))

    def added(self, days_ago: int, who: Role) -> None:
        def do(by: Person) -> None:
            self.vendor = add_vendor(practice=self.cast.practice, by=by, **self.facts)

        self.note(days_ago, who, do)

    def tool(self, days_ago: int, who: Role, name: str, **facts: Any) -> None:
        def do(by: Person) -> None:
            self.tools[name] = add_tool(vendor=self.vendor, by=by, name=name, **facts)

        self.note(days_ago, who, do)

    def paper(self, days_ago: int, who: Role, key: str, file: papers.File, dated_on: date, **facts: Any) -> None:
        """Put a paper on file, after the same look at its bytes that every upload gets. A new report replaces one."""

        def do(by: Person) -> None:
            name, content = file
            upload = SimpleUploadedFile(name, content)
            self.evidence[key] = add_evidence(
                vendor=self.vendor,
                by=by,
                accepted=keeping.accept(practice=self.cast.practice, upload=upload),
                no_patient_data=True,
                kind_of=_PAPERS[key][0],
                dated_on=dated_on,
                replaces=self.evidence.get(key) if key == "report" else None,
                **{"title": _PAPERS[key][1].format(vendor=self.facts["name"]), **facts},
            )

        self.note(days_ago, who, do)

    def agreement(
        self, days_ago: int, key: str, *, vendor_on: date | None, practice_on: date | None, plan: str,
        terms: str = "", renews: bool = False, **facts: Any,
    ) -> None:  # fmt: skip
        """Record an agreement with the vendor's tools, its file first. `key` is "agreement" or "rider".

        With `renews` it is a new version of the one before.
        """
        self.terms[key] = terms or key
        party = f"{self.facts['name']}, Inc."
        file = papers.agreement(self.terms[key], papers.Signatures(party, plan, practice_on, vendor_on))
        self.paper(days_ago, Role.OFFICER, key, file, vendor_on or self.on(days_ago))

        def do(by: Person) -> None:
            self.agreements[key] = record_agreement(
                vendor=self.vendor,
                by=by,
                kind_of=AgreementKind.BAA if key == "agreement" else AgreementKind.QSOA,
                vendor_party=party,
                plan=plan,
                vendor_signed_on=vendor_on,
                practice_signed_on=practice_on,
                effective_on=practice_on,
                evidence=self.evidence[key],
                tools=self.tools.values(),
                replaces=self.agreements[key] if renews else None,
                **facts,
            )

        self.note(days_ago, Role.OFFICER, do)

    def read(
        self, days_ago: int, key: str, *, only: str = "B", but: Mapping[str, tuple[str, str]] | None = None
    ) -> None:
        """The officer reads each clause: those whose code begins with `only`. `but` maps codes to status and reason."""
        told = papers.terms(self.terms[key])
        found: dict[str, tuple[str, str]] = {each["code"]: (ReadingStatus.PRESENT, "") for each in told["clause"]}
        found |= {each["code"]: (each["status"], each["reason"]) for each in told.get("left_out", [])}
        found |= but or {}
        for code, (status, reason) in sorted(found.items()):
            if code.startswith(only):
                self._clause(days_ago, key, code, status, reason)

    def _clause(self, days_ago: int, key: str, code: str, status: str, reason: str) -> None:
        there = status in (ReadingStatus.PRESENT, ReadingStatus.PARTIAL)
        clause = next(
            (each for each in papers.terms(self.terms[key])["clause"] if each["code"] == code and there), None
        )
        quote = clause["text"].format(plan=self._plan(), party="").split(". ")[0].rstrip(".") + "." if clause else ""
        found = {"status": status, "page": str(clause["page"]) if clause else "", "quote": quote, "reason": reason}
        days = clause.get("days") if clause else None

        def do(by: Person) -> None:
            on = self.on(days_ago)
            read_clause(agreement=self.agreements[key], by=by, on=on, code=code, version=0, days=days, **found)

        self.note(days_ago, Role.OFFICER, do)

    def _plan(self) -> str:
        return f"{self.facts['name']} Practice plan"

    def evaluate(self, days_ago: int, title: str) -> None:
        def do(by: Person) -> None:
            tools = list(self.tools.values())
            self.evaluation = start_evaluation(vendor=self.vendor, by=by, title=title, tools=tools)

        self.note(days_ago, Role.OFFICER, do)

    def answer(
        self, days_ago: int, who: Role, question: int, response: Response, said: str, *,
        route: str = "", cites: Sequence[Sequence[str]] = (),
    ) -> None:  # fmt: skip
        """Record what the vendor's contact said, and put the papers under it: pairs of a key and pages."""

        def do(by: Person) -> None:
            answer = self.evaluation.answers.get(question=question)
            given = {"response": response.value, "route": route, "said": said}
            told = {"said_by": self.facts["contact_name"], "said_on": self.on(days_ago)}
            record_answer(answer=answer, by=by, version=answer.version, **given, **told)
            for key, pages in cites:
                cite(answer=answer, evidence=self.evidence[key], by=by, pages=pages)

        self.note(days_ago, who, do)

    def submit_and_attest(self, days_ago: int) -> None:
        self.note(days_ago, Role.OFFICER, lambda by: submit_evaluation(evaluation=self._now(), by=by))
        self.note(days_ago, Role.OFFICER, lambda by: attest_evaluation(**self._signature(by, Role.OFFICER)))

    def countersign(self, days_ago: int) -> None:
        self.note(days_ago, Role.OWNER, lambda by: countersign_evaluation(**self._signature(by, Role.OWNER)))

    def _signature(self, by: Person, role: Role) -> dict[str, Any]:
        evaluation = self._now()
        signed = {"typed_name": NAMES[role], "snapshot_sha256": evaluation.snapshot_sha256}
        return {"evaluation": evaluation, "by": by, "method": "password", "address": ADDRESS, **signed}

    def _now(self) -> Evaluation:
        return Evaluation.objects.get(pk=self.evaluation.pk)

    def use(self, days_ago: int, name: str) -> None:
        """Mark a tool as in use from that day on; patient data reaches it on the same day, if it touches any."""

        def do(by: Person) -> None:
            tool = Tool.objects.get(pk=self.tools[name].pk)
            on = clock.today(self.cast.practice.time_zone)
            first_phi_on = on if tool.touches_patient_data else None
            put_in_use(tool=tool, by=by, version=tool.version, in_use_since=on, first_phi_on=first_phi_on)

        self.note(days_ago, Role.OFFICER, do)
