"""A booking is committed: how long until the provider has accepted the lower availability."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from time import perf_counter

from sqlalchemy import select

from bench.hotels import Hotel, quiet
from bench.house import House
from bench.rows import Budget, Row, percentile
from bench.scale import Scale
from portal import tenancy
from portal.db import now
from portal.extensions import db
from portal.models import Connection, RoomMapping
from portal.services import connectors
from providers.types import CalendarChange, LaneKind, Run

# The reservation's own time is the start of its transaction, the send's the moment it is written down
# after the answer: both err against us.
_DELAYS = """
    select extract(epoch from min(s.sent_at) - r.created_at)
    from reservations r
    left join sends s on s.organization_id = r.organization_id and s.verdict = 'accepted'
        and s.sent_at >= r.created_at and s.causes ? (r.channel || ' ' || r.code)
    where r.created_at >= %(since)s
    group by r.organization_id, r.id, r.created_at
"""


def measure(house: House, hotels: Sequence[Hotel], scale: Scale) -> list[Row]:
    """Guests book at the simulated OTAs, one by one; webhook, feed, booking and push all happen on the way."""
    house.start("web", "workers", "scheduler")
    house.wait("nothing waits", lambda: quiet(house), 300)
    alone = _one_call(hotels[0], scale)
    ((since,),) = house.ask("select clock_timestamp()")
    count = _sell(house, hotels, scale)
    house.wait("nothing waits", lambda: quiet(house), 300)
    found = [float(delay) for (delay,) in house.ask(_DELAYS, {"since": since}) if delay is not None]
    name = "booking committed → availability accepted"
    return [
        Row(f"{name}, p50", percentile(found, 0.5), "s", alone, Budget(below=1)),
        Row(f"{name}, p95", percentile(found, 0.95), "s", alone, Budget(below=5)),
        Row(f"{name}: never", count - len(found), "bookings", None, Budget(most=0)),
    ]


def _sell(house: House, hotels: Sequence[Hotel], scale: Scale) -> int:
    places = [hotel.external_id for hotel in hotels]
    count = round(scale.closings_per_second * scale.closing_seconds)
    began = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, began + number / scale.closings_per_second - time.monotonic()))
        order = {"count": 1, "property_id": places[number % len(places)], "seed": 500_000 + number}
        house.control("POST", "bookings", json=order)
    house.wait("every booking stored", lambda: house.control("GET", "feed")["unacked"] == 0, 300)
    return count


def _one_call(hotel: Hotel, scale: Scale) -> float:
    """Seconds of the call alone: one night, nothing around it."""
    with tenancy.of(hotel.organization_id):
        connection = db.session.scalars(select(Connection).where(Connection.id == hotel.connection_id)).one()
        mapped = select(RoomMapping.external_id).where(RoomMapping.connection_id == hotel.connection_id).limit(1)
        room = db.session.scalars(mapped).one()
        night = now().date() + timedelta(days=400)
        db.session.commit()
        line = connectors.line_for(connection)
        took = []
        for _ in range(scale.repeats):
            change = CalendarChange(LaneKind.AVAILABILITY, room, Run(night, night, 1))
            began = perf_counter()
            line.connector.push_calendar(hotel.external_id, LaneKind.AVAILABILITY, [change])
            took.append(perf_counter() - began)
    return percentile(took, 0.5)
