"""What the tests of connecting an OTA are made of: an OTA account at the sandbox, a worker's turn, its clock."""

from __future__ import annotations

from datetime import date
from typing import Any

import requests
from sqlalchemy import update

from portal import tenancy
from portal.db import end_reading, unit_of_work
from portal.extensions import db, runtime
from portal.models import ChannelSetup, Connection
from portal.services import channel_setups, connections
from tests.house import Sandbox

HOTEL = "4711001"


def ota(sandbox: Sandbox, code: str = "BDC", hotel_id: str = HOTEL, **facts: Any) -> None:
    """Describe a hotel's account at an OTA; see `sandbox.channex.otas`."""
    sandbox.control("POST", "otas", json={"code": code, "hotel_id": hotel_id, **facts})


def api(sandbox: Sandbox, method: str, path: str, json: Any = None) -> Any:
    """A call to the simulated Channex as somebody with our key makes it."""
    key = {"user-api-key": runtime.settings.channex_api_key or ""}
    answer = requests.request(method, f"{sandbox.api_url}{path}", json=json, headers=key, timeout=10)
    assert answer.ok, answer.text
    return answer.json()


def sells(sandbox: Sandbox, property_id: str, code: str, night: date) -> bool:
    """Whether a guest can book that night at an OTA now."""
    wish = {"ota": code, "check_in": night.isoformat()}
    answer = requests.post(f"{sandbox.url}/_sim/ota/{property_id}/book", json=wish, timeout=10)
    return bool(answer.json().get("sold"))


def turn(organization_id: Any, connection_id: Any) -> None:
    """A worker's next turn at the OTAs, whatever the time: what waits for its moment is due."""
    with tenancy.of(organization_id):
        with unit_of_work():
            db.session.execute(
                update(ChannelSetup)
                .where(ChannelSetup.organization_id == organization_id, ChannelSetup.next_check_at.is_not(None))
                .values(next_check_at=ChannelSetup.created_at)
            )
        assert connections.check(connection_id)
        end_reading()


def setup(connection: Connection, code: str = "BDC") -> ChannelSetup:
    found = channel_setups.find(connection.id, code)
    end_reading()
    assert found is not None
    return found
