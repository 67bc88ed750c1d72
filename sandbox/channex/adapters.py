"""The OTAs a channel can connect to, as Channex describes them, with invented rooms and rates behind each."""

from __future__ import annotations

from typing import Any

from sandbox.channex.errors import Refused

CODES = {"BDC": "BookingCom", "EXP": "Expedia", "ABB": "AirBNB", "AGO": "Agoda"}
TITLES = {"BookingCom": "Booking.com", "Expedia": "Expedia", "AirBNB": "Airbnb", "Agoda": "Agoda"}
SHORT = {adapter: code for code, adapter in CODES.items()}


def _param(position: int, kind: str, title: str, default: Any = None, options: Any = None) -> dict[str, Any]:
    return {
        "position": position, "type": kind, "title": title, "default": default, "options": options, "rules": None,
    }  # fmt: skip


HOTEL = {"hotel_id": _param(0, "string", "Hotel ID")}
PARAMS: dict[str, dict[str, Any]] = {
    "BookingCom": HOTEL,
    "Expedia": HOTEL | {"min_stay_type": _param(1, "select", "Min stay type", "Arrival", ["Arrival", "Through"])},
    "Agoda": HOTEL
    | {
        "booking_tax_settings": _param(
            1, "select", "Taxes", "Inclusive", ["Inclusive", "Inclusive With Commissions", "Exclusive"]
        )
    },
    "AirBNB": {"token": _param(0, "hidden", "Token")},
}
RATE_PARAMS = {
    "room_type_code": _param(0, "integer", "Room"),
    "rate_plan_code": _param(1, "integer", "Rate"),
    "occupancy": _param(2, "integer", "Occupancy"),
    # The misprint is the live descriptor's own.
    "pricing_type": _param(3, "select", "Pricing", "Standart", ["Standard", "OBP"]),
    "primary_occ": _param(4, "boolean", "Primary occupancy"),
    "readonly": _param(5, "boolean", "Read only", False),
}


def descriptor(code: str) -> dict[str, Any]:
    """What a connection form needs to know. The code is case-sensitive; raises Refused for an unknown one."""
    if code not in TITLES:
        raise Refused(400)
    airbnb = code == "AirBNB"
    return {
        "code": code, "title": TITLES[code], "kind": "ota", "params": PARAMS[code],
        "rate_params": {} if airbnb else RATE_PARAMS,
        "mapping_mode": "listing" if airbnb else "room_rate_multioccupancy", "message_support": code != "Agoda",
        "property_mapping": "multiple" if airbnb else "single", "actions": ["load_future_reservations"],
        "channel_restrictions": {"currency": "EUR", "min_price": 500} if code == "BookingCom" else None,
    }  # fmt: skip


def test(code: str, settings: Any) -> str | None:
    """None when the OTA accepts these settings, else why not. A hotel id starting with `bad` is refused."""
    descriptor(code)
    wanted = next(iter(PARAMS[code]))
    if not isinstance(settings, dict) or not settings.get(wanted):
        return "invalid_credentials_structure"
    return "invalid_credentials" if str(settings[wanted]).startswith("bad") else None


def products(code: str, settings: dict[str, Any]) -> dict[str, Any]:
    """The OTA's rooms and rates for an account: the same every time it is asked."""
    hotel = str(settings.get(next(iter(PARAMS[code]))))
    number = int(hotel) if hotel.isdecimal() else 9_000_000
    rooms = []
    for at, title in enumerate(("Double Room", "Twin Room", "Family Room"), 1):
        rates = [
            {"id": number * 10 + at * 2 + offset, "title": rate, "max_persons": 2 + at // 3, "readonly": False,
             "pricing": "OBP" if code == "BookingCom" else "Standard"}
            for offset, rate in enumerate(("Standard Rate", "Non-refundable"))
        ]  # fmt: skip
        rooms.append({"id": number * 100 + at, "title": title, "rates": rates})
    return {"rooms": rooms, "pricing_type": "OBP" if code == "BookingCom" else "Standard"}
