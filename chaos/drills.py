"""The drills: each does its worst while guests book, and says when it has done it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

import redis as redis_client

from chaos.hotels import Hotel
from chaos.traffic import Crowd
from chaos.world import World
from demo.servers import Servers


@dataclass(frozen=True)
class Size:
    """How hard: `events` sold in each drill, and for how long or how often things are taken away."""

    events: int
    kill_events: int
    kills: int
    flushes: int
    redis_seconds: float
    postgres_stops: int
    web_kills: int
    provider_seconds: float


FULL = Size(400, 2000, 20, 3, 20.0, 5, 5, 120.0)
QUICK = Size(80, 200, 5, 1, 5.0, 2, 2, 20.0)


@dataclass
class Stage:
    """Where a drill happens."""

    world: World
    servers: Servers
    hotels: Sequence[Hotel]
    size: Size
    dice: Random

    def until_sold(self, crowd: Crowd, events: int) -> None:
        self.world.wait(lambda: crowd.sold >= events, f"selling {events}", 300)

    def pause(self, seconds: float) -> None:
        time.sleep(seconds)


def kill_workers(stage: Stage, crowd: Crowd) -> None:
    """The worker and its children, or one child alone, at any moment of their work."""
    for number in range(stage.size.kills):
        # Spread over the events: a kill each time another share of them is sold.
        due = crowd.events * (number + 1) // (stage.size.kills + 1)
        stage.until_sold(crowd, due)
        if stage.dice.random() < 0.5:
            stage.world.kill_one_child("workers", stage.dice.choice)
        else:
            stage.world.kill("workers")
            stage.world.start("workers")


def flush_redis(stage: Stage, crowd: Crowd) -> None:
    """Everything Redis knows is gone: bells, limits, breakers."""
    for number in range(stage.size.flushes):
        due = crowd.events * (number + 1) // (stage.size.flushes + 1)
        stage.until_sold(crowd, due)
        with redis_client.Redis.from_url(stage.world.env["REDIS_URL"]) as client:
            client.flushall()


def kill_redis(stage: Stage, crowd: Crowd) -> None:
    """Redis dies and comes back empty-handed after a while."""
    stage.pause(1)
    stage.servers.redis.stop(hard=True)
    stage.pause(stage.size.redis_seconds)
    stage.servers.redis.start()


def stop_postgres(stage: Stage, crowd: Crowd) -> None:
    """PostgreSQL is stopped as by a power cut, and started again."""
    for _ in range(stage.size.postgres_stops):
        stage.pause(2 + stage.dice.random() * 2)
        stage.servers.postgres.stop(hard=True)
        stage.pause(stage.dice.random() * 2)
        stage.servers.postgres.start()


def kill_web(stage: Stage, crowd: Crowd) -> None:
    """What receives webhooks dies with some of them half received."""
    for _ in range(stage.size.web_kills):
        stage.pause(1 + stage.dice.random() * 2)
        stage.world.kill("web")
        stage.world.start("web")


def take_provider(stage: Stage, crowd: Crowd) -> None:
    """The channel manager breaks off every connection or answers 503, while the OTAs go on selling."""
    seconds = stage.size.provider_seconds
    rules = [{"kind": "reset", "seconds": seconds, "every": 2}, {"kind": "status", "status": 503, "seconds": seconds}]
    stage.world.control("POST", "faults", json={"faults": rules}).raise_for_status()
    stage.pause(seconds)
    stage.world.control("DELETE", "faults").raise_for_status()


@dataclass(frozen=True)
class Drill:
    """`disorder`: the webhooks come twice, in any order, and some never."""

    name: str
    run: Callable[[Stage, Crowd], None]
    events: Callable[[Size], int] = lambda size: size.events
    pace: float = 0.1
    disorder: bool = False


DRILLS = (
    Drill("webhooks doubled, shuffled, lost", lambda stage, crowd: None, disorder=True),
    Drill("workers and children killed", kill_workers, lambda size: size.kill_events, pace=0.15, disorder=True),
    Drill("Redis flushed", flush_redis),
    Drill("Redis killed", kill_redis),
    Drill("PostgreSQL stopped hard", stop_postgres, pace=0.2),
    Drill("web killed", kill_web),
    Drill("Channex away", take_provider, pace=0.5),
)
ORDER = {"webhook_duplicates": 0, "webhook_shuffle_seconds": 0.0, "webhook_loss": 0.0}
DISORDER = {"webhook_duplicates": 1, "webhook_shuffle_seconds": 3.0, "webhook_loss": 0.1}
