"""Signing a memo whether 42 CFR Part 2 applies, and recording what a vendor shows of what it asks."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from practice_vetting.core import clock, ledger
from practice_vetting.core.actions import action
from practice_vetting.core.documents import jobs
from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.models import Membership, Person, Practice
from practice_vetting.core.roles import Role
from practice_vetting.core.typed_name import same_name
from practice_vetting.core.version import software_version
from vendors.deadlines import a_year_after
from vendors.models import Evidence, Part2Check, Part2Memo, Tool, Vendor
from vendors.part2 import (
    STATEMENT_EDITION,
    About,
    CheckStatus,
    Part2List,
    Said,
    part2_list,
    points_to,
    statement_about,
)
from vendors.standing import rejudge


@action("part2memo.signed", says="signed the")
def sign_memo(
    *,
    practice: Practice,
    tool: Tool | None,
    by: Person,
    answers: Mapping[str, str],
    applies: bool,
    reason: str,
    typed_name: str,
    method: str,
    address: str | None = None,
    form_id: str | None = None,
) -> Part2Memo:
    """Keep a signed memo about the practice, or about one tool, and ask for its document. A newer one takes its place.

    Raises Refused when an answer or the reason is missing, the name is not the person's, or the tool is gone.
    """
    listed, about = part2_list(), About.TOOL if tool else About.PRACTICE
    asked = {question.key: answers.get(question.key, "") for question in listed.questions_about(about)}
    if not set(asked.values()) <= set(Said):
        raise Refused("Answer every question. “Not known” is an answer, too.")
    if not reason.strip():
        raise Refused("Say why, in a sentence or two.", field="reason")
    if not same_name(typed_name, by.name):
        raise Refused(f"Type your name as your account has it: {by.name}.", field="typed_name")
    if tool and tool.vendor.ended_on:
        raise Refused("This vendor has ended. Take it up again before you sign a memo about its tool.")
    if tool and tool.retired_on:
        raise Refused(f"{tool.name} is retired, so nothing is left to decide. Look at its last memo instead.")
    memo = Part2Memo(practice=practice, tool=tool, vendor=tool.vendor if tool else None, form_id=form_id)
    memo.edition, memo.answers, memo.applies, memo.reason = listed.code, asked, applies, reason.strip()
    memo.points_to = points_to(about, asked, listed).word
    memo.signed_by, memo.signed_name, memo.signed_role = by, typed_name, _role_of(practice, by)
    memo.signed_at, memo.signed_on, memo.ask_again_on = clock.now(), practice.today(), a_year_after(practice.today())
    memo.statement, memo.statement_edition = statement_about(memo.subject, practice.name), STATEMENT_EDITION
    memo.method, memo.address = method, address
    memo.content = ledger.canonical(content_of(memo, listed))
    memo.content_sha256 = ledger.sha256(memo.content)
    memo.save(force_insert=True)
    ledger.record(memo, applies=applies, points_to=memo.points_to, content_sha256=memo.content_sha256)
    jobs.enqueue(kind="part2-memo", subject=memo, key=f"part2-memo:{memo.uid}", by=by)
    _judge_again(memo)
    return memo


def content_of(memo: Part2Memo, listed: Part2List) -> dict[str, Any]:
    """Everything that is signed with a memo, as plain data that stands alone."""
    about = About.TOOL if memo.tool else About.PRACTICE
    return {
        "format": "practice-vetting-part2-memo/1",
        "software": software_version(),
        "practice": memo.practice.name,
        "vendor": memo.vendor.name if memo.vendor else "",
        "tool": memo.tool.name if memo.tool else "",
        "list": listed.code,
        "answers": [
            {"ask": question.ask, "said": Said(memo.answers[question.key]).label, "topic": topic.title,
             "citations": list(topic.citations), "basis": topic.basis.label, "source": topic.source_status.label}
            for topic in listed.topics_about(about) for question in topic.questions
        ],
        "draft": points_to(about, memo.answers, listed).sentence,
        "applies": memo.applies,
        "reason": memo.reason,
        "signed_by": memo.signed_by.name,
        "signed_role": memo.signed_role,
        "typed_name": memo.signed_name,
        "signed_at": memo.signed_at,
        "signed_on": memo.signed_on,
        "ask_again_on": memo.ask_again_on,
        "statement": memo.statement,
        "statement_edition": memo.statement_edition,
        "method": memo.method,
    }  # fmt: skip


def _role_of(practice: Practice, by: Person) -> str:
    """The role in which the person signs. Raises Refused when it does not reach that far."""
    membership = Membership.objects.of(practice).active(practice.today()).filter(person=by).first()
    if membership is None or not membership.may("attest"):
        raise Refused("Your role cannot sign this. Ask the owner or the compliance officer.")
    return Role(membership.role).label


def _judge_again(memo: Part2Memo) -> None:
    """A memo about the practice may change where every vendor stands."""
    if memo.vendor:
        rejudge(memo.vendor)
    else:
        import_string(settings.JUDGE_ALL)(memo.practice)


@action("part2check.recorded", says="recorded the")
def record_check(
    *,
    vendor: Vendor,
    by: Person,
    on: date,
    code: str,
    version: int,
    status: str,
    note: str = "",
    evidence: Evidence | None = None,
) -> Part2Check:
    """Keep what the person found on one check. `version` is that of the row they saw, 0 when there was none.

    Raises Stale when somebody else was first, Refused when it does not apply and nobody says why.
    """
    home = Vendor.objects.select_for_update(no_key=True, of=("self",)).select_related("practice").get(pk=vendor.pk)
    check = Part2Check.objects.select_for_update(no_key=True).filter(vendor=home, code=code).first()
    if check is None and version:
        raise Refused("Load this page again, then save it once more.")
    if check is not None and check.version != version:
        raise Stale(check)
    if status == CheckStatus.DOES_NOT_APPLY and not note.strip():
        raise Refused("Say why it does not apply. Then this is saved.", field="note")
    fresh = check or Part2Check(practice=home.practice, vendor=home, code=code, version=0)
    fresh.edition, fresh.status, fresh.note, fresh.evidence = part2_list().code, status, note.strip(), evidence
    fresh.checked_by, fresh.checked_on = by, on
    fresh.version += 1
    columns = ["edition", "status", "note", "evidence", "checked_by", "checked_on", "version"]
    fresh.save(update_fields=columns if check else None)
    ledger.record(fresh, found=status)
    rejudge(home)
    return fresh
