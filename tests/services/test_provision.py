"""Creating our hotel at the provider: killed anywhere and run again, it doubles nothing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from chaos import reconciler
from portal import tenancy
from portal.db import unit_of_work
from portal.extensions import db
from portal.models import ConnectionState, DutyRow, RateMapping, RoomMapping, SyncStatus
from portal.services import provision
from portal.services.errors import Refused
from providers.channex.client import Channex
from tests.house import Sandbox
from tests.services import engine

SHAPE = {"types": 2, "rooms": 2, "plans": 2}
WRITES = {"ensure_group": 1, "create_property": 1, "create_room_type": 2, "create_rate_plan": 4, "register_webhook": 1}


def _at_channex(sandbox: Sandbox, what: str) -> list[dict[str, Any]]:
    """Everything of a kind that was created there, by the calls that were answered with 201."""
    calls = sandbox.control("GET", "journal", params={"limit": "5000"})["calls"]
    return [call for call in calls if call["endpoint"] == f"POST /api/v1/{what}" and call["status"] == 201]


def _try_now(connection_id: Any) -> None:
    with unit_of_work():
        db.session.execute(
            update(DutyRow).where(DutyRow.connection_id == connection_id).values(leased_until=None, retry_at=None)
        )


def test_a_property_is_created_with_all_it_sells(channex: Sandbox) -> None:
    with tenancy.of(engine.found_organization("Alice Hotels")):
        house = engine.open_house(channex, **SHAPE)

        assert house.connection.state is ConnectionState.ACTIVE
        assert len(engine.fresh(RoomMapping)) == 2
        assert len(engine.fresh(RateMapping)) == 4
        assert reconciler.differences(channex.url) == []


@pytest.mark.parametrize("step", [(name, number) for name, count in WRITES.items() for number in range(count)])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_at_any_step_and_run_again_it_doubles_nothing(
    channex: Sandbox, monkeypatch: pytest.MonkeyPatch, step: tuple[str, int], moment: str
) -> None:
    name, number = step
    made, real = [], getattr(Channex, name)

    def deadly(connector: Channex, *arguments: Any) -> Any:
        made.append(name)
        if len(made) != number + 1:
            return real(connector, *arguments)
        if moment == "after":
            real(connector, *arguments)
        raise SystemExit

    with tenancy.of(engine.found_organization("Alice Hotels")):
        connection = provision.request(engine.build_property(**SHAPE))
        monkeypatch.setattr(Channex, name, deadly)
        with pytest.raises(SystemExit):
            provision.run(connection.id)
        monkeypatch.setattr(Channex, name, real)
        _try_now(connection.id)

        assert provision.run(connection.id)

        # An empty group may be left over: groups are never adopted by their title, two tenants may share one.
        for what, count in {"properties": 1, "room_types": 2, "rate_plans": 4, "webhooks": 1}.items():
            assert len(_at_channex(channex, what)) == count, what
        assert len(engine.fresh(RoomMapping)) == 2
        assert len(engine.fresh(RateMapping)) == 4


def test_a_provider_that_is_away_is_tried_again_later(channex: Sandbox) -> None:
    with tenancy.of(engine.found_organization("Alice Hotels")):
        connection = provision.request(engine.build_property())
        channex.control("POST", "faults", json={"kind": "status", "status": 503})

        assert provision.run(connection.id)

        (duty,) = engine.fresh(DutyRow, DutyRow.connection_id == connection.id, DutyRow.duty == "provision")
        assert duty.attempts == 1
        assert duty.retry_at is not None
        (run,) = engine.fresh(engine.SyncRun)
        assert run.status is SyncStatus.FAILED

        channex.control("DELETE", "faults")
        _try_now(connection.id)
        assert provision.run(connection.id)
        assert engine.fresh(engine.Connection)[0].state is ConnectionState.ACTIVE


def test_a_property_is_connected_once(channex: Sandbox) -> None:
    with tenancy.of(engine.found_organization("Alice Hotels")):
        property = engine.build_property()
        provision.request(property)

        with pytest.raises(Refused, match="connected already"):
            provision.request(property)


def test_two_hotels_of_one_name_do_not_share_a_property(channex: Sandbox) -> None:
    found = set()
    for name in ("Alice Hotels", "Charlie Inns"):
        with tenancy.of(engine.found_organization(name)):
            found.add(engine.open_house(channex, name="Sea").external_id)

    assert len(found) == 2
