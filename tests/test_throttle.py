"""The throttle against a real Redis, and without one."""

from __future__ import annotations

import itertools
import multiprocessing
import time

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from portal.throttle import LOCAL_KEYS, LocalThrottle, Throttle

_names = (f"test-{number}" for number in itertools.count())


def make_throttle(redis: Redis, limit: int = 3, window: float = 60, fallback: int = 2) -> Throttle:
    return Throttle(redis, next(_names), limit, window, fallback)


@pytest.fixture
def no_redis() -> Redis:
    return Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2, socket_timeout=0.2, retry=Retry(NoBackoff(), 0))


def test_the_limit_is_exact_and_the_wait_says_when_the_oldest_slot_leaves(redis):
    throttle = make_throttle(redis, limit=3, window=60)

    waits = [throttle.take("property-1") for _ in range(5)]

    assert waits[:3] == [0, 0, 0]
    assert all(59 < wait <= 60 for wait in waits[3:])


def test_another_property_is_not_held_up(redis):
    throttle = make_throttle(redis, limit=1)
    throttle.take("property-1")

    assert throttle.take("property-2") == 0
    assert throttle.take("property-1") > 0


def test_a_slot_is_free_again_when_its_window_is_over(redis):
    throttle = make_throttle(redis, limit=1, window=0.2)
    throttle.take("property-1")

    ends = time.monotonic() + 5
    refused = 0
    while throttle.take("property-1") > 0 and time.monotonic() < ends:
        refused += 1

    assert 0 < refused
    assert 0.19 < 5 - (ends - time.monotonic()) < 2


def test_no_window_ever_holds_more_than_the_limit(redis):
    throttle = make_throttle(redis, limit=5, window=0.3)

    taken = []
    ends = time.monotonic() + 1.2
    while time.monotonic() < ends:
        before = time.monotonic()
        if throttle.take("busy") == 0:
            taken.append((before, time.monotonic()))

    assert len(taken) > 10
    for (_, first_done), (sixth_began, sixth_done) in zip(taken, taken[5:], strict=False):
        assert sixth_done - first_done > 0.28 or sixth_began - first_done > 0.28


def test_a_reserve_is_kept_for_urgent_callers(redis):
    throttle = make_throttle(redis, limit=3)

    assert throttle.take("property-1", reserve=1) == 0
    assert throttle.take("property-1", reserve=1) == 0
    assert throttle.take("property-1", reserve=1) > 0
    assert throttle.take("property-1") == 0


def test_several_slots_are_taken_whole_or_not_at_all(redis):
    throttle = make_throttle(redis, limit=3)

    assert throttle.take("property-1", cost=2) == 0
    assert throttle.take("property-1", cost=2) > 0
    assert throttle.take("property-1", cost=1) == 0


def test_what_can_never_fit_waits_a_whole_window(redis):
    throttle = make_throttle(redis, limit=3, window=60)

    assert throttle.take("property-1", cost=4) == 60


def test_a_block_holds_everybody_until_it_ends(redis):
    throttle = make_throttle(redis)

    throttle.block("property-1", 30)

    assert 29 < throttle.take("property-1") <= 30
    assert throttle.take("property-2") == 0


def test_keys_do_not_outlive_their_window(redis):
    throttle = make_throttle(redis, window=5)

    throttle.take("property-1")
    throttle.block("property-1", 5)

    assert {key.startswith(b"roomwire:throttle:") for key in redis.keys()} == {True}
    assert all(0 < redis.pttl(key) <= 5000 for key in redis.keys())


def _take_many(address: dict, name: str, results) -> None:
    throttle = Throttle(Redis(**address), name, 20, 60, 1)
    results.put(sum(throttle.take("shared") == 0 for _ in range(30)))


def test_several_processes_share_one_limit(redis):
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    known = redis.connection_pool.connection_kwargs
    address = {part: known.get(part) for part in ("host", "port", "db", "username", "password") if known.get(part)}
    processes = [context.Process(target=_take_many, args=(address, "processes", results)) for _ in range(3)]

    for process in processes:
        process.start()
    counts = [results.get(timeout=20) for _ in processes]
    for process in processes:
        process.join(20)

    assert sum(counts) == 20


def test_without_redis_the_process_counts_by_itself_and_is_never_open(no_redis):
    throttle = make_throttle(no_redis, limit=10, fallback=2)

    waits = [throttle.take("alice@seaview.example") for _ in range(4)]

    assert waits[:2] == [0, 0]
    assert all(wait > 0 for wait in waits[2:])


def test_without_redis_the_count_outlives_the_object_a_job_made(no_redis):
    name = next(_names)
    Throttle(no_redis, name, 10, 60, 1).take("property-1")

    assert Throttle(no_redis, name, 10, 60, 1).take("property-1") > 0


def test_without_redis_callers_do_not_each_wait_for_its_time_out(no_redis):
    throttle = make_throttle(no_redis, limit=1000, fallback=1000)
    throttle.take("warm")

    started = time.monotonic()
    for _ in range(500):
        throttle.take("property-1")

    assert time.monotonic() - started < 0.5


def test_without_redis_a_block_still_holds(no_redis):
    throttle = make_throttle(no_redis)

    throttle.block("property-1", 30)

    assert 29 < throttle.take("property-1") <= 30


def test_a_reserve_larger_than_the_fallback_leaves_one_slot():
    local = LocalThrottle(limit=2, window_seconds=60)

    assert local.take("property-1", 1, reserve=5) == 0
    assert local.take("property-1", 1, reserve=5) > 0


def test_addresses_of_an_attack_do_not_fill_the_memory():
    local = LocalThrottle(limit=2, window_seconds=60)

    for number in range(LOCAL_KEYS + 50):
        local.take(f"address-{number}", 1, 0)

    assert len(local._taken) <= LOCAL_KEYS
