"""From a stored Beds24 message to our `Revision`. Pure.

A message holds what one read showed of one reservation: a booking, or all bookings of a group. Beds24
keeps no history of changes and names no event, so identity and order are made here, from content and time.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from providers.beds24.flags import state_of
from providers.beds24.money import payment_collect, price
from providers.beds24.rooms import guest_id, our_key, person, read_rooms
from providers.beds24.sources import DIRECT, source
from providers.beds24.words import known_id, object_id
from providers.cards import strip_cards
from providers.errors import Malformed
from providers.strict import clean, dumps, loads
from providers.strict_fields import moment, text
from providers.types import NO_CURRENCY, BookedRoom, BookingKind, BookingStatus, Occupancy, Revision, StayState

MOST_ROOMS = 200
_NOT_TIME = re.compile(r"[^0-9TZ:.+-]")  # the key is stored before anybody believed the message
CANCELLED = "cancelled"
# `new` is a live booking that nobody opened in the panel yet; most OTA bookings stay so.
KINDS = {
    "new": BookingKind.STAY,
    "confirmed": BookingKind.STAY,
    "cancelled": BookingKind.STAY,
    "request": BookingKind.REQUEST,
    "black": BookingKind.BLOCK,
    "inquiry": BookingKind.INQUIRY,
}
STATUSES = tuple(sorted(KINDS))
_CANCELLED_BY = {
    "cancelledByGuest": "Cancelled by the guest",
    "cancelledByHost": "Cancelled by the host",
    "nonPayment": "Cancelled for want of payment",
    "noShow": "No-show",
}
_KEPT = ("title", "fax", "country", "referer", "refererEditable", "reference", "apiReference", "apiSource",
         "apiSourceId", "channel", "groupNote", "notes", "message", "statusCode", "subStatus", "cancelTime",
         "invoiceeId", "allowAutoAction", "allowReview", "allowCancellation", "bookingGroup")  # fmt: skip


def envelope(bookings: Sequence[Mapping[str, Any]], read_at: datetime, currency: str | None) -> bytes:
    """Return the message to store: the bookings of one reservation, master first, card data dropped."""
    content = strip_cards([dict(booking) for booking in bookings])
    read = read_at.astimezone(UTC).isoformat(timespec="microseconds")
    return dumps({"read_at": read, "currency": currency, "bookings": content})


def parse(raw: bytes) -> Revision:
    """Return the revision in a stored message. Raises `Malformed` naming the field, and nothing else."""
    message = strip_cards(loads(raw))
    if not isinstance(message, dict):
        raise Malformed("the message is not an object")
    bookings = _bookings(message)
    read_at = moment(message["read_at"], "read_at") if message.get("read_at") else None
    return _revision(bookings, read_at, _currency(message.get("currency")))


def event_key(bookings: Sequence[Mapping[str, Any]]) -> str:
    """Return what tells one state of a reservation from every other: its number, its time, its content.

    Time alone has a resolution of a second, and does not move with everything we are shown.
    """
    leader = bookings[0]
    latest = max((_text(booking.get("modifiedTime")) for booking in bookings), default="")
    digest = hashlib.sha256(json.dumps(list(bookings), sort_keys=True).encode()).hexdigest()[:32]
    return f"{known_id(leader.get('id')) or '?'}:{_NOT_TIME.sub('', latest)[:30]}:{digest}"


def group_id(booking: Mapping[str, Any]) -> str | None:
    """Return the number of the booking that leads this one's reservation: its own, when it stands alone."""
    group = booking.get("bookingGroup")
    master = known_id(group.get("master")) if isinstance(group, dict) else None
    return master or known_id(booking.get("masterId")) or known_id(booking.get("id"))


def ordering(bookings: Sequence[Mapping[str, Any]], read_at: datetime | None) -> str:
    """Return text that sorts the messages of one reservation; empty when Beds24 names no time.

    Stamps are whole seconds. Below the second stands how much later we read: in milliseconds for the first
    minutes, in half minutes for half a year from then on. A minute is allowed for clocks that differ.
    """
    stamps = [
        moment(booking["modifiedTime"], f"bookings[{index}].modifiedTime")
        for index, booking in enumerate(bookings)
        if booking.get("modifiedTime") not in (None, "")
    ]
    if not stamps:
        return ""
    latest = max(stamps)
    late = max((read_at - latest).total_seconds() + 60, 0.0) if read_at else 0.0
    part = int(late * 1000) if late < 400 else 400_000 + min(int((late - 400) / 30), 599_999)
    return f"{latest.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%S')}.{part:06d}"


def _revision(bookings: list[dict[str, Any]], read_at: datetime | None, currency: str) -> Revision:
    leader = bookings[0]
    rooms = tuple(room for index, one in enumerate(bookings) for room in read_rooms(one, f"bookings[{index}]"))
    if len(rooms) > MOST_ROOMS:
        raise Malformed(f"{len(rooms)} rooms in one booking", field="bookings")
    statuses = [_status(one, f"bookings[{index}]") for index, one in enumerate(bookings)]
    live = [one for one, status in zip(bookings, statuses, strict=True) if status != CANCELLED]
    kind = KINDS[_status(live[0] if live else leader, "bookings[0]")]
    gone = not live or kind is BookingKind.INQUIRY
    standing = [room for room in rooms if gone or not room.cancelled]
    identity = object_id(leader.get("id"), "bookings[0].id")
    reference = text(leader.get("apiReference"), 200)
    found = source(leader.get("channel"), leader.get("apiSourceId"), text(leader.get("apiSource"), 100))
    counted = live or bookings
    return Revision(
        external_revision_id=event_key(bookings),
        external_booking_id=group_id(leader) or identity,
        external_property_id=object_id(leader.get("propertyId"), "bookings[0].propertyId"),
        ordering=ordering(bookings, read_at),
        status=BookingStatus.CANCELLED
        if gone
        else BookingStatus.NEW
        if _untouched(bookings)
        else BookingStatus.MODIFIED,
        code=reference or identity,
        channel=found.code,
        channel_name=found.name,
        check_in=min(room.check_in for room in standing),
        check_out=max(room.check_out for room in standing),
        currency=currency,
        amount=_sum(counted, "price"),
        customer=person(leader, guest_id(leader)),
        occupancy=_people(standing),
        rooms=rooms,
        unique_id=f"{found.code}-{reference}" if reference and found != DIRECT else None,
        commission=_sum(counted, "commission"),
        payment_collect=next((payer for one in bookings if (payer := payment_collect(one))), None),
        arrival_hour=text(leader.get("arrivalTime"), 20),
        notes=_notes(bookings),
        booked_at=_optional_moment(leader.get("bookingTime"), "bookings[0].bookingTime"),
        cancel_reason=_CANCELLED_BY.get(_text(leader.get("subStatus"))) if gone else None,
        meta=_meta(leader),
        kind=kind,
        stay_state=_stay_state(counted),
        our_keys=tuple(key for one in bookings if (key := our_key(one))),
    )


def _bookings(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the bookings of a message; one alone, and the body of a webhook, are understood as well."""
    found = message.get("bookings")
    if found is None and isinstance(message.get("booking"), dict):
        beside = {name: message[name] for name in ("invoiceItems", "infoItems") if name in message}
        found = [{**message["booking"], **beside}]
    elif found is None:
        found = [message]
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        raise Malformed("the message holds no bookings", field="bookings")
    if len(found) > MOST_ROOMS:
        raise Malformed(f"{len(found)} rooms in one booking", field="bookings")
    return found


def _status(booking: Mapping[str, Any], field: str) -> str:
    status = booking.get("status")
    if isinstance(status, str) and status in KINDS:
        return status
    raise Malformed(f"{field}.status: {text(status, 40)!r} is none of Beds24's six", field=f"{field}.status")


def _untouched(bookings: Sequence[Mapping[str, Any]]) -> bool:
    return all(one.get("bookingTime") and one.get("bookingTime") == one.get("modifiedTime") for one in bookings)


def _currency(value: Any) -> str:
    """Bookings name no currency; the reader adds its property's."""
    if value in (None, ""):
        return NO_CURRENCY
    if isinstance(value, str) and len(value) == 3 and value.isascii() and value.isalpha():
        return value.upper()
    raise Malformed("currency is not three letters", field="currency")


def _sum(bookings: Sequence[Mapping[str, Any]], name: str) -> Decimal | None:
    held = [price(one, name, f"bookings[{index}]") for index, one in enumerate(bookings)]
    known = [amount for amount in held if amount is not None]
    return sum(known, Decimal(0)) if known else None


def _people(rooms: Sequence[BookedRoom]) -> Occupancy:
    return Occupancy(sum(room.occupancy.adults for room in rooms), sum(room.occupancy.children for room in rooms))


def _notes(bookings: Sequence[Mapping[str, Any]]) -> str | None:
    """The guest's words, and the OTA's message with their wishes, each said once."""
    said = [text(one.get(name), 10_000) for one in bookings for name in ("comments", "apiMessage")]
    return "\n".join(dict.fromkeys(words for words in said if words))[:20_000] or None


def _stay_state(bookings: Sequence[Mapping[str, Any]]) -> StayState | None:
    """Where the guests are, when all rooms say the same."""
    states = {state_of(one.get("flagText"), one.get("subStatus")) for one in bookings}
    return states.pop() if len(states) == 1 else None


def _optional_moment(value: Any, field: str) -> datetime | None:
    return None if value in (None, "") else moment(value, field)


def _meta(leader: Mapping[str, Any]) -> dict[str, Any]:
    return {name: clean(leader[name]) for name in _KEPT if leader.get(name) not in (None, "", [], {})}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
