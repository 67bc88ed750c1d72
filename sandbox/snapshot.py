"""Keeps the simulated providers' memory in one JSON file, so that a restart forgets nothing."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import orjson


class Snapshot:
    """Writes what `dump` returns to a file when it changed: at most every second, and once more at the end."""

    def __init__(self, path: Path, dump: Callable[[], bytes], version: Callable[[], object]) -> None:
        self.path = path
        self._dump = dump
        self._version = version
        self._written: object = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="snapshot")

    def load(self) -> dict[str, object] | None:
        """What was written last, or None on a first start."""
        if not self.path.exists():
            return None
        value = orjson.loads(self.path.read_bytes())
        return value if isinstance(value, dict) else None

    def start(self) -> None:
        """Write from now on."""
        self._written = self._version()
        self._thread.start()

    def stop(self) -> None:
        """Write the last state and end."""
        self._stopped.set()
        self._thread.join(timeout=10)
        self.write()

    def write(self) -> None:
        """Write now if anything changed; a reader sees the old file or the new one, never half of it."""
        version = self._version()
        if version == self._written:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_name(self.path.name + ".new")
        with fresh.open("wb") as file:
            file.write(self._dump())
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, self.path)
        self._written = version

    def _run(self) -> None:
        while not self._stopped.wait(1.0):
            self.write()
