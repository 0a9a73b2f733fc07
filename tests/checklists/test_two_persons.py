"""Two people sign: whoever attested an evaluation does not countersign it, whatever happens in between."""

import pytest

from checklists.models import Attestation, Evaluation
from practice_vetting.core.errors import Refused
from practice_vetting.core.members import change_member
from practice_vetting.core.models import Person
from practice_vetting.core.people import end_membership
from tests.checklists import signing
from tests.conftest import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_day")]


@pytest.fixture
def submitted(cleared: Evaluation, cast: Cast) -> Evaluation:
    signing.submit(cleared, cast.officer)
    return Evaluation.objects.get()


def give(person: Person, role: str, cast: Cast) -> None:
    membership = person.memberships.get()
    change_member(membership=membership, by=cast.owner, version=membership.version, role=role, access_until=None)


def url(evaluation: Evaluation, part: str) -> str:
    return f"/evaluations/{evaluation.uid}/{part}/"


def test_an_officer_who_becomes_an_owner_in_between_does_not_countersign(submitted: Evaluation, cast: Cast, browse):
    signing.attest(submitted, cast.officer)
    give(cast.officer, "owner", cast)
    page = browse(cast.officer).post(url(submitted, "countersign"), signing.form(submitted, cast.officer))
    assert (page.status_code, Attestation.objects.count()) == (422, 1)
    assert "You attested this evaluation. Another owner has to countersign it." in page.content.decode()


def test_an_owner_who_attested_and_was_an_officer_for_a_while_does_not_either(submitted: Evaluation, cast: Cast):
    signing.attest(submitted, cast.owner)
    give(cast.officer, "owner", cast)
    for role in ("officer", "owner"):
        membership = cast.owner.memberships.get()
        change_member(membership=membership, by=cast.officer, version=membership.version, role=role, access_until=None)
    with pytest.raises(Refused, match="You attested this evaluation"):
        signing.countersign(submitted, cast.owner)


def test_a_countersigning_page_opened_before_the_attestation_is_no_way_round(submitted: Evaluation, cast: Cast, browse):
    """Both pages in two tabs: the form of the second is sent as soon as the first is signed."""
    client, form = browse(cast.owner), signing.form(submitted, cast.owner)
    assert client.post(url(submitted, "attest"), form).status_code == 302
    late = client.post(url(submitted, "countersign"), form)
    assert (late.status_code, Attestation.objects.count()) == (422, 1)


def test_the_same_signature_sent_from_two_tabs_counts_once(submitted: Evaluation, cast: Cast, browse):
    client, form = browse(cast.owner), signing.form(submitted, cast.owner)
    for _ in range(2):
        client.post(url(submitted, "attest"), form)
    assert list(Attestation.objects.values_list("part", flat=True)) == ["officer"]


def test_the_rule_stands_above_the_first_signature(submitted: Evaluation, cast: Cast, browse):
    page = browse(cast.officer).get(url(submitted, "attest")).content.decode()
    assert "Another person countersigns it, as an owner." in page


def test_who_is_left_alone_is_told_so_and_the_document_says_it(submitted: Evaluation, cast: Cast, browse):
    end_membership(membership=cast.officer.memberships.get(), by=cast.owner)
    page = browse(cast.owner).get(url(submitted, "attest")).content.decode()
    assert "Another person countersigns it" not in page
    assert "One person signs in both parts, and nobody else has checked this evaluation." in page
    signing.attest(submitted, cast.owner)
    signed = signing.countersign(submitted, cast.owner)
    assert (signed.alone, "nobody else has checked" in signed.statement) == (True, True)


def test_who_drives_the_others_away_signs_alone_and_it_is_written_down(submitted: Evaluation, cast: Cast):
    """Nothing can stop an owner from being the last one. What is signed then says that nobody else has checked it."""
    signing.attest(submitted, cast.owner)
    give(cast.officer, "staff", cast)
    signed = signing.countersign(submitted, cast.owner)
    assert (signed.alone, "nobody else has checked" in signed.statement) == (True, True)
