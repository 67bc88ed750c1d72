"""One booking message becomes what we hold. Nothing an OTA sold is refused, and every order ends alike."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations
from random import Random
from typing import Any

import pytest

from chaos import reconciler
from portal import tenancy
from portal.db import unit_of_work
from portal.domain.reservations import Status
from portal.extensions import db
from portal.models import BookingLink, ConflictType, Guest, InboxState, Reservation, Room, RoomNight
from portal.services import blocks, drain, inbox, reservations
from providers.types import Message
from tests.house import Sandbox
from tests.services import engine
from tests.services.engine import House


def _clean(house: House) -> None:
    assert [str(each) for each in reconciler.differences(house.sandbox.url, nights=house.nights)] == []


# -- the ordinary day -----------------------------------------------------------------------------


def test_a_booking_gets_a_room_and_its_nights_are_closed_everywhere(any_house: House) -> None:
    booking = any_house.book(nights=2)

    any_house.pull()

    reservation = any_house.reservation()
    assert (reservation.code, reservation.channel, reservation.status) == (booking["code"], "BDC", Status.CONFIRMED)
    assert reservation.amount == Decimal("200.00")
    (room,) = any_house.rooms(reservation)
    assert room.room_id is not None
    assert len(engine.fresh(RoomNight)) == 2
    assert (any_house.left(any_house.day(5)), any_house.left(any_house.day(6)), any_house.left(any_house.day(7))) == (
        2,
        2,
        3,
    )
    _clean(any_house)


def test_a_change_of_dates_gives_the_old_nights_back(any_house: House) -> None:
    booking = any_house.book(nights=2)
    any_house.pull()

    any_house.modify(booking, check_in=any_house.day(20).isoformat(), nights=3)
    any_house.pull()

    reservation = any_house.reservation()
    assert (reservation.check_in, reservation.check_out) == (any_house.day(20), any_house.day(23))
    assert (any_house.left(any_house.day(5)), any_house.left(any_house.day(20)), any_house.left(any_house.day(22))) == (
        3,
        2,
        2,
    )
    _clean(any_house)


def test_a_cancellation_opens_the_nights_again(house: House) -> None:
    booking = house.book()
    house.pull()

    house.cancel(booking)
    house.pull()

    reservation = house.reservation()
    assert (reservation.status, reservation.amount) == (Status.CANCELLED, Decimal(0))
    assert reservation.cancelled_at is not None
    assert engine.fresh(RoomNight) == []
    assert house.left(house.day(5)) == 3
    _clean(house)


def test_a_booking_and_its_cancellation_that_come_together_reopen_the_nights(house: House) -> None:
    booking = house.book()
    house.cancel(booking)
    assert house.left(house.day(5)) == 2, "the channel manager lowers by itself and does not raise again"

    house.pull()

    assert house.left(house.day(5)) == 3
    assert house.reservation().status == Status.CANCELLED
    _clean(house)


def test_several_rooms_are_one_reservation(any_house: House) -> None:
    any_house.book(rooms=3)

    any_house.pull()

    rooms = any_house.rooms(any_house.reservation())
    assert len({room.room_id for room in rooms}) == 3
    assert any_house.left(any_house.day(5)) == 0
    _clean(any_house)


def test_one_room_less_frees_only_that_room(house: House) -> None:
    booking = house.book(rooms=3)
    house.pull()

    house.modify(booking, rooms=2)
    house.pull()

    assert [room.active for room in house.rooms(house.reservation())] == [True, True, False]
    assert house.left(house.day(5)) == 1
    _clean(house)


def test_a_cancelled_stay_is_for_sale_again(any_house: House) -> None:
    booking = any_house.book()
    any_house.pull()
    before = any_house.left(any_house.day(5))

    any_house.cancel(booking)
    any_house.pull()

    assert any_house.reservation().status == Status.CANCELLED
    assert engine.fresh(RoomNight) == []
    assert (before, any_house.left(any_house.day(5))) == (2, 3)
    _clean(any_house)


# -- order ----------------------------------------------------------------------------------------


def _three_messages(house: House, code: str) -> list[Message]:
    """A booking, its change and its cancellation, as Channex shows them."""
    house.sandbox.control("POST", "switches", json={"feed_drop": False})
    booking = house.book(code=code, force=True)  # the OTAs sell on: nobody raises what was cancelled
    house.modify(booking, check_in=house.day(20).isoformat(), nights=3, notes="late arrival", force=True)
    house.cancel(booking)
    page = drain.connectors.line_for(house.connection).connector.fetch_messages(house.external_id)
    return list(page.messages)


def _deliver(house: House, messages: list[Message]) -> None:
    """Each alone, as if hours lay between them."""
    for message in messages:
        with unit_of_work():
            inbox.store(house.connection_id, [message], "feed")
        assert drain.drain(house.connection_id)


def _told(house: House, reservation: Reservation) -> dict[str, Any]:
    (room,) = house.rooms(reservation)
    guest = engine.fresh(Guest, Guest.id == reservation.guest_id)[0]
    names = ("status", "check_in", "check_out", "amount", "commission", "adults", "currency", "payment_collect",
             "booked_at", "cancelled_at", "cancel_reason", "channel", "details")  # fmt: skip
    found = {name: getattr(reservation, name) for name in names}
    row = ("active", "check_in", "check_out", "room_type_id", "rate_plan_id", "room_id", "amount", "nightly")
    return {**found, **{f"room.{name}": getattr(room, name) for name in row}, "guest": guest.name}


def test_every_order_of_new_change_and_cancellation_ends_in_the_same_reservation(house: House) -> None:
    messages = _three_messages(house, "T-1")
    ends: list[dict[str, Any]] = []
    for order in permutations(messages):
        _deliver(house, list(order))
        ends.append(_told(house, house.reservation()))
        with unit_of_work():  # as if it had never been
            for model in (engine.Conflict, engine.InboxMessage, BookingLink, Reservation):
                for row in engine.db.session.scalars(engine.select(model)):
                    db.session.delete(row)
                db.session.flush()

    assert len(ends) == 6
    assert ends[0]["status"] == Status.CANCELLED
    assert ends[0]["check_in"] == house.day(20)
    for end in ends[1:]:
        assert end == ends[0]


def test_a_cancellation_before_its_booking_sells_no_room(house: House) -> None:
    new, _, cancelled = _three_messages(house, "T-2")

    _deliver(house, [cancelled])
    assert house.reservations() == []
    (message,) = house.messages()
    assert (message.state, message.outcome) == (InboxState.APPLIED, "tombstone")

    _deliver(house, [new])
    assert house.reservation().status == Status.CANCELLED
    assert engine.fresh(RoomNight) == []


def test_an_old_change_after_a_newer_one_is_history(house: House) -> None:
    new, changed, _ = _three_messages(house, "T-3")

    _deliver(house, [changed, new])

    assert house.reservation().check_in == house.day(20)
    assert [message.outcome for message in house.messages()] == ["created", "older"]
    assert house.messages()[1].state is InboxState.HISTORY


def test_replaying_a_message_changes_nothing(house: House) -> None:
    house.book()
    house.pull()
    house.forget_calls()
    (message,) = house.messages()
    before = _told(house, house.reservation())

    drain.replay(house.connection_id, message.id)
    assert drain.drain(house.connection_id)

    (again,) = house.messages()
    assert (again.state, again.outcome) == (InboxState.HISTORY, "repeat")
    assert _told(house, house.reservation()) == before
    assert house.reservation().version == 1
    house.push()
    assert house.ari_calls() == 0


# -- what does not fit ----------------------------------------------------------------------------


def test_a_product_nobody_mapped_is_stored_and_closes_every_type(channex: Sandbox) -> None:
    with tenancy.of(engine.found_organization("Two Types")):
        house = engine.open_house(channex, types=2)

        house.book(unmapped=True)
        house.pull()

        (room,) = house.rooms(house.reservation())
        assert (room.room_type_id, room.room_id, room.active) == (None, None, True)
        assert [conflict.type for conflict in house.conflicts()] == [ConflictType.UNMAPPED]
        assert "product_unmapped" in house.incidents()
        assert (house.left(house.day(5), 0), house.left(house.day(5), 1)) == (2, 2)
        _clean(house)


def _full(house: House) -> dict[str, Any]:
    """Three bookings in three rooms, and the one too many; returns the first."""
    first = house.book()
    house.book()
    house.book()
    house.pull()
    house.book(force=True, code="ONE-TOO-MANY")
    house.pull()
    return first


def test_a_booking_for_a_full_house_is_stored_without_a_room_and_shown(house: House) -> None:
    _full(house)

    unplaced = engine.fresh(Reservation, Reservation.code == "ONE-TOO-MANY")[0]
    (room,) = house.rooms(unplaced)
    assert (room.room_id, room.active, unplaced.status) == (None, True, Status.CONFIRMED)
    assert [conflict.type for conflict in house.conflicts()] == [ConflictType.OVERBOOKING]
    assert "no_room_free" in house.incidents()
    assert house.left(house.day(5)) == 0
    _clean(house)


def test_a_room_that_comes_free_goes_to_the_stay_that_waits(house: House) -> None:
    first = _full(house)

    house.cancel(first)
    house.pull()

    waited = engine.fresh(Reservation, Reservation.code == "ONE-TOO-MANY")[0]
    (room,) = house.rooms(waited)
    assert room.room_id is not None
    assert house.conflicts() == []
    assert "no_room_free" not in house.incidents()
    assert house.left(house.day(5)) == 0
    assert waited.version == 2
    _clean(house)


def test_a_change_of_dates_elsewhere_also_frees_a_room(house: House) -> None:
    first = _full(house)

    house.modify(first, check_in=house.day(30).isoformat(), nights=1, force=True)
    house.pull()

    assert all(room.room_id for reservation in house.reservations() for room in house.rooms(reservation))
    assert house.conflicts() == []
    _clean(house)


def test_a_stay_cancelled_at_the_desk_makes_room_for_the_one_that_waits(house: House) -> None:
    _full(house)
    first = house.reservations()[0]

    reservations.cancel(house.property_id, first.id, "the guest called")
    house.push()

    waited = engine.fresh(Reservation, Reservation.code == "ONE-TOO-MANY")[0]
    assert house.rooms(waited)[0].room_id is not None
    assert house.conflicts() == []
    assert house.left(house.day(5)) == 0


def test_a_lifted_block_makes_room_for_the_one_that_waits(house: House) -> None:
    blocked = blocks.create(house.property_id, engine.fresh(Room)[0].id, house.day(4), house.day(9))
    house.push()
    house.book()
    house.book()
    house.book(force=True, code="WAITS")
    house.pull()

    blocks.lift(house.property_id, blocked.id)
    house.push()

    assert all(house.rooms(reservation)[0].room_id for reservation in house.reservations())
    assert "no_room_free" not in house.incidents()
    _clean(house)


def test_a_cancelled_booking_gives_up_its_place_in_the_queue(house: House) -> None:
    first = _full(house)
    waiting = engine.fresh(Reservation, Reservation.code == "ONE-TOO-MANY")[0]

    house.cancel(
        {"booking_id": engine.fresh(BookingLink, BookingLink.reservation_id == waiting.id)[0].external_booking_id}
    )
    house.cancel(first)
    house.pull()

    assert house.left(house.day(5)) == 1
    assert "no_room_free" not in house.incidents()
    _clean(house)


# -- guests ---------------------------------------------------------------------------------------


def test_a_guest_who_books_again_is_the_same_guest(house: House) -> None:
    person = {"name": "Ana", "surname": "Prova", "mail": "Ana.Prova@example.test", "phone": None}
    house.book(guest=person)
    house.book(guest={**person, "mail": "ana.prova@EXAMPLE.test"}, check_in=house.day(30).isoformat())

    house.pull()

    first, second = house.reservations()
    assert first.guest_id == second.guest_id


def test_an_ota_alias_is_nobodys_identity(house: House) -> None:
    alias = "guest.1234@guest.booking.com"
    house.book(guest={"name": "Ana", "surname": "Prova", "mail": alias, "phone": None})
    house.book(
        guest={"name": "Bo", "surname": "Lind", "mail": alias, "phone": None}, check_in=house.day(30).isoformat()
    )

    house.pull()

    first, second = house.reservations()
    assert first.guest_id != second.guest_id


# -- both sides changed -----------------------------------------------------------------------------


def _move_here(house: House, number: int, nights: int) -> None:
    reservation = house.reservation()
    change = reservations.StayChange(check_in=house.day(number), check_out=house.day(number + nights))
    reservations.change(house.property_id, reservation.id, change)


def test_dates_changed_on_both_sides_keep_ours_and_are_listed_once(house: House) -> None:
    booking = house.book(nights=2)
    house.pull()
    _move_here(house, 10, 2)

    house.modify(booking, check_in=house.day(20).isoformat(), nights=2)
    house.pull()
    house.modify(booking, check_in=house.day(22).isoformat(), nights=2)
    house.pull()

    reservation = house.reservation()
    assert (reservation.check_in, reservation.check_out) == (house.day(10), house.day(12))
    dates = {conflict.field: conflict.sides for conflict in house.conflicts()}
    assert set(dates) == {"check_in", "check_out"}
    assert len(house.conflicts()) == len(dates), "the same field is listed twice"
    assert dates["check_in"]["ours"] == house.day(10).isoformat()
    assert dates["check_in"]["theirs"] == house.day(22).isoformat()
    assert house.left(house.day(10)) == 2
    assert house.left(house.day(22)) == 3


def test_a_conflict_ends_when_both_sides_come_to_agree(house: House) -> None:
    booking = house.book(nights=2)
    house.pull()
    _move_here(house, 10, 2)
    house.modify(booking, check_in=house.day(20).isoformat(), nights=2)
    house.pull()

    house.modify(booking, check_in=house.day(10).isoformat(), nights=2)
    house.pull()

    assert house.conflicts() == []
    assert house.reservation().check_in == house.day(10)


def test_what_only_we_changed_stays_ours(house: House) -> None:
    booking = house.book(nights=2)
    house.pull()
    _move_here(house, 10, 2)

    house.modify(booking, notes="late arrival")
    house.pull()

    reservation = house.reservation()
    assert reservation.check_in == house.day(10)
    assert (reservation.details or {})["notes"] == "late arrival"
    assert house.conflicts() == []


# -- the same booking, again and again --------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_doubled_and_shuffled_messages_end_as_the_orderly_ones_do(house: House, seed: int) -> None:
    dice = Random(seed)
    messages = [message for number in range(4) for message in _three_messages(house, f"S-{number}")]
    unique = {message.event_key: message for message in messages}
    storm = [message for message in unique.values() for _ in range(dice.randint(1, 3))]
    dice.shuffle(storm)

    _deliver(house, storm)
    house.pull()

    assert len(house.reservations()) == 4
    assert {row.status for row in house.reservations()} == {Status.CANCELLED}
    assert [house.left(house.day(number)) for number in (5, 6, 20, 21, 22)] == [3] * 5
    _clean(house)


def test_the_same_booking_number_at_two_hotels_is_two_bookings(channex: Sandbox) -> None:
    alice, charlie = engine.found_organization("Alice Hotels"), engine.found_organization("Charlie Inns")
    houses = []
    for organization, name in ((alice, "Sea"), (charlie, "Mountain")):
        with tenancy.of(organization):
            house = engine.open_house(channex, name=name)
            house.book(code="4400112233")
            house.pull()
            houses.append(house)

    for organization, house in zip((alice, charlie), houses, strict=True):
        with tenancy.of(organization):
            assert house.reservation().code == "4400112233"
            assert len(engine.fresh(Room)) == 3
