"""The processes Roomwire is made of, as command lines for the supervisor."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from demo.place import CHECKOUT
from demo.trouble import Trouble

BACKPRESSURE = 64  # requests one web process takes in at once; more wait in the kernel, where they cost nothing


def portal(env: Mapping[str, str]) -> dict[str, str]:
    """Web, workers and scheduler."""
    return {
        "web": line(
            "granian", "--interface", "wsgi", "--host", env.get("HOST", "127.0.0.1"), "--port", env.get("PORT", "8000"),
            "--workers", env.get("WEB_WORKERS", "2"), "--blocking-threads", env.get("WEB_THREADS", "4"),
            "--backpressure", str(BACKPRESSURE), "--no-ws", "--workers-kill-timeout", "8", "wsgi:app",
        ),
        "workers": line("workers", "--processes", env.get("WORKER_PROCESSES", "2")),
        "scheduler": line("workers.scheduler"),
    }  # fmt: skip


def sandbox(port: int, folder: Path, mail_port: int = 0) -> dict[str, str]:
    state = str(folder / "sandbox.json")
    return {"sandbox": line("sandbox", "--port", str(port), "--mail-port", str(mail_port), "--state", state)}


def traffic() -> dict[str, str]:
    return {"traffic": line("demo.traffic")}


def line(module: str, *arguments: str) -> str:
    """A module of this interpreter; `exec`, so that the supervisor's signals reach it and no shell in between."""
    return "exec " + shlex.join([sys.executable, "-u", "-m", module, *arguments])


def run_once(what: str, module: str, *arguments: str, env: Mapping[str, str]) -> str:
    """Run a module to its end; return what it said. Raises `Trouble` with its last words when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=CHECKOUT, env=dict(env), capture_output=True, text=True
    )
    if done.returncode:
        words = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
        raise Trouble(f"{what} failed:\n{words}")
    return done.stdout


def migrate(env: Mapping[str, str]) -> None:
    """Bring the database to the newest schema, as its owner."""
    run_once("Migrating the database", "alembic", "upgrade", "head", env=env)
