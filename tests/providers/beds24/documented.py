"""Beds24's API as documented, as tables; every request a test provokes is held against them.

A request that no table allows fails the test that made it: Beds24 itself ignores parameters and
fields it does not know, so a misspelt one would do nothing for years.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

Check = Callable[[Any], bool]

TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")


def whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def text(longest: int) -> Check:
    return lambda value: isinstance(value, str) and len(value) <= longest


def between(least: int, most: int) -> Check:
    return lambda value: whole(value) and least <= value <= most


def one_of(*words: str) -> Check:
    return lambda value: value in words


def day(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 10 and date.fromisoformat(value) is not None


def moment(value: Any) -> bool:
    return isinstance(value, str) and datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ") is not None


def optional(check: Check) -> Check:
    return lambda value: value is None or check(value)


def id_text(value: Any) -> bool:
    return isinstance(value, str) and value.isdigit()


def nothing_else(fields: dict[str, Check], required: tuple[str, ...] = ()) -> Check:
    def check(value: Any) -> bool:
        if not isinstance(value, dict):
            return False
        for name, held in value.items():
            assert name in fields, f"{name} is no documented field"
            assert fields[name](held), f"{name} may not be {held!r}"
        return all(name in value for name in required)

    return check


FLAG = one_of("true", "false")
STATUS = one_of("confirmed", "request", "new", "cancelled", "black", "inquiry")

# name → (check of one value, may be repeated)
Params = dict[str, tuple[Check, bool]]
PAGED: Params = {"page": (lambda value: id_text(value) and int(value) > 1, False)}
IDS = (id_text, True)
BOOKINGS_QUERY: Params = {
    **PAGED,
    **dict.fromkeys(("propertyId", "roomId", "id", "masterId"), IDS),
    **dict.fromkeys(("arrival", "departure", "arrivalFrom", "arrivalTo", "departureFrom", "departureTo"), (day, False)),
    **dict.fromkeys(("bookingTimeFrom", "bookingTimeTo", "modifiedFrom", "modifiedTo"), (moment, False)),
    **dict.fromkeys(("includeInvoiceItems", "includeInfoItems", "includeGuests", "includeBookingGroup"), (FLAG, False)),
    "apiReference": (text(100), True),
    "status": (STATUS, True),
    "searchString": (text(100), False),
}
CALENDAR_QUERY: Params = {
    **PAGED,
    **dict.fromkeys(("startDate", "endDate"), (day, False)),
    **dict.fromkeys(("roomId", "propertyId"), IDS),
    **dict.fromkeys(
        (
            "includeNumAvail",
            "includeMinStay",
            "includeMaxStay",
            "includeMultiplier",
            "includeOverride",
            "includePrices",
            "includeLinkedPrices",
            "includeChannels",
        ),
        (FLAG, False),
    ),
}
PROPERTIES_QUERY: Params = {
    **PAGED,
    **dict.fromkeys(("id", "roomId"), IDS),
    **dict.fromkeys(("includeAllRooms", "includeUnitDetails", "includePriceRules", "includeOffers"), (FLAG, False)),
}
ACTIONS = nothing_else(
    dict.fromkeys(
        (
            "checkAvailability",
            "assignBooking",
            "makeGroup",
            "autoInvoiceItemCharge",
            "notifyGuest",
            "notifyHost",
            "allowWebhooks",
        ),
        lambda value: isinstance(value, bool),
    )
)
SHORT = (
    "title firstName lastName email phone mobile fax company city state postcode country arrivalTime voucher".split()
)
BOOKING: dict[str, Check] = {
    **dict.fromkeys(("id", "roomId", "unitId", "roomQty"), whole),
    "masterId": optional(whole),
    "status": STATUS,
    **dict.fromkeys(("arrival", "departure"), day),
    **dict.fromkeys(("numAdult", "numChild"), between(0, 99)),
    **dict.fromkeys(SHORT, text(100)),
    "address": text(250),
    "country2": lambda value: isinstance(value, str) and bool(re.fullmatch(r"[A-Z]{2}", value)),
    "lang": lambda value: isinstance(value, str) and bool(re.fullmatch(r"[a-z]{2}", value)),
    "comments": text(1000),
    "message": text(1000),
    "notes": text(2000),
    **{f"custom{index}": text(1000) for index in range(1, 11)},
    "flagText": text(32),
    "flagColor": lambda value: value == "" or bool(re.fullmatch(r"[0-9a-f]{6}", value)),
    "price": lambda value: number(value) and 0 <= value <= 99_999_999.99,
    "actions": ACTIONS,
}
DAY: dict[str, Check] = {
    "from": day,
    "to": day,
    "numAvail": whole,
    "minStay": between(1, 365),
    "maxStay": between(1, 364),
    "override": one_of("none", "blackout", "exception", "noCheckIn", "noCheckOut", "noCheckInOrCheckOut"),
    **{f"price{slot}": optional(number) for slot in range(1, 17)},
}


def booking(value: Any) -> bool:
    must = ("id",) if "id" in value else ("roomId", "arrival", "departure")
    assert "id" not in value or "actions" not in value, "these actions are for new bookings"
    return nothing_else(BOOKING, must)(value)


def each(check: Check) -> Check:
    return lambda value: isinstance(value, list) and 0 < len(value) <= 10_000 and all(check(item) for item in value)


CALENDAR = nothing_else({"roomId": whole, "calendar": each(nothing_else(DAY, ("from", "to")))}, ("roomId", "calendar"))
WEBHOOKS = nothing_else(
    {
        "version": one_of("one", "twoNoPersonalData", "twoWithPersonalData"),
        "url": text(2000),
        "customHeader": text(2000),
        "additionalData": one_of("none", "CVC", "token", "CVCAndToken"),
    }
)
PROPERTY = nothing_else({"id": whole, "webhooks": WEBHOOKS}, ("id",))

# (method, path) → (headers that carry its secret, query, body)
API: dict[tuple[str, str], tuple[tuple[str, ...], Params, Check | None]] = {
    ("GET", "/authentication/setup"): (("code",), {}, None),
    ("GET", "/authentication/token"): (("refreshToken",), {}, None),
    ("DELETE", "/authentication/token"): (("refreshToken",), {}, None),
    ("GET", "/authentication/details"): (("token",), {}, None),
    ("GET", "/bookings"): (("token",), BOOKINGS_QUERY, None),
    ("POST", "/bookings"): (("token",), {}, each(booking)),
    ("GET", "/inventory/rooms/calendar"): (("token",), CALENDAR_QUERY, None),
    ("POST", "/inventory/rooms/calendar"): (("token",), {}, each(CALENDAR)),
    ("GET", "/properties"): (("token",), PROPERTIES_QUERY, None),
    ("POST", "/properties"): (("token",), {}, each(PROPERTY)),
}
SECRETS = ("code", "token", "refreshToken")


def check(base: str, request: requests.PreparedRequest) -> None:
    """Fail when a request is not one that Beds24 documents."""
    url = str(request.url)
    assert url.startswith(base), f"a credential left for {url}"
    parts = urlsplit(url)
    path = parts.path.removeprefix(urlsplit(base).path)
    assert (request.method, path) in API, f"{request.method} {path} does not exist"
    secrets, query, body = API[str(request.method), path]
    for name in SECRETS:
        assert (name in request.headers) is (name in secrets), f"the header {name} at {path}"
        assert name not in request.headers or TOKEN.fullmatch(request.headers[name])
    assert "Authorization" not in request.headers
    assert request.headers["Accept"] == "application/json"
    for name, values in parse_qs(parts.query, keep_blank_values=True).items():
        assert name in query, f"{name} is no parameter of {path}; it would be ignored"
        allowed, repeated = query[name]
        assert all(allowed(value) for value in values), f"{name}={values} at {path}"
        assert repeated or len(values) == 1, f"{name} is sent {len(values)} times"
    if path == "/bookings" and request.method == "GET":
        assert len(parse_qs(parts.query)["status"]) == 6, "cancelled bookings stay hidden unless asked for"
    if body is None:
        assert not request.body
    else:
        assert request.headers["Content-Type"] == "application/json"
        assert body(json.loads(request.body or b"null")), f"the body of {request.method} {path}"
        assert len(request.body or b"") < 1_000_000
