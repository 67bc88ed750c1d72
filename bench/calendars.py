"""Calendars going out: a full sync of a large hotel, many nights at once, one night over and over."""

from __future__ import annotations

import time
from datetime import date, timedelta
from decimal import Decimal
from time import perf_counter

from sqlalchemy import select, text

from bench import stays
from bench.hotels import Hotel, connected, quiet
from bench.house import House
from bench.rows import Budget, Row, percentile
from bench.scale import Scale
from portal import tenancy
from portal.domain.rates import Rule
from portal.extensions import db
from portal.models import Connection
from portal.services import availability, full_sync, push_batch, rates

_NAIVE = text(
    """
    select (select count(*) from rooms where organization_id = :organization and property_id = :property
                and room_type_id = :type and archived_at is null)
         - (select count(*) from room_nights where organization_id = :organization and property_id = :property
                and room_type_id = :type and night = :night)
         - (select count(*) from reservation_rooms where organization_id = :organization and property_id = :property
                and (room_type_id = :type or room_type_id is null) and active and room_id is null
                and check_in <= :night and check_out > :night)
    """
)


def full_syncs(house: House, scale: Scale) -> list[Row]:
    """A large hotel with stays, seasons and prices of single nights: everything is sent anew."""
    (hotel,) = connected(house, 1, types=scale.types, plans=scale.plans, rooms=10)
    house.wait("nothing waits", lambda: quiet(house), 300)
    house.stop("scheduler", "workers")
    with tenancy.of(hotel.organization_id):
        first = today()
        stays.fill(hotel, first, scale.stays_per_room)
        _price(hotel, first, scale)
        house.settle()
        one, naive = _availability(hotel, first, scale)
        connection = db.session.scalars(select(Connection).where(Connection.id == hotel.connection_id)).one()
        full_sync.request(connection)
        computed = _computed(hotel, scale)
    since = last_call(house)
    house.start("workers", "scheduler")
    house.wait("nothing waits", lambda: quiet(house), 300)
    size = f"{scale.types} types × {scale.plans} plans × {scale.nights} nights"
    return [
        Row(f"full sync, {size}: computed", computed * 1000, "ms", naive * 1000, Budget(below=300)),
        Row(
            f"availability, {scale.types} types × {scale.nights} nights: one by one against one query",
            naive / one, "times", None, Budget(least=100),
        ),
        Row(f"full sync, {size}: calls", ari_calls(house, hotel, since), "calls", None, Budget(most=2)),
    ]  # fmt: skip


def edits(house: House, hotel: Hotel, scale: Scale) -> list[Row]:
    """The price of one night changed again and again, then a hundred nights in one go."""
    house.start("workers", "scheduler")
    house.wait("nothing waits", lambda: quiet(house), 300)
    plan, since = hotel.rate_plans[0], last_call(house)
    with tenancy.of(hotel.organization_id):
        night = today() + timedelta(days=40)
        began = time.monotonic()
        for number in range(scale.edits):
            time.sleep(max(0.0, began + number * scale.edit_seconds / scale.edits - time.monotonic()))
            _set(hotel, plan, [night], Decimal(200 + number))
        house.wait("nothing waits", lambda: quiet(house), 300)
        calls = ari_calls(house, hotel, since)
        last = Decimal(200 + scale.edits - 1)
        wrong = 0 if _rate_there(house, hotel, night) == last else 1
        since = last_call(house)
        _set(hotel, plan, [night + timedelta(days=number) for number in range(100)], Decimal(77))
        house.wait("nothing waits", lambda: quiet(house), 300)
    name = f"one cell changed {scale.edits} times in {scale.edit_seconds:g} s"
    return [
        Row(f"{name}: calls", calls, "calls", float(scale.edits), Budget(most=4)),
        Row(f"{name}: last value missing at the provider", wrong, "cells", None, Budget(most=0)),
        Row("100 nights changed at once: calls", ari_calls(house, hotel, since), "calls", 100.0, Budget(most=1)),
    ]


def _set(hotel: Hotel, plan: object, nights: list[date], rate: Decimal) -> None:
    rates.set_days(hotel.property_id, [rates.DayEdit(plan, nights, {"rate": rate})])  # type: ignore[arg-type]


def _price(hotel: Hotel, first: date, scale: Scale) -> None:
    """Weekends of a season dearer, and every fifth night a price of its own."""
    season = Rule(first=first, last=first + timedelta(days=200), weekdays=0b1110000, rate=Decimal(210))
    for plan in hotel.rate_plans:
        rates.add_rule(hotel.property_id, plan, season, "Summer")
    nights = [first + timedelta(days=number) for number in range(0, scale.nights, 5)]
    rates.set_days(
        hotel.property_id,
        [
            rates.DayEdit(plan, [night], {"rate": Decimal(90 + (number * 7 + at) % 60)})
            for at, plan in enumerate(hotel.rate_plans)
            for number, night in enumerate(nights)
        ],
    )


def _computed(hotel: Hotel, scale: Scale) -> float:
    """Seconds to read what is wanted and work out what to send. The median; nothing is sent."""
    took = []
    for _ in range(scale.repeats):
        began = perf_counter()
        batch = push_batch.read(hotel.connection_id)
        took.append(perf_counter() - began)
        db.session.rollback()
        if batch is None or batch.cells() < scale.types * (scale.plans + 1) * scale.nights:
            raise AssertionError("a full sync that leaves nights out is not what is measured")
    return percentile(took, 0.5)


def _availability(hotel: Hotel, first: date, scale: Scale) -> tuple[float, float]:
    """Seconds for all types and nights: the median of asking once, and of asking for each type and night."""
    last = first + timedelta(days=scale.nights - 1)
    took = []
    for _ in range(scale.repeats):
        began = perf_counter()
        together = availability.calendar(hotel.property_id, first, last)
        took.append(perf_counter() - began)
    began = perf_counter()
    for room_type in hotel.room_types:
        for number in range(scale.naive_nights):
            night = first + timedelta(days=number)
            values = {"organization": hotel.organization_id, "property": hotel.property_id}
            left = db.session.execute(_NAIVE, {**values, "type": room_type, "night": night}).scalar_one()
            if max(left, 0) != together[room_type][night]:
                raise AssertionError(f"the two ways disagree about {night}: {left}, {together[room_type][night]}")
    naive = (perf_counter() - began) * scale.nights / scale.naive_nights
    db.session.rollback()
    return percentile(took, 0.5), naive


def today() -> date:
    found: date = db.session.execute(text("select (now() at time zone 'Europe/Lisbon')::date")).scalar_one()
    db.session.commit()
    return found


def last_call(house: House) -> int:
    entries = house.control("GET", "journal", params={"limit": 1})["calls"]
    return int(entries[-1]["id"]) if entries else 0


def ari_calls(house: House, hotel: Hotel, since: int) -> int:
    """Calls that carried calendar values of a hotel, after a journal entry."""
    values = {"property_id": hotel.external_id, "since": str(since), "limit": 500}
    entries = house.control("GET", "journal", params=values)["calls"]
    return sum(entry["endpoint"].split("/")[-1] in ("availability", "restrictions") and entry["method"] == "POST"
               for entry in entries)  # fmt: skip


def _rate_there(house: House, hotel: Hotel, night: date) -> Decimal:
    """What the provider holds for one night of the hotel's first plan."""
    query = "select external_id from rate_mappings where rate_plan_id = %(id)s"
    ((external,),) = house.ask(query, {"id": hotel.rate_plans[0]})
    day = night.isoformat()
    found = house.control("GET", f"calendar/{hotel.external_id}", params={"first": day, "last": day})
    return Decimal(str(found["rate_plans"][external][day]["rate"]))
