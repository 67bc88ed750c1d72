"""Their words and ours for content: properties, room types, rate plans, channels. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from providers.base import PropertyDetails, RoomTypeDetails
from providers.channel_types import RemoteChannel
from providers.channex.api import attributes, related_id
from providers.errors import Rejected
from providers.strict import clean_text
from providers.types import RemoteRatePlan, RemoteRoomType

LONGEST_TITLE = 255

MEAL_TYPES = frozenset(
    "none all_inclusive breakfast lunch dinner american bed_and_breakfast buffet_breakfast carribean_breakfast "
    "continental_breakfast english_breakfast european_plan family_plan full_board full_breakfast half_board "
    "room_only self_catering bermuda dinner_bed_and_breakfast_plan family_american breakfast_and_lunch "
    "lunch_and_dinner".split()
)

# Two systems: the prefix of a booking's unique_id, and the adapter of the Channel API.
ADAPTERS = {"bookingcom": "BDC", "airbnb": "ABB", "expedia": "EXP", "agoda": "AGO", "offline": "OFL"}
NAMES = {
    "BDC": "Booking.com",
    "ABB": "Airbnb",
    "EXP": "Expedia",
    "AGO": "Agoda",
    "VRB": "VRBO",
    "GHA": "Google Hotel",
    "HWL": "Hostelworld",
    "HBD": "Hotelbeds",
    "HRS": "HRS",
    "HGT": "HyperGuest",
    "TRK": "Traveloka",
    "CTP": "Trip.com",
    "TKT": "Tiket",
    "GMT": "Goibibo",
    "OPN": "Open Channel",
    "OFL": "Offline",
}
_BY_NAME = {name.lower(): code for code, name in NAMES.items()} | ADAPTERS | {"a-expedia": "EXP"}
UNKNOWN_CHANNEL = "UNK"


def channel_code(unique_id: str | None, ota_name: str | None) -> str:
    """Return the OTA's three letters: by the booking's prefix, which is reliable, else by name."""
    prefix, dash, _ = (unique_id or "").partition("-")
    if dash and len(prefix) == 3 and prefix.isascii() and prefix.isalpha():
        return prefix.upper()
    return _BY_NAME.get((ota_name or "").strip().lower(), UNKNOWN_CHANNEL)


def property_attributes(details: PropertyDetails, group_id: str | None) -> dict[str, Any]:
    """Return what Channex wants to know of a property; what we do not know is left out, never null."""
    known = {
        "title": details.name[:LONGEST_TITLE],
        "currency": details.currency,
        "timezone": details.timezone,
        "country": details.country,
        "email": details.email,
        "phone": details.phone,
        "city": details.city,
        "zip_code": details.postal_code,
        "address": details.address,
        "group_id": group_id,
        "property_type": "hotel",
    }
    return {name: value for name, value in known.items() if value}


def room_type_attributes(details: RoomTypeDetails, units: int) -> dict[str, Any]:
    return {
        "title": details.name[:LONGEST_TITLE],
        "count_of_rooms": units,
        "occ_adults": details.max_adults,
        "occ_children": details.max_children,
        "occ_infants": details.max_infants,
        "default_occupancy": min(details.default_occupancy, details.max_adults),
    }


def rate_plan_attributes(
    property_id: str, room_type_id: str, title: str, currency: str, occupancy: int, meal_plan: str | None
) -> dict[str, Any]:
    """Return a plan that sells nothing yet.

    The option's rate seeds every future date and `stop_sell` every date that enters the calendar:
    with a price and open, the plan would sell before our first push.
    """
    plan: dict[str, Any] = {
        "title": title[:LONGEST_TITLE],
        "property_id": property_id,
        "room_type_id": room_type_id,
        "currency": currency,
        "sell_mode": "per_room",
        "rate_mode": "manual",
        "stop_sell": True,
        "options": [{"occupancy": occupancy, "is_primary": True, "rate": 0}],
    }
    return plan | ({"meal_type": meal_plan} if meal_plan in MEAL_TYPES else {})


def is_duplicate_title(error: Rejected) -> bool:
    """True for the 422 some accounts get when a second room type wants a plan of the same title."""
    said = " ".join([str(error), *(text for texts in error.fields.values() for text in texts)]).lower()
    return "duplicat" in said and "title" in said


def products(rooms: Sequence[Mapping[str, Any]], plans: Sequence[Mapping[str, Any]]) -> tuple[RemoteRoomType, ...]:
    """Return room types with their plans. A plan of a room type that is not listed is left out."""
    by_room: dict[str, list[RemoteRatePlan]] = {}
    for item in plans:
        plan = rate_plan(item)
        by_room.setdefault(plan.room_type_external_id, []).append(plan)
    return tuple(room_type(item, by_room) for item in rooms)


def room_type(item: Mapping[str, Any], plans: Mapping[str, Sequence[RemoteRatePlan]]) -> RemoteRoomType:
    found = attributes(item)
    return RemoteRoomType(
        external_id=found["id"],
        name=_title(found),
        units=_integer(found.get("count_of_rooms")),
        max_adults=_integer(found.get("occ_adults")),
        rate_plans=tuple(plans.get(found["id"], ())),
    )


def rate_plan(item: Mapping[str, Any]) -> RemoteRatePlan:
    """Options come primary first and then in no order: they are told apart by occupancy."""
    found = attributes(item)
    options = [option for option in found.get("options") or () if isinstance(option, dict)]
    option_ids: dict[str, int] = {}
    primary: int | None = None
    for option in options:
        occupancy, identity = _integer(option.get("occupancy")), option.get("id")
        if option.get("is_primary") or identity == found["id"]:
            primary = occupancy
            identity = identity or found["id"]
        if occupancy is not None and isinstance(identity, str):
            option_ids[identity] = occupancy
    currency = found.get("currency")
    meal = found.get("meal_type")
    return RemoteRatePlan(
        external_id=found["id"],
        name=_title(found),
        room_type_external_id=str(found.get("room_type_id") or related_id(item, "room_type") or ""),
        currency=currency if isinstance(currency, str) else None,
        occupancy=primary,
        option_ids=option_ids,
        meal_plan=meal if isinstance(meal, str) else None,
    )


def channel(item: Mapping[str, Any]) -> RemoteChannel:
    found = attributes(item)
    adapter = str(found.get("channel") or "")
    return RemoteChannel(
        external_id=found["id"],
        code=ADAPTERS.get(adapter.lower(), adapter),
        title=_title(found) or adapter,
        active=found.get("is_active") is True,
        error=_channel_error(found),
    )


def _channel_error(found: Mapping[str, Any]) -> str | None:
    if found.get("status") in ("temporal_error", "permanent_error"):
        return f"Channex reports a {str(found['status']).replace('_', ' ')}"
    if found.get("expected_removal_date"):
        return f"Channex will remove it on {clean_text(str(found['expected_removal_date']))[:40]}"
    return None


def _title(found: Mapping[str, Any]) -> str:
    return clean_text(str(found.get("title") or ""))[:LONGEST_TITLE]


def _integer(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
