"""Bookings that wait in the feed: how many a second are applied, end to end."""

from __future__ import annotations

import time
from collections.abc import Sequence

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from bench.hotels import Hotel, quiet
from bench.house import House
from bench.rows import Budget, Row
from bench.scale import Scale
from portal import tenancy
from portal.services import drain


def measure(house: House, hotels: Sequence[Hotel], scale: Scale) -> list[Row]:
    """From the first reading to the last booking applied and acknowledged, against one empty job a booking."""
    jobs = _empty_jobs(house, scale.bookings)
    bookings = _bookings(house, hotels, scale)
    name = f"{scale.bookings} bookings waiting, {len(hotels)} connections: applied and acknowledged"
    return [Row(name, bookings, "1/s", jobs, Budget(least=100))]


def _bookings(house: House, hotels: Sequence[Hotel], scale: Scale) -> float:
    house.stop("scheduler", "workers")
    order = {
        "count": scale.bookings,
        "webhooks": False,
        "in_turn": True,
        "property_ids": [hotel.external_id for hotel in hotels],
        "seed": 7,
    }
    house.control("POST", "bookings", json=order)
    ((before,),) = house.ask("select count(*) from inbox where state = 'applied'")
    ((asked,),) = house.ask("select clock_timestamp()")
    for hotel in hotels:
        with tenancy.of(hotel.organization_id):
            drain.request_pull(hotel.connection_id)
    house.start("workers", "scheduler")
    applied = "select count(*) from inbox where state = 'applied' and acknowledged_at is not null"
    house.wait("every booking applied", lambda: house.ask(applied)[0][0] - before >= scale.bookings, 600, pause=0.5)
    house.wait("nothing waits", lambda: quiet(house), 120)
    ((seconds,),) = house.ask(
        """
        select extract(epoch from max(greatest(finished_at, acknowledged_at))
             - (select min(started_at) from sync_runs where type = 'RESERVATION_PULL' and started_at > %(asked)s))
        from inbox where received_at > %(asked)s
        """,
        {"asked": asked},
    )
    return scale.bookings / float(seconds)


def _empty_jobs(house: House, count: int) -> float:
    """Jobs a second through the same workers, from the first one taken to the last."""
    house.wait("nothing waits", lambda: quiet(house), 120)
    house.stop("scheduler", "workers")
    with Redis.from_url(house.env["REDIS_URL"]) as redis:
        queue = Queue("critical", connection=redis, serializer=JSONSerializer)
        job = Queue.prepare_data("bench.empty_job.nothing", result_ttl=60)
        queue.enqueue_many([job._replace(job_id=f"empty-{number}") for number in range(count)])
        house.start("workers")
        first = _when(lambda: queue.count < count)
        last = _when(lambda: queue.count == 0)
    return count / (last - first)


def _when(done: object) -> float:
    until = time.monotonic() + 120
    while not done():  # type: ignore[operator]
        if time.monotonic() > until:
            raise TimeoutError("the workers do not take the empty jobs")
        time.sleep(0.005)
    return time.monotonic()
