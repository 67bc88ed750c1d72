"""A set-up is left in the middle; web and database are stopped and started; it goes on where it was."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy
from flask import Flask

from demo import servers as demo_servers
from demo.servers import Servers
from portal import extensions
from portal.config import Settings
from portal.models import User
from portal.services import inbox
from tests import house, onboarding
from tests.people import COOKIE, token_of


@contextmanager
def web(app: Flask, settings: Settings, url: str) -> Iterator[None]:
    """The portal as a process begins it: no connection of before, nothing remembered but the rows."""
    database = extensions.db
    with app.app_context():
        usual = database.engines[None]
        engine = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
        database.engines[None] = engine
        inbox.pool.close()
        extensions.runtime.settings = dataclasses.replace(settings, database_url=url)
        try:
            yield
        finally:
            database.session.remove()
            database.engines[None] = usual
            extensions.runtime.settings = settings
            inbox.pool.close()
            engine.dispose()


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp("restart")
    servers = demo_servers.start(Path(folder), redis=False)
    try:
        yield servers
    finally:
        demo_servers.remove(Path(folder))


def test_a_set_up_outlives_a_restart_of_web_and_database(
    app: Flask, own: Servers, settings: Settings, environment: dict[str, str], redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    database = house.create_database(own, "roomwire_restart")
    house.migrate(database, environment)
    with web(app, settings, database.url):
        organization_id, alice = onboarding.owner()
        token = token_of(alice)
        first = app.test_client()
        first.set_cookie(COOKIE, token)
        walk = onboarding.Walk(first, organization_id)
        walk.describe("120")
        wrong = {**onboarding.PROPERTY, "name": "", "phone": "not a number"}
        assert first.post(walk.url("property"), data=wrong).status_code == 422

    own.stop()
    own.postgres.start()
    with web(app, settings, database.url):
        second = app.test_client()
        second.set_cookie(COOKIE, token)
        again = onboarding.Walk(second, organization_id)
        again.draft_id = walk.draft_id

        assert extensions.db.session.query(User).count() == 1
        assert second.get(f"{again.url()}/{again.draft_id}").location == again.url("property")
        assert "not a number" in again.page("property")
        second.post(again.url("property"), data=onboarding.PROPERTY)
        assert second.get(f"{again.url()}/{again.draft_id}").location == again.url("connect")
        assert "120" in again.page("plans") and "Double" in again.page("rooms")
