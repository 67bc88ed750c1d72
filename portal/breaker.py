"""Stops calling a provider that keeps failing, and lets one call at a time find out whether it is back.

The state is in Redis, because a count kept by one of many processes never grows. While Redis is
away each process keeps its own.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from time import monotonic

from redis import Redis
from redis.exceptions import RedisError

from portal.throttle import absence_of

PREFIX = "roomwire:breaker:"
CLOSED, OPEN, HALF_OPEN = "closed", "open", "half-open"

_NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local until_ = tonumber(redis.call('HGET', KEYS[1], 'until') or '0')
"""

# Returns the milliseconds until a call is allowed. After the open time the first caller takes the probe,
# which is given back by its result or, should the caller die, by the clock.
BEFORE = (
    _NOW
    + """
if until_ == 0 then return 0 end
if now < until_ then return until_ - now end
if redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[1]) then return 0 end
return math.max(redis.call('PTTL', KEYS[2]), 1)
"""
)

# Counts a failure; at the limit (and so at every failed probe) opens again.
FAILED = (
    _NOW
    + """
local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
redis.call('DEL', KEYS[2])
if failures >= tonumber(ARGV[1]) then
  redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now + tonumber(ARGV[2])))
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
"""
)

STATE = (
    _NOW
    + """
if until_ == 0 then return 'closed' end
if now < until_ then return 'open' end
return 'half-open'
"""
)


@dataclass
class _Local:
    failures: int = 0
    until: float = 0.0
    probe_until: float = 0.0


# Breakers are made anew for each job; what a process counted must outlive them.
_locals: dict[str, _Local] = {}
_lock = threading.Lock()


class Breaker:
    """Opens after `failures` in a row for `open_seconds`; then half-open: one probe decides.

    `probe_seconds` must exceed the deadline of a call.
    """

    def __init__(
        self, redis: Redis, key: str, failures: int = 5, open_seconds: float = 30, probe_seconds: float = 20
    ) -> None:
        self.key = key
        self._redis = redis
        self._failures = failures
        self._open = open_seconds
        self._probe = probe_seconds
        self._keys = [f"{PREFIX}{key}", f"{PREFIX}{key}:probe"]
        self._before = redis.register_script(BEFORE)
        self._failed = redis.register_script(FAILED)
        self._state = redis.register_script(STATE)
        self._absence = absence_of(redis)
        self._local = _locals.setdefault(key, _Local())

    def before(self) -> float:
        """Return 0 when a call may be made now, else the seconds to wait."""
        if not self._absence:
            try:
                return float(self._before(keys=self._keys, args=[round(self._probe * 1000)])) / 1000
            except RedisError as error:
                self._absence.noticed(f"breaker {self.key}", error)
        return self._before_here()

    def succeeded(self) -> None:
        """The provider answered: start counting afresh."""
        with _lock:
            self._local.failures, self._local.until, self._local.probe_until = 0, 0.0, 0.0
        if not self._absence:
            try:
                self._redis.delete(*self._keys)
            except RedisError as error:
                self._absence.noticed(f"breaker {self.key}", error)

    def failed(self) -> None:
        """The provider broke down, did not answer, or could not be reached."""
        if not self._absence:
            try:
                remember = round((self._open * 20 + 600) * 1000)
                self._failed(keys=self._keys, args=[self._failures, round(self._open * 1000), remember])
                return
            except RedisError as error:
                self._absence.noticed(f"breaker {self.key}", error)
        self._failed_here()

    def state(self) -> str:
        """Return `closed`, `open` or `half-open`, for people to read."""
        if not self._absence:
            try:
                state = self._state(keys=self._keys, args=[])
                return state.decode() if isinstance(state, bytes) else str(state)
            except RedisError as error:
                self._absence.noticed(f"breaker {self.key}", error)
        if not self._local.until:
            return CLOSED
        return OPEN if monotonic() < self._local.until else HALF_OPEN

    def _before_here(self) -> float:
        now = monotonic()
        with _lock:
            if not self._local.until:
                return 0.0
            wait = max(self._local.until, self._local.probe_until) - now
            if wait <= 0:
                self._local.probe_until = now + self._probe
                return 0.0
            return wait

    def _failed_here(self) -> None:
        with _lock:
            self._local.failures += 1
            self._local.probe_until = 0.0
            if self._local.failures >= self._failures:
                self._local.until = monotonic() + self._open
