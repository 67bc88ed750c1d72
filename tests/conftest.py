"""The people and machines every test may ask for. The whole suite speaks to PostgreSQL as `roomwire_app`.

| fixture | what the test gets |
| --- | --- |
| `settings`, `environment` | the portal's settings, and the same as environment variables for child processes |
| `app`, `client` | the portal, and a browser without a screen (CSRF off; the browser tests keep it on) |
| `db` | a database in which everything the test commits is undone after it: one connection, one thread |
| `fresh_database` | a database of its own, for tests with several connections, threads or processes |
| `redis` | an empty Redis |
| `live_server` | the portal at an address; with `fresh_database` it serves that one |
| `sandbox` | the simulated providers, emptied |
"""

from __future__ import annotations

import base64
import dataclasses
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import redis as redis_client
import sqlalchemy
from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy

from demo import servers as demo_servers
from demo.browser import find_browser
from demo.processes import free_port
from demo.servers import Servers
from portal import extensions
from portal.config import Settings
from tests import house
from tests.house import TEMPLATE, Database, Sandbox

hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """A PostgreSQL and a Redis of this run's own, so that runs side by side do not meet."""
    folder = Path(tempfile.mkdtemp(prefix="roomwire-test-"))
    try:
        yield demo_servers.start(folder, durable=False)
    finally:
        demo_servers.remove(folder)
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def environment(servers: Servers) -> dict[str, str]:
    """The settings as a child process would find them. Without a DATABASE_URL that a test might use by accident."""
    seed = os.getpid() * 13
    web_port = free_port(seed)
    sandbox_port = free_port(seed + 7, taken=[web_port])
    return {
        "ROOMWIRE_ENV": "test",
        "SECRET_KEY": "the tests sign with this, nobody else does",
        "ROOMWIRE_MASTER_KEYS": "test1:" + base64.b64encode(bytes(range(32))).decode(),
        "REDIS_URL": servers.redis_url,
        "PUBLIC_URL": f"http://127.0.0.1:{web_port}",
        "PORT": str(web_port),
        "LOG_FORMAT": "json",
        "LOG_LEVEL": "INFO",
        "CHANNEX_API_URL": f"http://127.0.0.1:{sandbox_port}/api/v1",
        "BEDS24_API_URL": f"http://127.0.0.1:{sandbox_port}/v2",
        "CHANNEX_API_KEY": "sandbox-key-of-the-tests",
        "CHANNEX_WEBHOOK_SECRET": "webhook-secret-of-the-tests",
        "CHANNEX_RATE_LIMIT_PER_MINUTE": "600",
        "SYNC_DEBOUNCE_SECONDS": "0",
        "PROVIDER_DEADLINE_SECONDS": "5",
        "SIGN_UP": "open",
        "MAIL_HOST": "127.0.0.1",
        "MAIL_PORT": str(free_port(seed + 14, taken=[web_port, sandbox_port])),
        "MAIL_TLS": "off",
        "MAIL_FROM": "Roomwire <rooms@example.test>",
    }


@pytest.fixture(scope="session")
def template_database(servers: Servers, environment: dict[str, str]) -> Database:
    """What the migrations make of an empty database. Nothing may stay connected to it: others are copied from it."""
    template = house.create_database(servers, TEMPLATE)
    house.migrate(template, environment)
    return template


@pytest.fixture(scope="session")
def settings(servers: Servers, environment: dict[str, str], template_database: Database) -> Settings:
    """The portal's settings, on a copy of the template."""
    database = house.create_database(servers, "roomwire_suite", TEMPLATE)
    return Settings.from_environment(
        {**environment, "DATABASE_URL": database.url, "DATABASE_OWNER_URL": database.owner_url}
    )


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    """The portal. Imported here and not above, so that tests of pure rooms need not load it."""
    from portal.app import create_app
    from portal.services import inbox

    app = create_app(settings)
    yield app
    inbox.pool.close()
    with app.app_context():
        extensions.db.engine.dispose()
    extensions.redis.client.close()


@pytest.fixture
def db(app: Flask) -> Iterator[SQLAlchemy]:
    """The database as migrations left it: what a test commits ends with the test. An app context is open."""
    database = extensions.db
    # A commit inside the test then releases a savepoint; the transaction around it is ours to undo.
    database.session.session_factory.configure(join_transaction_mode="create_savepoint")
    with app.app_context(), database.engine.connect() as connection:
        outer = connection.begin()
        engine, database.engines[None] = database.engines[None], connection
        try:
            yield database
        finally:
            database.session.remove()
            database.engines[None] = engine
            outer.rollback()


@pytest.fixture
def fresh_database(app: Flask, settings: Settings, servers: Servers, template_database: Database) -> Iterator[Database]:
    """A database that only this test sees, in which commits are real. The app uses it; an app context is open.

    What receives webhooks has a connection pool of its own: its tests need this fixture too, `db` cannot undo it.
    """
    from portal.services import inbox

    database = extensions.db
    fresh = house.create_database(servers, f"roomwire_fresh_{next(_numbers)}", TEMPLATE)
    with app.app_context():
        usual = database.engines[None]
        own = sqlalchemy.create_engine(fresh.sqlalchemy_url, pool_size=16, max_overflow=16)
        database.engines[None] = own
        inbox.pool.close()
        extensions.runtime.settings = dataclasses.replace(
            settings, database_url=fresh.url, database_owner_url=fresh.owner_url
        )
        try:
            yield fresh
        finally:
            extensions.runtime.settings = settings
            inbox.pool.close()
            database.session.remove()
            database.engines[None] = usual
            own.dispose()
            house.drop_database(servers, fresh.name)


@pytest.fixture
def redis(servers: Servers) -> Iterator[redis_client.Redis]:
    """Redis with nothing in it; the app and its jobs use the same one."""
    with redis_client.Redis.from_url(servers.redis_url, socket_timeout=5) as client:
        client.flushdb()
        yield client
        client.flushdb()


@pytest.fixture
def client(app: Flask, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    return app.test_client()


@pytest.fixture(scope="session")
def live_server(app: Flask, settings: Settings) -> Iterator[str]:
    """The portal at an address, as a browser or a provider would reach it. The URL, without a slash at its end."""
    with house.web_server(app, settings.port) as url:
        yield url


@pytest.fixture(scope="session")
def sandbox_server(environment: dict[str, str], servers: Servers) -> Iterator[Sandbox]:
    port = int(environment["CHANNEX_API_URL"].split(":")[2].split("/")[0])
    with house.sandbox_process(port, servers.place.folder, environment) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(sandbox_server: Sandbox, request: pytest.FixtureRequest) -> Sandbox:
    """Webhooks wait in a test with `db`: a live server of an earlier test would take them on that one connection."""
    sandbox_server.reset()
    if "db" in request.fixturenames:
        for provider in ("", "beds24/"):
            sandbox_server.control("POST", f"{provider}switches", json={"webhooks_paused": True})
    return sandbox_server


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """Drive the Chromium that is on this machine, else the one `make setup-browser` fetched. Never none in silence."""
    browser = find_browser()
    return {
        **browser_type_launch_args,
        "executable_path": str(browser.program),
        "args": list(browser.arguments),
        "env": {**os.environ, **browser.environment},
    }
