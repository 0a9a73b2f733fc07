"""Question 5 rests on a memo of ours: on the page, in what is signed over, and on the day on which the memo lapses."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.template.loader import render_to_string
from django.test import Client

from checklists import snapshot, standing
from checklists.facts import judge_evaluation
from checklists.models import Evaluation
from practice_vetting.core import clock
from tests.checklists.conftest import cleared, draft
from tests.conftest import Cast
from tests.factories import arranging, change, make_part2_memo
from vendors.actions.part2 import record_check, sign_memo
from vendors.models import Part2Memo
from vendors.part2 import About, part2_list

__all__ = ["cleared", "draft"]  # fixtures
pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
Browse = Callable[..., Client]


@pytest.fixture
def resting(cleared: Evaluation, cast: Cast) -> Evaluation:
    """A documented evaluation whose question 5 says "does not apply" and has no document."""
    for tool in cleared.tools.all():
        change(tool, part2=False)
    change(cast.practice, part2=False)
    answer = cleared.answers.get(question=5)
    change(answer, response="does_not_apply", route="")
    with arranging(cast.officer):
        answer.citations.get().delete()
    return Evaluation.objects.select_related("vendor__practice").get(pk=cleared.pk)


def sign(cast: Cast, **columns: bool) -> Part2Memo:
    return sign_memo(
        practice=cast.practice,
        tool=None,
        by=cast.officer,
        answers={question.key: "no" for question in part2_list().questions_about(About.PRACTICE)},
        applies=columns.get("applies", False),
        reason="We treat no substance use.",
        typed_name=cast.officer.name,
        method="password",
    )


def fourth(evaluation: Evaluation, cast: Cast) -> tuple[str, str]:
    judged = judge_evaluation(evaluation, on=cast.practice.today()).requirements[3]
    return judged.state.value, judged.findings[0].code


def test_signing_a_memo_answers_it_at_once(resting: Evaluation, cast: Cast):
    assert fourth(resting, cast) == ("open", "evidence-missing")
    sign(cast)
    assert fourth(resting, cast) == ("not_applicable", "does-not-apply")


def test_a_memo_that_says_applies_stops_the_vendor_at_once(resting: Evaluation, cast: Cast):
    sign(cast, applies=True)
    resting.vendor.standing.refresh_from_db()
    assert (fourth(resting, cast)[1], resting.vendor.standing.state) == ("part2-memo-contradiction", "stopped")


def test_the_standing_changes_by_itself_on_the_day_on_which_it_lapses(resting: Evaluation, cast: Cast):
    memo = sign(cast)
    noon = datetime.combine(memo.lapses_on, datetime.min.time(), UTC) + timedelta(hours=18)
    with clock.set_to(noon - timedelta(days=1)):
        assert fourth(resting, cast)[1] == "does-not-apply"
    with clock.set_to(noon):
        standing.judge_due()
        assert fourth(resting, cast) == ("open", "part2-memo-lapsed")


def test_what_is_signed_over_holds_the_memo_as_it_was_signed(resting: Evaluation, cast: Cast):
    memo = sign(cast)
    text = snapshot.text_of(snapshot.build(resting, on=cast.practice.today()))
    (told,) = snapshot.read(text)["memos"]
    assert (told["uid"], told["content_sha256"], told["reason"]) == (memo.uid, memo.content_sha256, memo.reason)
    assert (told["signed_on"], told["counts_before_on"]) == (memo.signed_on, memo.lapses_on)


def test_where_nothing_rests_on_a_memo_the_snapshot_is_as_it_was_before_there_were_any(cleared: Evaluation, cast: Cast):
    sign(cast)
    content = snapshot.build(cleared, on=cast.practice.today())
    assert "memos" not in content


def test_the_printed_attestation_carries_the_memo(resting: Evaluation, cast: Cast):
    memo = sign(cast)
    content = snapshot.read(snapshot.text_of(snapshot.build(resting, on=cast.practice.today())))
    paper = render_to_string("pdf/_memos.html", {"memos": content["memos"]})
    assert [words in paper for words in (memo.reason, "confirmed by password", "42 CFR 2.11")] == [
        True, True, True,
    ]  # fmt: skip


def test_the_page_shows_the_memo_and_the_way_to_sign_one(resting: Evaluation, cast: Cast, browse: Browse):
    client, url = browse(cast.officer), f"/evaluations/{resting.uid}/"
    assert 'href="/part2/sign/"' in client.get(url).text
    memo = make_part2_memo(practice=cast.practice, by=cast.officer)
    assert f"signed by {memo.signed_by.name}" in client.get(url).text


def test_the_page_counts_the_checks_and_names_each_gap(cleared: Evaluation, cast: Cast, browse: Browse):
    change(cast.practice, part2=True)
    record_check(
        vendor=cleared.vendor,
        by=cast.officer,
        on=cast.practice.today(),
        code="P07",
        version=0,
        status="not_shown",
    )
    page = browse(cast.officer).get(f"/evaluations/{cleared.uid}/")
    assert f'href="/vendors/{cleared.vendor.uid}/part2/#P07"' in page.text
    told = [each.finding.code for each in page.context["page"].advice]
    assert told.count("part2-not-shown") == 1
    assert page.context["page"].verdict.outcome == "cleared"
