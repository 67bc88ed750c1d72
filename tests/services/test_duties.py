"""Work as rows with a lease: one worker at a time, by the database's clock."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from portal import tenancy
from portal.db import end_reading, now, unit_of_work
from portal.domain.nights import Window
from portal.extensions import db
from portal.models import ConnectionState, Duty
from portal.services import connection_state, connections, duties, lanes
from tests.services.engine import House


def _due(house: House) -> set[str]:
    found = {duty for _, connection_id, duty in duties.due() if connection_id == house.connection_id}
    end_reading()
    return found


def _set(house: House, duty: Duty, **columns: Any) -> None:
    """Write columns as PostgreSQL expressions."""
    words = ", ".join(f"{name} = {value}" for name, value in columns.items())
    with unit_of_work():
        db.session.execute(
            text(f"update duties set {words} where connection_id = :connection and duty = :duty"),
            {"connection": house.connection_id, "duty": duty.value},
        )


def test_one_worker_at_a_time_has_a_duty(house: House) -> None:
    first = duties.claim(house.connection_id, Duty.PUSH)

    assert first is not None
    assert duties.claim(house.connection_id, Duty.PUSH) is None
    assert duties.claim(house.connection_id, Duty.DRAIN) is not None


def test_a_dead_workers_duty_is_free_when_its_lease_ran_out(house: House) -> None:
    first = duties.claim(house.connection_id, Duty.PUSH)
    _set(house, Duty.PUSH, leased_until="clock_timestamp() - interval '1 millisecond'")

    second = duties.claim(house.connection_id, Duty.PUSH)

    assert first is not None and second is not None
    assert second.fence > first.fence


def test_what_a_dead_process_of_this_host_held_is_free_at_once(house: House) -> None:
    lease = duties.claim(house.connection_id, Duty.PUSH)
    asked: list[int] = []

    with tenancy.of(None):
        assert duties.release_dead(lambda pid: asked.append(pid) is None) == 0  # it lives
        assert duties.release_dead(lambda pid: False) == 1

    assert asked == [os.getpid()]
    assert lease is not None
    assert duties.claim(house.connection_id, Duty.PUSH) is not None
    with pytest.raises(duties.LeaseLost):
        duties.keep(lease)


def test_what_another_host_holds_is_left_to_it(house: House) -> None:
    assert duties.claim(house.connection_id, Duty.PUSH) is not None
    _set(house, Duty.PUSH, holder="'elsewhere:1:1'")

    with tenancy.of(None):
        assert duties.release_dead(lambda pid: False) == 0


def test_a_worker_that_overslept_finds_out_before_it_writes(house: House) -> None:
    overslept = duties.claim(house.connection_id, Duty.PUSH)
    assert overslept is not None
    _set(house, Duty.PUSH, leased_until="clock_timestamp() - interval '1 millisecond'")
    duties.claim(house.connection_id, Duty.PUSH)

    with pytest.raises(duties.LeaseLost):
        duties.keep(overslept)
    duties.done(overslept)

    assert house.duty("push").leased_until is not None, "it gave back what was not its own"


def test_asked_for_again_while_it_runs_it_runs_again(house: House) -> None:
    lease = duties.claim(house.connection_id, Duty.DRAIN)
    assert lease is not None
    with unit_of_work():
        duties.request(house.connection_id, Duty.DRAIN, {"pull": True})

    duties.done(lease)

    assert house.duty("drain").request == {"pull": True}
    assert "drain" in _due(house)


def test_a_done_duty_has_the_next_time_of_its_plan(house: House) -> None:
    _set(house, Duty.PARITY, due_at="clock_timestamp()")
    lease = duties.claim(house.connection_id, Duty.PARITY)
    assert lease is not None
    tomorrow = now() + timedelta(days=1)

    duties.done(lease, next_at=tomorrow)

    row = house.duty("parity")
    assert (row.due_at, row.attempts, row.leased_until) == (tomorrow, 0, None)


def test_failures_wait_longer_and_longer_and_never_give_up() -> None:
    waits = [[duties.delay(attempts) for _ in range(50)] for attempts in (1, 2, 3, 4, 5, 6, 100)]

    expected = [5, 25, 125, 600, 1800, 3600, 3600]
    for found, seconds in zip(waits, expected, strict=True):
        assert seconds * 0.8 <= min(found) <= max(found) <= seconds * 1.2
        assert len(set(found)) > 1, "without a random part all workers come back at once"


def test_what_waits_for_its_next_try_is_not_due(house: House) -> None:
    with unit_of_work():
        lanes.mark(house.property_id, room_types=lanes.ALL, windows=[Window(house.day(1), house.day(2))], urgent=True)
    assert _due(house) == {"push", "channels"}
    lease = duties.claim(house.connection_id, Duty.PUSH)
    assert lease is not None

    duties.later(lease, "the provider is away")

    row = house.duty("push")
    assert "push" not in _due(house)
    assert (row.attempts, row.error) == (1, "the provider is away")
    assert duties.claim(house.connection_id, Duty.PUSH) is None
    assert duties.claim(house.connection_id, Duty.PUSH, early=True) is not None


@pytest.mark.parametrize(("switch", "left"), [("sync_enabled", set()), ("push_enabled", {"channels"})])
def test_a_switch_that_is_off_leaves_its_work_lying(house: House, switch: str, left: set[str]) -> None:
    with unit_of_work():
        lanes.mark(house.property_id, room_types=lanes.ALL, windows=[Window(house.day(1), house.day(2))], urgent=True)

    connections.switch(house.connection, switch, False)
    assert _due(house) == left

    connections.switch(house.connection, switch, True)
    assert _due(house) == {"push", "channels"}


@pytest.mark.parametrize("state", [ConnectionState.PAUSED, ConnectionState.BROKEN])
def test_a_stopped_connection_still_takes_what_comes_in(house: House, state: ConnectionState) -> None:
    with unit_of_work():
        lanes.mark(house.property_id, room_types=lanes.ALL, windows=[Window(house.day(1), house.day(2))], urgent=True)
        duties.request(house.connection_id, Duty.DRAIN)

    with unit_of_work():
        connection_state.change(house.connection, state, "")

    assert _due(house) == {"drain"}


def test_a_disconnected_connection_does_nothing(house: House) -> None:
    with unit_of_work():
        duties.request(house.connection_id, Duty.DRAIN)
        connection_state.change(house.connection, ConnectionState.DISCONNECTED, "")

    assert _due(house) == set()


def test_what_is_due_names_ids_and_needs_no_tenant(house: House) -> None:
    with unit_of_work():
        duties.request(house.connection_id, Duty.DRAIN)

    with tenancy.of(None):
        found = duties.due()

    assert (house.organization_id, house.connection_id, "drain") in found
