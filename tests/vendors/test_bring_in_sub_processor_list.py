"""A list of sub-processors brought in: one draft, looked at by a person, confirmed or set aside."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from practice_vetting.core.models import LedgerEntry
from tests import factories
from tests.conftest import Cast
from tests.files import upload
from tests.vendors.workbooks import workbook
from vendors.actions import sub_processor_lists as actions
from vendors.actions import sub_processors
from vendors.models import Evidence, ReviewTrigger, SubProcessor, SubProcessorList, Vendor
from vendors.sub_processor_changes import MOST_DECISIONS
from vendors.sub_processor_import.lists import MOST_ROWS

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
Browse = Callable[..., Client]
FIRST = (
    "Name,Purpose,Country,BAA,PHI\nCloud Harbor,Hosting,US,Yes,Yes\nQuill Models,Language model,US,,\n,Nobody,US,,\n"
)


@pytest.fixture
def notewell(cast: Cast) -> Vendor:
    vendor = factories.make_vendor(practice=cast.practice)
    factories.make_standing(vendor=vendor)
    return vendor


def url(vendor: Vendor) -> str:
    return f"/vendors/{vendor.uid}/sub-processors/import/"


def bring(client: Client, vendor: Vendor, text: str = FIRST, **more: Any) -> Any:
    return client.post(url(vendor), {"form_id": uuid4(), "text": text, "received_on": "2026-02-01", **more})


def confirm(client: Client, draft: SubProcessorList, **said: str) -> Any:
    form = client.get(f"/sub-processor-lists/{draft.uid}/").context["form"]
    decided = {each.key: said.get(each.key, "take") for each in form.changes}
    hidden = {"version": draft.version, "seen": form.initial["seen"]}
    return client.post(f"/sub-processor-lists/{draft.uid}/confirm/", {**hidden, **decided})


def names(vendor: Vendor) -> list[str]:
    return [each.name for each in vendor.sub_processors.standing()]


def test_a_pasted_list_makes_one_draft_and_changes_nothing(cast: Cast, browse: Browse, notewell: Vendor):
    response = bring(browse(cast.officer), notewell)
    draft = SubProcessorList.objects.get()
    assert response.headers["Location"] == f"/sub-processor-lists/{draft.uid}/"
    assert (len(draft.rows), [each["line"] for each in draft.refused], draft.state) == (2, [4], "draft")
    assert names(notewell) == []


def test_the_first_list_at_a_vendor_that_has_signed_makes_the_review_due(cast: Cast, browse: Browse, notewell: Vendor):
    factories.make_agreement(
        vendor=notewell, practice_signed_on=date(2026, 1, 2), vendor_signed_on=date(2026, 1, 2),
    )  # fmt: skip
    client = browse(cast.officer)
    bring(client, notewell)
    confirm(client, SubProcessorList.objects.get())
    assert ReviewTrigger.objects.get().what == "New: Cloud Harbor, Quill Models."


def test_confirming_the_first_list_writes_its_rows_and_raises_no_review(cast: Cast, browse: Browse, notewell: Vendor):
    client = browse(cast.officer)
    bring(client, notewell)
    response = confirm(client, SubProcessorList.objects.get())
    harbor = SubProcessor.objects.get(name="Cloud Harbor")
    assert response.headers["Location"] == f"/vendors/{notewell.uid}/sub-processors/"
    assert names(notewell) == ["Cloud Harbor", "Quill Models"]
    assert (harbor.role_of, harbor.gets_patient_data, harbor.covered, harbor.since) == (
        "hosting", "yes", "by_list", date(2026, 2, 1),
    )  # fmt: skip
    draft = SubProcessorList.objects.get()
    assert (draft.state, draft.decided_by, draft.changes) == (
        "confirmed",
        cast.officer,
        "New: Cloud Harbor, Quill Models.",
    )
    assert not ReviewTrigger.objects.exists()


def test_a_later_list_is_compared_and_raises_one_review_due_today(cast: Cast, browse: Browse, notewell: Vendor):
    client = browse(cast.officer)
    bring(client, notewell)
    confirm(client, SubProcessorList.objects.get())
    bring(
        client,
        notewell,
        "Name,Purpose,Country\ncloud harbor,Hosting,EU\nLedgerly,Invoices,US\n",
        received_on="2026-03-01",
    )
    confirm(client, SubProcessorList.objects.get(state="draft"))
    trigger = ReviewTrigger.objects.get()
    assert (trigger.kind_of, trigger.due_on, trigger.noticed_by) == (
        "sub_processor",
        cast.practice.today(),
        cast.officer,
    )
    assert trigger.what == ("New: Ledgerly. Changed: Cloud Harbor (where: US → EU). No longer named: Quill Models.")
    assert SubProcessor.objects.get(name="Quill Models").removed_on == date(2026, 3, 1)
    assert names(notewell) == ["Cloud Harbor", "Ledgerly"]


def test_a_list_that_changes_nothing_raises_no_review(cast: Cast, browse: Browse, notewell: Vendor):
    client = browse(cast.officer)
    for _ in range(2):
        bring(client, notewell)
        confirm(client, SubProcessorList.objects.get(state="draft"))
    assert (SubProcessorList.objects.first().changes, ReviewTrigger.objects.count()) == ("Nothing.", 0)


def test_a_renamed_company_needs_a_word_and_keeps_its_record(cast: Cast, browse: Browse, notewell: Vendor):
    quill = factories.make_sub_processor(vendor=notewell, name="Quill Models", since=date(2026, 1, 1))
    client = browse(cast.officer)
    bring(client, notewell, "Name,Purpose\nQuill Model Works,Drafts\n")
    draft = SubProcessorList.objects.get()
    silent = confirm(client, draft, **{"row-0": ""})
    assert (silent.status_code, list(silent.context["form"].errors), names(notewell)) == (
        422,
        ["row-0"],
        ["Quill Models"],
    )
    confirm(client, draft, **{"row-0": quill.uid})
    quill.refresh_from_db()
    assert (quill.name, quill.does, SubProcessor.objects.count()) == ("Quill Model Works", "Drafts", 1)


def test_a_double_click_and_a_second_person_change_nothing_twice(cast: Cast, browse: Browse, notewell: Vendor):
    client = browse(cast.officer)
    bring(client, notewell)
    draft = SubProcessorList.objects.get()
    form = client.get(f"/sub-processor-lists/{draft.uid}/").context["form"]
    sent = {"version": 1, "seen": form.initial["seen"], "row-0": "take", "row-1": "take"}
    where = f"/sub-processor-lists/{draft.uid}/confirm/"
    client.post(where, sent)
    again = browse(cast.owner).post(where, sent, follow=True)
    assert "Dana Okafor confirmed this list already. Nothing was changed now." in again.content.decode()
    assert (SubProcessor.objects.count(), LedgerEntry.objects.filter(verb="subprocessorlist.confirmed").count()) == (
        2,
        1,
    )


def test_rows_that_moved_meanwhile_are_looked_at_again(cast: Cast, browse: Browse, notewell: Vendor):
    client = browse(cast.officer)
    bring(client, notewell)
    draft = SubProcessorList.objects.get()
    form = client.get(f"/sub-processor-lists/{draft.uid}/").context["form"]
    factories.make_sub_processor(vendor=notewell, name="By hand")
    sent = {"version": 1, "seen": form.initial["seen"], "row-0": "take", "row-1": "take"}
    response = client.post(f"/sub-processor-lists/{draft.uid}/confirm/", sent)
    assert (response.status_code, names(notewell)) == (409, ["By hand"])
    assert "Somebody changed the sub-processors meanwhile." in response.content.decode()


def test_while_one_list_waits_no_other_comes_in_and_the_same_form_makes_one(
    cast: Cast, browse: Browse, notewell: Vendor
):
    client, form_id = browse(cast.officer), uuid4()
    first = [bring(client, notewell, form_id=form_id) for _ in range(2)]
    other = bring(client, notewell)
    assert [each.status_code for each in [*first, other]] == [302, 302, 422]
    assert "Another list of this vendor waits for you." in other.content.decode()
    assert SubProcessorList.objects.count() == 1


def test_a_list_is_set_aside_with_a_reason(cast: Cast, browse: Browse, notewell: Vendor):
    client = browse(cast.officer)
    bring(client, notewell)
    draft = SubProcessorList.objects.get()
    where = f"/sub-processor-lists/{draft.uid}/set-aside/"
    assert client.post(where, {"version": 1, "reason": ""}).status_code == 422
    client.post(where, {"version": 1, "reason": "Of another product"})
    draft.refresh_from_db()
    assert (draft.state, draft.reason, names(notewell)) == ("set_aside", "Of another product", [])


def test_a_half_written_confirmation_leaves_nothing(
    cast: Cast, browse: Browse, notewell: Vendor, monkeypatch: pytest.MonkeyPatch
):
    bring(browse(cast.officer), notewell)
    draft = SubProcessorList.objects.get()

    def broken(_: Vendor) -> None:
        raise RuntimeError

    monkeypatch.setattr(actions, "rejudge", broken)
    with pytest.raises(RuntimeError):
        actions.confirm_list(
            subprocessorlist=draft, by=cast.officer, version=1, rows_seen=actions.seen([]),
            decisions={"row-0": "take", "row-1": "take"},
        )  # fmt: skip
    draft.refresh_from_db()
    assert (draft.state, names(notewell)) == ("draft", [])


def test_a_file_can_stay_as_evidence(cast: Cast, browse: Browse, notewell: Vendor):
    file = upload(workbook({"List": [["Name", "Service"], ["Cloud Harbor", "Hosting"]]}), "list.xlsx")
    bring(browse(cast.officer), notewell, "", file=file, no_patient_data="on", keep="on")
    draft = SubProcessorList.objects.get()
    assert ([row["name"] for row in draft.rows], draft.source, draft.file_name) == (
        ["Cloud Harbor"],
        "file",
        "list.xlsx",
    )
    assert draft.evidence == Evidence.objects.get(title="Sub-processors of Notewell")


def test_a_file_need_not_be_kept(cast: Cast, browse: Browse, notewell: Vendor):
    file = upload(b"# Partners\n\n- one\n\n| Name | Purpose |\n| - | - |\n| Cloud Harbor | Hosting |\n", "list.mdx")
    bring(browse(cast.officer), notewell, "", file=file, no_patient_data="on")
    assert (SubProcessorList.objects.get().evidence, Evidence.objects.count()) == (None, 0)


ALL = b"Company,Sub-processor,Purpose\nOtherly,Cloud Harbor,Hosting\nOtherly,Quill,Drafts\nThird,Ledgerly,Bills\n"


def test_whose_rows_to_take_is_asked_without_choosing_the_file_again(cast: Cast, browse: Browse, notewell: Vendor):
    client = browse(cast.officer)
    asked = bring(client, notewell, "", file=upload(ALL, "all.csv"), no_patient_data="on")
    form = asked.context["form"]
    assert (asked.status_code, list(form.errors), bool(form.token)) == (422, ["owner"], True)
    assert "We still have all.csv" in asked.content.decode()
    bring(client, notewell, "", held=form.token, no_patient_data="on", owner="Otherly")
    assert [row["name"] for row in SubProcessorList.objects.get().rows] == ["Cloud Harbor", "Quill"]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "Hello"}, "text"),
        ({"text": "Vendor,Cost\nCloud Harbor,$5\n"}, "text"),
        ({"received_on": "2999-01-01"}, "received_on"),
        ({"text": "", "no_patient_data": "on", "file": ("a.pdf", b"%PDF-1.4")}, "file"),
        ({"text": "", "no_patient_data": "on", "file": ("a.xlsx", b"PK\x03\x04 nothing")}, "file"),
        ({"text": "", "no_patient_data": "on", "file": ("a.csv", b"Question,Answer\nLogs?,Yes\n")}, "file"),
        ({"file": ("a.csv", FIRST.encode()), "no_patient_data": "on"}, "text"),
    ],
)
def test_what_is_no_list_is_refused_beside_its_field(
    cast: Cast, browse: Browse, notewell: Vendor, sent: dict[str, Any], field: str
):
    if "file" in sent:
        name, content = sent["file"]
        sent = {**sent, "file": upload(content, name)}
    response = bring(browse(cast.officer), notewell, **{"text": FIRST, **sent})
    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert SubProcessorList.objects.count() == 0


def many(word: str, count: int = MOST_ROWS) -> str:
    return "Name,What it does\n" + "".join(f"{word} {number},Hosting\n" for number in range(count))


def test_a_long_list_is_confirmed_with_one_judgement_and_few_queries(
    cast: Cast, browse: Browse, notewell: Vendor, monkeypatch: pytest.MonkeyPatch
):
    judged: list[Vendor] = []
    for module in (actions, sub_processors):
        monkeypatch.setattr(module, "rejudge", judged.append)
    client = browse(cast.officer)
    for word in ("Alder", "Birch"):
        bring(client, notewell, many(word, 60))
        draft = SubProcessorList.objects.get(state="draft")
        judged.clear()
        with CaptureQueriesContext(connection) as asked:
            assert confirm(client, draft).status_code == 302
        assert (len(judged), len(notewell.sub_processors.standing())) == (1, 60)
    assert len(asked) < 60  # the page of differences and its confirmation; 60 end and 60 come
    assert LedgerEntry.objects.filter(verb="subprocessor.ended").count() == 60


def test_a_list_that_no_form_could_confirm_is_refused(
    cast: Cast, browse: Browse, notewell: Vendor, monkeypatch: pytest.MonkeyPatch
):
    assert MOST_ROWS < MOST_DECISIONS < settings.DATA_UPLOAD_MAX_NUMBER_FIELDS - 10
    monkeypatch.setattr(actions, "MOST_DECISIONS", 5)
    client = browse(cast.officer)
    bring(client, notewell, many("Alder", 4))
    confirm(client, SubProcessorList.objects.get())
    refused = bring(client, notewell, many("Birch", 2))
    assert (refused.status_code, "Bring in a shorter list" in refused.text) == (422, True)
    assert bring(client, notewell, many("Birch", 1)).status_code == 302


def test_too_many_names_to_compare_are_told(cast: Cast, browse: Browse, notewell: Vendor):
    client = browse(cast.officer)
    bring(client, notewell, many("Alder", 60))
    confirm(client, SubProcessorList.objects.get())
    bring(client, notewell, many("Birch", 60))
    page = client.get(f"/sub-processor-lists/{SubProcessorList.objects.get(state='draft').uid}/")
    assert "to see which look alike" in page.text


def test_doors(cast: Cast, strangers: Cast, browse: Browse, notewell: Vendor):
    bring(browse(cast.officer), notewell)
    here = f"/sub-processor-lists/{SubProcessorList.objects.get().uid}/"
    answers = [
        [browse(who).get(each).status_code for each in (here, f"{here}confirm/", f"{here}set-aside/")]
        for who in (cast.auditor, strangers.owner)
    ]
    assert answers == [[200, 403, 403], [404, 404, 404]]


def test_nobody_is_ended_unless_the_person_says_so(cast: Cast, browse: Browse, notewell: Vendor):
    quill = factories.make_sub_processor(vendor=notewell, name="Quill Models", since=date(2026, 1, 1))
    client = browse(cast.officer)
    bring(client, notewell, "Name,Purpose\nLedgerly,Invoices\n")
    draft = SubProcessorList.objects.get()
    gone = f"gone-{quill.uid}"
    page = client.get(f"/sub-processor-lists/{draft.uid}/")
    assert page.context["form"][gone].value() is None
    assert confirm(client, draft, **{gone: ""}).status_code == 422
    confirm(client, draft, **{gone: "leave"})
    assert names(notewell) == ["Ledgerly", "Quill Models"]


def test_another_spelling_of_a_known_company_is_said(cast: Cast, browse: Browse, notewell: Vendor):
    factories.make_sub_processor(vendor=notewell, name="Quill Models", since=date(2026, 1, 1))
    client = browse(cast.officer)
    bring(client, notewell, "Name,Purpose\nQuill Models LP,Drafts\n")
    page = client.get(f"/sub-processor-lists/{SubProcessorList.objects.get().uid}/").content.decode()
    assert "The list spells it “Quill Models LP”" in page
