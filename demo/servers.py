"""The private PostgreSQL and Redis of the demo and the tests: `python -m demo.servers start|stop|status`."""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from demo.keys import FILE as KEYS_FILE
from demo.keys import Keys, load_keys
from demo.place import DEFAULT_FOLDER, Place, find_place
from demo.postgres import APP, OWNER, Postgres
from demo.processes import free_port
from demo.redis_server import Redis
from demo.trouble import Trouble

PORTS_FILE = "ports.json"


@dataclass(frozen=True)
class Servers:
    """Two servers and the addresses of everything on them.

    `database_url` is the portal's (role roomwire_app), `owner_url` the migrations' (roomwire_owner), `admin_url` the
    superuser's through a private socket, for tests and the demo only. `keys` are the secrets kept beside the data.
    """

    postgres: Postgres
    redis: Redis
    keys: Keys
    place: Place

    @property
    def database_url(self) -> str:
        return self.postgres.url(APP, self.keys.app_password)

    @property
    def owner_url(self) -> str:
        return self.postgres.url(OWNER, self.keys.owner_password)

    @property
    def admin_url(self) -> str:
        return self.postgres.admin_url()

    @property
    def redis_url(self) -> str:
        return self.redis.url()

    def stop(self) -> None:
        """Stop both, keeping their data. Harmless when they do not run."""
        self.redis.stop()
        self.postgres.stop()


def start(
    folder: Path | None = None, *, tied: bool = True, durable: bool = True, postgres: bool = True, redis: bool = True
) -> Servers:
    """Start the servers on the data of a folder and return their addresses when they answer.

    `tied`: they end when this process does, however it ends. `durable=False` leaves fsync out (tests).
    `postgres` and `redis`: leave one of the two out.
    Raises `Trouble` when they run already, or when one of them cannot start.
    """
    place = find_place(folder)
    with starting(place):
        place = drop_orphans(place)
        servers = describe(place, durable=durable)
        wanted: list[Postgres | Redis] = [
            *([servers.postgres] if postgres else []),
            *([servers.redis] if redis else []),
        ]
        running = [process.pid for process in (server.process() for server in wanted) if process is not None]
        if len(running) == len(wanted):
            raise Trouble(
                f"The servers of {place.folder} run already (processes {' and '.join(map(str, running))}). "
                "Stop the other one with Ctrl-C in its window, or with `python -m demo.servers stop`."
            )
        servers.stop()  # half a pair is what a crash leaves behind
        try:
            if postgres:
                servers.postgres.start(tied=tied)
            if redis:
                servers.redis.start(tied=tied)
        except BaseException:
            servers.stop()
            raise
    return servers


def stop(folder: Path | None = None) -> bool:
    """Stop the servers of a folder, whoever started them. True when there was something to stop."""
    servers = describe(find_place(folder))
    ran = is_running(servers)
    servers.stop()
    return ran


def remove(folder: Path | None = None) -> None:
    """Stop the servers and delete their data, secrets included."""
    place = find_place(folder)
    describe(place).stop()
    doomed = [place.postgres_data, place.redis_data, place.binaries, place.sockets]
    doomed += [] if place.state == place.folder else [place.state]
    for path in doomed:
        shutil.rmtree(path, ignore_errors=True)
    for file in (KEYS_FILE, PORTS_FILE, "postgres.log", "redis.log"):
        (place.folder / file).unlink(missing_ok=True)


def drop_orphans(place: Place) -> Place:
    """Delete data whose secrets are gone. For root the data lie elsewhere: deleting the folder leaves them behind,
    and without the secrets nobody can sign in to them or read what they hold."""
    if place.state != place.folder and place.postgres_data.exists() and not (place.folder / KEYS_FILE).exists():
        remove(place.folder)
    return find_place(place.folder)


def is_running(servers: Servers) -> bool:
    """True when at least one of the two runs."""
    return any((servers.postgres.process(), servers.redis.process()))


def describe(place: Place, *, durable: bool = True) -> Servers:
    """The servers of a place, running or not. Their ports stay the same from start to start while they are free."""
    keys = load_keys(place.folder)
    path = place.folder / PORTS_FILE
    seed = int(hashlib.sha256(str(place.folder).encode()).hexdigest()[:6], 16)
    wished = json.loads(path.read_text()) if path.exists() else {"postgres": seed, "redis": seed + 1}
    postgres = Postgres(place, keys, wished["postgres"], durable=durable)
    redis = Redis(place, keys, wished["redis"])
    if not postgres.process():
        postgres.port = free_port(wished["postgres"])
    if not redis.process():
        redis.port = free_port(wished["redis"], taken=[postgres.port])
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps({"postgres": postgres.port, "redis": redis.port}))
    fresh.rename(path)
    return Servers(postgres, redis, keys, place)


@contextmanager
def starting(place: Place) -> Iterator[None]:
    """Hold the right to start servers here; a second start at the same moment waits and then finds them running."""
    with (place.folder / "starting.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line. Exit 0 when done (or running), 1 when not, with a sentence either way."""
    parser = argparse.ArgumentParser(prog="python -m demo.servers", description=__doc__)
    parser.add_argument("verb", choices=["start", "stop", "status"])
    parser.add_argument("--folder", type=Path, default=DEFAULT_FOLDER, help="where the data are (default: .roomwire)")
    given = parser.parse_args(arguments)
    try:
        if given.verb == "start":
            return show(start(given.folder, tied=False))
        if given.verb == "stop":
            sys.stdout.write("Stopped.\n" if stop(given.folder) else "They were not running.\n")
            return 0
        servers = describe(find_place(given.folder))
        if is_running(servers):
            return show(servers)
        sys.stdout.write("The servers are not running.\n")
    except Trouble as trouble:
        sys.stderr.write(f"{trouble}\n")
    return 1


def show(servers: Servers) -> int:
    """Write the addresses in a form that a shell can take over."""
    lines = {
        "DATABASE_URL": servers.database_url,
        "DATABASE_OWNER_URL": servers.owner_url,
        "REDIS_URL": servers.redis_url,
    }
    sys.stdout.writelines(f"{name}={value}\n" for name, value in lines.items())
    return 0


if __name__ == "__main__":
    sys.exit(main())
