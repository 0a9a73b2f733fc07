"""A file that looks like patient data: the person is asked, keeps the file, and a reason lets it through."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from checklists.models import Citation, Evaluation
from practice_vetting.core import clock, ledger
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import LedgerEntry
from practice_vetting.core.models.stored_file import StoredFile
from tests import factories
from tests import files as made
from tests.checklists.conftest import draft
from tests.conftest import Cast
from vendors.models import Agreement, Evidence, Vendor

__all__ = ["draft"]  # a fixture
pytestmark = pytest.mark.django_db

Browse = Callable[..., Client]
BAD = b"mrn,drafted\r\n0045123,yes\r\n0045124,yes\r\n"
WHY = "Made-up patients in the vendor's own test script"


@pytest.fixture
def notewell(cast: Cast) -> Vendor:
    vendor = factories.make_vendor(practice=cast.practice, name="Claridesk")
    factories.make_standing(vendor=vendor)
    return vendor


class Place:
    """One of the three forms through which a file comes in."""

    def __init__(self, url: str, **facts: str) -> None:
        self.url = url
        self.facts = {"no_patient_data": "on", "form_id": str(uuid.uuid4()), **facts}

    def send(self, client: Client, content: bytes | None = BAD, **changes: Any) -> Any:
        file = {} if content is None else {"file": made.upload(content, "ai_log.csv")}
        return client.post(self.url, {**self.facts, **file, **changes})


@pytest.fixture(params=["evidence", "answer", "agreement"])
def place(request: Any, notewell: Vendor, draft: Evaluation) -> Place:
    if request.param == "answer":
        return Place(f"/evaluations/{draft.uid}/questions/4/evidence/", kind_of="log", pages="7 to 9")
    if request.param == "agreement":
        days = {"practice_signed_on": "2026-11-01", "vendor_signed_on": "2026-11-02"}
        return Place(f"/vendors/{notewell.uid}/agreements/add/", kind_of="baa", plan="Plan Gold", **days)
    return Place(f"/vendors/{notewell.uid}/evidence/add/", kind_of="log", title="Kept title")


@pytest.fixture
def form(notewell: Vendor) -> Place:
    return Place(f"/vendors/{notewell.uid}/evidence/add/", kind_of="log", title="AI log")


def token_in(response: Any) -> str:
    _, _, rest = response.content.decode().partition('name="held" value="')
    return rest.partition('"')[0]


def test_it_stops_and_says_what_and_where_and_keeps_everything(cast: Cast, browse: Browse, place: Place) -> None:
    response = place.send(browse(cast.officer))
    page = response.content.decode()
    assert (response.status_code, Evidence.objects.count(), StoredFile.objects.count()) == (422, 0, 0)
    assert "Something in this file looks like patient data. Nothing was saved yet." in page
    assert "2 patient or record numbers, such as" in page
    assert "*****23</span>, first in the table" in page
    assert "We still have ai_log.csv" in page
    assert "0045123" not in page
    typed = place.facts.get("title") or place.facts.get("plan") or place.facts["pages"]
    assert (f'value="{typed}"' in page, page.count("checked>") + page.count(" checked") > 0) == (True, True)


def test_a_reason_lets_it_through_without_choosing_the_file_again(cast: Cast, browse: Browse, place: Place) -> None:
    client = browse(cast.officer)
    token = token_in(place.send(client))
    response = place.send(client, None, held=token, why_no_patient_data=WHY)
    evidence = Evidence.objects.get()
    assert (response.status_code, evidence.file_name, evidence.patient_data_reason) == (302, "ai_log.csv", WHY)
    assert (evidence.patient_data_found, evidence.text_read) == ([{"kind": "record_number", "count": 2}], "read")
    told = LedgerEntry.objects.get(verb="evidence.added").detail
    assert (told["found"], told["reason"]) == (["2 patient or record numbers"], WHY)
    assert "0045123" not in str(list(LedgerEntry.objects.values_list("detail"))) + str(Evidence.history.values())
    assert Citation.objects.count() + Agreement.objects.count() <= 1


def test_the_page_tells_who_said_what(cast: Cast, browse: Browse, form: Place) -> None:
    client = browse(cast.officer)
    form.send(client, None, held=token_in(form.send(client)), why_no_patient_data=WHY)
    page = client.get(f"/evidence/{Evidence.objects.get().uid}/").content.decode()
    assert "Dana Okafor said on" in page
    assert "that it contains no patient information." in page
    assert "We found what looked like 2 patient or record numbers. They said why it is none: “Made-up patients" in page


def test_without_a_reason_it_stops_again_and_still_has_the_file(cast: Cast, browse: Browse, place: Place) -> None:
    client = browse(cast.officer)
    token = token_in(place.send(client))
    response = place.send(client, None, held=token, why_no_patient_data=" ")
    assert (response.status_code, token_in(response), Evidence.objects.count()) == (422, token, 0)
    assert "Say why it is no patient data, or choose a clean copy above." in response.content.decode()


def test_a_clean_copy_needs_no_reason(cast: Cast, browse: Browse, place: Place) -> None:
    client = browse(cast.officer)
    token = token_in(place.send(client))
    assert place.send(client, b"actor,action\r\n", held=token).status_code == 302
    evidence = Evidence.objects.get()
    assert (evidence.file.size, evidence.patient_data_found, evidence.patient_data_reason) == (14, [], "")


def test_a_reason_for_one_file_does_not_serve_another(cast: Cast, browse: Browse, form: Place) -> None:
    client = browse(cast.officer)
    token = token_in(form.send(client))
    response = form.send(client, BAD + b"0045125,no\r\n", held=token, why_no_patient_data=WHY)
    assert (response.status_code, Evidence.objects.count()) == (422, 0)
    assert "3 patient or record numbers" in response.content.decode()


def test_the_same_file_chosen_again_with_its_reason_goes_through(cast: Cast, browse: Browse, form: Place) -> None:
    client = browse(cast.officer)
    token = token_in(form.send(client))
    assert form.send(client, held=token, why_no_patient_data=WHY).status_code == 302


def test_a_reason_ahead_of_the_question_serves_nothing(cast: Cast, browse: Browse, form: Place) -> None:
    assert form.send(browse(cast.officer), why_no_patient_data=WHY).status_code == 422


def test_a_double_click_makes_one_record(cast: Cast, browse: Browse, place: Place) -> None:
    client = browse(cast.officer)
    token = token_in(place.send(client))
    answers = [place.send(client, None, held=token, why_no_patient_data=WHY) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Evidence.objects.count() == 1
    assert ledger.broken_at(cast.practice.uid) is None


def test_another_person_cannot_use_the_token(cast: Cast, browse: Browse, form: Place) -> None:
    token = token_in(form.send(browse(cast.officer)))
    response = form.send(browse(cast.staff), None, held=token, why_no_patient_data=WHY)
    assert (response.status_code, Evidence.objects.count()) == (422, 0)
    assert response.context["form"].errors == {"file": ["We no longer have this file. Choose it again."]}


def test_another_practice_cannot_use_the_token(cast: Cast, strangers: Cast, browse: Browse, form: Place) -> None:
    token = token_in(form.send(browse(cast.officer)))
    theirs = factories.make_vendor(practice=strangers.practice)
    other = Place(f"/vendors/{theirs.uid}/evidence/add/", kind_of="log")
    response = other.send(browse(strangers.officer), None, held=token, why_no_patient_data=WHY)
    assert (response.status_code, Evidence.objects.count()) == (422, 0)


def test_after_an_hour_the_file_is_asked_for_again_and_the_words_stay(cast: Cast, browse: Browse, form: Place) -> None:
    token = token_in(form.send(browse(cast.officer)))
    with clock.set_to(clock.now() + timedelta(minutes=61)):
        response = form.send(browse(cast.officer), None, held=token, why_no_patient_data=WHY)
    page = response.content.decode()
    assert (response.status_code, Evidence.objects.count()) == (422, 0)
    assert ("We no longer have this file. Choose it again." in page, 'value="AI log"' in page) == (True, True)


def test_another_mistake_in_the_form_keeps_the_held_file(cast: Cast, browse: Browse, form: Place) -> None:
    client = browse(cast.officer)
    token = token_in(form.send(client))
    response = form.send(client, None, held=token, why_no_patient_data=WHY, dated_on="soon")
    assert (response.status_code, token_in(response)) == (422, token)
    assert form.send(client, None, held=token, why_no_patient_data=WHY).status_code == 302


def test_the_mark_is_asked_for_with_a_held_file_too(cast: Cast, browse: Browse, place: Place) -> None:
    client = browse(cast.officer)
    token = token_in(place.send(client))
    assert place.send(client, None, held=token, why_no_patient_data=WHY, no_patient_data="").status_code == 422
    assert Evidence.objects.count() == 0


def test_a_file_without_text_is_taken_and_said_to_be_unread(cast: Cast, browse: Browse, form: Place) -> None:
    client = browse(cast.officer)
    pdf = {**form.facts, "file": made.upload(made.pdf(), "scan.pdf")}
    page = client.post(form.url, pdf, follow=True).content.decode()
    assert "We could not read the text of this file (a scan?). Look through it yourself." in page
    assert Evidence.objects.get().text_read == "no_text"


def test_the_action_itself_wants_the_reason(cast: Cast, notewell: Vendor) -> None:
    from practice_vetting.core.files import held
    from vendors.actions.evidence import add_evidence

    accepted = made.accepted(BAD)
    looked = held.look_through(accepted)
    with pytest.raises(Refused) as refused:
        add_evidence(vendor=notewell, by=cast.officer, accepted=accepted, no_patient_data=True, looked=looked)
    assert refused.value.field == "why_no_patient_data"


def test_a_blank_token_is_no_file(cast: Cast, browse: Any):
    vendor = factories.make_vendor(practice=cast.practice)
    sent = {"form_id": str(uuid.uuid4()), "kind_of": "other", "no_patient_data": "on", "held": "  "}
    response = browse(cast.officer).post(reverse("vendors:add_evidence", args=[vendor.uid]), sent)
    assert (response.status_code, "file" in response.context["form"].errors) == (422, True)
