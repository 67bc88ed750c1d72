"""The portal as it runs in production, as processes that can be killed, beside a simulated Channex."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import requests

from demo import commands, environment, servers
from demo.place import CHECKOUT
from demo.processes import free_port, until
from demo.servers import Servers

START_SECONDS = 60.0


class World:
    """Sandbox, web, workers and scheduler, each one process group. `env` is what all of them are told."""

    def __init__(self, env: Mapping[str, str], folder: Path) -> None:
        self.env = dict(env)
        self.folder = folder
        self.sandbox_url = env["CHANNEX_API_URL"].removesuffix("/api/v1")
        self.web_url = env["PUBLIC_URL"]
        Path(env["PROMETHEUS_MULTIPROC_DIR"]).mkdir(parents=True, exist_ok=True)
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._session = requests.Session()

    # -- processes --------------------------------------------------------------------------------

    def start(self, *names: str) -> None:
        """Start some of `sandbox`, `web`, `workers`, `scheduler`; one that runs is left alone."""
        lines = {**commands.portal(self.env), **commands.sandbox(int(self.sandbox_url.split(":")[2]), self.folder)}
        for name in names:
            if self.is_running(name):
                continue
            with (self.folder / f"{name}.log").open("ab") as words:
                self._running[name] = subprocess.Popen(
                    lines[name], shell=True, cwd=CHECKOUT, env={**os.environ, **self.env}, stdout=words, stderr=words,
                    stdin=subprocess.DEVNULL, start_new_session=True,
                )  # fmt: skip

    def is_running(self, name: str) -> bool:
        process = self._running.get(name)
        return process is not None and process.poll() is None

    def children(self, name: str) -> list[psutil.Process]:
        """The processes a process started: of the workers, those that do the work."""
        process = self._running.get(name)
        if process is None or not psutil.pid_exists(process.pid):
            return []
        found: list[psutil.Process] = psutil.Process(process.pid).children(recursive=True)
        return found

    def kill(self, name: str) -> None:
        """Kill a process and everything it started, on the spot."""
        process = self._running.pop(name, None)
        if process is None:
            return
        _signal_group(process.pid, signal.SIGKILL)
        process.wait()

    def kill_one_child(self, name: str, choose: Callable[[list[psutil.Process]], psutil.Process]) -> None:
        """Kill one of the processes that do the work; its parent lives."""
        children = self.children(name)
        if children:
            choose(children).send_signal(signal.SIGKILL)

    def stop(self) -> None:
        """Let everything end in order; what does not is killed."""
        for process in self._running.values():
            _signal_group(process.pid, signal.SIGTERM)
        for name in list(self._running):
            try:
                self._running[name].wait(12)
            except subprocess.TimeoutExpired:
                self.kill(name)
        self._running.clear()
        self._session.close()

    def last_words(self, name: str, lines: int = 15) -> str:
        path = self.folder / f"{name}.log"
        return "\n".join(path.read_text("utf-8", "replace").splitlines()[-lines:]) if path.exists() else ""

    def wait(self, true: Callable[[], object], what: str, seconds: float = START_SECONDS) -> None:
        """Wait until something is true. Raises TimeoutError that says what was waited for."""
        if not any(true() for _ in until(seconds, pause=0.1)):
            words = "\n".join(self.last_words(name, 5) for name in self._running)
            raise TimeoutError(f"{what} did not happen within {seconds:.0f} s\n{words}")

    # -- the other side ---------------------------------------------------------------------------

    def control(self, method: str, path: str, **arguments: Any) -> requests.Response:
        """Use one of the sandbox's controls; a refusal is the caller's to read."""
        return self._session.request(method, f"{self.sandbox_url}/_sim/{path}", timeout=30, **arguments)

    def sandbox_answers(self) -> bool:
        return _answers(f"{self.sandbox_url}/_sim/health")

    def web_answers(self) -> bool:
        return _answers(f"{self.web_url}/health/live")


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def _signal_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return


@contextmanager
def own_servers() -> Iterator[tuple[Servers, Path]]:
    """A PostgreSQL and a Redis of this run alone, with durable commits, in a folder that goes with them."""
    folder = Path(tempfile.mkdtemp(prefix="roomwire-chaos-"))
    try:
        yield servers.start(folder), folder
    finally:
        servers.remove(folder)
        shutil.rmtree(folder, ignore_errors=True)


def settings_for(own: Servers, folder: Path, **changes: str) -> dict[str, str]:
    """What the processes are told: the demo's settings on these servers, and what a drill changes."""
    web = free_port(os.getpid() * 17)
    sandbox = free_port(os.getpid() * 17 + 11, taken=[web])
    return {
        **environment.defaults(own.keys, folder, web),
        **environment.for_sandbox(own.keys, sandbox),
        "DATABASE_URL": own.database_url,
        "REDIS_URL": own.redis_url,
        "LOG_FORMAT": "json",
        "LOG_LEVEL": "WARNING",
        "CHANNEX_RATE_LIMIT_PER_MINUTE": "600",
        "SYNC_DEBOUNCE_SECONDS": "0.5",
        "SYNC_DEBOUNCE_LIMIT_SECONDS": "2",
        "PULL_MINUTES": "0.2",
        **changes,
    }
