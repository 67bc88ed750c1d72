"""Rate limits: a fixed window of a minute per property and ARI endpoint, told in structured header fields."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from sandbox.channex.errors import Refused
from sandbox.channex.switches import Switches
from sandbox.clock import Clock

WINDOW = 60
LOOSE = 6000


class Limits:
    """Counts calls on the provider's clock."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock = clock
        self._switches = switches
        self._lock = threading.Lock()
        self._windows: dict[tuple[str, str], tuple[float, int]] = {}

    def take(self, endpoint: str, property_ids: Iterable[str]) -> dict[str, str]:
        """Count one call per property; the RateLimit headers to send. Raises Refused (429) until the window ends."""
        strict = self._switches["strict_rate_limits"]
        quota = int(self._switches["rate_limit_per_minute"]) if strict else LOOSE
        now = self._clock.timestamp()
        left, reset = quota, WINDOW
        with self._lock:
            windows = {}
            for property_id in property_ids:
                start, used = self._windows.get((endpoint, property_id), (now, 0))
                if not 0 <= now - start < WINDOW:
                    start, used = now, 0
                windows[endpoint, property_id] = (start, used + 1)
                left = min(left, quota - used - 1)
                reset = min(reset, max(1, int(start + WINDOW - now + 0.999)))
            if left < 0:
                raise Refused(429, headers=self._headers(endpoint, quota, 0, reset, refused=True))
            self._windows.update(windows)
        return self._headers(endpoint, quota, left, reset)

    def _headers(self, endpoint: str, quota: int, left: int, reset: int, refused: bool = False) -> dict[str, str]:
        headers = {
            "ratelimit-policy": f'"{endpoint}";q={quota};w={WINDOW}',
            "ratelimit": f'"{endpoint}";r={left};t={reset}',
        }
        if refused and self._switches["send_retry_after"]:
            headers["Retry-After"] = str(reset)
        return headers

    def clear(self) -> None:
        """Forget every window."""
        with self._lock:
            self._windows.clear()
