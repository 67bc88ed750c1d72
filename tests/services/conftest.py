"""What the engine's tests may ask for, besides the fixtures of the suite."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis as redis_client

from portal import tenancy
from tests.house import Database, Sandbox
from tests.services import engine
from tests.services.engine import House


@pytest.fixture
def channex(fresh_database: Database, redis: redis_client.Redis, sandbox: Sandbox) -> Sandbox:
    """The simulated Channex beside an empty database: its webhooks wait, its limits are those of staging."""
    sandbox.control("POST", "switches", json={"strict_rate_limits": False, "webhooks_paused": True})
    return sandbox


@pytest.fixture
def house(channex: Sandbox) -> Iterator[House]:
    """Alice's property: one room type with three rooms and one plan, connected and in step. We work for her."""
    with tenancy.of(engine.found_organization("Alice Hotels")):
        yield engine.open_house(channex)
