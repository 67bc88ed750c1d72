"""Bookings that wait in the feed: how many a second are applied, end to end."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from bench.hotels import Hotel, quiet
from bench.house import House, Unready
from bench.rows import Budget, Row
from bench.scale import Scale
from portal import tenancy
from portal.services import drain


def measure(house: House, hotels: Sequence[Hotel], scale: Scale) -> list[Row]:
    """From the first reading to the last booking applied and acknowledged, against one empty job a booking."""
    jobs, job_cost = _empty_jobs(house, scale.bookings)
    bookings, booking_cost = _bookings(house, hotels, scale)
    name = f"{scale.bookings} bookings waiting, {len(hotels)} connections"
    return [
        Row(f"{name}: applied and acknowledged", bookings, "1/s", jobs, Budget(least=100)),
        Row(f"{name}: processor time of all processes for one", booking_cost, "ms", job_cost),
    ]


def _bookings(house: House, hotels: Sequence[Hotel], scale: Scale) -> tuple[float, float]:
    """Bookings a second, and milliseconds of processor time for one, start of the workers included."""
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
    used = house.processor_seconds()
    house.start("workers", "scheduler")
    applied = "select count(*) from inbox where state = 'applied' and acknowledged_at is not null"
    house.wait("every booking applied", lambda: house.ask(applied)[0][0] - before >= scale.bookings, 600, pause=0.5)
    house.wait("nothing waits", lambda: quiet(house), 300)
    used = house.processor_seconds() - used
    ((seconds,),) = house.ask(
        """
        select extract(epoch from max(greatest(finished_at, acknowledged_at))
             - (select min(started_at) from sync_runs where type = 'RESERVATION_PULL' and started_at > %(asked)s))
        from inbox where received_at > %(asked)s
        """,
        {"asked": asked},
    )
    return scale.bookings / float(seconds), used / scale.bookings * 1000


def _empty_jobs(house: House, count: int) -> tuple[float, float]:
    """The same of jobs that do nothing, through the same workers."""
    house.wait("nothing waits", lambda: quiet(house), 300)
    house.stop("scheduler", "workers")
    with Redis.from_url(house.env["REDIS_URL"]) as redis:
        queue = Queue("critical", connection=redis, serializer=JSONSerializer)
        job = Queue.prepare_data("bench.empty_job.nothing", result_ttl=60)
        queue.enqueue_many([job._replace(job_id=f"empty-{number}") for number in range(count)])
        used = house.processor_seconds()
        house.start("workers")
        first = _when(lambda: queue.count < count)
        last = _when(lambda: queue.count == 0)
    used = house.processor_seconds() - used
    return count / (last - first), used / count * 1000


def _when(done: Callable[[], bool]) -> float:
    until = time.monotonic() + 300
    while not done():
        if time.monotonic() > until:
            raise Unready("the workers do not take the empty jobs")
        time.sleep(0.005)
    return time.monotonic()
