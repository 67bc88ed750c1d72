"""What the engine's tests may ask for, besides the fixtures of the suite."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
import redis as redis_client
from flask import Flask

from demo.servers import Servers
from portal import tenancy
from portal.config import Settings
from tests.house import Database, Sandbox
from tests.services import beds, databases, engine
from tests.services.beds import BedsHouse
from tests.services.engine import House

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def modules_database(
    app: Flask, servers: Servers, settings: Settings, template_database: Database
) -> Iterator[Database]:
    """One database for the tests of a module."""
    with databases.own_database(app, servers, settings, f"roomwire_engine_{next(_numbers)}") as database:
        yield database


@pytest.fixture
def channex(modules_database: Database, redis: redis_client.Redis, sandbox: Sandbox) -> Sandbox:
    """The simulated Channex beside an empty database: its webhooks wait, its limits are those of staging."""
    databases.empty(modules_database)
    sandbox.control("POST", "switches", json={"strict_rate_limits": False, "webhooks_paused": True})
    return sandbox


@pytest.fixture
def beds24(channex: Sandbox) -> Sandbox:
    """The simulated Beds24 beside an empty database: it posts nothing by itself."""
    channex.control("POST", "beds24/switches", json={"webhooks_paused": True})
    return channex


@pytest.fixture
def beds_house(beds24: Sandbox) -> Iterator[BedsHouse]:
    """The same property, connected to Beds24 by a code."""
    with tenancy.of(engine.found_organization("Alice Hotels")):
        yield beds.connect(beds24, engine.build_property())


@pytest.fixture(params=["channex", "beds24"])
def any_house(request: pytest.FixtureRequest, beds24: Sandbox) -> Iterator[House]:
    """The same property at each of the channel managers: what holds for one has to hold for the other."""
    with tenancy.of(engine.found_organization("Alice Hotels")):
        property = engine.build_property()
        yield engine.connect(beds24, property) if request.param == "channex" else beds.connect(beds24, property)


@pytest.fixture
def house(channex: Sandbox) -> Iterator[House]:
    """Alice's property: one room type with three rooms and one plan, connected and in step. We work for her."""
    with tenancy.of(engine.found_organization("Alice Hotels")):
        yield engine.open_house(channex)
