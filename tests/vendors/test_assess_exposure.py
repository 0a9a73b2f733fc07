"""The assessment: stop, facts, counts without names, four questions, four factors with evidence, clocks shown live."""

from datetime import date

import pytest
import time_machine

from practice_vetting.core.errors import Refused, Stale
from tests.conftest import Cast
from tests.factories import make_evidence, make_exposure, make_standing, make_tool, make_vendor
from tests.vendors.exposing import changed, decided, fresh, stopped, written
from vendors.actions.exposures import write_factor
from vendors.exposure_snapshot import questions_of
from vendors.models import Exposure, ExposureEvidence

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(autouse=True)
def _on_the_day():
    with time_machine.travel("2026-11-22T12:00:00Z", tick=False):
        yield


@pytest.fixture
def exposure(cast: Cast) -> Exposure:
    vendor = make_vendor(practice=cast.practice)
    make_standing(vendor=vendor)
    return make_exposure(vendor=vendor)


def post(client, exposure: Exposure, step: str, **form):
    return client.post(f"/exposures/{exposure.uid}/{step}/", {"version": fresh(exposure).version, **form})


def test_recording_the_stop_takes_a_reported_one_on(cast: Cast, exposure: Exposure, browse):
    other = make_exposure(vendor=exposure.vendor, state="reported")
    response = post(browse(cast.officer), other, "stop", stopped_on="2026-11-06", stopped_how="The account was closed.")
    assert response.status_code == 302
    assert (fresh(other).state, fresh(other).stopped_on) == ("assessed", date(2026, 11, 6))


def test_staff_do_not_assess(cast: Cast, exposure: Exposure, browse):
    assert post(browse(cast.staff), exposure, "stop").status_code == 403


def test_the_clocks_stand_on_the_page_with_the_days_left(cast: Cast, exposure: Exposure, browse):
    page = browse(cast.auditor).get(f"/exposures/{exposure.uid}/").content.decode()
    assert "43 days left" in page  # 60 days from 5 November are over on 4 January
    assert "45 CFR 164.404(b)" in page
    assert "State law may be shorter" in page


def test_people_are_counted_by_state(cast: Cast, exposure: Exposure, browse):
    form = {"part2": "no", "data_kinds": ["notes"], "people": "620", "in_CA": "600", "another": "NV"}
    response = post(browse(cast.officer), exposure, "people", **form, another_people="20")
    assert response.status_code == 302
    assert (fresh(exposure).people, fresh(exposure).residents) == (620, {"CA": 600, "NV": 20})
    page = browse(cast.officer).get(f"/exposures/{exposure.uid}/").content.decode()
    assert "The media in CA" in page


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"people": "5", "in_CA": "6"}, "add up to 6"),
        ({"people": "0"}, "Write 1 or more"),
        ({"people": "many"}, "whole number"),
        ({"another": "NV"}, "how many of them live there"),
        ({"another_people": "3"}, "Choose the state"),
    ],
)
def test_counts_that_cannot_be_are_told(cast: Cast, exposure: Exposure, browse, form: dict[str, str], says: str):
    response = post(browse(cast.officer), exposure, "people", part2="no", **form)
    assert (response.status_code, fresh(exposure).residents) == (422, {})
    assert says in response.content.decode()


def facts(exposure: Exposure, **changes: str) -> dict[str, str]:
    return {
        "what_happened": exposure.what_happened, "began_on": "2026-11-02", "discovered_on": "2026-11-05", **changes,
    }  # fmt: skip


def test_a_written_delay_needs_its_day_and_an_oral_one_has_its_own(cast: Cast, exposure: Exposure, browse):
    client = browse(cast.officer)
    form = facts(exposure, delay_kind="written", delay_asked_on="2026-11-10")
    assert "says until when" in post(client, exposure, "change", **form).content.decode()
    assert post(client, exposure, "change", **{**form, "delay_kind": "oral"}).status_code == 302
    assert fresh(exposure).delay.last_on == date(2026, 12, 10)


@pytest.mark.parametrize(("until", "status"), [("2027-11-10", 302), ("2027-11-11", 422), ("9999-12-31", 422)])
def test_a_delay_lasts_a_year_at_most(cast: Cast, exposure: Exposure, browse, until: str, status: int):
    form = facts(exposure, delay_kind="written", delay_asked_on="2026-11-10", delay_until=until)
    response = post(browse(cast.officer), exposure, "change", **form)
    assert (response.status_code, "a year after the official asked" in response.text) == (status, status == 422)


def test_a_stale_form_shows_both_texts(cast: Cast, exposure: Exposure, browse):
    version = exposure.version
    changed(exposure, cast.owner, what_happened="It was one note.")
    form = facts(exposure, what_happened="It was three notes.", version=str(version))
    response = browse(cast.officer).post(f"/exposures/{exposure.uid}/change/", form)
    page = response.content.decode()
    assert (response.status_code, "It was one note." in page, "It was three notes." in page) == (409, True, True)


def test_the_questions_are_kept_and_the_auditor_cannot_answer_them(cast: Cast, exposure: Exposure, browse):
    form = {"was_phi": "yes", "exclusion": "none", "screening_reason": "Names were in it."}
    assert post(browse(cast.auditor), exposure, "questions", **form).status_code == 403
    assert post(browse(cast.officer), exposure, "questions", **form).status_code == 302
    assert (fresh(exposure).was_phi, fresh(exposure).exclusion, fresh(exposure).was_unsecured) == ("yes", "none", "")


def test_a_factor_has_a_narrative_and_documents_and_no_score(cast: Cast, exposure: Exposure, browse):
    paper = make_evidence(vendor=exposure.vendor, checked_by=cast.officer, title="Deletion confirmed")
    client = browse(cast.officer)
    assert post(client, exposure, "factors/4", narrative="They deleted it.", evidence=[paper.uid]).status_code == 302
    page = client.get(f"/exposures/{exposure.uid}/").content.decode()
    assert ("They deleted it." in page, "Deletion confirmed" in page) == (True, True)
    assert not {field.name for field in Exposure._meta.fields} & {"score", "weight", "risk", "points", "level"}
    assert post(client, exposure, "factors/4", narrative="They deleted it.").status_code == 302
    assert ExposureEvidence.objects.count() == 0
    assert client.get(f"/exposures/{exposure.uid}/factors/5/").status_code == 404


def test_a_document_of_another_vendor_is_refused(cast: Cast, exposure: Exposure, browse):
    other = make_vendor(practice=cast.practice, name="Slotbook")
    paper = make_evidence(vendor=other, checked_by=cast.officer)
    response = post(browse(cast.officer), exposure, "factors/1", narrative="Names.", evidence=[paper.uid])
    assert (response.status_code, fresh(exposure).factors) == (422, {})
    with pytest.raises(Refused, match="another vendor"):
        write_factor(
            exposure=exposure, by=cast.officer, version=exposure.version, number=1, narrative="x", evidence=[paper]
        )


def test_a_tool_of_another_vendor_is_refused(cast: Cast, exposure: Exposure):
    other = make_tool(vendor=make_vendor(practice=cast.practice, name="Slotbook"))
    with pytest.raises(Refused, match="another vendor"):
        changed(exposure, cast.officer, tool=other)


def test_the_stop_that_was_decided_over_stays_and_a_missing_one_is_added(cast: Cast, exposure: Exposure, browse):
    decided(stopped(exposure, cast.officer), cast.officer)
    with pytest.raises(Refused, match="take it up again"):
        stopped(exposure, cast.officer, stopped_on=date(2026, 11, 9))
    assert fresh(exposure).stopped_on == date(2026, 11, 6)
    address = f"/exposures/{exposure.uid}/"
    assert f"{address}stop/" not in browse(cast.officer).get(address).content.decode()
    late = decided(make_exposure(vendor=exposure.vendor), cast.officer)
    assert stopped(late, cast.officer).stopped_on == date(2026, 11, 6)


def test_nothing_of_it_changes_once_it_is_decided(cast: Cast, exposure: Exposure):
    decided(stopped(exposure, cast.officer), cast.officer)
    for act in (lambda: changed(exposure, cast.officer, people=1), lambda: written(exposure, cast.officer, (1,))):
        with pytest.raises(Refused, match="take it up again"):
            act()
    with pytest.raises(Stale):
        write_factor(exposure=exposure, by=cast.officer, version=1, number=1, narrative="x")


def test_the_third_question_is_asked_as_permitted_and_kept_as_the_rule_has_it(exposure, cast, browse):
    client, at = browse(cast.officer), f"/exposures/{exposure.uid}/questions/"
    choices = dict(client.get(at).context["form"].fields["not_permitted"].choices)
    assert (choices["no"], choices["yes"]) == ("Yes, the rule permitted it", "No")
    answers = {"was_phi": "yes", "was_unsecured": "yes", "not_permitted": "yes", "exclusion": "none"}
    client.post(at, {**answers, "screening_reason": "", "version": fresh(exposure).version})
    third = questions_of(fresh(exposure))[2]
    assert (fresh(exposure).not_permitted, third["title"], third["answer"]) == ("yes", "Was it permitted?", "No")
