"""Everything again: once a day at the property's own hour, or because a person asked."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from portal import tenancy
from portal.db import end_reading, now
from portal.models import SyncStatus
from portal.services import duties, full_sync
from tests.house import Sandbox
from tests.services import engine
from tests.services.engine import House


def test_a_person_sees_the_full_sync_they_asked_for(any_house: House) -> None:
    run_id = full_sync.request(any_house.connection)

    (run,) = [run for run in any_house.runs() if run.id == run_id]
    assert (run.status, run.trigger) == (SyncStatus.PENDING, "person")
    any_house.push()
    (run,) = [run for run in any_house.runs() if run.id == run_id]
    assert (run.status, run.processed, run.failed) == (SyncStatus.COMPLETED, 2 * any_house.nights, 0)
    assert run.summary["calls"] == 2


def test_a_full_sync_that_met_an_outage_is_finished_afterwards(any_house: House) -> None:
    full_sync.request(any_house.connection)
    any_house.fault("status", status=503, times=1)
    any_house.push()

    any_house.push()

    assert any_house.ari_calls() == 3
    assert any_house.lane(any_house.plans[0]).due_at is None
    assert any_house.lane(any_house.types[0]).due_at is None


def test_the_daily_one_says_itself_when_the_next_is(any_house: House) -> None:
    assert full_sync.start(any_house.connection_id)

    assert any_house.duty("full_sync").due_at > now() + timedelta(hours=1)
    assert "push" in {duty for _, _, duty in duties.due()}
    end_reading()
    any_house.push()
    assert any_house.ari_calls() == 2


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles", "Pacific/Apia", "Europe/Lisbon"])
def test_the_hour_is_the_propertys_own(channex: Sandbox, zone: str) -> None:
    with tenancy.of(engine.found_organization("Alice Hotels")):
        house = engine.open_house(channex, zone=zone)

        at = house.duty("full_sync").due_at.astimezone(ZoneInfo(zone))

        assert at.hour == engine.runtime.settings.full_sync_hour
        assert at.date() == now().astimezone(ZoneInfo(zone)).date() + timedelta(days=1)


def test_hotels_of_one_hour_do_not_all_start_at_once(channex: Sandbox) -> None:
    with tenancy.of(engine.found_organization("Alice Hotels")):
        first, second = (engine.open_house(channex, name=name) for name in ("Sea", "Mountain"))

        minutes = [house.duty("full_sync").due_at.minute for house in (first, second)]

        assert minutes == [house.connection_id.int % full_sync.SPREAD_MINUTES for house in (first, second)]
