"""Where an agreement stands: by the rule, by the query, and only along the table of moves."""

import random
from datetime import date, timedelta

import pytest

from tests.factories import make_agreement, make_vendor
from vendors.agreement_states import MOVES, Act, AgreementState, refusal, stands, state_of
from vendors.deadlines import AgreementDates
from vendors.models import Agreement

TODAY = date(2026, 11, 21)
DAY = timedelta(days=1)
SIGNED = {"practice_signed_on": date(2025, 10, 1), "vendor_signed_on": date(2025, 10, 3)}
_S = AgreementState


def test_every_act_leads_to_a_state_that_the_table_has():
    assert {to for acts in MOVES.values() for states in acts.values() for to in states} <= set(MOVES)


@pytest.mark.parametrize(
    ("dates", "state", "says"),
    [
        ({}, _S.DRAFT, "Send it out for signature, or record both signatures."),
        (
            {"sent_on": TODAY},
            _S.OUT,
            "Sent on 21 Nov 2026. It waits for the signature of your practice and the vendor.",
        ),
        ({"practice_signed_on": TODAY}, _S.OUT, "It waits for the signature of the vendor."),
        (
            {**SIGNED, "effective_on": TODAY + DAY},
            _S.EXECUTED,
            "In force from 22 Nov 2026. Send no patient data before that day.",
        ),
        ({**SIGNED, "effective_on": TODAY}, _S.IN_FORCE, "Set the day of its next review."),
        ({**SIGNED, "next_review_on": TODAY + DAY}, _S.IN_FORCE, "Read it again by 22 Nov 2026."),
        (
            {**SIGNED, "ends_on": TODAY, "next_review_on": TODAY + DAY},
            _S.IN_FORCE,
            "Read it again by 22 Nov 2026. Its last day is 21 Nov 2026.",
        ),
        (
            {**SIGNED, "superseded_on": TODAY + DAY},
            _S.IN_FORCE,
            "A newer version takes its place on 22 Nov 2026.",
        ),
        (
            {**SIGNED, "next_review_on": TODAY},
            _S.REVIEW_DUE,
            "Read it again by 21 Dec 2026, or it lapses the day after.",
        ),
        (
            {**SIGNED, "next_review_on": TODAY - 30 * DAY},
            _S.REVIEW_DUE,
            "Read it again by 21 Nov 2026, or it lapses the day after.",
        ),
        (
            {**SIGNED, "next_review_on": TODAY - 31 * DAY},
            _S.LAPSED,
            "Its review was due on 21 Oct 2026. Read it again: no patient data may rest on it until then.",
        ),
        ({**SIGNED, "superseded_on": TODAY}, _S.SUPERSEDED, "A newer version took its place on 21 Nov 2026."),
        ({**SIGNED, "ended_on": TODAY}, _S.ENDED, "It ended on 21 Nov 2026."),
        ({**SIGNED, "ends_on": TODAY - DAY}, _S.ENDED, "It ran out: its last day was 20 Nov 2026."),
        (
            {**SIGNED, "ends_on": TODAY - DAY, "superseded_on": TODAY},
            _S.SUPERSEDED,
            "A newer version took its place on 21 Nov 2026.",
        ),
        ({**SIGNED, "ended_on": TODAY - DAY, "superseded_on": TODAY}, _S.ENDED, "It ended on 20 Nov 2026."),
    ],
)
def test_its_dates_say_where_it_stands_and_what_moves_it_on(dates, state, says):
    found = stands(AgreementDates(**dates), on=TODAY)
    assert (found.state, found.says) == (state, says)


NAMES = ["sent_on", "practice_signed_on", "vendor_signed_on", "effective_on", "ends_on", "next_review_on"]
NAMES += ["ended_on", "superseded_on"]


def dates_by_chance(chance, spread):
    days = {name: TODAY + chance.randint(-spread, spread) * DAY for name in NAMES if chance.random() < 0.5}
    ends_on = days.get("ends_on")
    if ends_on and any(days.get(name, ends_on) > ends_on for name in NAMES[1:4]):
        del days["ends_on"]
    return days


def test_from_day_to_day_it_moves_only_as_the_table_says():
    chance, wrong = random.Random(5), set()
    for _ in range(400):
        dates = AgreementDates(**dates_by_chance(chance, 40))
        for step in range(-50, 80):
            on = TODAY + step * DAY
            before, after = state_of(dates, on=on - DAY), state_of(dates, on=on)
            acts = {act for act, states in MOVES[before].items() if after in states} & {Act.TIME, Act.REPLACED}
            signed_or_sent = on in (dates.sent_on, dates.practice_signed_on, dates.vendor_signed_on)
            if before != after and not acts and not (signed_or_sent and before in (_S.DRAFT, _S.OUT)):
                wrong.add((before, after))
    assert wrong == set()


def test_what_cannot_be_done_is_refused_with_a_reason():
    refused = {(state, act): refusal(state, act) for state in _S for act in (Act.SEND, Act.SIGN, Act.REVIEW, Act.END)}
    assert [each for each, why in refused.items() if (each[1] in MOVES[each[0]]) == bool(why)] == []


@pytest.mark.django_db
def test_the_rule_and_the_queries_agree_on_every_state(cast):
    chance, vendor = random.Random(7), make_vendor(practice=cast.practice)
    rows, seen = [], set()
    for _ in range(150):
        dates = dates_by_chance(chance, 3) | (
            {"next_review_on": TODAY - chance.randint(28, 33) * DAY} if chance.random() < 0.3 else {}
        )
        reason = {"end_reason": "Over."} if "ended_on" in dates else {}
        rows.append(make_agreement(vendor=vendor, tools=[], **dates, **reason))
    for on in (TODAY - DAY, TODAY, TODAY + DAY):
        told = {each.pk: state_of(each.dates, on=on) for each in rows}
        seen |= set(told.values())
        asked = {pk: state for state in _S for pk in ids(Agreement.objects.standing(state, on))}
        assert asked == told
        assert ids(Agreement.objects.in_force(on)) == [pk for pk, state in told.items() if state.in_force]
        assert ids(Agreement.objects.over(on)) == [pk for pk, state in told.items() if state.over]
        assert ids(Agreement.objects.going_on(on)) == [pk for pk, state in told.items() if not state.over]
    assert seen == set(_S)


def ids(found):
    return sorted(found.values_list("pk", flat=True))
