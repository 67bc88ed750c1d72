"""Credits: a budget per account and five minutes that opens with the first call after the last window ended."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.beds24.errors import Refused
from sandbox.beds24.state import World

WINDOW = 300


@dataclass(slots=True)
class Meter:
    """What one account used. `started` is seconds since 1970; `most_at_once` counts calls under way together."""

    started: float = 0.0
    spent: float = 0.0
    total: float = 0.0
    calls: int = 0
    refused: int = 0
    now: int = 0
    most_at_once: int = 0


class Credits:
    """Counts on the provider's clock. Costs are decimals."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._meters: dict[int, Meter] = {}
        self.counted = 0

    def _meter(self, owner_id: int) -> Meter:
        meter = self._meters.setdefault(owner_id, Meter())
        if not 0 <= self._world.clock.timestamp() - meter.started < WINDOW:
            meter.started, meter.spent = 0.0, 0.0
        return meter

    @contextmanager
    def under_way(self, owner_id: int) -> Iterator[None]:
        """Count a call while it is worked on."""
        with self._lock:
            meter = self._meter(owner_id)
            meter.now += 1
            meter.most_at_once = max(meter.most_at_once, meter.now)
        try:
            yield
        finally:
            with self._lock:
                meter.now -= 1

    def check(self, owner_id: int) -> None:
        """Raise Refused (429) when the window's credits are gone."""
        with self._lock:
            meter = self._meter(owner_id)
            if self._world.switches["count_credits"] and self._left(owner_id, meter) <= 0:
                meter.refused += 1
                raise Refused(429)

    def charge(self, owner_id: int, cost: float) -> dict[str, str]:
        """Take a call's cost; the headers that tell."""
        with self._lock:
            meter = self._meter(owner_id)
            meter.started = meter.started or self._world.clock.timestamp()
            meter.spent += cost
            meter.total += cost
            meter.calls += 1
            self.counted += 1
        return {**self.headers(owner_id), "x-request-cost": _text(cost)}

    def exhaust(self, owner_id: int, left: float = 0.0) -> None:
        """Spend all but `left` credits of the running window, or of one that starts now."""
        with self._lock:
            meter = self._meter(owner_id)
            meter.started = meter.started or self._world.clock.timestamp()
            meter.spent = self._limit(owner_id) - left

    def headers(self, owner_id: int) -> dict[str, str]:
        """What is left of the window and for how long."""
        with self._lock:
            meter = self._meter(owner_id)
            left, ends = max(0.0, self._left(owner_id, meter)), self._ends(meter)
        return {"x-five-min-limit-remaining": _text(left), "x-five-min-limit-resets-in": str(ends)}

    def _limit(self, owner_id: int) -> float:
        account = self._world.accounts.get(owner_id)
        return account.credit_limit if account else 100.0

    def _left(self, owner_id: int, meter: Meter) -> float:
        return self._limit(owner_id) - meter.spent

    def _ends(self, meter: Meter) -> int:
        if not meter.started:
            return WINDOW
        return max(1, int(meter.started + WINDOW - self._world.clock.timestamp() + 0.999))

    def view(self) -> list[dict[str, Any]]:
        """Every account's meter."""
        rows = []
        for owner_id in sorted(self._meters.keys() | self._world.accounts.keys()):
            with self._lock:
                meter = self._meter(owner_id)
                rows.append({
                    "owner_id": owner_id, "limit": self._limit(owner_id),
                    "remaining": round(max(0.0, self._left(owner_id, meter)), 2), "resets_in": self._ends(meter),
                    "spent": round(meter.spent, 2), "total": round(meter.total, 2), "calls": meter.calls,
                    "refused": meter.refused, "most_at_once": meter.most_at_once,
                })  # fmt: skip
        return rows

    def dump(self) -> dict[str, Any]:
        """The meters as JSON can carry them."""
        with self._lock:
            return {str(owner_id): {**asdict(meter), "now": 0} for owner_id, meter in self._meters.items()}

    def load(self, given: dict[str, Any]) -> None:
        """Take up dumped meters."""
        with self._lock:
            self._meters = {int(owner_id): Meter(**each) for owner_id, each in given.items()}

    def clear(self) -> None:
        """Forget every window."""
        with self._lock:
            self._meters.clear()


def _text(value: float) -> str:
    return f"{round(value, 2):g}"
