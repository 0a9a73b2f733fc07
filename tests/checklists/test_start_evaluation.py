"""Starting an evaluation: of named tools, one at a time, prefilled from the last."""

import pytest

from checklists.actions.evaluations import start_evaluation, withdraw_evaluation
from checklists.catalogue import current
from checklists.models import Evaluation, LoadedEdition
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import LedgerEntry
from tests.conftest import Cast
from tests.factories import make_tool, make_vendor

pytestmark = pytest.mark.django_db
FORM = "5b0a2d2e-1111-4222-8333-0123456789ab"


@pytest.fixture
def vendor(cast: Cast):
    vendor = make_vendor(practice=cast.practice)
    make_tool(vendor=vendor)
    return vendor


def post(client, vendor, **changes: object):
    given = {"form_id": FORM, "title": "2026 evaluation", "tools": [tool.uid for tool in vendor.tools.all()]}
    return client.post(f"/vendors/{vendor.uid}/evaluate/", {**given, **changes})


def test_it_begins_with_nine_questions_not_asked_yet(vendor, cast: Cast, browse):
    response = post(browse(cast.officer), vendor)
    evaluation = Evaluation.objects.get()
    assert response.headers["Location"] == f"/evaluations/{evaluation.uid}/"
    assert [(a.question, a.response) for a in evaluation.answers.all()] == [(n, "not_asked") for n in range(1, 10)]
    assert (evaluation.edition, evaluation.started_by) == (current().code, cast.officer)


def test_the_form_names_the_year_and_marks_the_tools(vendor, cast: Cast, browse):
    page = browse(cast.officer).get(f"/vendors/{vendor.uid}/evaluate/").content.decode()
    assert f'value="{cast.practice.today().year} evaluation"' in page
    assert "checked" in page


def test_a_double_click_makes_one(vendor, cast: Cast, browse):
    client = browse(cast.officer)
    assert post(client, vendor).headers["Location"] == post(client, vendor).headers["Location"]
    assert Evaluation.objects.count() == 1


def test_a_second_one_has_to_wait(vendor, cast: Cast, browse):
    client = browse(cast.officer)
    post(client, vendor)
    second = post(client, vendor, form_id=FORM.replace("5b0", "6c1"))
    assert (second.status_code, Evaluation.objects.count()) == (422, 1)
    assert "under way already" in second.content.decode()


@pytest.mark.parametrize(("field", "value"), [("tools", []), ("title", ""), ("title", "x" * 201), ("tools", ["guess"])])
def test_what_cannot_be_is_refused(vendor, cast: Cast, browse, field: str, value: object):
    assert post(browse(cast.officer), vendor, **{field: value}).status_code == 422
    assert Evaluation.objects.count() == 0


def test_a_tool_of_another_vendor_cannot_be_judged_here(vendor, cast: Cast, browse):
    other = make_tool(vendor=make_vendor(practice=cast.practice, name="Other"))
    assert post(browse(cast.officer), vendor, tools=[other.uid]).status_code == 422


def test_a_vendor_without_tools_is_told_to_add_one(cast: Cast, browse):
    page = browse(cast.officer).get(f"/vendors/{make_vendor(practice=cast.practice).uid}/evaluate/")
    assert "Add a tool first" in page.content.decode()


@pytest.mark.parametrize("who", ["staff", "auditor"])
def test_a_wrong_role_starts_nothing(vendor, cast: Cast, browse, who: str):
    assert post(browse(getattr(cast, who)), vendor).status_code == 403


def test_another_practices_vendor_is_not_found(vendor, strangers: Cast, browse):
    assert post(browse(strangers.officer), vendor).status_code == 404


def test_a_new_one_begins_where_the_last_ended(cleared: Evaluation, cast: Cast):
    withdraw_evaluation(evaluation=cleared, by=cast.officer, reason="Started with the wrong name.")
    tools = list(cleared.tools.all())
    again = start_evaluation(vendor=cleared.vendor, by=cast.officer, title="Again", tools=tools)
    assert [(a.response, a.said, a.route, a.citations.count()) for a in again.answers.all()] == [
        (a.response, a.said, a.route, a.citations.count()) for a in cleared.answers.all()
    ]


def test_an_edition_whose_files_changed_is_not_used_again(vendor, cast: Cast):
    LoadedEdition.objects.create(code=current().code, digest="0" * 64)
    with pytest.raises(Refused, match="changed after its first use"):
        start_evaluation(vendor=vendor, by=cast.officer, title="x", tools=list(vendor.tools.all()))


def test_a_withdrawn_one_stays_readable(cleared: Evaluation, cast: Cast, browse):
    client = browse(cast.officer)
    client.post(f"/evaluations/{cleared.uid}/withdraw/", {"reason": "Wrong tools."})
    assert client.get(f"/evaluations/{cleared.uid}/").status_code == 200
    assert LedgerEntry.objects.get(verb="evaluation.withdrawn").detail == {"reason": "Wrong tools."}


def test_a_reason_that_no_database_takes_is_taken_without_its_nul(cleared: Evaluation, cast: Cast, browse):
    browse(cast.officer).post(f"/evaluations/{cleared.uid}/withdraw/", {"reason": "Wrong\0 tools."})
    assert LedgerEntry.objects.get(verb="evaluation.withdrawn").detail == {"reason": "Wrong tools."}
