"""Runs Roomwire's processes together: all of them or none."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TextIO

import honcho.manager
import psutil
from honcho.manager import SYSTEM_PRINTER_NAME, Manager
from honcho.printer import Message, Printer

from demo.place import CHECKOUT
from demo.processes import find_process, stop_process

LAST_WORDS = 12
STOP_SECONDS = 15  # workers may take 10 s to hand over what they are doing
STOPPED_BY_PERSON = (130, 143)
PROCESSES_FILE = "processes.json"

honcho.manager.KILL_WAIT = STOP_SECONDS


class Console(Printer):
    """Writes every line of every process, and remembers the last ones in case a process dies."""

    def __init__(self, output: TextIO, on_message: Callable[[Message], None]) -> None:
        super().__init__(output)
        self.last: defaultdict[str, deque[str]] = defaultdict(lambda: deque(maxlen=LAST_WORDS))
        self._on_message = on_message

    def write(self, message: Message) -> None:
        words = message.data.decode("utf-8", "replace") if isinstance(message.data, bytes) else message.data
        if message.name != SYSTEM_PRINTER_NAME:
            self.last[message.name].append(words.rstrip())
            super().write(message)
        self._on_message(message)


class Supervisor(Manager):
    """honcho's manager, with three differences.

    It says which process ended first and what its last words were; it can be told to stop while it is still
    starting; it notes the processes in a file, so that the next start finds what a kill -9 left behind.
    """

    def __init__(
        self,
        commands: Mapping[str, str],
        env: Mapping[str, str],
        folder: Path,
        *,
        output: TextIO = sys.stdout,
        when_started: Callable[[], None] | None = None,
    ) -> None:
        self.console = Console(output, self._after)
        super().__init__(self.console)
        self.first_to_end: str | None = None
        self._folder = folder
        self._when_started = when_started
        self._told_to_stop = False
        self._starting = True
        for name, command in commands.items():
            self.add_process(name, command, env=dict(env), cwd=str(CHECKOUT))

    def run(self) -> int:
        """Start everything and return when everything has ended: 0 when a person asked for it, else not."""
        stop_leftovers(self._folder)
        self.loop()
        (self._folder / PROCESSES_FILE).unlink(missing_ok=True)
        if self.returncode in STOPPED_BY_PERSON and self._told_to_stop and self.first_to_end is None:
            return 0
        name = self.first_to_end
        if name is not None:
            words = "\n".join(f"    {line}" for line in self.console.last[name])
            self.console.output.write(
                f"\nThe process {name} ended (exit code {self._processes[name]['returncode']}), so everything was "
                f"stopped. Its last words:\n{words or '    (none)'}\n"
            )
        return self.returncode or 1

    def terminate(self) -> None:
        """Stop everything; when some processes are only being started, as soon as they are."""
        if self.returncode in STOPPED_BY_PERSON and self.first_to_end is None:
            self._told_to_stop = True
        if self._all_started():
            super().terminate()

    def _after(self, message: Message) -> None:
        """Look around after each message; always in the main thread, inside the loop."""
        if self.first_to_end is None and not self._told_to_stop:
            ended = [name for name, process in self._processes.items() if "returncode" in process]
            self.first_to_end = ended[0] if ended else None
        if self._starting and self._all_started():
            self._starting = False
            self._note_processes()
            if self._told_to_stop:
                super().terminate()
            elif self._when_started is not None:
                # Only now, because processes are forked and a fork beside a running thread may hang.
                threading.Thread(target=self._when_started, daemon=True).start()

    def _note_processes(self) -> None:
        pids = {name: process["pid"] for name, process in self._processes.items()}
        (self._folder / PROCESSES_FILE).write_text(json.dumps(pids))


def stop_leftovers(folder: Path) -> None:
    """End the processes of a supervisor that was killed before it could do so itself."""
    path = folder / PROCESSES_FILE
    if not path.exists():
        return
    for pid in json.loads(path.read_text()).values():
        process = find_process(pid, sys.executable)
        if process is not None and process.cwd() == str(CHECKOUT):
            stop_group(process)
    path.unlink()


def stop_group(process: psutil.Process) -> None:
    """End a process and its children, which share its group."""
    children = process.children(recursive=True)
    os.killpg(process.pid, signal.SIGTERM)
    for each in [process, *children]:
        stop_process(each, signal.SIGTERM, patience=STOP_SECONDS)
