"""What a webhook delivery proves and says. Pure."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from providers.beds24.revision import CANCELLED, group_id
from providers.beds24.words import known_id
from providers.cards import strip_cards
from providers.errors import Malformed
from providers.strict import clean, loads
from providers.strict_fields import text
from providers.types import WebhookEvent

SECRET_HEADER = "X-Webhook-Secret"
SIGNATURE_HEADER = "X-Beds24-Signature"  # of a relay in front of us: Beds24 itself signs nothing
CREATED, MODIFIED, GONE, DELETED = "booking.created", "booking.modified", "booking.cancelled", "booking.deleted"
_TOLD = ("status", "subStatus", "arrival", "departure", "roomId", "unitId", "roomQty", "modifiedTime")


def verify(headers: Mapping[str, str], body: bytes, secret: str, *, signed: bool = False) -> bool:
    """True when the delivery carries our secret, or where a relay signs, the right SHA-256 of the raw body.

    Constant time, on bytes; never raises. No secret matches nothing.
    """
    key = secret.encode("utf-8", "surrogatepass")
    given = _header(headers, SIGNATURE_HEADER if signed else SECRET_HEADER)
    wanted = hmac.new(key, body, hashlib.sha256).hexdigest().encode() if signed else key
    same = hmac.compare_digest((given.lower() if signed else given).encode("utf-8", "surrogatepass"), wanted)
    return same and bool(secret)


def event_name(known: bool, was_cancelled: bool, status: str | None) -> str:
    """Return what happened to a booking, from what we held and what it is now (`None`: it is gone)."""
    if status is None:
        return DELETED
    if status == CANCELLED and not was_cancelled:
        return GONE
    return MODIFIED if known else CREATED


def read_event(body: bytes) -> WebhookEvent:
    """Return what a delivery says. Raises `Malformed` only when it is not a JSON object.

    The event's name is the best guess from the body alone: quick changes come as one delivery with the
    latest state. The booking, read again, decides.
    """
    message = strip_cards(loads(body))
    if not isinstance(message, dict):
        raise Malformed("the delivery is not an object")
    booking = message.get("booking")
    if isinstance(booking, dict):
        return _booking_event(message, booking)
    if message.get("action") == "SYNC_ROOM":
        return _room_event(message)
    return WebhookEvent("other", text(message.get("action"), 100) or "", None, event_key(message, {}))


def event_key(message: Mapping[str, Any], booking: Mapping[str, Any]) -> str:
    """Return what a delivery and its repetitions share: repetitions differ in their time and their count."""
    content = {name: value for name, value in message.items() if name not in ("timeStamp", "retries")}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    parts = (known_id(booking.get("id")) or "", str(booking.get("modifiedTime") or ""), digest)
    return f"sha256:{hashlib.sha256('|'.join(parts).encode('utf-8', 'surrogatepass')).hexdigest()}"


def _booking_event(message: Mapping[str, Any], booking: Mapping[str, Any]) -> WebhookEvent:
    identity = known_id(booking.get("id"))
    made, changed = booking.get("bookingTime"), booking.get("modifiedTime")
    status = booking.get("status")
    name = event_name(not made or made != changed, False, status if isinstance(status, str) else "")
    return WebhookEvent(
        kind="booking" if identity else "other",
        name=name,
        external_property_id=known_id(booking.get("propertyId")),
        event_key=event_key(message, booking),
        external_booking_id=group_id(booking),
        # No revision: what is stored is named by its whole content, which a delivery does not hold.
        data=clean({name: booking[name] for name in _TOLD if name in booking} | {"retries": message.get("retries")}),
    )


def _room_event(message: Mapping[str, Any]) -> WebhookEvent:
    """The account's inventory webhook: something was sold, or changed, in one room type."""
    return WebhookEvent(
        kind="ari",
        name="SYNC_ROOM",
        external_property_id=known_id(message.get("propId")),
        event_key=event_key(message, {}),
        data={"room_type_id": known_id(message.get("roomId")), "owner_id": known_id(message.get("ownerId"))},
    )


def _header(headers: Mapping[str, str], wanted: str) -> str:
    return next((str(value) for name, value in headers.items() if str(name).lower() == wanted.lower()), "")
