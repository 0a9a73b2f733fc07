"""Asking a vendor for a newer document, and putting it in the place of the older one."""

from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest

from checklists.models import Citation
from tests import files
from tests.checklists.conftest import draft, make_evidence
from tests.factories import make_vendor
from vendors.ask_for_new import letter_for
from vendors.models import Evidence

__all__ = ["draft"]  # a fixture
pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

FORM_ID = "6f0c7d7e-2f5b-4a4e-9f0b-0d7a5d2f6a15"


@pytest.fixture
def report(cast, draft):
    return make_evidence(
        vendor=draft.vendor, by=cast.officer, title="SOC 2 report", kind_of="report", dated_on=date(2025, 10, 1),
        expires_on=date(2026, 10, 1),
    )  # fmt: skip


def test_the_mail_names_the_document_its_days_and_asks_for_no_patient_data(cast, report, browse):
    words = browse(cast.staff).get(f"/evidence/{report.uid}/ask/").content.decode()
    shown = ["“SOC 2 report”, dated 1 Oct 2025. It counts until 1 Oct 2026.", "any patient data", "Sam Lindqvist"]
    assert [each for each in shown if each not in words] == []


def test_the_mail_opens_with_its_words_and_cannot_gain_a_reader(cast):
    vendor = make_vendor(
        practice=cast.practice, name="A&B?cc=x@y.example\nBcc: z", contact_email="pia@notewell.example"
    )
    evidence = make_evidence(vendor=vendor, by=cast.officer, title="Policy & plan?bcc=q@r.example")
    letter = letter_for(evidence, practice="Harbor & Light", by="Dana Okafor")
    opened = urlsplit(letter.address)
    assert (opened.scheme, opened.path) == ("mailto", "pia@notewell.example")
    assert parse_qs(opened.query) == {"subject": [letter.subject], "body": [letter.text.replace("\n", "\r\n")]}


def test_the_new_one_takes_its_place_and_is_offered_where_the_older_one_stands(cast, draft, report, browse):
    answer = draft.answers.get(question=7)
    client = browse(cast.officer)
    client.post(f"/evaluations/{draft.uid}/questions/7/evidence/", {"evidence": report.uid})
    form = {"form_id": FORM_ID, "kind_of": "report", "dated_on": "2026-10-01", "no_patient_data": "on"}
    paper = files.upload(b"actor,action\r\n", "log.csv")
    url = f"/vendors/{draft.vendor.uid}/evidence/add/"
    assert f'<option value="{report.uid}" selected>' in client.get(f"{url}?replaces={report.uid}").content.decode()
    client.post(url, {**form, "replaces": report.uid, "file": paper})
    newer = Evidence.objects.get(number=report.number + 1)
    assert newer.replaces == report
    words = client.get(f"/evidence/{newer.uid}/").content.decode()
    assert "Put it under question 7" in words
    with_it = Citation.objects.filter(answer=answer)
    client.post(f"/evaluations/{draft.uid}/questions/7/evidence/", {"evidence": newer.uid})
    assert (with_it.count(), "Put it under" in client.get(f"/evidence/{newer.uid}/").content.decode()) == (2, False)


def test_one_document_is_replaced_once_and_by_its_own_vendors(cast, draft, report, browse):
    make_evidence(vendor=draft.vendor, by=cast.officer, title="Newer", replaces=report)
    other = make_evidence(vendor=make_vendor(practice=cast.practice, name="Other"), by=cast.officer)
    form = {"form_id": FORM_ID, "kind_of": "other", "no_patient_data": "on"}
    for uid in (report.uid, other.uid):
        sent = {**form, "replaces": uid, "file": files.upload(b"actor,action\r\n", "log.csv")}
        response = browse(cast.officer).post(f"/vendors/{draft.vendor.uid}/evidence/add/", sent)
        assert (response.status_code, list(response.context["form"].errors)) == (422, ["replaces"])
