"""A form sent twice makes one record; its id at another door makes none, and says so instead of thanking."""

from datetime import date

import pytest

from tests.conftest import Cast
from tests.factories import make_agreement, make_tool, make_vendor
from vendors.models import Agreement, LegalHold, Part2Memo
from vendors.part2 import About, part2_list

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
FORM_ID = "a3c4d0de-6f0b-4a57-9d0c-2f6a52f7f1b1"


def test_a_memo_about_another_tool_is_not_signed_by_the_same_form(cast: Cast, browse):
    vendor, client = make_vendor(practice=cast.practice), browse(cast.officer)
    tools = [make_tool(vendor=vendor), make_tool(vendor=vendor, name="Notewell Letters")]
    said = {question.key: "no" for question in part2_list().questions_about(About.TOOL)}
    sent = said | {
        "pointed": "does_not_apply", "applies": "no", "reason": "It sees none.", "typed_name": cast.officer.name,
        "consent": "on", "step": "sign", "form_id": FORM_ID,
    }  # fmt: skip
    pages = [client.post(f"/tools/{tool.uid}/part2/sign/", sent) for tool in [*tools, tools[0]]]
    assert [page.status_code for page in pages] == [302, 422, 302]
    assert "Load this page again" in pages[1].text
    assert list(Part2Memo.objects.values_list("tool", flat=True)) == [tools[0].pk]


def test_a_hold_on_another_vendor_is_not_placed_by_the_same_form(cast: Cast, browse):
    client = browse(cast.owner)
    vendors = [make_vendor(practice=cast.practice, name=name) for name in ("Notewell", "Slotbook")]
    sent = {"form_id": FORM_ID, "reason": "A letter of an attorney came.", "since": "2026-01-05"}
    answers = [client.post(f"/vendors/{vendor.uid}/hold/", sent).status_code for vendor in vendors]
    assert (answers, LegalHold.objects.count()) == ([302, 422], 1)


def test_a_newer_version_of_another_agreement_is_not_recorded_by_the_same_form(cast: Cast, browse):
    vendor, client = make_vendor(practice=cast.practice), browse(cast.officer)
    signed = {"practice_signed_on": date(2025, 3, 2), "vendor_signed_on": date(2025, 3, 2)}
    old = [make_agreement(vendor=vendor, plan=plan, **signed) for plan in ("Clinic", "Front desk")]
    sent = {"form_id": FORM_ID, "kind_of": "baa", "plan": "", "vendor_party": ""}
    answers = [client.post(f"/agreements/{each.uid}/new-version/", sent).status_code for each in old]
    assert (answers, list(Agreement.objects.filter(form_id=FORM_ID).values_list("replaces", flat=True))) == (
        [302, 422],
        [old[0].pk],
    )
