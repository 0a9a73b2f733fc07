"""The companies behind a vendor: their page, one added by hand, changed, no longer named."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.test import Client

from practice_vetting.core.models import LedgerEntry
from tests import factories
from tests.conftest import Cast
from vendors.models import ReviewTrigger, SubProcessor, Vendor
from vendors.sub_processor_topic import sub_processors as topic

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
Browse = Callable[..., Client]


@pytest.fixture
def notewell(cast: Cast) -> Vendor:
    vendor = factories.make_vendor(practice=cast.practice)
    factories.make_standing(vendor=vendor)
    factories.make_tool(vendor=vendor)
    return vendor


@pytest.fixture
def harbor(notewell: Vendor) -> SubProcessor:
    return factories.make_sub_processor(vendor=notewell, name="Cloud Harbor", since=date(2026, 1, 1))


def page(vendor: Vendor) -> str:
    return f"/vendors/{vendor.uid}/sub-processors/"


def given(**more: object) -> dict[str, object]:
    return {
        "name": "Quill Models", "does": "Drafts notes", "role_of": "model", "region": "US", "gets_patient_data": "yes",
        "covered": "unknown", "since": "2026-01-05", **more,
    }  # fmt: skip


def test_an_empty_page_says_why_it_matters_and_what_to_do(cast: Cast, browse: Browse, notewell: Vendor):
    text = browse(cast.officer).get(page(notewell)).content.decode()
    assert ["164.502(e)(1)(ii), 164.504(e)(5)" in text, "Best practice: clause B33" in text] == [True, True]
    assert f"{page(notewell)}import/" in text


def test_one_is_added_by_hand_with_its_tools_once(cast: Cast, browse: Browse, notewell: Vendor):
    form = given(form_id=uuid4(), tools=[notewell.tools.get().uid])
    client = browse(cast.officer)
    answers = [client.post(f"{page(notewell)}add/", form) for _ in range(2)]
    sub = SubProcessor.objects.get()
    assert [each.headers["Location"] for each in answers] == [page(notewell)] * 2
    assert (sub.name, sub.role_of, sub.region, [tool.name for tool in sub.tools.all()]) == (
        "Quill Models", "model", "US", ["Notewell Scribe"],
    )  # fmt: skip
    assert LedgerEntry.objects.filter(verb="subprocessor.added").count() == 1
    assert not ReviewTrigger.objects.exists()


def test_a_new_one_is_taken_for_news_once_an_agreement_is_signed(cast: Cast, browse: Browse, notewell: Vendor):
    client = browse(cast.officer)

    def is_ticked() -> bool:
        form = client.get(f"{page(notewell)}add/").context["form"]
        return bool(form["is_news"].value())

    assert not is_ticked()
    agreement = factories.make_agreement(vendor=notewell, practice_signed_on=date(2026, 1, 2))
    assert not is_ticked()
    factories.change(agreement, vendor_signed_on=date(2026, 1, 2))
    assert is_ticked()


def test_news_from_the_vendor_makes_the_review_due_today(cast: Cast, browse: Browse, notewell: Vendor):
    browse(cast.officer).post(f"{page(notewell)}add/", given(form_id=uuid4(), is_news="on"))
    trigger = ReviewTrigger.objects.get()
    assert (trigger.kind_of, trigger.what, trigger.due_on) == (
        "sub_processor", "New: Quill Models.", cast.practice.today(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "CLOUD HARBOR, Inc."}, "name"),
        ({"since": "2999-01-01"}, "since"),
        ({"gets_patient_data": ""}, "gets_patient_data"),
        ({"tools": ["nobodys"]}, "tools"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_lost(
    cast: Cast, browse: Browse, harbor: SubProcessor, wrong: dict, field: str
):
    form = given(form_id=uuid4(), **wrong)
    response = browse(cast.officer).post(f"{page(harbor.vendor)}add/", form)
    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert "Drafts notes" in response.content.decode()


def test_a_change_is_saved_and_a_stale_one_shows_both_texts(cast: Cast, browse: Browse, harbor: SubProcessor):
    client, url = browse(cast.officer), f"/sub-processors/{harbor.uid}/change/"
    assert client.post(url, given(name="Cloud Harbor", version=1)).headers["Location"] == page(harbor.vendor)
    harbor.refresh_from_db()
    assert (harbor.does, harbor.version) == ("Drafts notes", 2)
    stale = client.post(url, given(name="Cloud Harbor", region="EU", version=1))
    assert (stale.status_code, [each.label for each in stale.context["conflict"]]) == (
        409, ["Where does it keep or see data?"],
    )  # fmt: skip


def test_one_that_is_no_longer_named_stays_on_record_and_can_come_back(
    cast: Cast, browse: Browse, harbor: SubProcessor
):
    client, today = browse(cast.officer), cast.practice.today()
    url = f"/sub-processors/{harbor.uid}/end/"
    assert client.post(url, {"version": 1, "removed_on": "2025-01-01"}).status_code == 422
    client.post(url, {"version": 1, "removed_on": today.isoformat()})
    harbor.refresh_from_db()
    response = client.get(page(harbor.vendor))
    assert (harbor.removed_on, response.context["standing"], response.context["gone"]) == (today, [], [harbor])
    client.post(f"/sub-processors/{harbor.uid}/change/", given(name="Cloud Harbor", version=2, removed_on=""))
    harbor.refresh_from_db()
    assert harbor.removed_on is None


def test_missing_cover_is_said_loudly_on_the_page_and_on_the_vendors(cast: Cast, browse: Browse, notewell: Vendor):
    factories.make_sub_processor(vendor=notewell, name="Fine", gets_patient_data="yes", covered="yes")
    assert topic(notewell, cast.practice.today()).tone == "met"
    factories.make_sub_processor(vendor=notewell, name="Bare", gets_patient_data="yes", covered="no")
    line = topic(notewell, cast.practice.today())
    assert (line.says, line.tone) == ("1 gets patient data without known cover", "failed")
    response = browse(cast.auditor).get(page(notewell))
    assert [each.name for each in response.context["uncovered"]] == ["Bare"]
    assert "no agreement is known to cover it" in response.content.decode()


def test_the_chain_behind_an_ai_tool_is_drawn_and_told(cast: Cast, browse: Browse, harbor: SubProcessor):
    name = "Parrot Speech and Dictation <Services> of North America"
    for sub in (harbor, factories.make_sub_processor(vendor=harbor.vendor, name=name, role_of="speech")):
        with factories.arranging():
            sub.tools.set(harbor.vendor.tools.all())
    text = browse(cast.auditor).get(page(harbor.vendor)).content.decode()
    assert 'role="img" aria-labelledby="chain-1-title chain-1-desc"' in text
    assert "<b>Parrot Speech and Dictation &lt;Services&gt; of North America</b>: Speech to text." in text
    assert "style=" not in text


def test_the_page_asks_the_same_of_the_database_for_one_row_and_for_five(
    cast: Cast, browse: Browse, harbor: SubProcessor, django_assert_max_num_queries: Callable
):
    client = browse(cast.owner)
    client.get(page(harbor.vendor))
    with django_assert_max_num_queries(40) as one:
        client.get(page(harbor.vendor))
    for number in range(4):
        factories.make_sub_processor(vendor=harbor.vendor, name=f"Company {number}")
    with django_assert_max_num_queries(len(one)):
        client.get(page(harbor.vendor))


def test_an_ended_vendor_takes_no_new_one(cast: Cast, browse: Browse, notewell: Vendor):
    factories.change(notewell, ended_on=cast.practice.today() - timedelta(days=1), end_reason="Too dear")
    response = browse(cast.officer).post(f"{page(notewell)}add/", given(form_id=uuid4()))
    assert (response.status_code, SubProcessor.objects.count()) == (422, 0)


def test_doors(cast: Cast, strangers: Cast, browse: Browse, harbor: SubProcessor):
    urls = [f"{page(harbor.vendor)}add/", f"{page(harbor.vendor)}import/", f"/sub-processors/{harbor.uid}/change/"]
    urls.append(f"/sub-processors/{harbor.uid}/end/")
    answers = {who.name: {browse(who).get(url).status_code for url in urls} for who in (cast.staff, strangers.owner)}
    assert answers == {cast.staff.name: {403}, strangers.owner.name: {404}}
