"""Adding evidence: a number of its own, once a vendor, with somebody's word that no patient data is in it."""

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from practice_vetting.core import ledger
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import LedgerEntry
from practice_vetting.core.models.stored_file import StoredFile
from tests import factories
from tests import files as made
from tests.conftest import Cast
from vendors.actions import evidence as actions
from vendors.models import Evidence, Vendor

Browse = Callable[..., Client]


@pytest.fixture
def notewell(cast: Cast) -> Vendor:
    vendor = factories.make_vendor(practice=cast.practice, name="Notewell")
    factories.make_standing(vendor=vendor)
    return vendor


def url(vendor: Vendor) -> str:
    return f"/vendors/{vendor.uid}/evidence/add/"


def given(content: bytes | None = b"actor,action\r\n", name: str = "ai_log.csv", **changes: Any) -> dict[str, Any]:
    file = {} if content is None else {"file": made.upload(content, name)}
    facts = {"title": "AI log", "kind_of": "log", "no_patient_data": "on", "form_id": str(uuid.uuid4())}
    return {**facts, **file, **changes}


def add(vendor: Vendor, by: Any, content: bytes = b"actor,action\r\n", **facts: Any) -> Evidence:
    return actions.add_evidence(
        vendor=vendor, by=by, accepted=made.accepted(content), **{"no_patient_data": True, **facts}
    )


def test_the_form_says_what_may_come_and_warns_of_patient_data(cast: Cast, browse: Browse, notewell: Vendor) -> None:
    response = browse(cast.staff).get(url(notewell))
    page = response.content.decode()
    assert (response.status_code, "There is a problem" in page) == (200, False)
    assert page.count("Never patient data.") == 1
    assert (
        "PDF, image (PNG, JPEG), Word (.docx), Excel (.xlsx), e-mail (.eml) or plain text (.txt, .csv, .md), "
        "up to 25 MB." in page
    )


def test_a_file_is_kept_with_what_is_known_of_it(cast: Cast, browse: Browse, notewell: Vendor) -> None:
    response = browse(cast.staff).post(url(notewell), given(dated_on="2026-01-05", pages_that_matter="1"))
    evidence = Evidence.objects.get()
    assert (response.status_code, response.headers["Location"]) == (302, f"/evidence/{evidence.uid}/")
    assert (str(evidence), evidence.kind_of, evidence.dated_on, evidence.expires_on, evidence.pages_that_matter) == (
        "E-01 AI log",
        "log",
        date(2026, 1, 5),
        None,
        "1",
    )
    assert (evidence.file_name, evidence.file.size, evidence.checked_by) == ("ai_log.csv", 14, cast.staff)
    with default_storage.open(evidence.file.path) as file:
        assert file.read() == b"actor,action\r\n"


def test_the_ledger_keeps_the_hash_and_whose_word_it_is(cast: Cast, notewell: Vendor) -> None:
    evidence = add(notewell, cast.officer)
    entry = LedgerEntry.objects.get(verb="evidence.added")
    assert (entry.record_kind, entry.person_name, entry.record_label, entry.detail) == (
        "evidence",
        "Dana Okafor",
        "E-01 log",
        {"vendor": "Notewell", "sha256": evidence.file.sha256, "no_patient_data": True},
    )
    assert ledger.broken_at(cast.practice.uid) is None


def test_numbers_run_for_each_vendor(cast: Cast, notewell: Vendor) -> None:
    other = factories.make_vendor(practice=cast.practice, name="Claridesk")
    factories.make_standing(vendor=other)
    added = [add(notewell, cast.officer, b"1"), add(notewell, cast.officer, b"2"), add(other, cast.officer, b"1")]
    assert [evidence.label for evidence in added] == ["E-01", "E-02", "E-01"]
    assert StoredFile.objects.count() == 2


def test_without_somebodys_word_nothing_is_kept(cast: Cast, browse: Browse, notewell: Vendor) -> None:
    response = browse(cast.officer).post(url(notewell), given(no_patient_data=""))
    assert (response.status_code, Evidence.objects.count(), StoredFile.objects.count()) == (422, 0, 0)
    assert response.context["form"].errors == {
        "no_patient_data": ["Look through the file, then mark that no patient data is in it."]
    }
    with pytest.raises(Refused) as refused:
        add(notewell, cast.officer, no_patient_data=False)
    assert refused.value.field == "no_patient_data"


def test_the_same_file_again_is_named_and_not_kept_twice(cast: Cast, browse: Browse, notewell: Vendor) -> None:
    first = add(notewell, cast.officer, title="AI log")
    response = browse(cast.officer).post(url(notewell), given(title="Another name"))
    assert (response.status_code, response.context["already"], Evidence.objects.count()) == (422, first, 1)
    assert response.context["form"].errors["file"] == ["This file is already on file as E-01, “AI log”."]
    assert f'href="/evidence/{first.uid}/"' in response.content.decode()


def test_the_same_form_twice_makes_one_record(cast: Cast, browse: Browse, notewell: Vendor) -> None:
    form_id = str(uuid.uuid4())
    answers = [browse(cast.officer).post(url(notewell), given(form_id=form_id)) for _ in range(2)]
    assert [answer.headers["Location"] for answer in answers] == [f"/evidence/{Evidence.objects.get().uid}/"] * 2


def test_two_sendings_at_the_same_moment_make_one_record(
    cast: Cast, notewell: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    form_id = str(uuid.uuid4())
    first = add(notewell, cast.officer, form_id=form_id)
    monkeypatch.setattr(actions, "once", lambda model, *, make, **rest: make())  # the slower one sees no row yet
    facts = {"accepted": made.accepted(b"actor,action\r\n"), "no_patient_data": True}
    assert actions.add_evidence_once(vendor=notewell, by=cast.officer, form_id=form_id, **facts) == first


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"file": ""}, {"file": ["Choose a file."]}),
        ({"dated_on": "soon"}, {"dated_on": ["This is not a date. Write it like 2026-11-09."]}),
        (
            {"dated_on": "2999-01-01"},
            {"dated_on": ["This date lies in the future. Write the date that stands on the document."]},
        ),
        (
            {"dated_on": "2026-01-05", "expires_on": "2026-01-04"},
            {"expires_on": ["It cannot stop counting before its own date."]},
        ),
        (
            {"kind_of": "report"},
            {"dated_on": ["Write the date on the document. A report or memo counts for one year from it."]},
        ),
    ],
)
def test_what_cannot_be_is_refused_and_the_rest_of_the_form_stays(
    cast: Cast, browse: Browse, notewell: Vendor, changes: dict[str, str], errors: dict[str, list[str]]
) -> None:
    response = browse(cast.officer).post(url(notewell), given(title="Kept all the same", **changes))
    assert (response.status_code, response.context["form"].errors) == (422, errors)
    assert 'value="Kept all the same"' in response.content.decode()
    assert (Evidence.objects.count(), StoredFile.objects.count()) == (0, 0)


def test_a_bad_file_is_refused_beside_its_field(cast: Cast, browse: Browse, notewell: Vendor) -> None:
    response = browse(cast.officer).post(url(notewell), given(made.pdf_with_launch(), "policy.pdf"))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["file"]
    assert 'value="AI log"' in response.content.decode()


def test_after_another_mistake_the_file_is_asked_for_again(cast: Cast, browse: Browse, notewell: Vendor) -> None:
    response = browse(cast.officer).post(url(notewell), given(dated_on="soon"))
    assert "Choose the file again. A browser cannot keep it for you." in response.content.decode()


@pytest.mark.parametrize(
    ("kind_of", "given_end", "expires_on"),
    [
        ("report", None, date(2025, 2, 28)),
        ("memo", None, date(2025, 2, 28)),
        ("report", date(2024, 6, 1), date(2024, 6, 1)),
        ("policy", None, None),
    ],
)
def test_reports_and_memos_count_for_one_year(
    cast: Cast, notewell: Vendor, kind_of: str, given_end: date | None, expires_on: date | None
) -> None:
    evidence = add(notewell, cast.officer, kind_of=kind_of, dated_on=date(2024, 2, 29), expires_on=given_end)
    assert evidence.expires_on == expires_on


@pytest.mark.parametrize(
    ("name", "title"),
    [("AI_log  2026.csv", "AI log 2026"), ("x" * 251 + ".csv", "x" * 200), ("_.csv", "File")],
)
def test_without_a_title_it_is_called_as_its_file_is(cast: Cast, notewell: Vendor, name: str, title: str) -> None:
    accepted = made.accepted(name=name)
    facts = {"vendor": notewell, "by": cast.officer, "accepted": accepted, "no_patient_data": True}
    assert actions.add_evidence(**facts).title == title


def test_when_the_ledger_fails_no_record_is_made(cast: Cast, notewell: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **detail: Any) -> None:
        raise RuntimeError("the ledger is away")

    monkeypatch.setattr(actions.ledger, "record", broken)
    with pytest.raises(RuntimeError):
        add(notewell, cast.officer)
    assert (Evidence.objects.count(), StoredFile.objects.count()) == (0, 0)


def test_an_auditor_may_not_and_a_stranger_finds_nothing(
    cast: Cast, strangers: Cast, browse: Browse, notewell: Vendor
) -> None:
    answers = [browse(person).post(url(notewell), given()).status_code for person in [cast.auditor, strangers.owner]]
    assert (answers, Evidence.objects.count()) == ([403, 404], 0)
