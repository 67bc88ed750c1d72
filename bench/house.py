"""A whole installation in a temporary folder: sandbox, web, workers and scheduler are processes of their own."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg
import requests
import structlog
from flask import Flask

from demo import commands, environment, servers
from demo.place import CHECKOUT
from demo.processes import free_port, last_words, until

STOP_SECONDS = 15
# The provider's own limit is not what is measured: the sandbox does not enforce it and we do not keep to it.
UNTHROTTLED = {"CHANNEX_RATE_LIMIT_PER_MINUTE": "600"}


class Unready(Exception):
    """A part of the installation did not start, or did not reach the awaited state in time."""


@dataclass
class House:
    """The running installation. `env` is what every process was told."""

    servers: servers.Servers
    folder: Path
    env: dict[str, str]
    app: Flask
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def sandbox_url(self) -> str:
        return self.env["DEMO_SANDBOX_URL"]

    @property
    def web_url(self) -> str:
        return self.env["PUBLIC_URL"]

    def start(self, *names: str) -> None:
        """Start processes that do not run: sandbox, web, workers, scheduler."""
        lines = {**commands.portal(self.env), **commands.sandbox(int(self.env["SANDBOX_PORT"]), self.folder)}
        for name in names:
            if name not in self._running:
                self.launch(name, lines[name])
        if "web" in names:
            self.await_answer(f"{self.web_url}/health/live", "web")

    def launch(self, name: str, line: str) -> None:
        """Start a command line; its words go to a file named after it."""
        with (self.folder / f"{name}.log").open("ab") as words:
            self._running[name] = subprocess.Popen(
                ["/bin/sh", "-c", line], cwd=CHECKOUT, env={**os.environ, **self.env}, stdout=words, stderr=words,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip

    def stop(self, *names: str) -> None:
        """End processes and wait until they are gone. Harmless for those that do not run."""
        for name in names:
            if name in self._running:
                self._running[name].send_signal(signal.SIGTERM)
        for name in names:
            process = self._running.pop(name, None)
            if process is None:
                continue
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def close(self) -> None:
        """End everything and delete it."""
        self.stop(*reversed(list(self._running)))

    def await_answer(self, url: str, name: str) -> None:
        """Wait until a server says 200. Raises `Unready` with its last words."""
        for _ in until(40):
            if self._running[name].poll() is not None:
                break
            try:
                if requests.get(url, timeout=5).ok:
                    return
            except requests.RequestException:
                continue
        raise Unready(f"{name} does not answer at {url}:\n{last_words(self.folder / f'{name}.log')}")

    def control(self, method: str, path: str, **arguments: Any) -> Any:
        """Use one of the sandbox's controls; return what it answers."""
        answer = requests.request(method, f"{self.sandbox_url}/_sim/{path}", timeout=120, **arguments)
        answer.raise_for_status()
        return answer.json()

    def ask(self, query: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Ask the database across all tenants, which the portal's own role cannot."""
        with psycopg.connect(self.servers.admin_url) as connection:
            return connection.execute(query, values).fetchall()

    def settle(self) -> None:
        """What autovacuum does within a minute or so after much was written."""
        with psycopg.connect(self.servers.admin_url, autocommit=True) as connection:
            connection.execute("vacuum analyze")

    def processor_seconds(self) -> float:
        """What all processes of the installation have used so far, the sandbox and the servers among them."""
        roots = [psutil.Process(process.pid) for process in self._running.values()]
        roots += [server for server in (self.servers.postgres.process(), self.servers.redis.process()) if server]
        return sum(_used(one) for root in roots for one in (root, *root.children(recursive=True)))

    def wait(self, what: str, done: Callable[[], bool], seconds: float, pause: float = 0.1) -> None:
        """Wait until `done` is true. Raises `Unready` when it is not within `seconds`."""
        for _ in until(seconds, pause):
            if done():
                return
        raise Unready(f"after {seconds:g} s still not: {what}")


@contextmanager
def opened() -> Iterator[House]:
    """Start an installation on fresh data; everything is gone afterwards."""
    from portal.app import create_app  # here, so that `--help` and the tests of rows need no portal
    from portal.config import Settings

    # This process's own words would stand between the figures; the others' go to files.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    folder = Path(tempfile.mkdtemp(prefix="roomwire-bench-"))
    house: House | None = None
    try:
        stores = servers.start(folder)
        env = _environment(stores, folder)
        commands.migrate({**os.environ, **env})
        house = House(stores, folder, env, create_app(Settings.from_environment(env)))
        house.start("sandbox")
        house.await_answer(f"{house.sandbox_url}/_sim/health", "sandbox")
        house.control("POST", "switches", json={"strict_rate_limits": False})
        with house.app.app_context():
            yield house
    finally:
        if house is not None:
            house.close()
        servers.remove(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _used(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


def _environment(stores: servers.Servers, folder: Path) -> dict[str, str]:
    web = free_port(os.getpid() * 13)
    sandbox = free_port(web + 7, taken=[web])
    (folder / "metrics").mkdir()
    return {
        **environment.defaults(stores.keys, folder, web),
        **environment.for_sandbox(stores.keys, sandbox),
        "DATABASE_URL": stores.database_url,
        "DATABASE_OWNER_URL": stores.owner_url,
        "REDIS_URL": stores.redis_url,
        "LOG_FORMAT": "json",
        "SANDBOX_PORT": str(sandbox),
        **UNTHROTTLED,
    }
