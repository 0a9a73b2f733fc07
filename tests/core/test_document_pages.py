"""The page of a document that was asked for, its download, and the list on other pages."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.template.loader import render_to_string
from django.test import Client

from practice_vetting.core import clock, tasks
from practice_vetting.core.context import May
from practice_vetting.core.documents import jobs
from practice_vetting.core.models import Document, Job, JobState, LedgerEntry, Membership
from tests.conftest import Cast
from tests.core.document_kinds import make_document, make_job

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 9, 12, tzinfo=UTC)
Browse = Callable[[Any], Client]


@pytest.fixture(autouse=True)
def at_noon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(tasks.run_job, "apply_async", lambda args, **options: None)
    with clock.set_to(NOON):
        yield


@pytest.fixture
def subject(cast: Cast) -> Membership:
    return Membership.objects.get(person=cast.officer)


def shown(client: Client, job: Job, **headers: Any) -> str:
    response = client.get(f"/documents/{job.uid}/", **headers)
    assert response.status_code == 200
    return response.content.decode()


# --- the page -------------------------------------------------------------------------------------------


def test_a_job_that_waits_asks_again_and_can_be_looked_at_without_scripts(
    cast: Cast, subject: Membership, browse: Browse
) -> None:
    job = make_job(subject=subject)
    page = shown(browse(cast.staff), job)
    assert "The attestation is waiting for its turn" in page
    assert f'hx-get="/documents/{job.uid}/" hx-trigger="every 2s" hx-headers=' in page
    assert f'<a class="button quiet no-js" href="/documents/{job.uid}/">Look again</a>' in page


def test_a_job_names_what_goes_along_and_the_day(cast: Cast, subject: Membership, browse: Browse) -> None:
    job = make_job(subject=subject, kind="dossier", options={"evidence": "inside", "as_of": "2026-11-02"})
    said = "The dossier with the evidence inside as of 2 Nov 2026 is waiting for its turn"
    assert said in shown(browse(cast.staff), job)


def test_a_document_says_in_which_bundle_it_is(cast: Cast, subject: Membership, browse: Browse) -> None:
    document = make_document(subject=subject)
    make_job(subject=subject, kind="bundle", after=document.job, number="PV-2026-0005", key="around")
    assert "Number PV-2026-0001, in bundle PV-2026-0005. PDF" in shown(browse(cast.staff), document.job)


def test_a_job_under_way_says_so_and_its_attempt(cast: Cast, subject: Membership, browse: Browse) -> None:
    job = make_job(subject=subject, state=JobState.RUNNING, claim="x", lease_until=NOON, attempts=2)
    page = shown(browse(cast.officer), job)
    assert ("The attestation is being prepared" in page, "Attempt 2 of 5." in page) == (True, True)


def test_a_job_between_two_tries_says_why_and_when(cast: Cast, subject: Membership, browse: Browse) -> None:
    later = NOON + timedelta(minutes=2)
    job = make_job(subject=subject, attempts=3, next_try_at=later, last_error="The disk is full.")
    page = shown(browse(cast.officer), job)
    for words in ("is tried again soon", "The disk is full.", "Next try: 9 Nov 2026, 07:02", "Try now"):
        assert words in page


def test_a_ready_document_can_be_downloaded_and_asks_no_more(cast: Cast, subject: Membership, browse: Browse) -> None:
    document = make_document(subject=subject)
    page = shown(browse(cast.auditor), document.job)
    assert ("every 2s" in page, "Number PV-2026-0001. PDF, 3 pages, 6\xa0bytes" in page) == (False, True)
    assert f'href="/documents/{document.uid}/download/"' in page


def test_a_failed_job_says_why_and_who_may_try_again(cast: Cast, subject: Membership, browse: Browse) -> None:
    job = make_job(subject=subject, state=JobState.FAILED, last_error="This takes too long.")
    officer, staff = shown(browse(cast.officer), job), shown(browse(cast.staff), job)
    assert ("This takes too long." in officer, f"/documents/{job.uid}/again/" in officer) == (True, True)
    assert (f"/documents/{job.uid}/again/" in staff, "Ask the owner" in staff) == (False, True)
    assert "every 2s" not in officer


def test_htmx_gets_the_fragment_alone(cast: Cast, subject: Membership, browse: Browse) -> None:
    fragment = shown(browse(cast.officer), make_job(subject=subject), headers={"HX-Request": "true"})
    assert fragment.strip().startswith('<div class="document preparing"')


@pytest.mark.parametrize("path", ["/documents/{}/", "/documents/{}/again/"])
def test_the_job_of_another_practice_is_not_there(
    strangers: Cast, subject: Membership, browse: Browse, path: str
) -> None:
    client = browse(strangers.owner)
    send = client.post if "again" in path else client.get
    assert send(path.format(make_job(subject=subject).uid)).status_code == 404


# --- once more ------------------------------------------------------------------------------------------


def test_trying_again_begins_the_job_anew(cast: Cast, subject: Membership, browse: Browse) -> None:
    job = make_job(subject=subject, state=JobState.FAILED, attempts=5)
    response = browse(cast.officer).post(f"/documents/{job.uid}/again/")
    job.refresh_from_db()
    assert (response.status_code, response.headers["Location"]) == (302, f"/documents/{job.uid}/")
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)
    assert [entry.verb for entry in LedgerEntry.objects.all()] == ["document.tried_again"]


@pytest.mark.parametrize("role", ["staff", "auditor"])
def test_only_who_may_issue_may_try_again(cast: Cast, subject: Membership, browse: Browse, role: str) -> None:
    job = make_job(subject=subject, state=JobState.FAILED)
    assert browse(getattr(cast, role)).post(f"/documents/{job.uid}/again/").status_code == 403


def test_a_document_that_is_ready_is_not_begun_anew(cast: Cast, subject: Membership, browse: Browse) -> None:
    document = make_document(subject=subject)
    response = browse(cast.owner).post(f"/documents/{document.job.uid}/again/", follow=True)
    assert "There is nothing to try again." in response.content.decode()


def test_looking_does_not_begin_anything(cast: Cast, subject: Membership, browse: Browse) -> None:
    job = make_job(subject=subject, state=JobState.FAILED)
    assert browse(cast.owner).get(f"/documents/{job.uid}/again/").status_code == 405


# --- the download ---------------------------------------------------------------------------------------


def test_a_download_gives_the_bytes_as_a_file_and_is_told_to_the_ledger(
    cast: Cast, subject: Membership, browse: Browse
) -> None:
    document = make_document(subject=subject, title="Attestation: Notewell/\u202eEvil")
    response = browse(cast.auditor).get(f"/documents/{document.uid}/download/")
    entry = LedgerEntry.objects.get()
    assert b"".join(response.streaming_content) == b"sealed"
    assert (response.headers["Content-Type"], response.headers["X-Content-Type-Options"]) == (
        "application/pdf",
        "nosniff",
    )
    name = "PV-2026-0001 Attestation- Notewell-Evil.pdf"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert (entry.verb, entry.record_uid, entry.person_name) == ("document.downloaded", document.uid, "Alex Tan")


def test_a_long_name_is_cut_in_the_name_of_the_file(cast: Cast, subject: Membership, browse: Browse) -> None:
    document = make_document(subject=subject, title=f"Vendor dossier: {'N' * 200}, as of 21 Nov 2026")
    response = browse(cast.auditor).get(f"/documents/{document.uid}/download/")
    assert b"".join(response.streaming_content) == b"sealed"
    name = f"PV-2026-0001 Vendor dossier- {'N' * 44}...{'N' * 21}, as of 21 Nov 2026.pdf"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'


def test_a_damaged_file_is_refused_with_the_reason(cast: Cast, subject: Membership, browse: Browse) -> None:
    document = make_document(subject=subject)
    Path(default_storage.path(document.file.path)).write_bytes(b"Sealed")
    response = browse(cast.owner).get(f"/documents/{document.uid}/download/")
    assert (response.status_code, LedgerEntry.objects.count()) == (409, 0)
    assert "changed in the storage" in response.content.decode()


def test_a_stranger_downloads_nothing(strangers: Cast, subject: Membership, browse: Browse, client: Client) -> None:
    document = make_document(subject=subject)
    path = f"/documents/{document.uid}/download/"
    assert browse(strangers.owner).get(path).status_code == 404
    assert client.get(path).headers["Location"].startswith("/sign-in/")


# --- the list on other pages ----------------------------------------------------------------------------


def listed(cast: Cast, subject: Membership) -> str:
    documents = jobs.documents_of(cast.practice, [("membership", subject.uid)])
    return render_to_string("core/_documents.html", {"documents": documents, "may": May(subject)})


def test_the_list_shows_each_document_and_each_job(cast: Cast, subject: Membership) -> None:
    make_document(subject=subject, key="1")
    make_job(subject=subject, key="2", kind="dossier")
    page = listed(cast, subject)
    assert page.index("The dossier is waiting") < page.index("Number PV-2026-0001")


def test_an_empty_list_says_what_will_be_there(cast: Cast, subject: Membership) -> None:
    assert "No document was made yet." in listed(cast, subject)


def test_the_list_asks_the_database_once(cast: Cast, subject: Membership, django_assert_num_queries: Any) -> None:
    for serial in range(1, 4):
        make_document(subject=subject, key=str(serial), number=f"PV-2026-000{serial}", content=b"%d" % serial)
    with django_assert_num_queries(1):
        page = listed(cast, subject)
    assert (page.count("Download the PDF"), Document.objects.count()) == (3, 3)
