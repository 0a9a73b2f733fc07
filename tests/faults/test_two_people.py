"""F15 and F16: two people write at once, and one form is sent twice at once. Nothing is overwritten silently."""

import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.faults.conftest import Report
from tests.faults.desk import fresh_pdf, journals_of
from tests.faults.installation import Installation
from tests.faults.officers import Officer, in_days
from tests.faults.pages import form_of

pytestmark = pytest.mark.faults
ROUNDS = 25

Asked = Callable[[], requests.Response | None]


def together(*asked: Asked) -> list[requests.Response]:
    """All of them at the same moment; their answers."""
    answers: list[Any] = [None] * len(asked)
    gate = threading.Barrier(len(asked))

    def one(number: int, ask: Asked) -> None:
        gate.wait()
        answers[number] = ask()

    threads = [threading.Thread(target=one, args=each) for each in enumerate(asked)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert None not in answers, "a connection was lost"
    return answers


def poster(officer: Officer, path: str, fields: dict[str, str], **more: Any) -> Asked:
    return lambda: officer.ask("POST", path, data=fields, **more)


def test_of_two_who_save_one_answer_the_second_sees_both_texts(
    small_site: Installation, desk: list[Officer], report: Report
):
    report.fault("F15", f"two people save the same answer at the same moment, {ROUNDS} times")
    first, second = desk[:2]
    page = f"/evaluations/{first.known.shared}/"
    silent, kept = 0, []
    for turn in range(ROUNDS):
        path = f"{page}questions/{1 + turn % 9}/"
        forms = [form_of(each.open(page), action=path, holding="said") for each in (first, second)]
        marks = [each._mark("both") for each in (first, second)]
        sent = [poster(who, path, {**form, "said": mark, "response": "said"})
                for who, form, mark in zip((first, second), forms, marks, strict=True)]  # fmt: skip
        answers = together(*sent)
        states = [each.status_code for each in answers]
        if sorted(states) != [302, 409]:
            silent += 1
            continue
        kept.append(marks[states.index(302)])
        both = answers[states.index(409)].text
        silent += not all(mark in both for mark in marks)
    said = [each["said"] for each in small_site.facts(sweep=False)["said"]]
    report.counts |= {"rounds": ROUNDS, "silently overwritten": silent}
    assert silent == 0
    assert [said.count(mark) for mark in kept] == [1] * ROUNDS
    report.healing(small_site)
    report.holds(small_site, journals_of(desk))


def test_an_answer_against_the_end_of_its_evaluation(small_site: Installation, desk: list[Officer], report: Report):
    """Whoever is first, the ledger never has an answer after the withdrawal, and nobody is told otherwise."""
    report.fault("F15", "an answer is saved while somebody else withdraws the evaluation, 6 times")
    first, second = desk[:2]
    saved = 0
    for _ in range(6):
        start = f"/vendors/{first.known.vendor}/evaluate/"
        under_way = f"/evaluations/{first.known.evaluation}/"
        path = f"{under_way}questions/3/"
        said = form_of(first.open(under_way), action=path, holding="said")
        end = form_of(second.open(under_way), action=f"{under_way}withdraw/")
        mark = first._mark("late")
        answers = together(
            poster(first, path, {**said, "said": mark, "response": "said"}),
            poster(second, f"{under_way}withdraw/", {**end, "reason": "Another one is better"}),
        )
        there = [each["said"] for each in small_site.facts(sweep=False)["said"]].count(mark)
        assert answers[1].status_code == 302
        assert there == (answers[0].status_code == 302), answers[0].text[:2000]
        saved += there
        order = small_site.postgresql.ask(
            "SELECT verb FROM core_ledgerentry WHERE verb IN ('answer.recorded', 'evaluation.withdrawn') "
            "ORDER BY seq DESC LIMIT 1"
        )
        assert order == [("evaluation.withdrawn",)]
        fields = form_of(first.open(start), holding="form_id")
        tool = small_site.postgresql.ask(
            "SELECT t.uid FROM vendors_tool t JOIN vendors_vendor v ON v.id = t.vendor_id WHERE v.uid = %s",
            first.known.vendor,
        )
        began = first.ask("POST", start, data={**fields, "tools": str(tool[0][0])})
        assert began is not None
        assert began.status_code == 302, began.text[-3000:]
        uid = urlsplit(began.headers["Location"]).path.strip("/").split("/")[-1]
        first.known = type(first.known)(**{**vars(first.known), "evaluation": uid})
    report.counts |= {"answers that were first": saved, "that came too late and said so": 6 - saved}
    report.healing(small_site)
    report.holds(small_site, journals_of(desk))


def test_a_change_against_an_end(small_site: Installation, desk: list[Officer], report: Report):
    report.fault("F15", "a vendor is changed while somebody else ends it, 8 times")
    first, second = desk[:2]
    outcomes = []
    for _ in range(8):
        first.vendor()
        [[uid]] = small_site.postgresql.ask("SELECT uid FROM vendors_vendor ORDER BY id DESC LIMIT 1")
        change, end = f"/vendors/{uid}/change/", f"/vendors/{uid}/end/"
        changed, ended = form_of(first.open(change), holding="version"), form_of(second.open(end), holding="version")
        summary = first._mark("changed")
        answers = together(
            poster(first, change, {**changed, "summary": summary}),
            poster(second, end, {**ended, "reason": "We use another", "how": "none", "data": "none"}),
        )
        states = [each.status_code for each in answers]
        [[there]] = small_site.postgresql.ask("SELECT summary FROM vendors_vendor WHERE uid = %s", uid)
        assert (there == summary) == (states[0] == 302), states
        assert sorted(states) in ([302, 409], [302, 422]), states
        outcomes.append(states[0] == 302)
    report.counts |= {"changes that were first": sum(outcomes), "ends that were first": 8 - sum(outcomes)}
    report.healing(small_site)
    report.holds(small_site, journals_of(desk))


def test_one_form_sent_twice_at_once_makes_one(small_site: Installation, desk: list[Officer], report: Report):
    report.fault("F16", "the same form sent three times at once, from two windows: vendors, files, dossiers")
    who = desk[2]
    rounds = 6
    for _ in range(rounds):
        fields = form_of(who.open("/vendors/add/"), holding="form_id") | {"name": who._mark("vendor"), "summary": "x"}
        answers = together(*[poster(who, "/vendors/add/", fields)] * 3)
        assert {each.status_code for each in answers} == {302}
        assert len({each.headers["Location"] for each in answers}) == 1
        path = f"/vendors/{who.known.vendor}/evidence/add/"
        fields = form_of(who.open(path), holding="form_id") | {
            "title": who._mark("evidence"), "kind_of": "report", "no_patient_data": "on",
            "dated_on": in_days(0), "expires_on": in_days(8),
        }  # fmt: skip
        files = {"file": ("report.pdf", fresh_pdf(who), "application/pdf")}
        answers = together(*[poster(who, path, fields, files=files)] * 3)
        assert {each.status_code for each in answers} == {302}
        page = f"/vendors/{who.known.vendor}/"
        asked = form_of(who.open(page), action=f"{page}dossier/")
        before = small_site.postgresql.ask("SELECT count(*) FROM core_job")[0][0]
        together(*[poster(who, f"{page}dossier/", asked)] * 3)
        assert small_site.postgresql.ask("SELECT count(*) FROM core_job")[0][0] == before + 1
    twice = "SELECT form_id FROM {} WHERE form_id IS NOT NULL GROUP BY 1 HAVING count(*) > 1"
    for table in ("vendors_vendor", "vendors_evidence"):
        assert small_site.postgresql.ask(twice.format(table)) == []
    report.counts |= {"forms": 3 * rounds, "sent": 9 * rounds}
    report.healing(small_site)
    report.holds(small_site, journals_of(desk))
