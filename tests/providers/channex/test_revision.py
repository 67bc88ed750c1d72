"""What we understand of a booking message, and which messages are refused with the field at fault."""

from __future__ import annotations

import copy
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.channex.revision import parse
from providers.errors import Malformed
from providers.types import BookingStatus, Charge, Occupancy, Person, Revision
from tests.providers.channex import BOOKING, OPTION, PROPERTY, RATE_PLAN, REVISION, ROOM_TYPE, recorded


def make_message(**changes: Any) -> dict[str, Any]:
    message = copy.deepcopy(recorded("feed")["data"][0])
    message["attributes"] |= changes
    return message


def make_room(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(recorded("feed")["data"][0]["attributes"]["rooms"][0]) | changes


def read(message: Any) -> Revision:
    return parse(json.dumps(message).encode())


def test_every_field_of_a_booking_is_understood():
    revision = read(make_message())

    assert revision.external_revision_id == REVISION
    assert revision.external_booking_id == BOOKING
    assert revision.external_property_id == PROPERTY
    assert revision.external_channel_id == "c3c3c3c3-0000-4000-8000-000000000001"
    assert revision.ordering == "2026-09-22T10:19:36.251613"
    assert revision.status is BookingStatus.NEW
    assert (revision.code, revision.channel, revision.channel_name) == ("4400112233", "BDC", "Booking.com")
    assert (revision.unique_id, revision.system_id) == ("BDC-4400112233", "sys-1")
    assert (revision.check_in, revision.check_out) == (date(2026, 11, 10), date(2026, 11, 12))
    assert (revision.amount, revision.currency, revision.commission) == (Decimal("361.08"), "USD", Decimal("54.16"))
    assert (revision.payment_collect, revision.payment_type) == ("property", "credit_card")
    assert revision.payment_card == {"brand": "VI", "expiry": "10/2028"}
    assert revision.arrival_hour == "15:00"
    assert revision.notes == "Late arrival. Card ************1111 cvv ***"
    assert revision.booked_at == datetime(2026, 9, 22, 10, 19, 36, 251613, tzinfo=UTC)
    assert revision.occupancy == Occupancy(2, 1, 0, (5,))
    assert revision.customer == Person(
        name="Ana",
        surname="Prova",
        email="ana@example.test",
        postal_code="8000-000",
        country="PT",
        language="pt",
        company="Prova Lda",
    )
    assert revision.charges == (
        Charge("service", "Breakfast", Decimal("20.00"), note="Per stay"),
        Charge("deposit", "credit_card", Decimal("50.00"), note="paid"),
    )
    assert revision.meta["amount_type"] == "gross" and revision.meta["customer_meta"] == {"is_genius": False}


def test_every_field_of_a_room_is_understood():
    (room,) = read(make_message()).rooms

    assert room.external_id == "d4d4d4d4-0000-4000-8000-000000000001"
    assert (room.external_room_type_id, room.external_rate_plan_id) == (ROOM_TYPE, OPTION)
    assert room.parent_rate_plan_id == RATE_PLAN
    assert (room.check_in, room.check_out, room.amount) == (date(2026, 11, 10), date(2026, 11, 12), Decimal("341.08"))
    assert list(room.nightly.items()) == [
        (date(2026, 11, 10), Decimal("160.54")),
        (date(2026, 11, 11), Decimal("180.54")),
    ]
    assert room.meta["days_outside_stay"] == {"2026-11-12": "9.99"}
    assert [guest.full_name for guest in room.guests] == ["Ana Prova", "Rui"]
    assert room.meal_plan == "Breakfast included" and not room.cancelled
    assert room.charges == (
        Charge("tax", "City tax", Decimal("4.00"), note="Per night"),
        Charge("collected_tax", "VAT", Decimal("10.00"), inclusive=True),
    )


def test_a_booking_object_carries_the_revision_it_shows():
    revision = read(recorded("booking"))

    assert (revision.external_revision_id, revision.external_booking_id) == (REVISION, BOOKING)
    assert revision.external_property_id == PROPERTY


def test_only_what_names_and_dates_a_booking_is_needed():
    bare = {
        "id": "r1",
        "booking_id": "b1",
        "property_id": "p1",
        "status": "cancelled",
        "arrival_date": "2026-11-10",
        "departure_date": "2026-11-12",
    }

    revision = read(bare)

    assert revision.status is BookingStatus.CANCELLED
    assert (revision.code, revision.channel, revision.currency, revision.amount) == ("b1", "UNK", "XXX", None)
    assert (revision.rooms, revision.ordering, revision.booked_at) == ((), "", None)


def test_every_other_field_may_be_null():
    needed = {"id", "booking_id", "property_id", "status", "arrival_date", "departure_date"}
    message = make_message()
    message["attributes"] = {
        name: value if name in needed else None for name, value in message["attributes"].items()
    } | {"rooms": [dict.fromkeys(make_room())]}

    (room,) = read(message).rooms

    assert (room.check_in, room.check_out) == (date(2026, 11, 10), date(2026, 11, 12))
    assert (room.external_room_type_id, room.external_rate_plan_id, room.amount) == (None, None, None)


def test_a_booking_without_dates_takes_those_of_its_rooms():
    rooms = [make_room(), make_room(checkin_date="2026-11-09", checkout_date="2026-11-15")]

    revision = read(make_message(arrival_date=None, departure_date=None, rooms=rooms))

    assert (revision.check_in, revision.check_out) == (date(2026, 11, 9), date(2026, 11, 15))


@pytest.mark.parametrize(
    ("unique_id", "ota_name", "code"),
    [
        ("ABB-HM1", "x", "ABB"),
        ("EXP-1", None, "EXP"),
        ("ZZZ-1", "Somewhere", "ZZZ"),
        (None, "A-Expedia", "EXP"),
        (None, "Booking.com", "BDC"),
        (None, "Goibibo", "GMT"),
        ("1234", "Offline", "OFL"),
        (None, None, "UNK"),
    ],
)
def test_the_channel_is_known_by_the_prefix_of_the_booking(unique_id, ota_name, code):
    assert read(make_message(unique_id=unique_id, ota_name=ota_name)).channel == code


def test_names_are_cleaned_never_refused():
    customer = {
        "name": "An\u0000a\ud800",
        "surname": "\u202eProva",
        "phone": 44123,
        "country": "Portugal",
        "mail": ["x"],
    }

    person = read(make_message(customer=customer)).customer

    assert person == Person(name="Ana\ufffd", surname="\u202eProva", phone="44123")


def test_a_name_of_a_megabyte_is_cut():
    assert len(read(make_message(customer={"name": "ü" * 1_000_000})).customer.name) == 500


BAD_DATES = [
    "2026-W05-1",
    "20261110",
    "2026-11-31",
    "0001-01-01",
    "9999-12-31",
    "٢٠٢٦-١١-١٠",
    "2026-11-10T00:00:00",
    " 2026-11-10",
    20261110,
    True,
    [],
]
BAD_AMOUNTS = [
    "NaN",
    "Infinity",
    "1e400",
    "1_000",
    "١٢",
    "12,50",
    "-1",
    "--1",
    " 1",
    True,
    [],
    {},
    "9" * 13,
    10**14,
    "1.1234567",
]


@pytest.mark.parametrize("value", BAD_DATES)
@pytest.mark.parametrize("field", ["arrival_date", "departure_date"])
def test_a_wrong_date_is_refused_by_name(field, value):
    with pytest.raises(Malformed) as caught:
        read(make_message(**{field: value}))

    assert caught.value.field == field


@pytest.mark.parametrize("value", BAD_AMOUNTS)
def test_a_wrong_amount_is_refused_by_name(value):
    with pytest.raises(Malformed) as total:
        read(make_message(amount=value))
    with pytest.raises(Malformed) as night:
        read(make_message(rooms=[make_room(), make_room(days={"2026-11-10": value})]))

    assert total.value.field == "amount"
    assert night.value.field == "rooms[1].days.2026-11-10"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"departure_date": "2026-11-10"}, "departure_date"),
        ({"departure_date": "2026-11-09"}, "departure_date"),
        ({"departure_date": "2029-11-09"}, "departure_date"),
        ({"rooms": [make_room()] * 201}, "rooms"),
        ({"rooms": {}}, "rooms"),
        ({"rooms": ["x"]}, "rooms[0]"),
        ({"rooms": [make_room(checkout_date="2026-11-01")]}, "rooms[0].checkout_date"),
        ({"rooms": [make_room(occupancy={"adults": -1})]}, "rooms[0].occupancy.adults"),
        ({"rooms": [make_room(room_type_id=["x"])]}, "rooms[0].room_type_id"),
        ({"rooms": [make_room(room_type_id="a\u0000b")]}, "rooms[0].room_type_id"),
        ({"occupancy": {"adults": 10**6}}, "occupancy.adults"),
        ({"occupancy": {"adults": True}}, "occupancy.adults"),
        ({"status": "paused"}, "status"),
        ({"status": None}, "status"),
        ({"status": ["new"]}, "status"),
        ({"currency": "€"}, "currency"),
        ({"currency": 978}, "currency"),
        ({"booking_id": "\ud800"}, "booking_id"),
        ({"booking_id": "b" * 201}, "booking_id"),
        ({"property_id": 7}, "property_id"),
        ({"inserted_at": "yesterday"}, "inserted_at"),
        ({"inserted_at": "2026-13-01T00:00:00"}, "inserted_at"),
        ({"services": [{"name": "x", "total_price": "NaN"}]}, "services[0].total_price"),
    ],
)
def test_what_would_move_the_wrong_night_or_money_is_refused_by_name(changes, field):
    with pytest.raises(Malformed) as caught:
        read(make_message(**changes))

    assert caught.value.field == field


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"\xff",
        b'{"id": "a", "id": "b"}',
        b'{"amount": NaN}',
        b'{"amount": ' + b"9" * 5000 + b"}",
        b"[" * 100_000 + b"]" * 100_000,
        b'{"meta": ' + b"[" * 80 + b"]" * 80 + b"}",
        b'{"data": 7}',
        b'{"attributes": 7}',
    ],
)
def test_what_is_not_one_clear_json_object_is_refused(raw):
    with pytest.raises(Malformed):
        parse(raw)


def test_revisions_sort_by_the_time_they_were_made():
    written = [
        "2026-09-22T10:19:36",
        "2026-09-22T10:19:36.5",
        "2026-09-22T13:19:37.000001+03:00",
        "2026-09-22T10:19:38Z",
    ]

    orders = [read(make_message(inserted_at=time)).ordering for time in written]

    assert orders == sorted(orders)
    assert len({len(order) for order in orders}) == 1


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["2026-11-10", "NaN", "12.00", "\ud800", "\x00"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from(sorted(make_message()["attributes"]))
room_fields = st.sampled_from(sorted(make_room()))


@given(
    changes=st.dictionaries(fields, json_values, max_size=4), room=st.dictionaries(room_fields, json_values, max_size=4)
)
def test_whatever_arrives_is_a_revision_or_malformed(changes, room):
    message = make_message(**({"rooms": [make_room(**room)]} | changes))

    try:
        revision = read(message)
    except Malformed as error:
        assert str(error)
    else:
        assert revision.check_in < revision.check_out
        text = repr(revision)
        assert "\\x00" not in text and "\\ud800" not in text
        assert all(room.check_in <= night < room.check_out for room in revision.rooms for night in room.nightly)


@given(st.binary(max_size=200))
def test_whatever_bytes_arrive_the_only_error_is_malformed(raw):
    with pytest.raises(Malformed):
        parse(raw)


@given(json_values)
def test_any_json_at_all_is_understood_or_malformed(value):
    try:
        revision = read(value)
    except Malformed as error:
        assert str(error)
    else:
        assert revision.external_booking_id
