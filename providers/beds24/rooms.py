"""The rooms and people of a Beds24 booking. Pure.

Beds24 keeps one booking for each room; the rooms of one reservation follow a master. A booking of several
equal rooms (`roomQty`) is taken apart here, because each of them takes a unit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import Any

from providers.beds24.money import charges, price
from providers.beds24.words import object_id, optional_id
from providers.errors import Malformed
from providers.strict import clean
from providers.strict_fields import count, day, text
from providers.types import BookedRoom, Occupancy, Person

MOST_NIGHTS = 1000
MOST_ROOMS = 99
MOST_PEOPLE = 100
OUR_KEY_FIELD = "custom10"  # free text that comes back in reads, and that no guest sees
OUR_KEY_MARK = "chp:"
_OUR_KEY = re.compile(re.escape(OUR_KEY_MARK) + r"([A-Za-z0-9:_-]{1,100})", re.ASCII)
_CUSTOM = tuple(f"custom{number}" for number in range(1, 11))
_ROOM_META = ("unitId", "offerId", "rateDescription", "status", "subStatus", "flagText", "flagColor", "voucher",
              "notes", "message", "infoItems", "allowChannelUpdate", "allowCancellation", *_CUSTOM)  # fmt: skip


def read_rooms(booking: Mapping[str, Any], field: str) -> tuple[BookedRoom, ...]:
    """Return the room of one Beds24 booking; as many as it counts, with people and money shared out."""
    check_in, check_out = stay(booking, field)
    identity = object_id(booking.get("id"), f"{field}.id")
    quantity = _number(booking, "roomQty", field, 1, MOST_ROOMS) or 1
    amounts = shared(price(booking, "price", field), quantity)
    people = occupancies(booking, field, quantity)
    lines = charges(booking, field)
    guests = _guests(booking)
    return tuple(
        BookedRoom(
            external_id=identity if number == 0 else f"{identity}.{number + 1}",
            external_room_type_id=optional_id(booking.get("roomId"), f"{field}.roomId"),
            external_rate_plan_id=None,  # a booking does not say which price slot it was sold by
            check_in=check_in,
            check_out=check_out,
            amount=amounts[number],
            nightly={},
            occupancy=people[number],
            guests=guests if number == 0 else (),
            cancelled=booking.get("status") == "cancelled",
            charges=lines if number == 0 else (),
            meta=_meta(booking) if number == 0 else {},
            our_key=our_key(booking) if number == 0 else None,
        )
        for number in range(quantity)
    )


def stay(booking: Mapping[str, Any], field: str) -> tuple[date, date]:
    """Return check-in and check-out: at least one night, at most 1,000."""
    check_in = day(booking.get("arrival"), f"{field}.arrival")
    check_out = day(booking.get("departure"), f"{field}.departure")
    nights = (check_out - check_in).days
    if not 1 <= nights <= MOST_NIGHTS:
        raise Malformed(f"{field}.departure: a stay of {nights} nights", field=f"{field}.departure")
    return check_in, check_out


def shared(total: Decimal | None, parts: int) -> list[Decimal | None]:
    """Share an amount out in its own decimals; what does not divide stays with the first part."""
    if total is None or parts == 1:
        return [total] * parts
    each = (total / parts).quantize(Decimal(1).scaleb(int(total.as_tuple().exponent)), rounding=ROUND_DOWN)
    return [total - each * (parts - 1), *[each] * (parts - 1)]


def occupancies(booking: Mapping[str, Any], field: str, rooms: int) -> list[Occupancy]:
    """Share the people out over equal rooms, the first ones taking one more where they do not divide."""
    adults = _number(booking, "numAdult", field, 1, MOST_PEOPLE)
    children = _number(booking, "numChild", field, 0, MOST_PEOPLE)
    return [
        Occupancy(adults // rooms + (number < adults % rooms), children // rooms + (number < children % rooms))
        for number in range(rooms)
    ]


def person(found: Mapping[str, Any], guest_id: str | None = None) -> Person:
    """Return a guest as named. Nothing in a name is a reason to refuse a booking.

    `country` is free text; only `country2` is a code.
    """
    country = text(found.get("country2"), 10)
    return Person(
        name=text(found.get("firstName")),
        surname=text(found.get("lastName")),
        email=text(found.get("email"), 320),
        phone=text(found.get("mobile"), 100) or text(found.get("phone"), 100),
        address=text(found.get("address")),
        city=text(found.get("city")),
        postal_code=text(found.get("postcode"), 50),
        state=text(found.get("state")),
        country=country.upper() if country and len(country) == 2 and country.isascii() and country.isalpha() else None,
        language=text(found.get("lang"), 20),
        company=text(found.get("company")),
        provider_guest_id=guest_id,
    )


def our_key(booking: Mapping[str, Any]) -> str | None:
    """Return the key we gave to a room of our own when we pushed it."""
    held = booking.get(OUR_KEY_FIELD)
    match = _OUR_KEY.fullmatch(held.strip()) if isinstance(held, str) else None
    return match[1] if match else None


def guest_id(booking: Mapping[str, Any]) -> str | None:
    """Return the number of the booking's first guest, where Beds24 keeps guests apart."""
    guests = booking.get("guests")
    first = guests[0] if isinstance(guests, list) and guests else None
    return text(first.get("id"), 40) if isinstance(first, dict) else None


def _guests(booking: Mapping[str, Any]) -> tuple[Person, ...]:
    guests = booking.get("guests")
    named = [guest for guest in guests[:MOST_PEOPLE] if isinstance(guest, dict)] if isinstance(guests, list) else []
    if named:
        return tuple(person(guest, text(guest.get("id"), 40)) for guest in named)
    one = person(booking)
    return (one,) if one.full_name else ()


def _number(booking: Mapping[str, Any], name: str, field: str, unsaid: int, most: int) -> int:
    return unsaid if booking.get(name) in (None, "") else count(booking[name], f"{field}.{name}", most)


def _meta(booking: Mapping[str, Any]) -> dict[str, Any]:
    return {name: clean(booking[name]) for name in _ROOM_META if booking.get(name) not in (None, "", [], {}, 0)}
