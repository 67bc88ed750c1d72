"""`make demo`: the whole of Roomwire on this machine, with invented hotels and a simulated Channex."""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from demo import commands, environment, servers
from demo.accounts import sign_ins
from demo.environment import Plan
from demo.keys import load_keys
from demo.place import DEFAULT_FOLDER
from demo.processes import free_port, port_is_free
from demo.readiness import wait_ready
from demo.supervisor import Supervisor, stop_leftovers
from demo.trouble import Trouble

SANDBOX_PORT = 21500
MAIL_PORT = 21525
NOT_NOW = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo until Ctrl-C. 0: stopped by a person; 1: something failed; 2: refused to start."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--reset", action="store_true", help="delete the demo's data first")
    parser.add_argument("--folder", type=Path, default=DEFAULT_FOLDER, help="where the data are (default: .roomwire)")
    given = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, leave)
    try:
        with alone(given.folder):
            return run(given.folder, os.environ, reset=given.reset)
    except Trouble as trouble:
        sys.stderr.write(f"\n{trouble}\n")
        return NOT_NOW
    except KeyboardInterrupt:
        return 0


def run(folder: Path, callers: Mapping[str, str], *, reset: bool = False) -> int:
    """Start the parts the caller does not bring, run everything, stop the parts again."""
    stop_leftovers(folder)
    wanted = environment.plan(callers)
    port = chosen_port(callers)
    if reset:
        say("Deleting the data of the last demo …")
        servers.remove(folder)
        (folder / "sandbox.json").unlink(missing_ok=True)
    with stores(folder, wanted) as addresses:
        keys = load_keys(folder)
        sandbox_port = free_port(SANDBOX_PORT, taken=[port])
        mail_port = free_port(MAIL_PORT, taken=[port, sandbox_port])
        own = {**environment.defaults(keys, folder, port), **addresses}
        if wanted.sandbox:
            own |= environment.for_sandbox(keys, sandbox_port)
            # A mail server of the caller's own gets all mails, or none are shown where they are not.
            own |= {} if callers.get("MAIL_HOST") else environment.for_mailbox(mail_port, sandbox_port)
        env = environment.merged(own, callers)
        empty(Path(env["PROMETHEUS_MULTIPROC_DIR"]))
        say("Migrating the database …")
        commands.migrate(env)
        say("Filling in the demo hotels …")
        commands.run_once("Filling in the demo hotels", "demo.seed", env=env)
        running = commands.portal(env)
        if wanted.sandbox:
            running = commands.sandbox(sandbox_port, folder, mail_port) | running
        if wanted.traffic:
            running |= commands.traffic()
        say("Starting Roomwire …")
        return Supervisor(running, env, folder, when_started=lambda: announce(env)).run()


def chosen_port(env: Mapping[str, str]) -> int:
    """The port for the browser. Raises `Trouble` when it cannot be had."""
    words = env.get("PORT") or "8000"
    if not words.isdigit() or not 1 <= int(words) <= 65535:
        raise Trouble(f"PORT must be a number from 1 to 65535; it is {words}.")
    if not port_is_free(int(words), env.get("HOST") or "127.0.0.1"):
        raise Trouble(f"Port {words} is taken by another program. Choose a free one: PORT={int(words) + 1} make demo")
    return int(words)


@contextmanager
def stores(folder: Path, wanted: Plan) -> Iterator[dict[str, str]]:
    """The embedded servers, if any are wanted, for the time of the block. Yields their addresses as settings."""
    if not (wanted.postgres or wanted.redis):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield {}
        return
    say("Starting PostgreSQL and Redis …")
    pair = servers.start(folder, postgres=wanted.postgres, redis=wanted.redis)
    addresses: dict[str, str] = {}
    if wanted.postgres:
        addresses |= {"DATABASE_URL": pair.database_url, "DATABASE_OWNER_URL": pair.owner_url}
    if wanted.redis:
        addresses |= {"REDIS_URL": pair.redis_url}
    try:
        yield addresses
    finally:
        say("Stopping PostgreSQL and Redis …")
        pair.stop()


def announce(env: Mapping[str, str]) -> None:
    """Wait for the portal and tell the person where it is. Runs beside the processes."""
    url = env["PUBLIC_URL"]
    said = wait_ready(f"http://{env['HOST']}:{env['PORT']}")
    if said is not None:
        say(f"\nRoomwire is not ready after two minutes; {url}/health/ready last said: {said}\n")
        return
    lines = ["", "─" * 72, f"  Roomwire is ready: {url}", ""]
    if env.get("DEMO_SANDBOX_URL"):
        lines += [f"  The simulated Channex, where you can book: {env['DEMO_SANDBOX_URL']}"]
        lines += [f"  The simulated Beds24, where you can book:  {env['DEMO_SANDBOX_URL']}/beds24", ""]
    if env.get("MAILBOX_URL"):
        lines += [f"  The mailbox, where every mail of the portal lands: {env['MAILBOX_URL']}", ""]
    lines += [
        sign_ins(),
        "",
        "  Ctrl-C stops everything. The data stay; `make demo-reset` starts afresh.",
        "─" * 72,
        "",
    ]
    say("\n".join(lines))
    if env.get("DEMO_PROVISION") == "1":
        connect_beds24(env)


def connect_beds24(env: Mapping[str, str]) -> None:
    """Connect the hotel that is on Beds24, which takes the portal's own workers, and tell where it is."""
    try:
        page = commands.run_once("Connecting a hotel to the simulated Beds24", "demo.beds24", env=env)
    except Trouble as trouble:
        say(str(trouble))
        return
    say(f"  On the simulated Beds24 ({env['DEMO_SANDBOX_URL']}/beds24): {env['PUBLIC_URL']}{page.strip()}\n")


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def empty(folder: Path) -> None:
    """Empty the folder for the figures of the web processes: those of dead processes would count twice."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.db"):
        file.unlink()


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Be the only demo on these data. The kernel gives the lock back when we die, however we die.

    A record lock, because unlike `flock` it does not live on in the processes we started.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "demo.lock").open("w") as lock:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Trouble(f"Another demo runs on the data in {folder}. Stop it with Ctrl-C in its window.") from None
        yield


def leave(number: int, frame: FrameType | None) -> NoReturn:
    """Let a SIGTERM during the preparations unwind them, as Ctrl-C does."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
