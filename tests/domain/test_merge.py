from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.merge import (
    CANCELLED_HERE,
    DEFAULT_POLICIES,
    DIRECT_POLICIES,
    Field,
    Policy,
    Reason,
    Result,
    conflicts,
    decide,
    merged,
)
from portal.domain.reservations import Status

KEEP, TAKE, AGREED, CONFLICT = Result

values = st.integers(0, 2)
policies = st.sampled_from(Policy)


def june(day: int) -> date:
    return date(2026, 6, day)


def one(field, base, ours, theirs, policies=DEFAULT_POLICIES, **options):
    """Decide a single field; None when neither side moved."""
    found = decide({field: base}, {field: ours}, {field: theirs}, policies, **options)
    return (found[0].result, found[0].value, found[0].reason) if found else None


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "outcome"),
    [
        (1, 1, 1, None),
        (1, 1, 2, (TAKE, 2, Reason.THEY_CHANGED)),
        (1, 2, 1, (KEEP, 2, Reason.WE_CHANGED)),
        (1, 2, 2, (AGREED, 2, Reason.SAME_ON_BOTH_SIDES)),
        (1, 2, 3, (CONFLICT, 2, Reason.POLICY)),
    ],
)
def test_the_side_that_moved_wins_and_when_both_did_the_policy_speaks(base, ours, theirs, outcome):
    assert one("room_type", base, ours, theirs) == outcome


@pytest.mark.parametrize(
    ("policy", "result", "value"), [(Policy.THEIRS, TAKE, 3), (Policy.OURS, KEEP, 2), (Policy.ASK, CONFLICT, 2)]
)
def test_each_property_may_choose_its_policy(policy, result, value):
    assert one("room_type", 1, 2, 3, {"room_type": policy}) == (result, value, Reason.POLICY)


def test_a_field_without_a_policy_asks():
    assert one("breakfast", 1, 2, 3) == (CONFLICT, 2, Reason.POLICY)


def test_without_a_base_equal_sides_agree_and_others_follow_the_policy():
    ours = {"room_type": "double", "check_in": june(1), "occupancy": 2, "guest_phone": None}
    theirs = {"room_type": "double", "check_in": june(2), "occupancy": 3, "guest_phone": "+358405550101"}

    found = {decision.field: (decision.result, decision.reason) for decision in decide(None, ours, theirs)}

    assert found == {
        "room_type": (AGREED, Reason.SAME_ON_BOTH_SIDES),
        "check_in": (CONFLICT, Reason.POLICY),
        "occupancy": (TAKE, Reason.POLICY),
        "guest_phone": (TAKE, Reason.UNKNOWN_HERE),
    }


def test_what_they_do_not_name_is_left_alone():
    assert decide({"notes": "late"}, {"notes": "very late"}, {}) == []


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "outcome"),
    [
        (Status.CONFIRMED, Status.CONFIRMED, Status.CANCELLED, (TAKE, Status.CANCELLED, Reason.THEY_CHANGED)),
        (Status.PENDING, Status.CONFIRMED, Status.CANCELLED, (TAKE, Status.CANCELLED, Reason.POLICY)),
        (Status.CANCELLED, Status.CANCELLED, Status.CONFIRMED, (TAKE, Status.CONFIRMED, Reason.THEY_CHANGED)),
        (Status.CONFIRMED, Status.CANCELLED, Status.CONFIRMED, (CONFLICT, Status.CANCELLED, Reason.CANCELLED_HERE)),
        (Status.CONFIRMED, Status.CANCELLED, Status.CANCELLED, (AGREED, Status.CANCELLED, Reason.SAME_ON_BOTH_SIDES)),
        (Status.CONFIRMED, Status.IN_HOUSE, Status.CONFIRMED, (KEEP, Status.IN_HOUSE, Reason.FURTHER_ALONG)),
        (Status.PENDING, Status.CHECKED_OUT, Status.CONFIRMED, (KEEP, Status.CHECKED_OUT, Reason.FURTHER_ALONG)),
        (Status.PENDING, Status.NO_SHOW, Status.CONFIRMED, (KEEP, Status.NO_SHOW, Reason.FURTHER_ALONG)),
        (Status.CONFIRMED, Status.IN_HOUSE, Status.CANCELLED, (CONFLICT, Status.IN_HOUSE, Reason.GUEST_ARRIVED)),
        (Status.IN_HOUSE, Status.IN_HOUSE, Status.CANCELLED, (CONFLICT, Status.IN_HOUSE, Reason.GUEST_ARRIVED)),
        (Status.CANCELLED, Status.IN_HOUSE, Status.CANCELLED, (KEEP, Status.IN_HOUSE, Reason.WE_CHANGED)),
    ],
)
def test_the_state_of_a_booking_the_ota_sold(base, ours, theirs, outcome):
    assert one(Field.STATUS, base, ours, theirs) == outcome


def test_a_booking_sold_here_and_cancelled_here_stays_cancelled():
    assert one(Field.STATUS, Status.CONFIRMED, Status.CANCELLED, Status.CONFIRMED, DIRECT_POLICIES) == (
        KEEP,
        Status.CANCELLED,
        Reason.CANCELLED_HERE,
    )
    assert DEFAULT_POLICIES[CANCELLED_HERE] is Policy.ASK


@pytest.mark.parametrize(
    ("ours", "theirs", "outcome"),
    [
        ("210.00", "220.50", (TAKE, Decimal("220.50"), Reason.WITHIN_TOLERANCE)),
        ("210.00", "199.50", (TAKE, Decimal("199.50"), Reason.WITHIN_TOLERANCE)),
        ("210.00", "220.51", (CONFLICT, Decimal("210.00"), Reason.POLICY)),
        ("0.00", "1.00", (CONFLICT, Decimal("0.00"), Reason.POLICY)),
    ],
)
@pytest.mark.parametrize("base", [{Field.AMOUNT: Decimal("200.00")}, None])
def test_amounts_within_five_percent_are_theirs_and_beyond_it_a_persons(base, ours, theirs, outcome):
    (found,) = decide(base, {Field.AMOUNT: Decimal(ours)}, {Field.AMOUNT: Decimal(theirs)})

    assert (found.result, found.value, found.reason) == outcome


def test_an_amount_they_do_not_tell_changes_nothing():
    assert one(Field.AMOUNT, Decimal(200), Decimal(200), None) == (KEEP, Decimal(200), Reason.UNKNOWN_THERE)


@pytest.mark.parametrize(
    ("ours", "theirs", "newer", "outcome"),
    [
        ("Mara B.", "Mara Example", True, (TAKE, "Mara Example", Reason.NEWER)),
        ("Mara B.", "Mara Example", False, (KEEP, "Mara B.", Reason.NEWER)),
        ("", "Mara Example", False, (TAKE, "Mara Example", Reason.NEWER)),
        ("Mara B.", "", True, (KEEP, "Mara B.", Reason.UNKNOWN_THERE)),
    ],
)
def test_the_most_recent_contact_wins(ours, theirs, newer, outcome):
    assert one(Field.GUEST_NAME, "Mara", ours, theirs, theirs_newer=newer) == outcome


@pytest.mark.parametrize("base", ["mara@example.com", "m1@guest.booking.com", None])
def test_an_alias_address_never_takes_the_place_of_a_real_one(base):
    outcome = one(Field.GUEST_EMAIL, base, "mara@example.com", "m2@guest.booking.com")

    assert outcome == (KEEP, "mara@example.com", Reason.ALIAS_ADDRESS)


def test_notes_of_both_sides_are_joined_once():
    first = one(Field.NOTES, "", "Ground floor", "Late arrival")

    assert first == (TAKE, "Ground floor\nLate arrival", Reason.JOINED)
    again = one(Field.NOTES, "", first[1], "Late arrival")
    assert again == (KEEP, "Ground floor\nLate arrival", Reason.JOINED)


def test_while_one_end_of_a_stay_waits_for_a_person_nothing_else_of_it_is_taken():
    base = {"check_in": june(10), "check_out": june(12), "amount": Decimal(200), "occupancy": 2}
    ours = {**base, "check_out": june(14)}
    theirs = {"check_in": june(20), "check_out": june(22), "amount": Decimal(300), "occupancy": 3}

    found = decide(base, ours, theirs)

    assert merged(ours, found) == {**ours, "occupancy": 3}
    assert {decision.field: decision.reason for decision in conflicts(found)} == {
        "check_in": Reason.PART_OF_THE_STAY,
        "check_out": Reason.POLICY,
        "amount": Reason.PART_OF_THE_STAY,
    }


def test_a_booking_that_is_cancelled_there_asks_nobody_about_its_dates():
    base = {"status": Status.CONFIRMED, "check_out": june(12)}
    ours = {"status": Status.CONFIRMED, "check_out": june(14)}
    theirs = {"status": Status.CANCELLED, "check_out": june(13)}

    found = decide(base, ours, theirs)

    assert conflicts(found) == []
    assert merged(ours, found) == {"status": Status.CANCELLED, "check_out": june(14)}


@given(st.none() | values, values, values, policies)
def test_the_outcome_is_always_one_sides_word_and_a_conflict_keeps_ours(base, ours, theirs, policy):
    outcome = one("room_type", base, ours, theirs, {"room_type": policy})

    if outcome is None:
        assert base == ours == theirs
        return
    result, value, _ = outcome
    assert value == (theirs if result is TAKE else ours)


@given(st.lists(st.tuples(values, values, values), min_size=4, max_size=4), policies)
def test_what_was_merged_and_agreed_moves_nothing_when_it_comes_again(drawn, policy):
    fields = ["check_in", "check_out", "room_type", "occupancy"]
    base, ours, theirs = ({field: each[side] for field, each in zip(fields, drawn, strict=True)} for side in range(3))

    after = merged(ours, decide(base, ours, theirs, dict.fromkeys(fields, policy)))

    assert all(decision.result is not TAKE for decision in decide(theirs, after, theirs))
