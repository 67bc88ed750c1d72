"""python -m chaos: break everything that can break while guests book, and count what is left.

Writes `chaos/results/latest.json` and ends with 1 when anything was lost, doubled or did not come together again.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from chaos import drills, hotels, reconciler
from chaos.drills import DRILLS, Drill, Size, Stage
from chaos.traffic import Crowd
from chaos.world import World, own_servers, settings_for
from demo import commands
from demo.servers import Servers
from portal.app import create_app
from portal.config import Settings

RESULTS = Path(__file__).resolve().parent / "results" / "latest.json"
HOTELS = 4
SHOWN = 10


@dataclass(frozen=True)
class Row:
    """One drill: what was sold during it, what was wrong after it, and how long that took to come right."""

    drill: str
    seed: int
    events: int
    lost: int
    doubled: int
    converged_seconds: float
    clean: bool
    passed: bool

    def as_json(self) -> dict[str, object]:
        row = asdict(self)
        row["pass"] = row.pop("passed")
        return row


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the same drills, shorter; nothing is written")
    parser.add_argument("--seed", type=int, default=1, help="what the guests and the killer decide by")
    parser.add_argument("--only", default="", help="the drills whose name holds these words")
    given = parser.parse_args()
    size = drills.QUICK if given.quick else drills.FULL
    wanted = [drill for drill in DRILLS if given.only.lower() in drill.name.lower()]
    started = time.monotonic()
    with own_servers() as (own, folder):
        env = settings_for(own, folder, **({"LEASE_SECONDS": "5"} if given.quick else {}))
        commands.migrate({**os.environ, **env, "DATABASE_OWNER_URL": own.owner_url})
        world = World(env, folder)
        app = create_app(Settings.from_environment(env))
        try:
            with app.app_context():
                rows = run(world, own, size, given.seed, wanted)
        finally:
            world.stop()
    if not given.quick and not given.only:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps([row.as_json() for row in rows], indent=2) + "\n")
    say(f"{len(rows)} drills in {time.monotonic() - started:.0f} s")
    return 0 if all(row.passed for row in rows) else 1


def run(world: World, own: Servers, size: Size, seed: int, wanted: list[Drill]) -> list[Row]:
    """Start everything, fill it, and do the drills one after the other; each begins where the last one ended."""
    world.start("sandbox")
    world.wait(world.sandbox_answers, "the sandbox's start")
    world.control("POST", "switches", json={"strict_rate_limits": False, "feed_drop": False}).raise_for_status()
    world.start("web", "workers", "scheduler")
    world.wait(world.web_answers, "the portal's start")
    built = hotels.build(world, HOTELS)
    stage = Stage(world, own, built, size, Random(seed))
    say(f"{'drill':34} {'events':>7} {'lost':>5} {'doubled':>8} {'clean after':>12}")
    return [perform(stage, drill, seed) for drill in wanted]


def perform(stage: Stage, drill: Drill, seed: int) -> Row:
    """One drill under traffic, then wait until every side agrees."""
    order = drills.DISORDER if drill.disorder else drills.ORDER
    stage.world.control("POST", "switches", json=order).raise_for_status()
    crowd = Crowd(stage.world, stage.hotels, seed, drill.events(stage.size), drill.pace)
    crowd.start()
    drill.run(stage, crowd)
    sold = crowd.finish()
    left, seconds = reconciler.wait_until_clean(stage.world.sandbox_url)
    kinds = Counter(each.kind for each in left)
    row = Row(drill.name, seed, sold, kinds["lost"], kinds["doubled"], round(seconds, 1), not left, not left)
    verdict = f"{row.converged_seconds:10.1f} s" if row.clean else "NEVER"
    say(f"{row.drill:34} {row.events:7} {row.lost:5} {row.doubled:8} {verdict:>12}")
    for each in left[:SHOWN]:
        say(f"    {each}")
    return row


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
