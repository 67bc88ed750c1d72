"""The breaker against a real Redis, and without one."""

from __future__ import annotations

import itertools
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from portal.breaker import Breaker

_keys = (f"test-{number}" for number in itertools.count())


def make_breaker(redis: Redis, key: str | None = None, open_seconds: float = 30, **kwargs: float) -> Breaker:
    return Breaker(redis, key or next(_keys), failures=5, open_seconds=open_seconds, **kwargs)


def fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        breaker.failed()


def wait_until_half_open(breaker: Breaker) -> None:
    ends = time.monotonic() + 5
    while breaker.state() != "half-open":
        assert time.monotonic() < ends, "the breaker never left its open state"


@pytest.fixture(params=["shared", "alone"])
def redis_or_not(request) -> Redis:
    """Both homes of the state keep the same promises."""
    if request.param == "shared":
        return request.getfixturevalue("redis")
    return Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2, socket_timeout=0.2, retry=Retry(NoBackoff(), 0))


def test_five_failures_in_a_row_open_it_for_the_open_time(redis_or_not):
    breaker = make_breaker(redis_or_not)

    fail(breaker, 4)
    before_the_fifth = breaker.before()
    fail(breaker, 1)

    assert before_the_fifth == 0
    assert 29 < breaker.before() <= 30
    assert breaker.state() == "open"


def test_a_success_in_between_starts_the_count_afresh(redis_or_not):
    breaker = make_breaker(redis_or_not)

    fail(breaker, 4)
    breaker.succeeded()
    fail(breaker, 4)

    assert breaker.before() == 0
    assert breaker.state() == "closed"


def test_when_half_open_one_caller_probes_and_the_others_wait(redis_or_not):
    breaker = make_breaker(redis_or_not, open_seconds=0.05)
    fail(breaker, 5)
    wait_until_half_open(breaker)

    with ThreadPoolExecutor(8) as pool:
        waits = sorted(pool.map(lambda _: breaker.before(), range(8)))

    assert waits[0] == 0
    assert all(wait > 0 for wait in waits[1:])


def test_a_good_probe_closes_it(redis_or_not):
    breaker = make_breaker(redis_or_not, open_seconds=0.05)
    fail(breaker, 5)
    wait_until_half_open(breaker)

    probe = breaker.before()
    breaker.succeeded()

    assert probe == 0
    assert [breaker.before(), breaker.before()] == [0, 0]


def test_a_failed_probe_opens_it_again_at_once(redis_or_not):
    breaker = make_breaker(redis_or_not, open_seconds=0.05)
    fail(breaker, 5)
    wait_until_half_open(breaker)
    breaker._open = 30

    breaker.before()
    breaker.failed()

    assert breaker.state() == "open"
    assert breaker.before() > 29


def test_a_probe_whose_caller_died_is_given_to_another(redis_or_not):
    breaker = make_breaker(redis_or_not, open_seconds=0.05, probe_seconds=0.1)
    fail(breaker, 5)
    wait_until_half_open(breaker)
    breaker.before()

    ends = time.monotonic() + 5
    while (wait := breaker.before()) > 0 and time.monotonic() < ends:
        assert wait <= 0.11

    assert wait == 0


def test_the_count_is_shared_by_every_object_of_one_key_and_nobody_else(redis_or_not):
    key = next(_keys)

    fail(make_breaker(redis_or_not, key), 3)
    fail(make_breaker(redis_or_not, key), 2)

    assert make_breaker(redis_or_not, key).before() > 0
    assert make_breaker(redis_or_not).before() == 0


def test_its_keys_carry_our_prefix_and_expire(redis):
    breaker = make_breaker(redis, open_seconds=0.05)
    fail(breaker, 5)
    wait_until_half_open(breaker)
    breaker.before()

    keys = redis.keys()

    assert len(keys) == 2
    assert all(key.startswith(b"roomwire:breaker:") and redis.pttl(key) > 0 for key in keys)
