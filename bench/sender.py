"""`python -m bench.sender`: posts webhooks on a timetable, whatever the answers take. A process of its own.

Reads a plan as JSON from its input and writes a result as JSON. Latency counts from the moment a request
was due, so a server that falls behind cannot hide it by slowing the sender down.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

ANSWER_SECONDS = 30
LEAD_SECONDS = 0.2  # a booking is in the provider's feed just before its webhook leaves
BATCHES_PER_SECOND = 10


@dataclass(frozen=True)
class Plan:
    """What to send. With `rate`: so many a second for `seconds`. Without: `bodies` all at one instant.

    With `sandbox`, the bookings that are announced are made there on the way; else `bodies` are sent in turn.
    """

    url: str
    connections: int
    headers: dict[str, str]
    bodies: list[str] = field(default_factory=list)
    rate: int = 0
    seconds: float = 0.0
    sandbox: str = ""
    property_ids: list[str] = field(default_factory=list)
    seed: int = 1


@dataclass
class Result:
    """Milliseconds from due to answered, answers by status (0: none), Unix times of the first due and the last end."""

    milliseconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    started: float = 0.0
    ended: float = 0.0


class Sender:
    """Works through a plan with one thread and one kept-alive connection each."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.total = round(plan.rate * plan.seconds) if plan.rate else len(plan.bodies)
        self.result = Result()
        self._made: deque[str] = deque()
        self._given = 0
        self._lock = threading.Lock()
        self._ready = threading.Barrier(plan.connections + 1)

    def run(self) -> Result:
        threads = [threading.Thread(target=self._converse) for _ in range(self.plan.connections)]
        for thread in threads:
            thread.start()
        # Every connection is open and waits here, so that the first instant belongs to requests alone.
        self._began = time.monotonic() + 1.0
        self._began_at = time.time() + 1.0
        self._ready.wait()
        if self.plan.sandbox:
            self._feed()
        for thread in threads:
            thread.join()
        self.result.started, self.result.ended = self._began_at, time.time()
        return self.result

    def _due(self, number: int) -> float:
        return self._began + (number / self.plan.rate if self.plan.rate else 0.0)

    def _next(self) -> int | None:
        with self._lock:
            if self._given >= self.total:
                return None
            self._given += 1
            return self._given - 1

    def _converse(self) -> None:
        parts = urlsplit(self.plan.url)
        line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=ANSWER_SECONDS)
        line.connect()
        self._ready.wait()
        while (number := self._next()) is not None:
            due = self._due(number)
            _sleep_until(due)
            status = _post(line, parts.path or "/", self._body(number), self.plan.headers)
            took = (time.monotonic() - due) * 1000
            with self._lock:
                self.result.milliseconds.append(took)
                self.result.statuses[status] += 1
        line.close()

    def _body(self, number: int) -> str:
        if not self.plan.sandbox:
            return self.plan.bodies[number % len(self.plan.bodies)]
        while True:  # the feeder is ahead of us; when it is not, the wait counts as ours, which is the strict way
            with self._lock:
                if self._made:
                    return self._made.popleft()
            time.sleep(0.002)

    def _feed(self) -> None:
        parts = urlsplit(self.plan.sandbox)
        line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=ANSWER_SECONDS)
        size = max(1, self.plan.rate // BATCHES_PER_SECOND)
        for batch, first in enumerate(range(0, self.total, size)):
            _sleep_until(self._due(first) - LEAD_SECONDS)
            order = {
                "count": min(size, self.total - first),
                "webhooks": False,
                "property_ids": self.plan.property_ids,
                "seed": self.plan.seed * 1_000_000 + batch,
            }
            line.request("POST", "/_sim/bookings", json.dumps(order), {"Content-Type": "application/json"})
            made = json.loads(line.getresponse().read())["bookings"]
            with self._lock:
                self._made.extend(announcement(booking) for booking in made)
        line.close()


def announcement(booking: dict[str, Any]) -> str:
    """The webhook Channex sends for a new booking, as our registration asks for it."""
    payload = {"booking_id": booking["booking_id"], "property_id": booking["property_id"],
               "revision_id": booking["revision_id"]}  # fmt: skip
    return json.dumps({
        "event": "booking", "payload": payload, "property_id": booking["property_id"], "user_id": None,
        "timestamp": "2026-01-01T00:00:00.000000Z",
    })  # fmt: skip


def _post(line: http.client.HTTPConnection, path: str, body: str, headers: dict[str, str]) -> int:
    try:
        line.request("POST", path, body, headers)
        answer = line.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        line.close()  # the next request opens it again
        return 0
    return answer.status


def _sleep_until(moment: float, clock: Callable[[], float] = time.monotonic) -> None:
    wait = moment - clock()
    if wait > 0:
        time.sleep(wait)


def main() -> int:
    """Read a plan, carry it out, write the result."""
    result = Sender(Plan(**json.load(sys.stdin))).run()
    json.dump(vars(result), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
