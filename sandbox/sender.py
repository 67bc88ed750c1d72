"""Delivers webhooks: a pool of senders, a retry schedule, and switches that lose, double, delay or shuffle.

Times are on the provider's clock, so a test can advance it by ten hours instead of waiting.
"""

from __future__ import annotations

import heapq
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import uuid4

import urllib3

from sandbox.clock import Clock, zulu_stamp

LOG_ENTRIES = 5_000
THREADS = 16


@dataclass(slots=True)
class Delivery:
    """One message to one address, until it is delivered or given up. `due` is in seconds since 1970."""

    hook_id: str
    url: str
    headers: dict[str, str]
    body: str
    event: str
    property_id: str | None
    due: float
    id: str = field(default_factory=lambda: str(uuid4()))
    attempts: list[dict[str, Any]] = field(default_factory=list)
    state: str = "pending"
    copy_of: str | None = None
    method: str = "POST"
    about: str = ""


def _as_queued(delivery: Delivery) -> tuple[str, dict[str, str]]:
    return delivery.body, delivery.headers


@dataclass(slots=True)
class Plan:
    """How a provider delivers: waits between attempts, time allowed per attempt, and what goes wrong on purpose.

    `again` is the lowest status that is tried again; `render` makes body and headers of an attempt.
    """

    waits: Callable[[], list[float]]
    timeout: Callable[[], float]
    switch: Callable[[str], Any]
    again: int = 500
    render: Callable[[Delivery], tuple[str, dict[str, str]]] = _as_queued
    agent: str = "hackney/1.18.0"


@dataclass(slots=True)
class Verdict:
    """What the receiver answered: status and body, or the error that kept it from answering."""

    status: int | None
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    error: str | None = None


class Sender:
    """Queues deliveries and sends each when it is due."""

    def __init__(self, clock: Clock, plan: Plan) -> None:
        self._clock = clock
        self._plan = plan
        self._queue: list[tuple[float, int, Delivery]] = []
        self._order = count()
        self._log: deque[Delivery] = deque(maxlen=LOG_ENTRIES)
        self._wake = threading.Condition()
        self._busy = 0
        self._stopped = False
        self._generation = 0
        self.finished = 0
        self._random = random.Random(7)
        self._http = urllib3.PoolManager(num_pools=64, maxsize=THREADS, retries=False)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="webhook")
        clock.watch(self._notify)
        threading.Thread(target=self._run, daemon=True, name="webhook-queue").start()

    def enqueue(self, delivery: Delivery) -> None:
        """Send this when it is due, or lose or double it as the switches say."""
        switch = self._plan.switch
        self._log.append(delivery)
        if self._random.random() < float(switch("webhook_loss")):
            delivery.state = "lost"
            return
        delivery.due += float(switch("webhook_delay_seconds"))
        delivery.due += self._random.uniform(0, float(switch("webhook_shuffle_seconds")))
        deliveries = [delivery]
        for _ in range(int(switch("webhook_duplicates"))):
            copy = Delivery(**{**asdict(delivery), "id": str(uuid4()), "attempts": [], "copy_of": delivery.id})
            self._log.append(copy)
            deliveries.append(copy)
        with self._wake:
            for each in deliveries:
                heapq.heappush(self._queue, (each.due, next(self._order), each))
            self._wake.notify()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._stopped and not self._due():
                    self._wake.wait(self._pause())
                if self._stopped:
                    return
                _, _, delivery = heapq.heappop(self._queue)
                self._busy += 1
                generation = self._generation
            self._pool.submit(self._attempt, delivery, generation)

    def _due(self) -> bool:
        # No more is handed out than there are senders: the rest stays where pausing and resetting can reach it.
        if not self._queue or self._busy >= THREADS or self._plan.switch("webhooks_paused"):
            return False
        return self._queue[0][0] <= self._clock.timestamp()

    def _pause(self) -> float:
        if not self._queue or self._plan.switch("webhooks_paused"):
            return 1.0
        return min(1.0, max(0.001, self._queue[0][0] - self._clock.timestamp()))

    def _attempt(self, delivery: Delivery, generation: int) -> None:
        started = time.monotonic()
        body, headers = self._plan.render(delivery)
        verdict = self.post(delivery.url, headers, body, delivery.method)
        delivery.attempts.append({
            "at": zulu_stamp(datetime.fromtimestamp(self._clock.timestamp(), UTC)),
            "status": verdict.status,
            "error": verdict.error,
            "milliseconds": round((time.monotonic() - started) * 1000, 1),
        })  # fmt: skip
        waits = self._plan.waits()
        made = len(delivery.attempts)
        with self._wake:
            self._busy -= 1
            self.finished += 1
            if verdict.status is not None and verdict.status < self._plan.again:
                delivery.state = "delivered" if verdict.status < 300 else "refused"
            elif made > len(waits):
                delivery.state = "given up"
            elif generation == self._generation:
                delivery.due = self._clock.timestamp() + waits[made - 1]
                heapq.heappush(self._queue, (delivery.due, next(self._order), delivery))
            self._wake.notify_all()

    def post(self, url: str, headers: dict[str, str], body: str, method: str = "POST") -> Verdict:
        """One attempt, at once. Never raises for what the network does."""
        timeout = urllib3.Timeout(total=self._plan.timeout())
        sent = {"Content-Type": "application/json", "User-Agent": self._plan.agent, **headers}
        content = body.encode() if body else None
        try:
            answer = self._http.request(method, url, body=content, headers=sent, timeout=timeout, redirect=False)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            return Verdict(None, error=type(error).__name__)
        return Verdict(answer.status, answer.data[:65536].decode("utf-8", "replace"), dict(answer.headers))

    def log(self, event: str | None = None, property_id: str | None = None) -> list[dict[str, Any]]:
        """The deliveries of late, oldest first, with every attempt."""
        return [
            asdict(delivery)
            for delivery in list(self._log)
            if (not event or delivery.event == event) and (not property_id or delivery.property_id == property_id)
        ]

    def waiting(self) -> dict[str, int]:
        """How many deliveries wait for their time, and how many are under way."""
        with self._wake:
            return {"queued": len(self._queue), "sending": self._busy}

    def pending(self) -> list[Delivery]:
        """What a snapshot must carry: deliveries not finished."""
        with self._wake:
            return [delivery for delivery in self._log if delivery.state == "pending"]

    def restore(self, deliveries: list[dict[str, Any]]) -> None:
        """Take up deliveries from a snapshot."""
        with self._wake:
            for given in deliveries:
                delivery = Delivery(**given)
                self._log.append(delivery)
                heapq.heappush(self._queue, (delivery.due, next(self._order), delivery))
            self._wake.notify()

    def clear(self) -> None:
        """Forget everything, under way or not."""
        with self._wake:
            self._generation += 1
            self._queue.clear()
            self._log.clear()

    def stop(self) -> None:
        """Send nothing more."""
        with self._wake:
            self._stopped = True
            self._wake.notify_all()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def wake(self) -> None:
        """Look again: a switch was turned."""
        self._notify()

    def _notify(self) -> None:
        with self._wake:
            self._wake.notify_all()
