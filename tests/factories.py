"""Test data: plain keyword-only functions that build what they say and nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from practice_vetting.core import actions, clock
from practice_vetting.core.mail import new_message_id
from practice_vetting.core.models import (
    Mail,
    MailKind,
    MailState,
    Membership,
    Person,
    Practice,
    Reminder,
    Removal,
    Snooze,
    StoredFile,
)
from practice_vetting.core.roles import Role
from vendors.models import (
    Agreement,
    ClauseReading,
    DataFlow,
    Evidence,
    Exposure,
    LegalHold,
    Part2Memo,
    ReviewTrigger,
    RolloutStep,
    Standing,
    SubProcessor,
    SubProcessorList,
    Tool,
    Vendor,
)

PASSWORD = "harbour mist over slate"


@contextmanager
def arranging(by: Any = None) -> Iterator[None]:
    """Rows of the arrangement are written outside any real action; their history says "test.arranged"."""
    token = actions._work.set(actions._Work("test.arranged", by))
    try:
        yield
    finally:
        actions._work.reset(token)


def make_practice(*, name: str = "Harbor Light Counseling", **columns: Any) -> Practice:
    columns.setdefault("states", ["CA"])
    practice = Practice(name=name, **columns)
    with arranging():
        practice.save()
    return practice


def make_person(*, name: str, email: str, password: str = PASSWORD) -> Person:
    with arranging():
        return Person.objects.create_user(email=email, name=name, password=password)


def change(record: Any, **columns: Any) -> None:
    """Set columns of a record, with history but no ledger entry."""
    for name, value in columns.items():
        setattr(record, name, value)
    with arranging():
        record.save(update_fields=list(columns))


def make_member(*, practice: Practice, name: str, role: Role, email: str = "", ended_on: date | None = None) -> Person:
    email = email or f"{role}@{practice.uid}.example"
    person = make_person(name=name, email=email)
    with arranging():
        Membership(practice=practice, person=person, role=role, ended_on=ended_on).save()
    return person


def make_vendor(*, practice: Practice, name: str = "Notewell", **columns: Any) -> Vendor:
    with arranging():
        vendor = Vendor(practice=practice, name=name, **columns)
        vendor.save()
    return vendor


def make_standing(*, vendor: Vendor, state: str = "proposed", **columns: Any) -> Standing:
    columns.setdefault("since", date(2026, 1, 1))
    with arranging():
        standing = Standing(practice=vendor.practice, vendor=vendor, state=state, **columns)
        standing.save()
    return standing


def make_tool(*, vendor: Vendor, name: str = "Notewell Scribe", **columns: Any) -> Tool:
    columns.setdefault("data_classes", ["notes", "audio"])
    columns.setdefault("has_ai", True)
    with arranging():
        tool = Tool(practice=vendor.practice, vendor=vendor, name=name, **columns)
        tool.save()
    return tool


def make_agreement(*, vendor: Vendor, tools: list[Tool] | None = None, **columns: Any) -> Agreement:
    columns.setdefault("regular_review_on", columns.get("next_review_on"))
    with arranging():
        agreement = Agreement(practice=vendor.practice, vendor=vendor, **columns)
        agreement.save()
        agreement.tools.set(vendor.tools.all() if tools is None else tools)
    return agreement


def make_evidence(
    *, vendor: Vendor, checked_by: Person, number: int = 1, title: str = "Signed BAA", **columns: Any
) -> Evidence:
    """Evidence whose file is a row alone: nothing is stored, unless `file` is given."""
    with arranging():
        row, _ = StoredFile.objects.get_or_create(
            practice=vendor.practice,
            sha256=f"{number:064}",
            defaults={"size": 9, "content_type": "application/pdf"},
        )
    columns = {"file_name": "document.pdf", "file": row, **columns}
    with arranging():
        evidence = Evidence(
            practice=vendor.practice,
            vendor=vendor,
            number=number,
            title=title,
            checked_by=checked_by,
            **columns,
        )
        evidence.save()
    return evidence


def make_part2_memo(*, practice: Practice, by: Person, tool: Tool | None = None, **columns: Any) -> Part2Memo:
    """A memo that says no, signed today, whose answers nobody gave."""
    today = practice.today()
    signed = {"signed_by": by, "signed_name": by.name, "signed_role": "Owner", "signed_at": clock.now()}
    facts = {
        "applies": False,
        "points_to": "does_not_apply",
        "reason": "None",
        "edition": "2026-1",
        "method": "password",
    }
    facts |= {"signed_on": today, "ask_again_on": today.replace(year=today.year + 1), "content": "{}", **signed}
    with arranging(by):
        vendor = tool.vendor if tool else None
        memo = Part2Memo(practice=practice, tool=tool, vendor=vendor, **{**facts, **columns})
        memo.save()
    return memo


def make_reading(
    *, agreement: Agreement, by: Person, code: str, status: str = "present", **columns: Any
) -> ClauseReading:
    columns.setdefault("read_on", date(2026, 11, 1))
    with arranging(by):
        reading = ClauseReading(
            practice=agreement.practice, agreement=agreement, code=code, status=status, read_by=by, **columns
        )
        reading.save()
    return reading


def make_hold(*, vendor: Vendor, by: Person, **columns: Any) -> LegalHold:
    columns = {"reason": "A lawsuit", "since": date(2026, 11, 1), **columns}
    with arranging(by):
        hold = LegalHold(practice=vendor.practice, vendor=vendor, placed_by=by, **columns)
        hold.save()
    return hold


def make_removal(*, vendor: Vendor, by: Person, **columns: Any) -> Removal:
    """A removal that was proposed, whether or not it may be."""
    period = {"years": 7, "source": "Your practice’s own figure", "kept_until": date(2026, 11, 1), "reason": "Over"}
    about = {"vendor_uid": vendor.uid, "vendor_label": vendor.name, "proposed_by": by, "proposed_at": clock.now()}
    with arranging(by):
        removal = Removal(practice=vendor.practice, **{**period, **about, **columns})
        removal.save()
    return removal


def make_trigger(*, vendor: Vendor, **columns: Any) -> ReviewTrigger:
    """A change that waits, whether or not it made a review due."""
    given = {
        "kind_of": "terms",
        "on": date(2026, 11, 1),
        "due_on": date(2026, 11, 1),
        "what": "They changed their terms",
    }
    with arranging():
        trigger = ReviewTrigger(practice=vendor.practice, vendor=vendor, **{**given, **columns})
        trigger.save()
    return trigger


def make_flow(*, vendor: Vendor, **columns: Any) -> DataFlow:
    """From people at the practice to a tool, unless said otherwise."""
    given = {"from_kind": "person", "to_kind": "tool", "data": "phi", "carries": ["notes"], "purpose": "To draft it"}
    with arranging():
        flow = DataFlow(practice=vendor.practice, vendor=vendor, **{**given, **columns})
        flow.save()
    return flow


def make_sub_processor(*, vendor: Vendor, name: str = "Big Model", **columns: Any) -> SubProcessor:
    columns.setdefault("since", date(2026, 1, 1))
    with arranging():
        sub = SubProcessor(practice=vendor.practice, vendor=vendor, name=name, **columns)
        sub.save()
    return sub


def make_sub_processor_list(*, vendor: Vendor, **columns: Any) -> SubProcessorList:
    """A list that waits: one company that stands (see make_sub_processor), and one that is new."""
    row = {"does": "", "region": "", "role": "other", "gets": "", "covered": "", "place": ""}
    rows = [{**row, "line": 2, "name": "Big Model"}, {**row, "line": 3, "name": "Cloud Harbor"}]
    columns = {"received_on": date(2026, 11, 1), "source": "pasted", "rows": rows, **columns}
    with arranging():
        made = SubProcessorList(practice=vendor.practice, vendor=vendor, **columns)
        made.save()
    return made


def make_exposure(*, vendor: Vendor, **columns: Any) -> Exposure:
    """An exposure that is being assessed; nobody has counted anybody."""
    columns.setdefault("what_happened", "Notes were pasted into it before there was an agreement.")
    columns.setdefault("began_on", date(2026, 11, 2))
    columns.setdefault("discovered_on", date(2026, 11, 5))
    columns.setdefault("number", Exposure.objects.of(vendor.practice).count() + 1)
    with arranging():
        exposure = Exposure(practice=vendor.practice, vendor=vendor, found_how="reported", **columns)
        exposure.save()
    return exposure


def make_snooze(*, agreement: Agreement, by: Person, **columns: Any) -> Snooze:
    """The review of an agreement, silent for two weeks."""
    due_on = agreement.next_review_on or date(2027, 11, 9)
    about = {"deadline_kind": "agreement-review", "subject_kind": "agreement", "subject_uid": agreement.uid}
    facts = {"due_on": due_on, "until": clock.now().date() + timedelta(days=14), "reason": "Next week", "by": by}
    with arranging(by):
        snooze = Snooze(practice=agreement.practice, **{**about, **facts, "action": "Review it", **columns})
        snooze.save()
    return snooze


def make_mail(*, practice: Practice, person: Person, **columns: Any) -> Mail:
    """A mail of the day that the server refused, with one reminder in it."""
    facts = {"kind": MailKind.DAILY, "on": date(2026, 11, 2), "state": MailState.FAILED, "attempts": 1}
    about = {"practice": practice, "person": person}
    mail = Mail.objects.create(**about, **{**facts, "message_id": new_message_id(), **columns})
    told = {"kind": "agreement-review", "subject_kind": "agreement", "subject_uid": mail.uid, "path": "/"}
    Reminder.objects.create(**about, **told, mail=mail, due_on=mail.on, rung=0, subject="Review it today")
    return mail


def make_rollout_step(*, tool: Tool, by: Person, step: int = 1, **columns: Any) -> RolloutStep:
    columns = {"done_on": date(2026, 1, 1), "note": "Seen and filed", **columns}
    with arranging(by):
        row = RolloutStep(practice=tool.practice, tool=tool, step=step, done_by=by, **columns)
        row.save()
    return row
