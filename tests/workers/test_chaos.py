"""A minute of chaos in every run of the suite; `make chaos` is the long form."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from chaos import __main__ as chaos
from chaos import drills, hotels
from chaos.drills import DRILLS, Size, Stage
from chaos.world import World
from demo.processes import free_port
from demo.servers import Servers
from tests.house import Database, Sandbox

SEED = 7
BRIEF = Size(events=30, kill_events=60, kills=3, flushes=1, redis_seconds=1, postgres_stops=1, web_kills=1,
             provider_seconds=1)  # fmt: skip


@pytest.fixture
def stage(
    fresh_database: Database, servers: Servers, environment: dict[str, str], sandbox: Sandbox, tmp_path: Path
) -> Iterator[Stage]:
    """The whole portal as processes, with two hotels in it."""
    port = free_port(int(environment["PORT"]) + 100)
    env = {
        **environment,
        "DATABASE_URL": fresh_database.url,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "WEB_WORKERS": "1",
        "LEASE_SECONDS": "2",
        "SWEEP_SECONDS": "0.2",
        "PULL_MINUTES": "0.1",
        "LOG_LEVEL": "WARNING",
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics"),
    }
    world = World(env, tmp_path)
    try:
        sandbox.control("POST", "switches", json={"strict_rate_limits": False, "feed_drop": False})
        world.start("web", "workers", "scheduler")
        world.wait(world.web_answers, "the portal's start")
        built = hotels.build(world, 2, types=2, rooms=4, plans=1)
        yield Stage(world, servers, built, BRIEF, Random(SEED))
    finally:
        world.stop()


def test_guests_book_while_things_break_and_nothing_is_lost(stage: Stage) -> None:
    wanted = [drill for drill in DRILLS if drill.run in (drills.kill_workers, drills.flush_redis)]

    rows = [chaos.perform(stage, drill, SEED) for drill in wanted]

    assert [row.events >= drill.events(BRIEF) for row, drill in zip(rows, wanted, strict=True)] == [True, True]
    assert [(row.lost, row.doubled, row.clean) for row in rows] == [(0, 0, True), (0, 0, True)]
