"""A worker and its child are killed at every point where it hurts; what is left comes right by itself.

Nothing in the product helps: a worker is caught by a provider that answers slowly, or by a lock that we hold on what
it is about to write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import psycopg
import pytest
import redis as redis_client

from chaos import reconciler
from chaos.world import World
from demo.servers import Servers
from portal.models import InboxState
from portal.services import drain
from tests.house import Database
from tests.services import engine
from tests.services.beds import BedsHouse
from tests.services.engine import House

SECONDS = 60


@contextmanager
def _lock(database: Database, statement: str) -> Iterator[psycopg.Connection[Any]]:
    """Hold what the statement locks until the block ends."""
    with psycopg.connect(database.admin_url) as connection:
        connection.execute(statement)
        yield connection
        connection.rollback()


def _somebody_waits(database: Database) -> bool:
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        row = connection.execute(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        ).fetchone()
    return bool(row and row[0])


def _in_a_call(house: House) -> bool:
    """Whether a fault has struck: the sandbox holds an answer back."""
    rules = [rule for root in ("", "beds24/") for rule in house.sandbox.control("GET", f"{root}faults")["faults"]]
    return any(rule["struck"] for rule in rules)


def _slow(house: House, path: str, method: str = "POST") -> None:
    house.fault("slow", delay=8, match={"path_prefix": path, "method": method})


# Each catches a worker at one point of its work, and tells when it is there.
Trap = Callable[[House, Database], "AbstractContextManager[Callable[[], bool]]"]


@contextmanager
def before_the_acknowledgement(house: House, database: Database) -> Iterator[Callable[[], bool]]:
    _slow(house, "/booking_revisions")
    yield lambda: _in_a_call(house)


@contextmanager
def after_the_acknowledgement_before_its_note(house: House, database: Database) -> Iterator[Callable[[], bool]]:
    _slow(house, "/booking_revisions")
    with psycopg.connect(database.admin_url) as connection:

        def caught() -> bool:
            if connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE and _in_a_call(house):
                connection.execute("select 1 from inbox for update")
                house.heal()
            return _somebody_waits(database)

        yield caught
        connection.rollback()


@contextmanager
def before_it_is_applied(house: House, database: Database) -> Iterator[Callable[[], bool]]:
    with _lock(database, "lock table booking_links in share mode"):
        yield lambda: _somebody_waits(database)


@contextmanager
def before_the_commit(house: House, database: Database) -> Iterator[Callable[[], bool]]:
    with _lock(database, "select 1 from audit_heads for update"):
        yield lambda: _somebody_waits(database)


@contextmanager
def during_the_providers_call(house: House, database: Database) -> Iterator[Callable[[], bool]]:
    _slow(house, house.units_path)
    yield lambda: _in_a_call(house)


@contextmanager
def after_the_providers_answer_before_the_record(house: House, database: Database) -> Iterator[Callable[[], bool]]:
    _slow(house, house.units_path)
    with psycopg.connect(database.admin_url) as connection:

        def caught() -> bool:
            if connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE and _in_a_call(house):
                connection.execute("select 1 from lanes for update")
                house.heal()
            return _somebody_waits(database)

        yield caught
        connection.rollback()


TRAPS: tuple[Trap, ...] = (
    before_the_acknowledgement,
    after_the_acknowledgement_before_its_note,
    before_it_is_applied,
    before_the_commit,
    during_the_providers_call,
    after_the_providers_answer_before_the_record,
)


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.__name__)
def test_a_booking_survives_the_death_of_its_worker(alive: World, house: House, database: Database, trap: Trap) -> None:
    with trap(house, database) as caught:
        booking = house.book()
        drain.request_pull(house.connection_id)
        alive.wait(caught, f"catching the worker {trap.__name__}", 30)
        alive.kill("workers")
    house.heal()
    alive.start("workers")

    left, _ = reconciler.wait_until_clean(house.sandbox.url, SECONDS, nights=30)

    assert [str(each) for each in left] == []
    assert [row.code for row in house.reservations()].count(booking["code"]) == 1


@pytest.mark.parametrize("trap", TRAPS[3:], ids=lambda trap: trap.__name__)
def test_a_booking_at_beds24_survives_it_too(
    alive: World, beds_house: BedsHouse, database: Database, trap: Trap
) -> None:
    with trap(beds_house, database) as caught:
        booking = beds_house.book()
        drain.request_pull(beds_house.connection_id)
        alive.wait(caught, f"catching the worker {trap.__name__}", 30)
        alive.kill("workers")
    beds_house.heal()
    alive.start("workers")

    left, _ = reconciler.wait_until_clean(beds_house.sandbox.url, SECONDS, nights=30)

    assert [str(each) for each in left] == []
    assert [row.code for row in beds_house.reservations()].count(booking["code"]) == 1


def test_a_bell_that_was_taken_and_never_answered_is_rung_again(alive: World, house: House, database: Database) -> None:
    alive.kill("workers")
    booking = house.book()
    drain.request_pull(house.connection_id)
    with _lock(database, "select 1 from duties for update"):
        alive.start("workers")
        alive.wait(lambda: _somebody_waits(database), "a worker at its first statement", 30)
        alive.kill("workers")
    alive.start("workers")

    left, _ = reconciler.wait_until_clean(house.sandbox.url, SECONDS, nights=30)

    assert [str(each) for each in left] == []
    assert any(row.code == booking["code"] for row in house.reservations())


def test_one_child_killed_is_replaced_by_its_pool(alive: World, house: House) -> None:
    alive.wait(lambda: len(alive.children("workers")) == 2, "the start of both children", 30)
    before = {child.pid for child in alive.children("workers")}

    alive.kill_one_child("workers", lambda children: children[0])

    alive.wait(lambda: len({child.pid for child in alive.children("workers")} - before) == 1, "the replacement", 10)
    house.book()
    drain.request_pull(house.connection_id)
    left, _ = reconciler.wait_until_clean(house.sandbox.url, SECONDS, nights=30)
    assert left == []


def test_told_to_stop_the_workers_hand_over_within_ten_seconds(alive: World, house: House) -> None:
    _slow(house, "/availability")
    booking = house.book()
    drain.request_pull(house.connection_id)
    alive.wait(lambda: _in_a_call(house), "a call in the air", 30)

    alive.stop()

    house.heal()
    alive.start("workers", "scheduler")
    left, _ = reconciler.wait_until_clean(house.sandbox.url, SECONDS, nights=30)
    assert left == []
    assert any(row.code == booking["code"] for row in house.reservations())


def test_redis_forgetting_everything_delays_and_loses_nothing(alive: World, house: House, servers: Servers) -> None:
    for _ in range(3):
        house.book(check_in=house.day(9).isoformat())
    drain.request_pull(house.connection_id)
    with redis_client.Redis.from_url(servers.redis_url) as client:
        client.flushdb()

    left, seconds = reconciler.wait_until_clean(house.sandbox.url, SECONDS, nights=30)

    assert left == []
    assert seconds < 30
    assert all(message.state is InboxState.APPLIED for message in house.messages())


def test_a_schedule_killed_is_carried_on_by_the_other_one(alive: World, house: House) -> None:
    alive.kill("scheduler")
    house.set_price("177", 7)
    alive.start("scheduler")

    engine.eventually(lambda: house.price(house.day(7))["rate"] == "177.00", SECONDS)
    assert house.ari_calls() >= 1
