"""The parts of a Channex booking: rooms, people, occupancy, money lines. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from providers.errors import Malformed
from providers.strict import clean
from providers.strict_fields import amount, count, day, identifier, text
from providers.types import BookedRoom, Charge, Occupancy, Person

MOST_NIGHTS = 1000
MOST_PEOPLE = 100
MOST_LINES = 500


def read_room(room: Any, field: str, arrival: Any, departure: Any) -> BookedRoom:
    """Return one room; it takes the booking's dates where it has none of its own."""
    if not isinstance(room, dict):
        raise Malformed(f"{field} is not an object", field=field)
    check_in, check_out = stay(
        said(room, "checkin_date", arrival),
        said(room, "checkout_date", departure),
        f"{field}.checkin_date",
        f"{field}.checkout_date",
    )
    nightly, outside = _nightly(room.get("days"), check_in, check_out, f"{field}.days")
    found = room.get("meta")
    meta: dict[str, Any] = clean(found) if isinstance(found, dict) else {}
    guests = room.get("guests")
    return BookedRoom(
        external_id=_optional_id(room, "booking_room_id", field),
        external_room_type_id=_optional_id(room, "room_type_id", field),
        external_rate_plan_id=_optional_id(room, "rate_plan_id", field),
        check_in=check_in,
        check_out=check_out,
        amount=None if room.get("amount") in (None, "") else amount(room["amount"], f"{field}.amount"),
        nightly=nightly,
        occupancy=occupancy(room.get("occupancy"), f"{field}.occupancy"),
        guests=tuple(person(guest) for guest in guests[:MOST_PEOPLE]) if isinstance(guests, list) else (),
        cancelled=room.get("is_cancelled") is True,
        charges=_room_charges(room, field),
        # A booked id may be an occupancy option's or a derived plan's: meta then names the real plan.
        parent_rate_plan_id=_optional_id(meta, "parent_rate_plan_id", f"{field}.meta"),
        meal_plan=text(meta.get("meal_plan"), 200),
        meta=meta | ({"days_outside_stay": outside} if outside else {}),
    )


def stay(arrival: Any, departure: Any, arrival_field: str, departure_field: str) -> tuple[date, date]:
    """Return check-in and check-out: at least one night, at most 1,000."""
    check_in, check_out = day(arrival, arrival_field), day(departure, departure_field)
    nights = (check_out - check_in).days
    if not 1 <= nights <= MOST_NIGHTS:
        raise Malformed(f"{departure_field}: a stay of {nights} nights", field=departure_field)
    return check_in, check_out


def said(found: Mapping[str, Any], name: str, unsaid: Any) -> Any:
    """Return a field, or what stands for it when the provider left it out, null or empty."""
    return unsaid if found.get(name) in (None, "") else found[name]


def occupancy(value: Any, field: str) -> Occupancy:
    """Return how many sleep there; one adult when nothing is said."""
    if not isinstance(value, dict):
        return Occupancy()
    ages = value.get("ages")
    return Occupancy(
        adults=_people(value, "adults", field, 1),
        children=_people(value, "children", field, 0),
        infants=_people(value, "infants", field, 0),
        ages=tuple(
            age
            for age in (ages[:MOST_PEOPLE] if isinstance(ages, list) else ())
            if isinstance(age, int) and not isinstance(age, bool) and 0 <= age <= 130
        ),
    )


def person(value: Any) -> Person:
    """Return a guest as named. Nothing in a name is a reason to refuse a booking."""
    if not isinstance(value, dict):
        return Person()
    country = text(value.get("country"), 100)
    company = value.get("company")
    return Person(
        name=text(value.get("name")),
        surname=text(value.get("surname")),
        email=text(value.get("mail") or value.get("email"), 320),
        phone=text(value.get("phone"), 100),
        address=text(value.get("address")),
        city=text(value.get("city")),
        postal_code=text(value.get("zip"), 50),
        state=text(value.get("state")),
        country=country.upper() if country and len(country) == 2 and country.isascii() and country.isalpha() else None,
        language=text(value.get("language"), 20),
        company=text(company.get("title")) if isinstance(company, dict) else text(company),
        provider_guest_id=text(value.get("id"), 200),
    )


def charges(kind: str, lines: Any, field: str) -> tuple[Charge, ...]:
    """Return taxes, services or deposits. A line without an amount is left out; one with a wrong amount is refused."""
    if not isinstance(lines, list):
        return ()
    found: list[Charge] = []
    for index, line in enumerate(lines[:MOST_LINES]):
        if not isinstance(line, dict):
            continue
        name = "amount" if kind == "deposit" else "total_price"
        if line.get(name) in (None, ""):
            continue
        found.append(
            Charge(
                kind=kind,
                name=text(line.get("name"), 200) or text(line.get("type"), 200) or kind.replace("_", " "),
                amount=amount(line[name], f"{field}[{index}].{name}", negative=True),
                inclusive=line.get("is_inclusive") is True,
                note=text(line.get("notes") or line.get("price_mode"), 500) or "",
            )
        )
    return tuple(found)


def _room_charges(room: Mapping[str, Any], field: str) -> tuple[Charge, ...]:
    return (
        charges("tax", room.get("taxes"), f"{field}.taxes")
        + charges("collected_tax", room.get("collected_taxes"), f"{field}.collected_taxes")
        + charges("service", room.get("services"), f"{field}.services")
    )


def _nightly(days: Any, check_in: date, check_out: date, field: str) -> tuple[dict[date, Decimal], dict[str, str]]:
    """Return the price of each night, and apart what is dated outside of the stay: shown, never counted."""
    if not isinstance(days, dict):
        return {}, {}
    nightly: dict[date, Decimal] = {}
    outside: dict[str, str] = {}
    for key, price in days.items():
        if price is None:
            continue
        try:
            night = day(key, field)
        except Malformed:
            night = check_out
        if check_in <= night < check_out:
            nightly[night] = amount(price, f"{field}.{key}")
        elif len(outside) < 50:
            outside[(text(key, 40) or "")] = text(price, 40) or ""
    return dict(sorted(nightly.items())), outside


def _people(value: Mapping[str, Any], name: str, field: str, unsaid: int) -> int:
    return unsaid if value.get(name) is None else count(value[name], f"{field}.{name}", MOST_PEOPLE)


def _optional_id(found: Mapping[str, Any], name: str, field: str) -> str | None:
    return None if found.get(name) in (None, "") else identifier(found[name], f"{field}.{name}")
