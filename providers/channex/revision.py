"""Understand one booking message of Channex. Pure.

Every field may be missing or null. Dates, amounts, ids, status and the number of rooms and nights
are strict, because a wrong one sells or frees the wrong night; words for people are cleaned (NUL and
control characters go, half characters become U+FFFD) and never a reason to refuse a booking.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from providers.cards import strip_cards
from providers.channex.api import related_id
from providers.channex.mapping import NAMES, channel_code
from providers.channex.rooms import charges, occupancy, person, read_room, said, stay
from providers.errors import Malformed
from providers.strict import clean, loads
from providers.strict_fields import amount, identifier, moment, text
from providers.types import NO_CURRENCY, BookedRoom, BookingStatus, Revision

MOST_ROOMS = 200
_KEPT = ("amount_type", "agent", "secondary_ota", "is_crs_revision", "acknowledge_status", "meta")


def parse(raw: bytes) -> Revision:
    """Return the revision (or booking) in a stored message. Raises `Malformed` naming the field, and nothing else."""
    message = strip_cards(loads(raw))
    item = message.get("data", message) if isinstance(message, dict) else None
    if not isinstance(item, dict):
        raise Malformed("the message is not an object", field="data")
    inner = item.get("attributes", item)
    if not isinstance(inner, dict):
        raise Malformed("the attributes are not an object", field="attributes")
    return _revision(item, inner)


def _revision(item: Mapping[str, Any], found: Mapping[str, Any]) -> Revision:
    revision_id, booking_id = ids(item, found)
    rooms = _rooms(found)
    check_in, check_out = _dates(found, rooms)
    unique_id, ota_name = text(found.get("unique_id"), 200), text(found.get("ota_name"), 100)
    code = channel_code(unique_id, ota_name)
    status = _status(found)
    made = _optional_moment(found.get("inserted_at"), "inserted_at")
    first_seen = made if status is BookingStatus.NEW or item.get("type") == "booking" else None
    return Revision(
        external_revision_id=revision_id,
        external_booking_id=booking_id,
        external_property_id=identifier(found.get("property_id") or related_id(item, "property"), "property_id"),
        ordering=ordering(item, found),
        status=status,
        code=text(found.get("ota_reservation_code"), 200) or _after_prefix(unique_id) or booking_id,
        channel=code,
        channel_name=NAMES.get(code) or ota_name or code,
        check_in=check_in,
        check_out=check_out,
        currency=_currency(found),
        amount=_optional_amount(found, "amount"),
        customer=person(found.get("customer")),
        occupancy=occupancy(found.get("occupancy"), "occupancy"),
        rooms=rooms,
        external_channel_id=_optional_id(found, "channel_id"),
        unique_id=unique_id,
        system_id=text(found.get("system_id"), 200),
        commission=_optional_amount(found, "ota_commission"),
        payment_collect=_one_of(found.get("payment_collect"), "property", "ota"),
        payment_type=_one_of(found.get("payment_type"), "credit_card", "bank_transfer"),
        payment_card=_card(found.get("guarantee")),
        arrival_hour=text(found.get("arrival_hour"), 20),
        notes=text(found.get("notes"), 20_000),
        charges=charges("service", found.get("services"), "services")
        + charges("deposit", found.get("deposits"), "deposits"),
        booked_at=first_seen,
        cancel_reason=_cancel_reason(found),
        meta=_meta(found),
    )


def ids(item: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[str, str]:
    """Return the revision's and the booking's id: `id` is the one on a revision and the other on a booking."""
    own = found.get("id") or item.get("id")
    if item.get("type") == "booking" or (found.get("revision_id") and not found.get("booking_id")):
        return identifier(found.get("revision_id"), "revision_id"), identifier(own, "id")
    booking = found.get("booking_id") or related_id(item, "booking")
    return identifier(own, "id"), identifier(booking, "booking_id")


def ordering(item: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """Return text that sorts the revisions of one booking; empty when the message has no time."""
    field = "inserted_at"
    if item.get("type") == "booking" and found.get("updated_at"):
        field = "updated_at"  # a booking's own inserted_at is its first revision's
    made = _optional_moment(found.get(field), field)
    return made.strftime("%Y-%m-%dT%H:%M:%S.%f") if made else ""


def _rooms(found: Mapping[str, Any]) -> tuple[BookedRoom, ...]:
    rooms = found.get("rooms")
    if rooms is None:
        return ()
    if not isinstance(rooms, list):
        raise Malformed("rooms is not a list", field="rooms")
    if len(rooms) > MOST_ROOMS:
        raise Malformed(f"{len(rooms)} rooms in one booking", field="rooms")
    outer = found.get("arrival_date"), found.get("departure_date")
    return tuple(read_room(room, f"rooms[{index}]", *outer) for index, room in enumerate(rooms))


def _dates(found: Mapping[str, Any], rooms: tuple[BookedRoom, ...]) -> tuple[date, date]:
    """Return the stay; where the booking does not say, from the first arrival to the last departure of its rooms."""
    first = str(min(room.check_in for room in rooms)) if rooms else None
    last = str(max(room.check_out for room in rooms)) if rooms else None
    arrival, departure = said(found, "arrival_date", first), said(found, "departure_date", last)
    return stay(arrival, departure, "arrival_date", "departure_date")


def _status(found: Mapping[str, Any]) -> BookingStatus:
    try:
        return BookingStatus(found.get("status"))  # type: ignore[arg-type]
    except ValueError:
        shown = text(found.get("status"), 40)
        raise Malformed(f"status: {shown!r} is not new, modified or cancelled", field="status") from None


def _currency(found: Mapping[str, Any]) -> str:
    currency = found.get("currency")
    if currency is None:
        return NO_CURRENCY
    if isinstance(currency, str) and len(currency) == 3 and currency.isascii() and currency.isalpha():
        return currency.upper()
    raise Malformed("currency is not three letters", field="currency")


def _optional_amount(found: Mapping[str, Any], field: str) -> Any:
    return None if found.get(field) in (None, "") else amount(found[field], field)


def _optional_moment(value: Any, field: str) -> datetime | None:
    return None if value in (None, "") else moment(value, field).astimezone(UTC)


def _optional_id(found: Mapping[str, Any], field: str) -> str | None:
    return None if found.get(field) in (None, "") else identifier(found[field], field)


def _one_of(value: Any, *known: str) -> str | None:
    return value if isinstance(value, str) and value in known else None


def _after_prefix(unique_id: str | None) -> str | None:
    return (unique_id or "").partition("-")[2] or None


def _card(guarantee: Any) -> dict[str, str]:
    """Brand and expiry, nothing else."""
    if not isinstance(guarantee, dict):
        return {}
    found = {"brand": text(guarantee.get("card_type"), 20), "expiry": text(guarantee.get("expiration_date"), 7)}
    return {name: value for name, value in found.items() if value}


def _cancel_reason(found: Mapping[str, Any]) -> str | None:
    meta = found.get("meta")
    inner = meta if isinstance(meta, dict) else {}
    return (
        text(found.get("cancellation_reason"))
        or text(inner.get("cancellation_reason"))
        or text(inner.get("cancel_reason"))
    )


def _meta(found: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: clean(found[name]) for name in _KEPT if found.get(name) not in (None, {}, [])}
    customer = found.get("customer")
    for name in ("meta", "company"):
        if isinstance(customer, dict) and customer.get(name):
            kept[f"customer_{name}"] = clean(customer[name])
    return kept
