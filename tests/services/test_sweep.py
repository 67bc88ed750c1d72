"""The sweep and the schedule: whatever Redis lost is rung for again, and no slot is taken twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis
from sqlalchemy import text

from portal import queue, tenancy
from portal.db import end_reading, unit_of_work
from portal.extensions import db
from portal.models import ScheduleSlot
from portal.services import sweep
from tests.services import engine
from tests.services.engine import House
from workers import schedule
from workers.schedule import Periodic
from workers.scheduler import Scheduler


def test_after_redis_forgot_everything_the_due_work_is_rung_for(house: House, redis: Redis) -> None:
    house.set_price("133", 7)
    redis.flushdb()

    with tenancy.of(None):
        rung = sweep.ring_due()

    assert rung >= 1
    assert redis.exists(queue.bell_name("push", house.connection_id))


def test_a_bell_that_was_rung_is_not_rung_again_while_nobody_answered(house: House, redis: Redis) -> None:
    redis.flushdb()
    for _ in range(5):
        queue.ring_now("push", house.organization_id, house.connection_id)

    assert redis.llen("rq:queue:ari") == 1
    queue.answer(queue.bell_name("push", house.connection_id))
    queue.ring_now("push", house.organization_id, house.connection_id)
    assert redis.llen("rq:queue:ari") == 2


def test_what_a_worker_holds_is_not_rung_for(house: House, redis: Redis) -> None:
    house.set_price("133", 7)
    with unit_of_work():
        db.session.execute(text("update duties set leased_until = clock_timestamp() + interval '1 minute'"))
    redis.flushdb()

    with tenancy.of(None):
        assert sweep.ring_due() == 0
    end_reading()


def test_a_feed_nobody_ever_read_is_due(house: House, redis: Redis) -> None:
    redis.flushdb()

    with tenancy.of(None):
        sweep.ring_feeds()
    end_reading()

    assert redis.exists(queue.task_bell("feed:channex"))


def test_a_booking_the_provider_does_not_know_we_have_is_an_incident_and_is_mended(house: House) -> None:
    house.book()
    house.receive()
    with unit_of_work():
        db.session.execute(
            text("update inbox set acknowledged_at = null, received_at = clock_timestamp() - interval '6 minutes'")
        )

    with tenancy.of(None):
        sweep.warn_unacknowledged()
    assert "unacknowledged" in house.incidents()
    assert house.duty("drain").request == {"pull": True}

    house.receive()
    with tenancy.of(None):
        sweep.warn_unacknowledged()
    assert "unacknowledged" not in house.incidents()


def test_two_schedulers_do_a_periodic_task_once(house: House) -> None:
    done: list[int] = []
    tasks = [Periodic("count", 3600.0, lambda: done.append(1))]
    moment = datetime.now(UTC)

    for scheduler in (Scheduler(tasks), Scheduler(tasks)):
        for task in scheduler.periodics:
            if schedule.take(task, moment):
                task.run()

    assert done == [1]
    assert len(engine.fresh(ScheduleSlot)) == 1


@pytest.mark.parametrize("seconds", [0, 59, 3599])
def test_a_slot_is_the_same_on_every_host(seconds: int) -> None:
    task = Periodic("hourly", 3600.0, lambda: None)
    start = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)

    assert schedule.slot_of(task, start + timedelta(seconds=seconds)) == start
    assert schedule.slot_of(task, start + timedelta(seconds=3600)) == start + timedelta(hours=1)
