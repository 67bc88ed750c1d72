"""Reservations sold here, kept by Beds24 as well: each once, whatever happens on the way."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from chaos import reconciler
from portal.db import unit_of_work
from portal.domain.reservation_pushes import PushState
from portal.domain.reservations import Status
from portal.extensions import db, redis
from portal.models import BookingLink, Reservation, ReservationPush
from portal.services import audit, reservation_push_work, reservation_pushes, reservations
from providers.types import Person
from tests.services import engine
from tests.services.beds import BedsHouse
from tests.services.engine import House


def _sell(house: House, first: int = 7, nights: int = 2, rooms: int = 1, **more: Any) -> Reservation:
    room = reservations.RoomRequest(
        room_type_id=house.types[0],
        check_in=house.day(first),
        check_out=house.day(first + nights),
        rate_plan_id=house.plans[0],
    )
    guest = Person(name="Ada", surname="Prova", email="ada@guests.example", phone="+351912345678")
    return reservations.create(
        house.property_id, reservations.SaleRequest(rooms=(room,) * rooms, guest=guest, **more), None
    )


def _there(house: BedsHouse) -> list[dict[str, Any]]:
    """Every booking Beds24 has of this property, as its panel shows it."""
    rows = house.sim("GET", "ledger", params={"property_id": house.external_id})["bookings"]
    return [house.sim("GET", f"panel/{row['booking_id']}") for row in rows]


def _push(house: House) -> ReservationPush:
    (found,) = engine.fresh(ReservationPush)
    return found


def _standing(house: House) -> tuple[PushState, str]:
    push = _push(house)
    return push.state, push.error


def _again(house: BedsHouse) -> None:
    """Let every waiting time be over, and let the pusher come by."""
    with unit_of_work():
        db.session.execute(text("update reservation_pushes set retry_at = null"))
    house.push()


def _clean(house: BedsHouse) -> None:
    assert [str(each) for each in reconciler.differences(house.sandbox.url, nights=house.nights)] == []


def test_a_reservation_sold_here_stands_at_beds24_and_takes_its_night_once(beds_house: BedsHouse) -> None:
    ours = _sell(beds_house)

    beds_house.push()

    (there,) = _there(beds_house)
    (room,) = beds_house.rooms(ours)
    assert (there["arrival"], there["departure"]) == (str(beds_house.day(7)), str(beds_house.day(9)))
    assert (there["firstName"], there["lastName"], there["status"]) == ("Ada", "Prova", "confirmed")
    assert room.external_id == str(there["id"])
    push = _push(beds_house)
    assert (push.state, push.acknowledged, push.attempted_at) == (PushState.ACCEPTED, 1, None)
    assert beds_house.left(beds_house.day(7)) == 2
    _clean(beds_house)


def test_changed_and_cancelled_here_it_is_changed_and_cancelled_there(beds_house: BedsHouse) -> None:
    ours = _sell(beds_house)
    beds_house.push()

    change = reservations.StayChange(check_in=beds_house.day(10), check_out=beds_house.day(13))
    reservations.change(beds_house.property_id, ours.id, change)
    beds_house.push()
    (moved,) = _there(beds_house)
    left = [beds_house.left(beds_house.day(night)) for night in (7, 10, 12)]
    reservations.cancel(beds_house.property_id, ours.id, "the guest called")
    beds_house.push()

    assert (moved["arrival"], moved["departure"]) == (str(beds_house.day(10)), str(beds_house.day(13)))
    assert left == [3, 2, 2]
    assert [each["status"] for each in _there(beds_house)] == ["cancelled"]
    assert beds_house.left(beds_house.day(10)) == 3
    assert _push(beds_house).state is PushState.ACCEPTED
    _clean(beds_house)


def test_our_own_writes_come_back_and_are_no_news(beds_house: BedsHouse) -> None:
    ours = _sell(beds_house, notes="late arrival")
    beds_house.push()
    before = _push(beds_house).answered_at
    beds_house.forget_calls()

    beds_house.pull()
    beds_house.pull()

    (still,) = beds_house.reservations()
    assert (still.id, still.version) == (ours.id, 1)
    assert {message.outcome for message in beds_house.messages()} == {"repeat"}
    assert _push(beds_house).answered_at == before
    assert beds_house.calls("POST /bookings") == []
    assert beds_house.conflicts() == []
    _clean(beds_house)


def test_several_rooms_stand_under_one_master(beds_house: BedsHouse) -> None:
    ours = _sell(beds_house, rooms=2)

    beds_house.push()
    beds_house.pull()

    first, second = _there(beds_house)
    masters = {each["masterId"] for each in (first, second)} - {None}
    assert len(masters) == 1 and masters <= {first["id"], second["id"]}
    (link,) = engine.fresh(BookingLink)
    assert (link.reservation_id, link.external_booking_id) == (ours.id, str(masters.pop()))
    assert beds_house.left(beds_house.day(7)) == 1
    assert len(beds_house.reservations()) == 1
    _clean(beds_house)


def test_what_somebody_changes_at_beds24_is_merged_and_not_sent_back(beds_house: BedsHouse) -> None:
    ours = _sell(beds_house)
    beds_house.push()
    (there,) = _there(beds_house)
    beds_house.forget_calls()

    beds_house.sim("POST", f"panel/{there['id']}", json={"departure": str(beds_house.day(11))})
    beds_house.pull()

    (merged,) = beds_house.reservations()
    assert (merged.id, merged.check_out, merged.version) == (ours.id, beds_house.day(11), 2)
    assert (_push(beds_house).state, _push(beds_house).acknowledged) == (PushState.ACCEPTED, 2)
    assert beds_house.calls("POST /bookings") == []
    assert beds_house.left(beds_house.day(10)) == 2
    _clean(beds_house)


def test_where_the_guest_is_is_told_by_the_label_and_taken_back(beds_house: BedsHouse) -> None:
    ours = _sell(beds_house, first=0, nights=3)
    beds_house.push()

    with audit.acting(audit.Actor("user", None, "Bob")):
        reservations.check_in(beds_house.property_id, ours.id)
    beds_house.push()
    arrived = _there(beds_house)[0]["flagText"]
    reservations.undo(beds_house.property_id, ours.id)
    beds_house.push()

    assert arrived == "Checked in"
    assert _there(beds_house)[0]["flagText"] == ""
    beds_house.pull()
    assert beds_house.reservation().status == Status.CONFIRMED
    _clean(beds_house)


def test_a_guest_who_never_came_is_told_there_and_the_nights_are_for_sale(beds_house: BedsHouse) -> None:
    ours = _sell(beds_house, first=0, nights=3)
    beds_house.push()

    reservations.no_show(beds_house.property_id, ours.id)
    beds_house.push()
    beds_house.pull()

    assert _there(beds_house)[0]["flagText"] == "No-show"
    assert beds_house.reservation().status == Status.NO_SHOW
    assert beds_house.left(beds_house.day(1)) == 3
    assert _push(beds_house).state is PushState.ACCEPTED


# -- what goes wrong on the way -----------------------------------------------------------------------

BOOKINGS = {"path_prefix": "/bookings", "method": "POST"}


LINES = ["commit_then_timeout", "truncated", "reset", "timeout", "garbage", "html"]


@pytest.mark.parametrize(
    ("verb", "kind"),
    [*(("create", kind) for kind in LINES), ("change", "commit_then_timeout"), ("cancel", "commit_then_timeout")],
)
def test_whatever_the_line_does_it_ends_with_one_booking(beds_house: BedsHouse, kind: str, verb: str) -> None:
    ours = _sell(beds_house)
    if verb != "create":
        beds_house.push()
    if verb == "change":
        later = reservations.StayChange(check_out=beds_house.day(12))
        reservations.change(beds_house.property_id, ours.id, later)
    if verb == "cancel":
        reservations.cancel(beds_house.property_id, ours.id, "the guest called")
    beds_house.fault(kind, match=BOOKINGS, times=1, delay=0.2)

    with engine.settings(provider_deadline_seconds=1.0):
        beds_house.push()
    waited = _push(beds_house).state
    beds_house.heal()
    _again(beds_house)
    beds_house.pull()

    (there,) = _there(beds_house)
    (held,) = beds_house.reservations()
    assert waited in (PushState.WAITING, PushState.ACCEPTED)
    assert (there["status"] == "cancelled") is (verb == "cancel")
    assert there["departure"] == str(held.check_out)
    assert (_push(beds_house).state, _push(beds_house).acknowledged) == (PushState.ACCEPTED, held.version)
    _clean(beds_house)


def test_a_crash_between_the_answer_and_its_record_makes_no_second_booking(
    beds_house: BedsHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    _sell(beds_house, rooms=2)

    def die(*_: object) -> None:
        raise SystemExit("killed")

    with monkeypatch.context() as patched:
        patched.setattr(reservation_push_work, "_record", die)
        with pytest.raises(SystemExit):
            beds_house.push()
    with unit_of_work():
        db.session.execute(text("update duties set leased_until = null"))
    made = len(_there(beds_house))
    _again(beds_house)
    beds_house.pull()

    assert (made, len(_there(beds_house))) == (2, 2)
    assert len(beds_house.reservations()) == 1
    assert _push(beds_house).state is PushState.ACCEPTED
    _clean(beds_house)


def test_the_webhook_may_be_faster_than_the_record(beds_house: BedsHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = _sell(beds_house)

    def die(*_: object) -> None:
        raise SystemExit("killed")

    with monkeypatch.context() as patched:
        patched.setattr(reservation_push_work, "_record", die)
        with pytest.raises(SystemExit):
            beds_house.push()
    with unit_of_work():
        db.session.execute(text("update duties set leased_until = null"))
    beds_house.receive()
    _again(beds_house)

    (room,) = beds_house.rooms(ours)
    assert room.external_id == str(_there(beds_house)[0]["id"])
    assert (len(_there(beds_house)), len(beds_house.reservations())) == (1, 1)
    assert _push(beds_house).state is PushState.ACCEPTED


def test_a_room_refused_in_a_201_is_told_and_sent_again_by_a_click(beds_house: BedsHouse) -> None:
    ours = _sell(beds_house)
    beds_house.sim("POST", "quirks", json={"kind": "refuse", "path": "/bookings", "message": "no", "times": 1})

    beds_house.push()
    refused = _standing(beds_house)
    told = beds_house.incidents()
    reservation_pushes.send(beds_house.property_id, ours.id)
    beds_house.push()

    assert refused == (PushState.REFUSED, "booking no")
    assert "reservation_refused" in told
    assert (_push(beds_house).state, len(_there(beds_house))) == (PushState.ACCEPTED, 1)
    assert "reservation_refused" not in beds_house.incidents()
    _clean(beds_house)


def test_of_two_rooms_one_is_refused_and_joins_the_other_later(beds_house: BedsHouse) -> None:
    ours = _sell(beds_house, rooms=2)
    beds_house.sim("POST", "quirks", json={"kind": "refuse", "path": "/bookings", "message": "no", "times": 1})

    beds_house.push()
    half = len(_there(beds_house))
    reservation_pushes.send(beds_house.property_id, ours.id)
    beds_house.push()
    beds_house.pull()

    first, second = _there(beds_house)
    assert half == 1
    assert first["id"] in (second["masterId"], first["masterId"])
    assert len(beds_house.reservations()) == 1
    assert all(row.active and row.external_id for row in beds_house.rooms(ours))
    _clean(beds_house)


def test_a_success_without_effect_is_found_by_reading_back(beds_house: BedsHouse) -> None:
    ours = _sell(beds_house)
    beds_house.push()
    beds_house.sim("POST", "quirks", json={"kind": "no_effect", "path": "/bookings", "times": 1})
    reservations.change(beds_house.property_id, ours.id, reservations.StayChange(check_out=beds_house.day(12)))

    beds_house.push()
    state, error = _standing(beds_house)
    beds_house.pull()
    reservation_pushes.send(beds_house.property_id, ours.id)
    beds_house.push()

    assert state is PushState.REFUSED
    assert "instead of" in error
    assert beds_house.reservation().check_out == beds_house.day(12)
    assert _there(beds_house)[0]["departure"] == str(beds_house.day(12))
    _clean(beds_house)


def test_a_token_that_ends_on_the_way_is_renewed_once(beds_house: BedsHouse) -> None:
    _sell(beds_house)
    beds_house.fault("status", status=401, match=BOOKINGS, times=1)

    beds_house.push()
    _again(beds_house)

    assert len(_there(beds_house)) == 1
    assert _push(beds_house).state is PushState.ACCEPTED
    _clean(beds_house)


def test_an_account_without_credits_waits_and_that_is_no_failure(beds_house: BedsHouse) -> None:
    _sell(beds_house)
    beds_house.fault("status", status=429, match=BOOKINGS, times=1)

    beds_house.push()
    push = _push(beds_house)
    waited = (push.state, push.attempts, push.error)
    beds_house.heal()
    redis.client.flushdb()
    _again(beds_house)

    assert waited == (PushState.WAITING, 0, "")
    assert len(_there(beds_house)) == 1
    assert _push(beds_house).state is PushState.ACCEPTED


def test_a_reservation_that_cannot_be_sent_holds_up_no_price(beds_house: BedsHouse) -> None:
    _sell(beds_house)
    beds_house.set_price("140", 20)
    beds_house.fault("status", status=500, match=BOOKINGS, times=9)

    beds_house.push()

    assert beds_house.price(beds_house.day(20))["rate"] == "140.00"
    assert beds_house.left(beds_house.day(7)) == 2
    assert _push(beds_house).state is PushState.WAITING


def test_one_that_was_cancelled_before_it_was_ever_sent_makes_nothing_there(beds_house: BedsHouse) -> None:
    ours = _sell(beds_house)
    reservations.cancel(beds_house.property_id, ours.id, "a mistake")

    beds_house.push()

    assert _there(beds_house) == []
    assert _push(beds_house).state is PushState.ACCEPTED


def test_what_an_ota_sold_is_not_sent_and_channex_is_sent_no_reservation(any_house: House) -> None:
    any_house.book()
    any_house.pull()

    reservations.change(any_house.property_id, any_house.reservation().id, reservations.StayChange(notes="VIP"))

    assert engine.fresh(ReservationPush) == []
    sold = _sell(any_house, first=20)
    expected = 1 if any_house.connection.provider == "beds24" else 0
    assert len(reservation_pushes.of_reservation(sold.id)) == expected


def test_a_room_type_nobody_mapped_is_said_in_words(beds_house: BedsHouse) -> None:
    with unit_of_work():
        db.session.execute(text("delete from room_mappings"))

    _sell(beds_house)
    beds_house.push()

    assert (_push(beds_house).state, _push(beds_house).error) == (PushState.REFUSED, "its room type is not mapped")


def test_the_body_that_travels_holds_our_key_and_no_note_for_the_guest(beds_house: BedsHouse) -> None:
    ours = _sell(beds_house, notes="difficult")

    beds_house.push()

    (call,) = beds_house.calls("POST /bookings")
    (item,) = json.loads(call["request_body"])
    (room,) = beds_house.rooms(ours)
    assert item["custom10"] == f"chp:{room.id}"
    assert (item.get("comments"), item["notes"]) == (None, "difficult")
    assert date.fromisoformat(item["arrival"]) == beds_house.day(7)
