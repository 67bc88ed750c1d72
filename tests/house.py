"""What the fixtures of conftest.py are made of: the servers' databases, a simulated provider, a web server."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import requests
from flask import Flask
from psycopg import sql
from werkzeug.serving import make_server

from demo.postgres import APP, OWNER, restrict
from demo.processes import until
from demo.servers import Servers

CHECKOUT = Path(__file__).resolve().parent.parent
TEMPLATE = "roomwire_template"


@dataclass(frozen=True)
class Database:
    """One database of the test servers. `url` is the application's role, the only one the suite speaks as.

    `owner_url` and `admin_url` are for what the application must not be able to do: looking at the catalogue,
    stepping around row-level security to see what is really there, cutting connections.
    """

    name: str
    url: str
    owner_url: str
    admin_url: str

    @property
    def sqlalchemy_url(self) -> str:
        return self.url.replace("postgresql://", "postgresql+psycopg://", 1)


def database_named(servers: Servers, name: str) -> Database:
    """The addresses of a database, existing or not."""
    return Database(
        name,
        servers.postgres.url(APP, servers.keys.app_password, name),
        servers.postgres.url(OWNER, servers.keys.owner_password, name),
        servers.postgres.admin_url(name),
    )


def create_database(servers: Servers, name: str, template: str = "template0") -> Database:
    """Make a database as production has it: owned by roomwire_owner, open to the two roles only."""
    with psycopg.connect(servers.postgres.admin_url("postgres"), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(*map(sql.Identifier, (name, template, OWNER)))
        )
        restrict(connection, name)
    return database_named(servers, name)


def drop_database(servers: Servers, name: str) -> None:
    """Delete a database, cutting whoever is still connected."""
    with psycopg.connect(servers.postgres.admin_url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def migrate(database: Database, environment: Mapping[str, str]) -> None:
    """Bring a database to the newest schema, as the owner, by the command an operator would use."""
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=CHECKOUT,
        env={**os.environ, **environment, "DATABASE_URL": database.url, "DATABASE_OWNER_URL": database.owner_url},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"the migrations failed:\n{done.stdout}{done.stderr}"


@contextmanager
def web_server(app: Flask, port: int) -> Iterator[str]:
    """Serve the app from threads of this process, so that it shares the database a test has chosen. Yields its URL."""
    server = make_server("127.0.0.1", port, app, threaded=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


class Sandbox:
    """The simulated providers of a test run, and the controls a real provider does not have."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.api_url = f"{url}/api/v1"
        self._session = requests.Session()

    def control(self, method: str, path: str, **arguments: Any) -> Any:
        """Use one of the controls, such as `control("POST", "bookings", json={...})`. Returns the decoded answer."""
        answer = self._session.request(method, f"{self.url}/_sim/{path}", timeout=10, **arguments)
        assert answer.ok, f"{method} /_sim/{path} answered {answer.status_code}: {answer.text[:500]}"
        return answer.json() if answer.content else None

    def reset(self) -> None:
        """Forget everything: bookings, calendars, faults, journal."""
        self.control("POST", "reset")

    def close(self) -> None:
        self._session.close()


@contextmanager
def sandbox_process(port: int, folder: Path, environment: Mapping[str, str]) -> Iterator[Sandbox]:
    """Run `python -m sandbox` and wait until it listens."""
    log = folder / "sandbox.log"
    with log.open("wb") as words:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "--port", str(port), "--state", str(folder / "sandbox.json")],
            cwd=CHECKOUT,
            env={**os.environ, **environment},
            stdout=words,
            stderr=words,
        )
    sandbox = Sandbox(f"http://127.0.0.1:{port}")
    try:
        for _ in until(20):
            assert process.poll() is None, f"the sandbox ended at once:\n{log.read_text()}"
            try:
                sandbox.reset()
                break
            except requests.ConnectionError:
                continue
        else:
            raise AssertionError(f"the sandbox does not answer:\n{log.read_text()}")
        yield sandbox
    finally:
        sandbox.close()
        process.terminate()
        process.wait(10)
