"""What is left of an account's allowance at a provider that meters it, shared by every process; and whose turn it is.

The provider says after each call what remains and when it begins anew; between two such words every call counts
with what it usually costs. While Redis is away each process keeps to what it heard itself, and calls are not held
to one at a time: the provider's own limit then says no.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic, sleep

from redis import Redis
from redis.exceptions import RedisError

from portal.throttle import absence_of

PREFIX = "roomwire:credits:"
_LOOK_EVERY = 0.05

# KEYS: meter. ARGV: cost, reserve, whole allowance, window (ms).
# Returns the milliseconds to wait. The cost is set aside until the provider has said what it was.
TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ends = tonumber(redis.call('HGET', KEYS[1], 'ends') or '0')
if ends <= now then
  redis.call('HSET', KEYS[1], 'left', ARGV[3], 'ends', string.format('%.0f', now + tonumber(ARGV[4])))
  ends = now + tonumber(ARGV[4])
end
local left = tonumber(redis.call('HGET', KEYS[1], 'left') or ARGV[3])
redis.call('PEXPIRE', KEYS[1], 3600000)
if left - tonumber(ARGV[1]) < tonumber(ARGV[2]) then return math.max(ends - now, 1) end
redis.call('HINCRBYFLOAT', KEYS[1], 'left', '-' .. ARGV[1])
return 0
"""

# KEYS: meter. ARGV: left, milliseconds until it begins anew, cost. Empty: not said.
OBSERVE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if ARGV[1] ~= '' then redis.call('HSET', KEYS[1], 'left', ARGV[1], 'told', string.format('%.0f', now)) end
if ARGV[2] ~= '' then redis.call('HSET', KEYS[1], 'ends', string.format('%.0f', now + tonumber(ARGV[2]))) end
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'cost', ARGV[3]) end
redis.call('PEXPIRE', KEYS[1], 3600000)
"""

# KEYS: meter. Returns left, milliseconds until it begins anew, milliseconds since the provider said so.
READ = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local held = redis.call('HMGET', KEYS[1], 'left', 'ends', 'told', 'cost')
if not held[1] or not held[3] then return {} end
return {held[1], tostring((tonumber(held[2]) or now) - now), tostring(now - tonumber(held[3])), held[4] or ''}
"""

RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end"


@dataclass(frozen=True)
class Meter:
    """What the provider last said. `left` is None where the window it spoke of is over: then all of it is there."""

    left: float | None
    resets_in: float  # seconds
    told_ago: float  # seconds
    cost: float | None  # of the last call


class OtherTurn(Exception):
    """Another call of the account has been under way for longer than anybody waits."""


class Credits:
    """The allowance of one account. Made anew for each job; what a process heard outlives it in `_heard`."""

    def __init__(self, redis: Redis, account: str, allowance: float, window: float) -> None:
        self._redis = redis
        self._key = f"{PREFIX}{account}"
        self._allowance = allowance
        self._window = window
        self._absence = absence_of(redis)
        self._take = redis.register_script(TAKE)
        self._observe = redis.register_script(OBSERVE)
        self._read = redis.register_script(READ)
        self._release = redis.register_script(RELEASE)

    def take(self, cost: float, reserve: float) -> float:
        """Set the cost of a call aside and return 0, or return the seconds to wait. `reserve` stays untouched."""
        if not self._absence:
            try:
                held = self._take(keys=[self._key], args=[cost, reserve, self._allowance, round(self._window * 1000)])
                return float(held) / 1000
            except RedisError as error:
                self._absence.noticed(f"credits {self._key}", error)
        return _take_here(self._key, cost, reserve)

    def observe(self, left: float | None, resets_in: float | None, cost: float | None) -> None:
        """Believe the provider; None is what it did not say."""
        _hear(self._key, left, resets_in)
        said = ["" if left is None else left, "" if resets_in is None else round(resets_in * 1000),
                "" if cost is None else cost]  # fmt: skip
        if not self._absence:
            try:
                self._observe(keys=[self._key], args=said)
            except RedisError as error:
                self._absence.noticed(f"credits {self._key}", error)

    def spent(self, seconds: float) -> None:
        """The provider refused for want of credits: nothing is left for so long."""
        self.observe(0.0, seconds, None)

    def meter(self) -> Meter | None:
        """What is known for people to read; None when the provider has said nothing for an hour, or Redis is away."""
        if self._absence:
            return None
        try:
            found = self._read(keys=[self._key], args=[])
        except RedisError as error:
            self._absence.noticed(f"credits {self._key}", error)
            return None
        if not found:
            return None
        left, ends, told, cost = (float(each) if each else None for each in found)
        over = (ends or 0.0) <= 0
        return Meter(None if over else left, max((ends or 0.0) / 1000, 0.0), (told or 0.0) / 1000, cost)

    @contextmanager
    def turn(self, longest_call: float, patience: float) -> Iterator[None]:
        """Hold the account for one call of at most `longest_call` seconds. Raises `OtherTurn` after `patience`."""
        name, mine = f"{self._key}:turn", secrets.token_hex(8)
        held = self._wait_for_turn(name, mine, longest_call, patience)
        try:
            yield
        finally:
            if held:
                try:
                    self._release(keys=[name], args=[mine])
                except RedisError as error:
                    self._absence.noticed(f"turn {self._key}", error)

    def _wait_for_turn(self, name: str, mine: str, longest_call: float, patience: float) -> bool:
        until = monotonic() + patience
        while not self._absence:
            try:
                if self._redis.set(name, mine, nx=True, px=round(longest_call * 1000)):
                    return True
            except RedisError as error:
                self._absence.noticed(f"turn {self._key}", error)
                break
            if monotonic() > until:
                raise OtherTurn(name)
            sleep(_LOOK_EVERY)
        return False


_heard: dict[str, tuple[float, float]] = {}  # left, and when it begins anew on this process' clock
_lock = threading.Lock()


def _hear(key: str, left: float | None, resets_in: float | None) -> None:
    with _lock:
        if left is not None and resets_in is not None:
            _heard[key] = (left, monotonic() + resets_in)


def _take_here(key: str, cost: float, reserve: float) -> float:
    with _lock:
        left, ends = _heard.get(key, (0.0, 0.0))
        if monotonic() >= ends:
            return 0.0
        if left - cost < reserve:
            return ends - monotonic()
        _heard[key] = (left - cost, ends)
        return 0.0
