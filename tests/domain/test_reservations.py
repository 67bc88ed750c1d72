import pytest

from portal.domain.reservations import OCCUPYING, Status, can_move, moves


def test_pending_confirmed_and_arrived_guests_take_a_room_off_sale():
    assert {Status.PENDING, Status.CONFIRMED, Status.IN_HOUSE} == OCCUPYING


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Status.PENDING, Status.CONFIRMED),
        (Status.CONFIRMED, Status.IN_HOUSE),
        (Status.IN_HOUSE, Status.CHECKED_OUT),
        (Status.CONFIRMED, Status.NO_SHOW),
        (Status.NO_SHOW, Status.IN_HOUSE),  # arrived at two in the morning
        (Status.CANCELLED, Status.CONFIRMED),  # reinstated
        (Status.IN_HOUSE, Status.CONFIRMED),  # the wrong guest was checked in
    ],
)
def test_a_reservation_may_move(before, after):
    assert can_move(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Status.PENDING, Status.CHECKED_OUT),
        (Status.IN_HOUSE, Status.CANCELLED),
        (Status.CHECKED_OUT, Status.CANCELLED),
        (Status.CANCELLED, Status.IN_HOUSE),
        (Status.CHECKED_OUT, Status.NO_SHOW),
    ],
)
def test_a_reservation_may_not_move(before, after):
    assert not can_move(before, after)


@pytest.mark.parametrize("status", Status)
def test_every_state_has_a_way_on_and_none_leads_to_itself(status):
    assert moves(status)
    assert not can_move(status, status)
