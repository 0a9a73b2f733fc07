"""How far long work is: what the row says, who may write it, and what the page that waits is answered."""

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from practice_vetting.core import clock, progress, tasks
from practice_vetting.core.archive import exports
from practice_vetting.core.documents import jobs
from practice_vetting.core.files.store import StorageAway
from practice_vetting.core.models import (
    AskedCheck,
    HistoryCheck,
    Job,
    JobState,
    LedgerEntry,
    Membership,
    PracticeExport,
)
from practice_vetting.core.proof import asked, files
from tests.conftest import Cast
from tests.core.document_kinds import make_job

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 9, 12, tzinfo=UTC)
HTMX = {"HX-Request": "true"}
Browse = Callable[[Any], Client]


@pytest.fixture(autouse=True)
def at_noon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for task in (tasks.run_job, tasks.make_export, tasks.compare_history):
        monkeypatch.setattr(task, "apply_async", lambda args, **options: None)
    with clock.set_to(NOON):
        yield


@pytest.fixture
def subject(cast: Cast) -> Membership:
    return Membership.objects.get(person=cast.officer)


@pytest.fixture
def fitting(monkeypatch: pytest.MonkeyPatch) -> None:
    """All fits, though the cast was put there past the ledger."""
    facts = {"entries": 1, "rows": 1, "files": 1, "misfits": []}
    monkeypatch.setattr(asked.check, "check_one", lambda practice: SimpleNamespace(practice=practice, **facts))


def running(subject: Membership, **columns: Any) -> Job:
    held = {"state": JobState.RUNNING, "claim": "x", "lease_until": NOON + timedelta(minutes=2), "attempts": 1}
    return make_job(subject=subject, **{**held, **columns})


def page(client: Client, path: str, **query: str) -> str:
    return " ".join(client.get(path, query).content.decode().split())


# --- the row --------------------------------------------------------------------------------------------


def test_each_step_is_written_and_its_counts_once_a_second(subject: Membership, django_assert_num_queries: Any) -> None:
    job = running(subject)
    with progress.kept_on(Job.objects.filter(pk=job.pk)), django_assert_num_queries(6):  # two writes, each a savepoint
        for _ in progress.each("Putting the files in", range(40), 40):
            pass
        progress.tell("Putting it away")
    job.refresh_from_db()
    assert (job.step, job.step_done, job.step_at) == ("Putting it away", None, NOON)


def test_who_lost_the_claim_writes_nothing(subject: Membership) -> None:
    job = running(subject)
    with progress.kept_on(Job.objects.filter(pk=job.pk, claim="x")):
        Job.objects.update(claim="another's", step="Gathering what goes into it")
        progress.tell("Putting it away")
    job.refresh_from_db()
    assert (job.step, job.lease_until) == ("Gathering what goes into it", NOON + timedelta(minutes=2))


def test_nobody_hears_what_is_told_to_nobody(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        progress.tell("Putting it away")


def test_who_takes_a_job_over_counts_it(subject: Membership) -> None:
    job = running(subject, lease_until=NOON, step="Writing the pages and sealing them")
    taken = jobs.claim(job.uid)
    assert taken
    assert (taken.takeovers, taken.attempts, taken.step) == (1, 2, "Gathering what goes into it")


# --- a terminal -----------------------------------------------------------------------------------------


class Screen(io.StringIO):
    def write(self, text: str, style_func: Any = None, ending: str = "") -> int:
        return super().write(text)

    def isatty(self) -> bool:
        return True


def test_a_terminal_has_one_line_that_goes_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "A_SCREEN", 0)
    screen = Screen()
    with progress.on_terminal(screen):
        progress.tell("Copying the files", 1200, 4000)
    assert screen.getvalue() == "\r\x1b[KCopying the files: 1,200 of 4,000\r\x1b[K"


def test_a_log_has_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    log, quick = Screen(), Screen()
    for out in (log, quick):
        monkeypatch.setattr(out, "isatty", lambda: False)
    with progress.on_terminal(quick):
        progress.tell("Copying the files", 1, 4)
    monkeypatch.setattr(progress, "A_LINE", 0)
    with progress.on_terminal(log):
        progress.tell("Copying the files", 1, 4)
    assert (quick.getvalue(), log.getvalue()) == ("", "Copying the files: 1 of 4\n")


# --- the page -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"step": "Writing the pages and sealing them"}, "<p>Writing the pages and sealing them</p>"),
        ({"step": "Putting the files in", "step_done": 12, "step_of": 40}, "Putting the files in: 12 of 40"),
        ({"step": "x", "step_done": 12, "step_of": 40}, '<progress max="40" value="12" aria-label="The attestation"'),
        ({"takeovers": 1, "attempts": 2}, "A worker stopped in the middle of it. Another one began anew."),
        ({"lease_until": NOON}, "The worker that had it does not answer."),
    ],
)
def test_a_job_says_its_step(subject: Membership, browse: Browse, columns: dict[str, Any], words: str) -> None:
    assert words in page(browse(subject.person), f"/documents/{running(subject, **columns).uid}/")


def test_a_step_without_a_count_has_no_bar(subject: Membership, browse: Browse) -> None:
    job = running(subject, step="Putting it away")
    assert "<progress" not in page(browse(subject.person), f"/documents/{job.uid}/")


def test_a_job_that_waits_tells_how_many_of_the_practice_are_before_it(
    cast: Cast, strangers: Cast, subject: Membership, browse: Browse
) -> None:
    make_job(subject=Membership.objects.get(person=strangers.officer))
    running(subject, key="one")
    make_job(subject=subject, key="two", next_try_at=NOON + timedelta(hours=1))  # it comes later
    job = make_job(subject=subject, key="three")
    assert "1 other document goes before it." in page(browse(cast.officer), f"/documents/{job.uid}/")


def test_a_bundle_waits_for_its_dossier(cast: Cast, subject: Membership, browse: Browse) -> None:
    job = make_job(subject=subject, kind="bundle", key="around", after=running(subject, kind="dossier"))
    assert "Waiting for the dossier that goes into it." in page(browse(cast.officer), f"/documents/{job.uid}/")


def test_nothing_is_answered_while_nothing_changed(subject: Membership, browse: Browse) -> None:
    job, client = running(subject, step="Putting the files in", step_done=1, step_of=40), browse(subject.person)
    path = f"/documents/{job.uid}/"
    assert client.get(path, {"seen": job.seen}, headers=HTMX).status_code == 204
    Job.objects.update(step_done=2)
    counted = client.get(path, {"seen": job.seen}, headers=HTMX).content.decode()
    Job.objects.update(step="Putting it away")
    stepped = client.get(path, {"seen": job.seen}, headers=HTMX).content.decode()
    assert ('id="live"' in counted, "2 of 40" in counted) == (False, True)
    assert '<p id="live" hx-swap-oob="innerHTML">The attestation: Putting it away.</p>' in stepped


@pytest.mark.parametrize(("minutes", "every"), [(0, "every 2s"), (5, "every 5s"), (30, "every 15s")])
def test_the_page_asks_less_often_after_a_while(subject: Membership, browse: Browse, minutes: int, every: str) -> None:
    job = make_job(subject=subject, requested_at=NOON - timedelta(minutes=minutes))
    assert f'hx-trigger="{every}"' in page(browse(subject.person), f"/documents/{job.uid}/")


# --- an export ------------------------------------------------------------------------------------------


def test_an_export_tells_how_far_it_is_then_asks_no_more(cast: Cast, browse: Browse) -> None:
    export = exports.ask(practice=cast.practice, by=cast.owner)
    path, client = f"/practice/exports/{export.uid}/state/", browse(cast.owner)
    waiting = client.get(path, headers=HTMX).content.decode()
    exports.make(export.uid)
    ready = client.get(path, {"seen": export.seen}, headers=HTMX).content.decode()
    export.refresh_from_db()
    assert ("hx-get" in waiting, "waiting for its turn" in waiting) == (True, True)
    assert ("hx-get" in ready, "The file with everything is ready." in ready) == (False, True)
    assert (export.state, export.step) == ("done", "Putting it away")


def test_the_state_of_another_practice_s_export_is_not_there(cast: Cast, strangers: Cast, browse: Browse) -> None:
    export = PracticeExport.objects.create(practice=cast.practice, requested_by=cast.owner)
    assert browse(strangers.owner).get(f"/practice/exports/{export.uid}/state/", headers=HTMX).status_code == 404


# --- a comparison of all history ------------------------------------------------------------------------


def test_an_officer_has_all_history_compared_now(cast: Cast, browse: Browse, fitting: None) -> None:
    client = browse(cast.officer)
    assert (
        "It was asked for. What is found will stand here."
        in client.post("/history/check/now/", follow=True).content.decode()
    )
    wanted = AskedCheck.objects.get()
    asked.compare(wanted.uid)
    wanted.refresh_from_db()
    done = client.get("/history/check/", {"seen": "x-y"}, headers=HTMX).content.decode()
    assert (wanted.state, wanted.found) == ("done", HistoryCheck.objects.get())
    assert ("all fits" in done, "hx-get" in done, "Compare now" in done) == (True, False, True)


def test_a_second_is_refused_while_one_is_under_way(cast: Cast, browse: Browse) -> None:
    asked.ask(practice=cast.practice, by=cast.owner)
    said = browse(cast.owner).post("/history/check/now/", follow=True).content.decode()
    assert (asked.UNDER_WAY in said, AskedCheck.objects.count()) == (True, 1)
    assert LedgerEntry.objects.filter(verb="history.check_asked").count() == 1


def test_an_auditor_sees_the_comparison_and_asks_for_none(cast: Cast, browse: Browse) -> None:
    client = browse(cast.auditor)
    assert "Compare now" not in client.get("/history/check/").content.decode()
    assert client.post("/history/check/now/").status_code == 403


def test_who_lost_the_claim_keeps_no_result(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted, real = asked.ask(practice=cast.practice, by=cast.owner), asked.check.check_one

    def overtaken(practice: Any) -> Any:
        AskedCheck.objects.update(claim="another's")
        return real(practice)

    monkeypatch.setattr(asked.check, "check_one", overtaken)
    asked.compare(wanted.uid)
    wanted.refresh_from_db()
    assert (wanted.state, HistoryCheck.objects.count()) == ("running", 0)


def test_what_the_night_found_of_the_installation_stays_until_the_night(cast: Cast, fitting: None) -> None:
    HistoryCheck.objects.create(practice=cast.practice, problem="database: no trigger", record_kind="database")
    asked.compare(asked.ask(practice=cast.practice, by=cast.owner).uid)
    assert HistoryCheck.objects.order_by("-pk")[0].problem == "database: no trigger"


def test_a_storage_that_is_away_is_no_misfit(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_given: Any, **_options: Any) -> Any:
        raise StorageAway("ConnectTimeoutError")

    wanted = asked.ask(practice=cast.practice, by=cast.owner)
    monkeypatch.setattr(files, "misfits", away)
    asked.compare(wanted.uid)
    wanted.refresh_from_db()
    assert (wanted.state, wanted.problem, HistoryCheck.objects.count()) == ("failed", asked._AWAY, 0)
