"""The vocabulary of the API: statuses, channels, what each writable field of a booking may hold."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

STATUSES = ("confirmed", "request", "new", "cancelled", "black", "inquiry")
OCCUPYING = frozenset(("confirmed", "request", "new", "black"))
CHANNELS = frozenset(
    "agoda airbnb airbnbical asiatravel atraveode bedandbreakfasteu bedandbreakfastnl bookeasycomau booking "
    "bookingpage bookitconz despegar direct edreamsodigeo expedia feratel flipkey goibibo googleads googlecal "
    "guestlinkcouk holidaylettingscouk hometogo hostelinternational hostelsclub hostelworld hotelbeds housetripcom "
    "hrs icalimport1 icalimport2 icalimport3 jomres lastminute marriott nzaa ostrovokru ota reserva rezintelnet "
    "tablethotels tiket tomastravel traum traumferienwohnungen traveloka travia trip tripadvisorrentals trivagocom "
    "vacationstay visitscotlandcom vrbo vrboical webroomsconz".split()
)
# What the simulated OTAs are called: slug, source number, display name, and the code drills know them by.
SOURCES: dict[str, tuple[int, str, str]] = {
    "booking": (19, "Booking.com", "BDC"), "airbnb": (46, "Airbnb.com", "ABB"), "expedia": (14, "Expedia", "EXP"),
    "agoda": (17, "Agoda", "AGO"), "vrbo": (30, "Vrbo", "VRBO"), "hostelworld": (24, "Hostelworld", "HW"),
}  # fmt: skip
SLUGS = {code: slug for slug, (_, _, code) in SOURCES.items()}
# Bookings of these sources are the hotel's own.
OWN_SOURCES = frozenset((0, 1, 999))

PERSONAL = (
    "title", "firstName", "lastName", "email", "phone", "mobile", "fax", "company", "address", "city", "state",
    "postcode", "country", "country2",
)  # fmt: skip
# What the webhook without personal data leaves out: names and contacts, but neither company nor country.
NAMED = ("title", "firstName", "lastName", "email", "phone", "mobile", "fax", "address", "city", "state", "postcode")
FINANCIAL = ("price", "deposit", "tax", "commission", "rateDescription")
TRIGGERS = ("status", "arrival", "departure", "roomId", "unitId", "roomQty")

LENGTHS: dict[str, int] = {
    **dict.fromkeys((*PERSONAL, "arrivalTime", "voucher"), 100), "address": 250, "comments": 1000, "notes": 2000,
    "message": 1000, "groupNote": 5000, **{f"custom{n}": 1000 for n in range(1, 11)}, "flagText": 32,
    "rateDescription": 1000, "apiMessage": 20_000, "refererEditable": 100, "stripeToken": 255, "pcibookingToken": 255,
}  # fmt: skip
AMOUNTS = ("price", "deposit", "tax", "commission")
NULLABLE = frozenset(("groupNote", "country2", "stripeToken", "pcibookingToken", "invoiceeId", "masterId", "unitId"))
READ_ONLY = frozenset(
    "propertyId offerId subStatus statusCode referer reference apiReference apiSourceId apiSource channel "
    "allowChannelUpdate allowAutoAction allowReview allowCancellation bookingTime modifiedTime cancelTime".split()
)
STORABLE = frozenset(("reference", "apiReference", "subStatus"))
SUB_STATUSES = frozenset(
    "none actionRequired allotment cancelledByGuest cancelledByHost noShow waitlist walkin nonPayment".split()
)

BLANK: dict[str, Any] = {
    "id": None, "masterId": None, "propertyId": None, "roomId": None, "unitId": None, "roomQty": 1, "offerId": 0,
    "status": "confirmed", "subStatus": "none", "arrival": None, "departure": None, "numAdult": 0, "numChild": 0,
    "title": "", "firstName": "", "lastName": "", "email": "", "phone": "", "mobile": "", "fax": "", "company": "",
    "address": "", "city": "", "state": "", "postcode": "", "country": "", "country2": None, "arrivalTime": "",
    "voucher": "", "comments": "", "notes": "", "message": "", "groupNote": "",
    **{f"custom{n}": "" for n in range(1, 11)},
    "flagColor": "", "flagText": "", "statusCode": 0, "lang": "", "referer": "API", "refererEditable": "",
    "reference": "", "channel": "direct", "apiSourceId": 0, "apiSource": "Direct", "apiReference": "",
    "allowChannelUpdate": "all", "allowAutoAction": "enable", "allowReview": "default",
    "allowCancellation": {"type": "propertyDefault"}, "invoiceeId": None, "bookingTime": None, "modifiedTime": None,
    "cancelTime": None, "price": 0, "deposit": 0, "tax": 0, "commission": 0, "rateDescription": "",
    "stripeToken": None, "pcibookingToken": None, "apiMessage": "",
}  # fmt: skip

DAY = re.compile(r"\d{4}-\d\d-\d\d")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
COLOUR = re.compile(r"[0-9a-fA-F]{6}")
LETTERS = re.compile(r"[A-Za-z]{2}")


class BadField(Exception):
    """A value its field cannot hold."""


def day(value: Any) -> date:
    """A date from `YYYY-MM-DD` and nothing else. Raises BadField."""
    if not isinstance(value, str) or not DAY.fullmatch(value):
        raise BadField("invalid")
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise BadField("invalid") from error


def whole(value: Any, low: int, high: int) -> int:
    """A whole number between two bounds, also from a numeric string. Raises BadField."""
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadField("invalid")
    return value


def amount(value: Any, low: float = 0, high: float = 99_999_999.99) -> int | float:
    """Major units, at most two decimals kept; whole amounts as integers. Raises BadField."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError as error:
            raise BadField("invalid") from error
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BadField("invalid")
    rounded = round(float(value), 2)
    return int(rounded) if rounded == int(rounded) else rounded


def text(value: Any, most: int) -> str:
    """A string no longer than its field. Raises BadField."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or len(value) > most:
        raise BadField("invalid")
    return value


def checked(name: str, value: Any) -> Any:
    """A value as the field `name` of a booking stores it. Raises BadField."""
    if value is None and name in NULLABLE:
        return None
    if name in ("arrival", "departure"):
        return day(value).isoformat()
    if name == "status":
        if value not in STATUSES:
            raise BadField("invalid")
        return value
    if name in ("numAdult", "numChild", "roomQty"):
        return whole(value, 1 if name == "roomQty" else 0, 99)
    if name in ("roomId", "unitId", "masterId", "invoiceeId"):
        return whole(value, 1, 2**53)
    if name in AMOUNTS:
        return amount(value)
    pattern = {"email": EMAIL, "flagColor": COLOUR, "lang": LETTERS, "country2": LETTERS}.get(name)
    if pattern and not (isinstance(value, str) and (value == "" or pattern.fullmatch(value))):
        raise BadField("invalid")
    if name == "country2":
        return value.upper() or None
    return text(value, LENGTHS.get(name, 100))


WRITABLE = frozenset(BLANK) - READ_ONLY - {"id"}
