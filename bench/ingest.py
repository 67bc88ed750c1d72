"""Webhooks: how fast they are answered while everything they announce is worked on."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict

from bench.hotels import Hotel, quiet
from bench.house import House
from bench.rows import Budget, Row, percentile
from bench.scale import Scale
from bench.sender import Plan, Result, announcement
from demo import commands
from demo.place import CHECKOUT
from demo.processes import free_port
from providers.channex.webhooks import SECRET_HEADER

CONNECTIONS = 32
ANSWERED = (0.5, 0.95, 0.99)


def measure(house: House, hotels: Sequence[Hotel], scale: Scale) -> list[Row]:
    """A steady stream against the same stream to an empty view, then everything at one instant."""
    house.start("web", "workers", "scheduler")
    house.wait("nothing waits", lambda: quiet(house), 300)
    empty = _empty_view(house, scale)
    rows = _steady(house, hotels, scale, empty)
    return rows + _burst(house, hotels, scale)


def _steady(house: House, hotels: Sequence[Hotel], scale: Scale, empty: Result) -> list[Row]:
    plan = Plan(
        url=f"{house.web_url}/api/webhooks/channex",
        connections=CONNECTIONS,
        headers=_headers(house),
        rate=scale.webhooks_per_second,
        seconds=scale.webhook_seconds,
        sandbox=house.sandbox_url,
        property_ids=[hotel.external_id for hotel in hotels],
    )
    before = _applied(house)
    result = send(plan)
    late = _seconds_until_done(house, result.ended)
    sent = len(result.milliseconds)
    name = f"webhooks, {scale.webhooks_per_second}/s, processing on"
    limits = {0.99: Budget(below=250), 0.95: Budget(below=100), 0.5: None}
    return [
        *(
            Row(
                f"{name}: answered, p{share * 100:.0f}",
                percentile(result.milliseconds, share),
                "ms",
                percentile(empty.milliseconds, share),
                limits[share],
            )
            for share in ANSWERED
        ),
        Row(f"{name}: not 2xx", sent - _good(result), "answers", None, Budget(most=0)),
        Row(f"{name}: bookings not applied", sent - (_applied(house) - before), "bookings", None, Budget(most=0)),
        Row(f"{name}: all applied after the last answer", late, "s", None, Budget(most=5)),
    ]


def _burst(house: House, hotels: Sequence[Hotel], scale: Scale) -> list[Row]:
    """Every webhook at the same instant, as after an outage."""
    order = {
        "count": scale.burst,
        "webhooks": False,
        "property_ids": [hotel.external_id for hotel in hotels],
        "seed": 99,
    }
    bookings = house.control("POST", "bookings", json=order)["bookings"]
    plan = Plan(
        url=f"{house.web_url}/api/webhooks/channex",
        connections=scale.burst_connections,
        headers=_headers(house),
        bodies=[announcement(booking) for booking in bookings],
    )
    result = send(plan)
    late = _seconds_until_done(house, result.ended)
    name = f"{scale.burst} webhooks at once, {scale.burst_connections} connections"
    return [
        Row(f"{name}: last answer", max(result.milliseconds) / 1000, "s", None, Budget(most=5)),
        Row(f"{name}: not 2xx", len(result.milliseconds) - _good(result), "answers", None, Budget(most=0)),
        Row(f"{name}: all applied after the last answer", late, "s"),
    ]


def _empty_view(house: House, scale: Scale) -> Result:
    """The same sender at the same rate to a view that does nothing, under the same server settings."""
    port = free_port(int(house.env["PORT"]) + 31)
    line = commands.portal({**house.env, "PORT": str(port)})["web"].replace("wsgi:app", "bench.empty_view:app")
    house.launch("empty", line)
    url = f"http://127.0.0.1:{port}/"
    house.await_answer(url, "empty")
    body = announcement({"booking_id": "-" * 36, "property_id": "-" * 36, "revision_id": "-" * 36})
    plan = Plan(url, CONNECTIONS, _headers(house), [body], scale.webhooks_per_second, scale.baseline_seconds)
    try:
        return send(plan)
    finally:
        house.stop("empty")


def send(plan: Plan) -> Result:
    """Carry a plan out in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.sender"], cwd=CHECKOUT, input=json.dumps(asdict(plan)), text=True, check=True,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    return Result(**json.loads(done.stdout))


def _good(result: Result) -> int:
    return sum(count for status, count in result.statuses.items() if 200 <= int(status) < 300)


def _headers(house: House) -> dict[str, str]:
    return {SECRET_HEADER: house.env["CHANNEX_WEBHOOK_SECRET"], "Content-Type": "application/json"}


def _applied(house: House) -> int:
    ((count,),) = house.ask("select count(*) from inbox where state = 'applied'")
    return int(count)


def _seconds_until_done(house: House, ended: float) -> float:
    """Seconds from the last answer to the last booking applied and delivery closed; by the database's clock."""
    waiting = """
        select (select count(*) from webhook_events where state = 'received')
             + (select count(*) from inbox where state = 'received')
    """
    house.wait("every webhook worked on", lambda: house.ask(waiting) == [(0,)], 300, pause=0.2)
    last = """
        select extract(epoch from greatest((select max(processed_at) from webhook_events),
                                           (select max(finished_at) from inbox)))
    """
    ((moment,),) = house.ask(last)
    return max(0.0, float(moment) - ended)
