"""A stage for killings: real workers and a real schedule as processes, against one database of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis as redis_client
from flask import Flask

from chaos.world import World
from demo.servers import Servers
from portal import tenancy
from portal.config import Settings
from tests.house import Database, Sandbox
from tests.services import beds, databases, engine
from tests.services.beds import BedsHouse
from tests.services.engine import House

LEASE_SECONDS = 2


@pytest.fixture(scope="module")
def database(app: Flask, servers: Servers, settings: Settings, template_database: Database) -> Iterator[Database]:
    """One database for the module; the app in this process uses it too. An app context is open."""
    with databases.own_database(app, servers, settings, "roomwire_kills") as database:
        yield database


@pytest.fixture(scope="module")
def world(
    database: Database, servers: Servers, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Workers and scheduler can be started here; the sandbox and Redis are those of the suite."""
    folder: Path = tmp_path_factory.mktemp("world")
    with redis_client.Redis.from_url(servers.redis_url) as client:
        client.flushdb()
    world = World(
        {
            **environment,
            "DATABASE_URL": database.url,
            "LEASE_SECONDS": str(LEASE_SECONDS),
            "SWEEP_SECONDS": "0.2",
            "PULL_MINUTES": "0.1",
            "LOG_LEVEL": "WARNING",
            "PROMETHEUS_MULTIPROC_DIR": str(folder / "metrics"),
        },
        folder,
    )
    try:
        yield world
    finally:
        world.stop()


@pytest.fixture(scope="module")
def house(world: World, sandbox_server: Sandbox) -> Iterator[House]:
    """Alice's hotel, connected and in step, for all tests of the module; we work for her."""
    sandbox_server.reset()
    sandbox_server.control("POST", "switches", json={"strict_rate_limits": False, "webhooks_paused": True})
    with tenancy.of(engine.found_organization("Alice Hotels")):
        yield engine.open_house(sandbox_server, rooms=30)


@pytest.fixture(scope="module")
def beds_house(house: House, sandbox_server: Sandbox) -> BedsHouse:
    """Another hotel of Alice's, at Beds24."""
    sandbox_server.control("POST", "beds24/switches", json={"webhooks_paused": True})
    return beds.connect(sandbox_server, engine.build_property(rooms=30, name="Mountain"))


@pytest.fixture
def alive(world: World, house: House) -> Iterator[World]:
    """Workers and scheduler run, and the sandbox is well; they are left running for the next test."""
    house.heal()
    world.start("workers", "scheduler")
    yield world
    house.heal()
    house.sandbox.control("DELETE", "beds24/faults")
