"""What we understand of a booking message, and which messages are refused with the field at fault."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.beds24.revision import envelope, parse
from providers.beds24.sources import source
from providers.errors import Malformed
from providers.types import BookingKind, BookingStatus, Charge, Occupancy, Person, Revision, StayState
from tests.providers.beds24 import NOW, make_booking

GROUP = {"master": 90000001, "ids": [90000001, 90000002]}


def read(*bookings: Any, currency: str | None = "EUR", read_at: datetime = NOW) -> Revision:
    message = {"read_at": read_at.isoformat(), "currency": currency, "bookings": list(bookings)}
    return parse(json.dumps(message).encode())


def test_every_field_of_a_booking_is_understood():
    revision = read(make_booking())

    assert (revision.external_booking_id, revision.external_property_id) == ("90000001", "555")
    assert revision.external_revision_id.startswith("90000001:2027-01-10T09:16:01Z:")
    assert (revision.status, revision.kind) == (BookingStatus.NEW, BookingKind.STAY)
    assert (revision.code, revision.unique_id) == ("4400112233", "BDC-4400112233")
    assert (revision.channel, revision.channel_name) == ("BDC", "Booking.com")
    assert (revision.check_in, revision.check_out) == (date(2027, 3, 1), date(2027, 3, 4))
    assert (revision.amount, revision.currency, revision.commission) == (Decimal("474.54"), "EUR", Decimal("71.18"))
    assert revision.occupancy == Occupancy(2, 1)
    assert revision.customer == Person(
        name="Ada",
        surname="Prova",
        email="ada@example.test",
        phone="+34600000000",
        address="1 Rua",
        city="Porto",
        postal_code="4000",
        country="PT",
        language="pt",
        company="Prova Lda",
        provider_guest_id="71",
    )
    assert revision.arrival_hour == "15:00"
    assert revision.notes == "Late arrival. Card ************1111 cvv ***\nNon-smoking please"
    assert revision.payment_collect == "ota"
    assert revision.booked_at == datetime(2027, 1, 10, 9, 16, 1, tzinfo=UTC)
    assert (revision.stay_state, revision.our_keys, revision.charges) == (None, (), ())
    assert (revision.meta["title"], revision.meta["notes"], revision.meta["country"]) == ("Ms", "VIP", "Portugal")
    assert datetime.fromisoformat(revision.ordering).replace(microsecond=0) == datetime(2027, 1, 10, 9, 16, 1)


def test_every_field_of_its_room_is_understood():
    (room,) = read(make_booking()).rooms

    assert (room.external_id, room.external_room_type_id, room.external_rate_plan_id) == ("90000001", "555001", None)
    assert (room.check_in, room.check_out, room.amount) == (date(2027, 3, 1), date(2027, 3, 4), Decimal("474.54"))
    assert (room.occupancy, room.cancelled) == (Occupancy(2, 1), False)
    assert [(guest.full_name, guest.provider_guest_id) for guest in room.guests] == [("Ada Prova", "71")]
    assert room.charges == (
        Charge("tax", "Tax", Decimal("12.5"), inclusive=True),
        Charge("deposit", "Deposit", Decimal(50)),
        Charge("service", "Breakfast", Decimal(30), note="VAT 6 %"),
        Charge("tax", "City tax", Decimal("9.0")),
        Charge("deposit", "Channel collect", Decimal("474.54"), note="paid"),
    )
    assert (room.meta["unitId"], room.meta["rateDescription"]) == (1, "3 x 158.18")
    assert room.meta["infoItems"][0]["code"] == "RATE"


def test_the_least_a_booking_may_say_is_enough():
    revision = read(
        {"id": 1, "propertyId": 2, "status": "confirmed", "arrival": "2027-03-01", "departure": "2027-03-02"},
        currency=None,
    )

    assert (revision.external_booking_id, revision.code, revision.currency) == ("1", "1", "XXX")
    assert (revision.amount, revision.commission, revision.ordering, revision.notes) == (None, None, "", None)
    assert (revision.status, revision.occupancy, revision.customer) == (
        BookingStatus.MODIFIED,
        Occupancy(1),
        Person(),
    )
    assert revision.rooms[0].external_room_type_id is None


def test_without_the_right_to_see_guests_and_money_the_stay_is_still_understood():
    hidden = dict.fromkeys(("firstName", "lastName", "email", "phone", "mobile", "price", "commission", "guests"), "")

    revision = read(make_booking(**hidden))

    assert (revision.customer.full_name, revision.amount) == ("", None)
    assert revision.rooms[0].guests == ()


@pytest.mark.parametrize(
    ("status", "kind", "ours"),
    [
        ("new", BookingKind.STAY, BookingStatus.NEW),
        ("confirmed", BookingKind.STAY, BookingStatus.NEW),
        ("request", BookingKind.REQUEST, BookingStatus.NEW),
        ("black", BookingKind.BLOCK, BookingStatus.NEW),
        ("cancelled", BookingKind.STAY, BookingStatus.CANCELLED),
        ("inquiry", BookingKind.INQUIRY, BookingStatus.CANCELLED),  # takes no room
    ],
)
def test_each_of_the_six_statuses_has_its_meaning(status, kind, ours):
    revision = read(make_booking(status=status, cancelTime=None))

    assert (revision.kind, revision.status) == (kind, ours)
    assert revision.rooms[0].cancelled is (status == "cancelled")


def test_a_booking_touched_since_it_was_made_is_a_modified_one():
    assert read(make_booking(modifiedTime="2027-01-10T09:16:02Z")).status is BookingStatus.MODIFIED


@pytest.mark.parametrize(
    ("sub_status", "reason"),
    [("cancelledByGuest", "Cancelled by the guest"), ("nonPayment", "Cancelled for want of payment"), ("none", None)],
)
def test_who_cancelled_is_told_where_beds24_knows(sub_status, reason):
    assert read(make_booking(status="cancelled", subStatus=sub_status)).cancel_reason == reason
    assert read(make_booking(subStatus=sub_status)).cancel_reason is None


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"flagText": "Checked in", "flagColor": "00a651"}, StayState.CHECKED_IN),
        ({"flagText": " checked-OUT "}, StayState.CHECKED_OUT),
        ({"flagText": "No show"}, StayState.NO_SHOW),
        ({"subStatus": "noShow"}, StayState.NO_SHOW),
        ({"flagText": "VIP"}, None),
        ({"flagText": 7}, None),
        ({}, None),
    ],
)
def test_where_the_guest_is_stands_on_the_coloured_label(changes, state):
    assert read(make_booking(**changes)).stay_state is state


def test_a_group_is_one_reservation_of_several_rooms():
    first = make_booking(bookingGroup=GROUP)
    second = make_booking(
        id=90000002, masterId=90000001, bookingGroup=GROUP, roomId=555002, departure="2027-03-06", price=100,
        modifiedTime="2027-01-10T09:20:00Z", comments="Late arrival. Card 4111 1111 1111 1111 cvv 123", firstName="Bob",
        guests=None,
    )  # fmt: skip

    revision = read(first, second)

    assert revision.external_booking_id == "90000001"
    assert [room.external_room_type_id for room in revision.rooms] == ["555001", "555002"]
    assert (revision.check_in, revision.check_out) == (date(2027, 3, 1), date(2027, 3, 6))
    assert (revision.amount, revision.occupancy) == (Decimal("574.54"), Occupancy(4, 2))
    assert revision.ordering.startswith("2027-01-10T09:20:00")
    assert revision.status is BookingStatus.MODIFIED
    assert revision.notes and revision.notes.count("Late arrival") == 1
    assert revision.rooms[1].guests[0].name == "Bob"


def test_a_cancelled_room_of_a_group_leaves_the_others_standing():
    first = make_booking(bookingGroup=GROUP, status="cancelled", departure="2027-03-20")
    second = make_booking(id=90000002, masterId=90000001, bookingGroup=GROUP, price=100)

    revision = read(first, second)

    assert revision.status is not BookingStatus.CANCELLED
    assert [room.cancelled for room in revision.rooms] == [True, False]
    assert (revision.check_out, revision.amount) == (date(2027, 3, 4), Decimal(100))

    assert read(first, second | {"status": "cancelled"}).status is BookingStatus.CANCELLED


def test_a_booking_of_several_equal_rooms_takes_as_many_units():
    revision = read(make_booking(roomQty=3, numAdult=4, numChild=1, price=100))

    assert [room.external_id for room in revision.rooms] == ["90000001", "90000001.2", "90000001.3"]
    assert [room.amount for room in revision.rooms] == [Decimal(34), Decimal(33), Decimal(33)]
    assert [room.occupancy for room in revision.rooms] == [Occupancy(2, 1), Occupancy(1, 0), Occupancy(1, 0)]
    assert revision.amount == Decimal(100) and revision.occupancy == Occupancy(4, 1)


def test_a_booking_of_our_own_is_known_by_its_key():
    revision = read(make_booking(custom10="chp:0197-room-1", channel="direct", apiSourceId=0, apiReference=""))

    assert revision.our_keys == ("0197-room-1",)
    assert (revision.channel, revision.code, revision.unique_id) == ("DIR", "90000001", None)


@pytest.mark.parametrize(
    ("channel", "number", "code"),
    [
        ("booking", 19, "BDC"),
        ("airbnb", 46, "ABB"),
        ("expedia", None, "EXP"),
        ("agoda", 17, "AGO"),
        ("direct", 0, "DIR"),
        ("bookingpage", 1, "DIR"),
        ("", 0, "DIR"),
        (None, "999", "DIR"),
        (None, 19, "BDC"),
        (None, 53, "CTP"),
        ("feratel", 33, "UNK"),
        (None, 4711, "UNK"),
        (7, None, "UNK"),
    ],
)
def test_the_channel_is_known_by_its_name_or_its_number(channel, number, code):
    assert source(channel, number, "As shown").code == code


def test_a_channel_without_a_code_of_ours_keeps_its_name():
    assert read(make_booking(channel="feratel", apiSourceId=33, apiSource="Feratel")).channel_name == "Feratel"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": None}, "bookings[0].id"),
        ({"id": "x1"}, "bookings[0].id"),
        ({"id": -1}, "bookings[0].id"),
        ({"id": True}, "bookings[0].id"),
        ({"propertyId": None}, "bookings[0].propertyId"),
        ({"roomId": "double"}, "bookings[0].roomId"),
        ({"arrival": "01.03.2027"}, "bookings[0].arrival"),
        ({"arrival": None}, "bookings[0].arrival"),
        ({"departure": "2027-03-01"}, "bookings[0].departure"),
        ({"departure": "2037-03-01"}, "bookings[0].departure"),
        ({"status": "paid"}, "bookings[0].status"),
        ({"status": None}, "bookings[0].status"),
        ({"status": ["new"]}, "bookings[0].status"),
        ({"price": "much"}, "bookings[0].price"),
        ({"numAdult": -1}, "bookings[0].numAdult"),
        ({"numAdult": 1.5}, "bookings[0].numAdult"),
        ({"roomQty": 100}, "bookings[0].roomQty"),
        ({"modifiedTime": "yesterday"}, "bookings[0].modifiedTime"),
        ({"bookingTime": 7}, "bookings[0].bookingTime"),
        ({"commission": "NaN"}, "bookings[0].commission"),
        ({"invoiceItems": [{"lineTotal": "x"}]}, "bookings[0].invoiceItems[0].lineTotal"),
        ({"invoiceItems": [{"amount": 999_999_999_999, "qty": 9999}]}, "bookings[0].invoiceItems[0].amount"),
    ],
)
def test_what_would_move_the_wrong_night_or_money_is_refused_by_name(changes, field):
    with pytest.raises(Malformed) as caught:
        read(make_booking(**changes))

    assert caught.value.field == field


@pytest.mark.parametrize("bookings", [[], ["x"], [make_booking()] * 201, [make_booking(roomQty=99)] * 3])
def test_a_message_without_bookings_or_with_too_many_is_refused(bookings):
    with pytest.raises(Malformed) as caught:
        read(*bookings)
    assert caught.value.field == "bookings"


def test_a_booking_alone_and_a_delivery_are_understood_as_well():
    booking = make_booking()
    beside = {"invoiceItems": booking.pop("invoiceItems"), "infoItems": booking.pop("infoItems")}

    alone = parse(json.dumps(booking).encode())
    delivered = parse(json.dumps({"timeStamp": "2027-01-10T09:17:02Z", "booking": booking, **beside}).encode())

    assert alone.external_booking_id == delivered.external_booking_id == "90000001"
    assert alone.rooms[0].charges[2:] == () and len(delivered.rooms[0].charges) == 5


def test_what_is_read_later_sorts_later_though_stamps_are_whole_seconds():
    made = datetime(2027, 1, 10, 9, 16, 1, tzinfo=UTC)
    delays = [-30, -1, 0, 0.001, 0.002, 1, 59, 339.999, 340, 370, 900, 3600, 86400, 180 * 86400]

    orders = [read(make_booking(), read_at=made + timedelta(seconds=delay)).ordering for delay in delays]
    later = read(make_booking(modifiedTime="2027-01-10T09:16:02Z"), read_at=made).ordering

    assert orders == sorted(set(orders))
    assert orders[-1] < later
    assert {len(order) for order in orders} == {26}


def test_storing_and_reading_keep_every_letter_of_the_guest():
    booking = make_booking(firstName="Zoë", lastName="王小明")

    revision = parse(envelope([booking], NOW, "jpy"))

    assert (revision.customer.full_name, revision.currency) == ("Zoë 王小明", "JPY")


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["2027-03-02", "NaN", "12.00", "\ud800", "\x00", "cancelled", "chp:x", "9" * 30]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from(sorted(make_booking()))
item_fields = st.sampled_from(sorted(make_booking()["invoiceItems"][0]))


@given(
    changes=st.dictionaries(fields, json_values, max_size=4), line=st.dictionaries(item_fields, json_values, max_size=3)
)
def test_whatever_arrives_is_a_revision_or_malformed(changes, line):
    booking = make_booking(**({"invoiceItems": [line]} | changes))

    try:
        revision = read(booking, make_booking(id=90000002, masterId=90000001))
    except Malformed as error:
        assert str(error)
    else:
        assert revision.check_in < revision.check_out
        written = repr(revision)
        assert "\\x00" not in written and "\\ud800" not in written
        assert "tok_4711" not in written
        assert len(revision.external_revision_id) < 120 and len(revision.ordering) <= 32


@given(json_values)
def test_any_json_at_all_is_understood_or_malformed(value):
    for message in (value, {"bookings": value}, {"booking": value}, {"bookings": [value], "read_at": value}):
        try:
            revision = parse(json.dumps(message).encode())
        except Malformed as error:
            assert str(error)
        else:
            assert revision.external_booking_id


@given(st.binary(max_size=200))
def test_whatever_bytes_arrive_the_only_error_is_malformed(raw):
    with pytest.raises(Malformed):
        parse(raw)
