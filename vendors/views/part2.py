"""42 CFR Part 2: the memos about the practice and about a tool, and the checks of one vendor."""

from functools import partial
from itertools import chain
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.accounts.adapter import address_of
from practice_vetting.core.accounts.fresh import confirmed_by
from practice_vetting.core.documents import jobs
from practice_vetting.core.errors import Refused
from practice_vetting.core.frozen_text import read
from practice_vetting.core.once import once
from practice_vetting.core.views.changing import send, told
from vendors.actions import part2 as actions
from vendors.forms.part2 import AnswersForm, CheckForm, MemoForm
from vendors.models import Part2Check, Part2Memo, Tool, Vendor
from vendors.part2 import STATEMENT_EDITION, About, Check, CheckStatus, part2_list, statement_about
from vendors.part2_document import KIND
from vendors.part2_memos import asked_again, memo_about, newest_memos, page_of, present_tools, reached_tools, reaches


@practice_view("see")
@require_safe
def practice_memo(request: PracticeRequest) -> HttpResponse:
    return _memos(request, None)


@practice_view("see")
@require_safe
def tool_memo(request: PracticeRequest, uid: str) -> HttpResponse:
    return _memos(request, _tool(request, uid))


@practice_view("see")
@require_safe
def memo(request: PracticeRequest, uid: str) -> HttpResponse:
    memos = Part2Memo.objects.of(request.practice).select_related("tool__vendor", "vendor", "signed_by")
    found = get_object_or_404(memos, uid=uid)
    page = {"memo": found, "content": read(found.content), "vendor": found.vendor, "back": page_of(found.tool)}
    newest = newest_memos(request.practice, request.practice.today(), vendor=found.vendor)
    page["job"] = jobs.latest(request.practice, found.kind(), found.uid, KIND)
    page["newer"] = next((each for each in newest if each.tool_id == found.tool_id and each != found), None)
    return render(request, "vendors/part2_memo.html", page)


@practice_view("attest", fresh=True)
def sign_practice(request: PracticeRequest) -> HttpResponse:
    return _sign(request, None)


@practice_view("attest", fresh=True)
def sign_tool(request: PracticeRequest, uid: str) -> HttpResponse:
    return _sign(request, _tool(request, uid))


@practice_view("see")
@require_safe
def checks(request: PracticeRequest, uid: str) -> HttpResponse:
    vendor, today = _vendor(request, uid), request.practice.today()
    tools, memos = present_tools(vendor, today), newest_memos(request.practice, today, vendor=vendor)
    kept = {each.code: each for each in vendor.part2_checks.select_related("evidence", "checked_by")}
    listed = part2_list()
    rows = [(check, kept.get(check.code) or _unasked(vendor, check)) for check in listed.checks]
    page = {
        "vendor": vendor,
        "applies": reaches(vendor, tools, memos),
        "reached": reached_tools(tools, memos),
        "memo": memo_about(memos, None),
        "tools": [(tool, memo_about(memos, tool)) for tool in tools],
        "groups": [(group, [row for row in rows if row[0].group == group.key]) for group in listed.groups],
        "counts": [(status, sum(row.status == status for _, row in rows)) for status in CheckStatus],
    }
    return render(request, "vendors/part2_checks.html", page)


@practice_view("record")
def record_check(request: PracticeRequest, uid: str, code: str) -> HttpResponse:
    vendor, check = _vendor(request, uid), _check(code)
    row = vendor.part2_checks.select_related("evidence").filter(code=code).first() or _unasked(vendor, check)
    sent = send(request, CheckForm.of, row, partial(_recorded, request, vendor, code))
    if sent.made:
        messages.success(request, f"{code} is saved: {CheckStatus(sent.made.status).label.lower()}.")
        following = _following(code) if "next" in request.POST else None
        if following:
            return redirect("vendors:record_part2_check", uid=uid, code=following)
        return redirect(f"{reverse('vendors:part2_checks', args=[uid])}#{code}")
    return sent.page(request, "vendors/part2_check.html", vendor=vendor, check=check, following=_following(code))


def _memos(request: PracticeRequest, tool: Tool | None) -> HttpResponse:
    """The memo that counts, what it differs from, and every one before it."""
    today, vendor = request.practice.today(), tool.vendor if tool else None
    signed = Part2Memo.objects.of(request.practice).filter(tool=tool).select_related("signed_by", "tool")
    found = list(signed.order_by("-signed_at", "-id"))
    newest = found[0] if found else None
    marked = tool.part2 if tool else request.practice.part2
    page = {
        "tool": tool,
        "vendor": vendor,
        "memo": newest,
        "stands": asked_again(newest, today) if newest else None,
        "earlier": found[1:],
        "marked": marked,
        "mismatch": bool(newest and newest.applies != marked),
        "topics": part2_list().topics_about(_about(tool)),
        "sign": reverse("vendors:sign_tool_part2", args=[tool.uid]) if tool else reverse("vendors:sign_part2"),
    }
    return render(request, "vendors/part2.html", page)


def _sign(request: PracticeRequest, tool: Tool | None) -> HttpResponse:
    """Two steps on one page: the answers with what they point to, then the decision and the signature."""
    vendor, signing = tool.vendor if tool else None, request.POST.get("step") == "sign"
    last = memo_about(newest_memos(request.practice, request.practice.today(), vendor=vendor), tool)
    form_of = partial(AnswersForm, about=_about(tool), listed=part2_list(), last=last)
    form = form_of(request.POST if request.method == "POST" and not signing else None)
    if signing:
        form = _memo_form(request, tool, last, data=request.POST)
        if form.is_valid() and (made := _signed(request, tool, form)):
            messages.success(request, "Signed. Thank you. It is asked again in a year.")
            return redirect(page_of(made.tool))
    status = 422 if form.errors else 200
    if not signing and form.is_valid():
        form = _memo_form(request, tool, last, initial={**form.answers, "form_id": form.cleaned_data["form_id"]})
    subject = tool.name if tool else "the practice"
    page = {"form": form, "tool": tool, "vendor": vendor, "subject": subject, "back": page_of(tool)}
    page |= {"statement": statement_about(subject, request.practice.name), "statement_edition": STATEMENT_EDITION}
    return render(request, "vendors/part2_sign.html", page, status=status)


def _memo_form(request: PracticeRequest, tool: Tool | None, last: Part2Memo | None, **given: Any) -> MemoForm:
    return MemoForm(person=request.user, about=_about(tool), listed=part2_list(), last=last, **given)


def _signed(request: PracticeRequest, tool: Tool | None, form: MemoForm) -> Part2Memo | None:
    facts = {**form.signed, "practice": request.practice, "tool": tool, "by": request.membership.person}
    facts |= {"method": confirmed_by(request), "address": address_of(request)}
    try:
        return once(
            Part2Memo,
            practice=request.practice,
            form_id=facts["form_id"],
            about={"tool": tool},
            make=lambda: actions.sign_memo(**facts),
        )
    except Refused as refusal:
        told(form, refusal)
        return None


def _recorded(request: PracticeRequest, vendor: Vendor, code: str, *, part2check: Part2Check, **facts: Any) -> Any:
    return actions.record_check(vendor=vendor, code=code, on=request.practice.today(), **facts)


def _unasked(vendor: Vendor, check: Check) -> Part2Check:
    """The row of a check that nobody recorded anything about. It is never written."""
    return Part2Check(
        practice=vendor.practice,
        vendor=vendor,
        code=check.code,
        edition=part2_list().code,
        status=CheckStatus.NOT_ASKED,
        version=0,
    )


def _following(code: str) -> str:
    """The check after this one, "" after the last."""
    codes = [check.code for check in part2_list().checks]
    return next(chain(codes[codes.index(code) + 1 :], [""]))


def _about(tool: Tool | None) -> About:
    return About.TOOL if tool else About.PRACTICE


def _check(code: str) -> Check:
    try:
        return part2_list().check(code)
    except KeyError:
        raise Http404 from None


def _tool(request: PracticeRequest, uid: str) -> Tool:
    tools = Tool.objects.of(request.practice).select_related("vendor__practice", "practice")
    return get_object_or_404(tools, uid=uid)


def _vendor(request: PracticeRequest, uid: str) -> Vendor:
    return get_object_or_404(Vendor.objects.of(request.practice).select_related("practice"), uid=uid)
