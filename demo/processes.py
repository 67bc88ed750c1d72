"""Starting, recognising and stopping the processes of the private servers."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil

from demo.place import Place
from demo.trouble import Trouble

FIRST_PORT, LAST_PORT = 20000, 32700  # the kernel gives out 32768 and above to outgoing connections
PR_SET_PDEATHSIG = 1


def free_port(preferred: int, taken: Sequence[int] = ()) -> int:
    """The preferred port of 127.0.0.1 when nobody listens on it, else the next free one below 32768."""
    span = LAST_PORT - FIRST_PORT
    start = preferred if FIRST_PORT <= preferred < LAST_PORT else FIRST_PORT + preferred % span
    for step in range(span):
        port = FIRST_PORT + (start - FIRST_PORT + step * 7) % span
        if port not in taken and port_is_free(port):
            return port
    raise Trouble(f"No free port between {FIRST_PORT} and {LAST_PORT} on 127.0.0.1.")


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    """True when a server could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


_children: dict[int, subprocess.Popen[bytes]] = {}  # started here and not yet stopped: they are ours to wait for


def spawn(command: Sequence[str], place: Place, log: Path, *, tied: bool, farewell: int) -> psutil.Process:
    """Start a server in a session of its own, as the place's account, its words going to `log`.

    A session of its own keeps the terminal's Ctrl-C away from it: we stop it after everything that needs it. `tied`
    makes the kernel send it the signal `farewell` when we die without having said good-bye.
    """
    with log.open("ab") as words:
        place.give(log)
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            cwd=place.sockets,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
            start_new_session=True,
            preexec_fn=die_with_parent(farewell) if tied else None,
            **run_as(place),
        )
    _children[child.pid] = child
    return psutil.Process(child.pid)


def run_as(place: Place) -> dict[str, Any]:
    """The arguments that make `subprocess` drop to the place's account."""
    if place.account is None:
        return {}
    return {"user": place.account.uid, "group": place.account.gid, "extra_groups": []}


def die_with_parent(farewell: int) -> Callable[[], None] | None:
    """What a child does before it becomes the server: ask Linux to end it with us. Elsewhere there is no such thing."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(PR_SET_PDEATHSIG, farewell)


def find_process(pid: int | None, *marks: str) -> psutil.Process | None:
    """The living process with this id, if its command line holds all the marks; ids are reused after a crash."""
    if pid is None:
        return None
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        line = " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None
    return process if all(mark in line for mark in marks) else None


def stop_process(process: psutil.Process, *signals: int, patience: float = 10.0) -> None:
    """Send the signals one after the other, waiting up to `patience` seconds after each, then SIGKILL."""
    for number in (*signals, signal.SIGKILL):
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            break
        # A dead process that nobody has waited for yet is dead enough: some machines' init takes seconds.
        if any(not is_alive(process) for _ in until(patience)):
            break
    if child := _children.pop(process.pid, None):
        child.wait()


def is_alive(process: psutil.Process) -> bool:
    """False as soon as it has ended, waited for or not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def until(seconds: float, pause: float = 0.05) -> Iterator[float]:
    """Yield until the time is over, pausing between: `for _ in until(10): if ready(): break`."""
    end = time.monotonic() + seconds
    while True:
        left = end - time.monotonic()
        yield left
        if left <= 0:
            return
        time.sleep(pause)


def last_words(log: Path, lines: int = 15) -> str:
    """The end of a server's log, for the sentence that says it failed."""
    if not log.exists():
        return "(it said nothing)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
