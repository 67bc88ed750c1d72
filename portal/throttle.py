"""How often something may happen, shared by every process: outgoing calls, sign-in attempts.

An exact log of the last window in Redis, kept by one script so that no two processes take the same
slot. Times are Redis' own, so the clocks of the hosts do not matter. While Redis is away each
process counts for itself with a smaller limit: never without one, and never with an error.
"""

from __future__ import annotations

import logging
import math
import threading
from collections import deque
from time import monotonic
from weakref import WeakKeyDictionary

from redis import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

PREFIX = "roomwire:throttle:"
LOCAL_KEYS = 10_000

# KEYS: log, block. ARGV: limit, window (µs), cost, reserve.
# Returns the microseconds to wait. A number passed through Lua's own text form would lose digits.
TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local limit, window, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local allowed = limit - tonumber(ARGV[4])
local blocked = redis.call('PTTL', KEYS[2])
if blocked > 0 then return blocked * 1000 end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - window))
local used = redis.call('ZCARD', KEYS[1])
if used + cost <= allowed then
  local stamp = string.format('%.0f', now)
  for slot = 1, cost do
    redis.call('ZADD', KEYS[1], stamp, stamp .. ':' .. (used + slot))
  end
  redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000))
  return 0
end
local leaving = redis.call('ZRANGE', KEYS[1], used + cost - allowed - 1, used + cost - allowed - 1, 'WITHSCORES')
if not leaving[2] then return window end
return math.min(math.max(leaving[2] + window - now, 1000), window)
"""


class Absence:
    """Remembers for a second that Redis did not answer, so that not every caller waits for its time-out."""

    def __init__(self, seconds: float = 1.0) -> None:
        self._seconds = seconds
        self._until = 0.0

    def __bool__(self) -> bool:
        return monotonic() < self._until

    def noticed(self, what: str, error: RedisError) -> None:
        self._until = monotonic() + self._seconds
        log.warning("redis is away: %s decides by itself (%s)", what, type(error).__name__)


# Throttles and breakers are made anew for each job; what a process learned must outlive them.
_absences: WeakKeyDictionary[object, Absence] = WeakKeyDictionary()
_locals: dict[tuple[str, int, float], LocalThrottle] = {}


def absence_of(redis: Redis) -> Absence:
    """Return what this process knows of one Redis being away."""
    return _absences.setdefault(redis.connection_pool, Absence())


class Throttle:
    """At most `limit` slots in any `window_seconds`, for each key."""

    def __init__(self, redis: Redis, name: str, limit: int, window_seconds: float, fallback_limit: int) -> None:
        self.name = name
        self.limit = limit
        self.window_seconds = window_seconds
        self._redis = redis
        self._script = redis.register_script(TAKE)
        self._absence = absence_of(redis)
        alone = max(1, min(fallback_limit, limit))
        self._local = _locals.setdefault((name, alone, window_seconds), LocalThrottle(alone, window_seconds))

    def take(self, key: str, cost: int = 1, reserve: int = 0) -> float:
        """Take slots and return 0, or return the seconds until there will be enough.

        `reserve` leaves that many slots to callers who name a smaller one. A cost above what is
        allowed never fits, and always waits a whole window.
        """
        if not self._absence:
            try:
                window = round(self.window_seconds * 1_000_000)
                microseconds = self._script(keys=self._keys(key), args=[self.limit, window, cost, reserve])
                return float(microseconds) / 1_000_000
            except RedisError as error:
                self._absence.noticed(f"throttle {self.name}", error)
        return self._local.take(key, cost, reserve)

    def block(self, key: str, seconds: float) -> None:
        """Let nobody through for a while: the other side has asked for it."""
        if not self._absence:
            try:
                self._redis.set(self._keys(key)[1], "1", px=max(1, math.ceil(seconds * 1000)))
                return
            except RedisError as error:
                self._absence.noticed(f"throttle {self.name}", error)
        self._local.block(key, seconds)

    def _keys(self, key: str) -> list[str]:
        return [f"{PREFIX}{self.name}:{key}", f"{PREFIX}{self.name}:{key}:blocked"]


class LocalThrottle:
    """The same promise for one process alone."""

    def __init__(self, limit: int, window_seconds: float) -> None:
        self._limit = limit
        self._window = window_seconds
        self._lock = threading.Lock()
        self._taken: dict[str, deque[float]] = {}
        self._blocked: dict[str, float] = {}

    def take(self, key: str, cost: int, reserve: int) -> float:
        now = monotonic()
        with self._lock:
            blocked = self._blocked.get(key, 0.0) - now
            if blocked > 0:
                return blocked
            taken = self._recent(key, now)
            allowed = max(self._limit - reserve, 1)
            if len(taken) + cost <= allowed:
                taken.extend([now] * cost)
                return 0.0
            leaving = len(taken) + cost - allowed - 1
            return taken[leaving] + self._window - now if leaving < len(taken) else self._window

    def block(self, key: str, seconds: float) -> None:
        with self._lock:
            self._blocked[key] = monotonic() + seconds

    def _recent(self, key: str, now: float) -> deque[float]:
        if len(self._taken) >= LOCAL_KEYS:
            self._forget_old(now)
        taken = self._taken.setdefault(key, deque())
        while taken and taken[0] <= now - self._window:
            taken.popleft()
        return taken

    def _forget_old(self, now: float) -> None:
        """Addresses of an attack must not fill the memory."""
        since = now - self._window
        self._taken = {key: taken for key, taken in self._taken.items() if taken and taken[-1] > since}
        self._blocked = {key: until for key, until in self._blocked.items() if until > now}
        if len(self._taken) >= LOCAL_KEYS:
            oldest = sorted(self._taken, key=lambda key: self._taken[key][-1])
            for key in oldest[: LOCAL_KEYS // 2]:
                del self._taken[key]
