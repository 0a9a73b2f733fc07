"""Signing a memo whether 42 CFR Part 2 applies: answers, a draft, a decision with its reason, a signature."""

from collections.abc import Callable
from datetime import date

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from practice_vetting.core import clock, ledger
from practice_vetting.core.models import Job, LedgerEntry
from tests.conftest import Cast
from tests.factories import change, make_tool, make_vendor
from vendors.models import Part2Memo, Tool
from vendors.part2 import About, part2_list
from vendors.part2_document import memo as document
from vendors.part2_memos import deadlines

pytestmark = pytest.mark.django_db
Browse = Callable[..., Client]
FORM_ID = "0a7c2a52-3f0d-4c53-8a52-5a9d3c1f7e65"
URL = "/part2/sign/"


def answers(about: About = About.PRACTICE, **said: str) -> dict[str, str]:
    return {question.key: "no" for question in part2_list().questions_about(about)} | said


def signing(cast: Cast, *, about: About = About.PRACTICE, **sent: str) -> dict[str, str]:
    """What a browser sends with the second step; the draft says that Part 2 does not apply."""
    decided = {"pointed": "does_not_apply", "applies": "no", "reason": "We treat no substance use."}
    signed = {"typed_name": cast.officer.name, "consent": "on", "step": "sign", "form_id": FORM_ID}
    return {**answers(about), **decided, **signed, **sent}


@pytest.fixture
def tool(cast: Cast) -> Tool:
    return make_tool(vendor=make_vendor(practice=cast.practice))


def test_the_first_step_shows_the_draft_and_signs_nothing(cast: Cast, browse: Browse):
    sent = answers(holds_out="yes", provides="yes", fed_tax="yes") | {"step": "look", "form_id": FORM_ID}
    page = browse(cast.officer).post(URL, sent)
    assert (page.status_code, Part2Memo.objects.count()) == (200, 0)
    assert "These answers say that Part 2 applies." in page.text
    assert page.context["form"]["fed_tax"].value() == "yes"


def test_an_answer_that_is_missing_is_asked_for_beside_its_question(cast: Cast, browse: Browse):
    sent = answers() | {"step": "look", "form_id": FORM_ID}
    del sent["receives"]
    page = browse(cast.officer).post(URL, sent)
    assert (page.status_code, list(page.context["form"].errors)) == (422, ["receives"])


def test_a_signed_memo_keeps_everything(cast: Cast, browse: Browse):
    with clock.set_to(clock.now().replace(year=2026, month=11, day=21, hour=18)):
        page = browse(cast.officer).post(URL, signing(cast))
    memo = Part2Memo.objects.get()
    assert (page.status_code, page.headers["Location"]) == (302, "/part2/")
    assert (memo.applies, memo.points_to, memo.differs, memo.vendor) == (False, "does_not_apply", False, None)
    assert (memo.signed_by, memo.signed_role, memo.method) == (cast.officer, "Compliance officer", "password")
    assert (memo.ask_again_on, memo.lapses_on) == (date(2027, 11, 21), date(2027, 12, 22))
    assert memo.content_sha256 == ledger.sha256(memo.content)
    assert memo.statement in memo.content.replace("\\n", "\n")
    entry = LedgerEntry.objects.get(verb="part2memo.signed")
    assert entry.detail["content_sha256"] == memo.content_sha256


def test_the_same_form_sent_twice_signs_once(cast: Cast, browse: Browse):
    client = browse(cast.officer)
    assert [client.post(URL, signing(cast)).status_code for _ in range(2)] == [302, 302]
    assert Part2Memo.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        ("reason", {"reason": " "}),
        ("typed_name", {"typed_name": "Somebody Else"}),
        ("consent", {"consent": ""}),
        ("applies", {"applies": ""}),
        ("__all__", {"holds_out": "yes", "provides": "yes", "fed_run": "yes"}),  # the draft changed
    ],
)
def test_what_is_missing_is_said_and_nothing_typed_is_lost(cast: Cast, browse: Browse, field: str, sent: dict):
    page = browse(cast.officer).post(URL, signing(cast, **sent))
    assert (page.status_code, list(page.context["form"].errors), Part2Memo.objects.count()) == (422, [field], 0)
    if field != "reason":
        assert "We treat no substance use." in page.text


def test_a_decision_that_differs_from_the_draft_is_told(cast: Cast, browse: Browse):
    client = browse(cast.officer)
    client.post(URL, signing(cast, applies="yes"))
    memo = Part2Memo.objects.get()
    assert (memo.differs, "The decision differs from it." in client.get(f"/part2/memos/{memo.uid}/").text) == (
        True,
        True,
    )


def test_a_memo_that_differs_from_the_setting_offers_the_setting_and_never_changes_it(cast: Cast, browse: Browse):
    browse(cast.officer).post(URL, signing(cast, applies="yes"))
    cast.practice.refresh_from_db()
    assert cast.practice.part2 is False
    assert "Change the setting" in browse(cast.owner).get("/part2/").text
    assert "Only an owner can change the setting" in browse(cast.officer).get("/part2/").text


def test_a_memo_about_a_tool_names_it(cast: Cast, browse: Browse, tool: Tool):
    page = browse(cast.officer).post(f"/tools/{tool.uid}/part2/sign/", signing(cast, about=About.TOOL))
    memo = Part2Memo.objects.get()
    assert (page.headers["Location"], memo.tool, memo.vendor) == (f"/tools/{tool.uid}/part2/", tool, tool.vendor)


def test_an_ended_vendor_gets_no_memo(cast: Cast, browse: Browse, tool: Tool):
    change(tool.vendor, ended_on=date(2026, 1, 1))
    page = browse(cast.officer).post(f"/tools/{tool.uid}/part2/sign/", signing(cast, about=About.TOOL))
    assert (page.status_code, Part2Memo.objects.count()) == (422, 0)


def test_a_retired_tool_gets_no_memo(cast: Cast, browse: Browse, tool: Tool):
    change(tool, retired_on=date(2026, 1, 1))
    client, sent = browse(cast.officer), signing(cast, about=About.TOOL)
    page = client.post(f"/tools/{tool.uid}/part2/sign/", sent)
    assert (page.status_code, "is retired" in page.text, Part2Memo.objects.count()) == (422, True, 0)
    assert "needs no new memo" in client.get(f"/tools/{tool.uid}/part2/").text


def test_a_signed_memo_never_changes(cast: Cast, browse: Browse):
    browse(cast.officer).post(URL, signing(cast))
    with pytest.raises(DatabaseError), transaction.atomic():
        change(Part2Memo.objects.get(), applies=True)


def test_the_newest_is_asked_again_in_a_year(cast: Cast, browse: Browse):
    client = browse(cast.officer)
    client.post(URL, signing(cast))
    client.post(URL, signing(cast, form_id=FORM_ID.replace("65", "66")))
    due = list(deadlines(cast.practice, date(2099, 1, 1)))
    newest = Part2Memo.objects.order_by("-id")[0]
    assert [(each.kind, each.subject_uid, each.due_on, each.url) for each in due] == [
        ("part2-memo", newest.uid, newest.ask_again_on, "/part2/")
    ]
    assert list(deadlines(cast.practice, cast.practice.today())) == []


def test_a_retired_tool_is_asked_about_no_more(cast: Cast, browse: Browse, tool: Tool):
    browse(cast.officer).post(f"/tools/{tool.uid}/part2/sign/", signing(cast, about=About.TOOL))
    change(tool, retired_on=cast.practice.today())
    assert list(deadlines(cast.practice, date(2099, 1, 1))) == []


def test_its_document_is_made_of_what_was_signed_alone(cast: Cast, browse: Browse):
    browse(cast.officer).post(URL, signing(cast))
    memo, job = Part2Memo.objects.get(), Job.objects.get(kind="part2-memo")
    made = document(job)
    assert (job.subject_uid, made.snapshot, made.signers[0].name) == (memo.uid, memo.content, cast.officer.name)
    assert [words in made.html for words in (memo.reason, memo.statement[:40], "42 CFR 2.12(b)")] == [True, True, True]
