"""The page of an evaluation: what it costs, and that what is rendered once says what is so now."""

from collections.abc import Callable

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from checklists.actions.answers import record_answer
from checklists.actions.signing import submit_evaluation
from checklists.models import Evaluation
from tests import factories
from tests.conftest import Cast

Browse = Callable[..., Client]


def address(evaluation: Evaluation) -> str:
    return reverse("checklists:evaluation", args=[evaluation.uid])


def queries_of(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as seen:
        client.get(url)
    return len(seen)


def test_submitted_it_costs_one_more_for_signatures_and_document(cleared: Evaluation, cast: Cast, browse: Browse):
    submit_evaluation(evaluation=cleared, by=cast.officer)
    assert queries_of(browse(cast.officer), address(cleared)) == 9


def test_two_evaluations_are_not_told_for_each_other(cleared: Evaluation, cast: Cast, browse: Browse):
    """What is rendered once is the same for both; what was chosen is not."""
    page = browse(cast.officer).get(address(cleared)).text
    answer = cleared.answers.get(question=1)
    factories.change(answer, response="said")
    later = browse(cast.officer).get(address(cleared)).text
    chosen = 'value="{}" checked'
    assert (page.count(chosen.format("in_writing")), page.count(chosen.format("said"))) == (9, 0)
    assert (later.count(chosen.format("in_writing")), later.count(chosen.format("said"))) == (8, 1)


def test_each_form_for_a_file_has_an_id_of_its_own(cleared: Evaluation, cast: Cast, browse: Browse):
    page = browse(cast.officer).get(address(cleared)).text
    ids = [part.partition('"')[0] for part in page.split('name="form_id" value="')[1:]]
    assert (len(ids), len(set(ids))) == (9, 9)
    assert page != browse(cast.officer).get(address(cleared)).text


def test_at_its_end_it_says_what_changed_from_what_to_what(cleared: Evaluation, cast: Cast, browse: Browse):
    answer = cleared.answers.get(question=4)
    record_answer(answer=answer, by=cast.officer, version=answer.version, said="They sent the list.")
    page = browse(cast.officer).get(address(cleared)).text
    told = page.partition('id="changed-title">What changed</h2>')[2].partition("</li>")[0]
    assert "<b>Dana Okafor</b> recorded the answer to question 4</p>" in told
    assert '<ins><span class="visually-hidden">now </span>They sent the list.</ins>' in told


def test_it_tells_the_newest_fifty_and_leads_to_all(cleared: Evaluation, cast: Cast, browse: Browse):
    answer = cleared.answers.get(question=4)
    for turn in range(60):
        factories.change(answer, said=f"Call {turn}", version=answer.version + 1)
    response = browse(cast.officer).get(address(cleared))
    after = [each.changes[0].after for event in response.context["changes"].events for each in event.touched]
    assert after == [f"Call {turn}" for turn in range(59, 9, -1)]
    assert f'<a href="/history/evaluation/{cleared.uid}/">All changes of this evaluation</a>' in response.text
