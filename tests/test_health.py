"""Alive, ready, figures, logs and commands."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys

import pytest
import redis as redis_client
import structlog
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from portal import extensions, logs, metrics
from portal.config import ConfigError
from portal.models import User
from portal.services import health
from tests.factories import PASSWORD, alices_house, make_admin, make_organization
from tests.people import sign_in

ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}


@pytest.fixture
def no_redis(monkeypatch):
    away = redis_client.Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2)
    monkeypatch.setattr(extensions.redis, "client", away)
    yield
    away.close()


@pytest.fixture
def no_database(db, monkeypatch):
    def refuse(*args, **more):
        raise OperationalError("select", {}, Exception("connection to postgresql://roomwire_app:hunter2@db failed"))

    monkeypatch.setattr(db.session, "execute", refuse)


def test_alive_needs_nothing(client, no_database, no_redis):
    answer = client.get("/health/live")

    assert (answer.status_code, answer.json) == (200, {"status": "alive"})


def test_ready_with_everything(client, db, redis):
    answer = client.get("/health/ready")

    assert answer.status_code == 200
    assert answer.json == {"status": "ready", "checks": {"postgresql": "ok", "redis": "ok"}}


def test_without_redis_the_portal_goes_on(client, db, no_redis):
    answer = client.get("/health/ready")

    assert answer.status_code == 200
    assert answer.json == {"status": "degraded", "checks": {"postgresql": "ok", "redis": "away"}}


def test_without_postgresql_it_is_not_ready_and_says_no_more_than_that(client, no_database, redis):
    answer = client.get("/health/ready")

    assert answer.status_code == 503
    assert answer.json == {"status": "unready", "checks": {"postgresql": "away", "redis": "ok"}}
    assert "hunter2" not in answer.text


def test_a_schema_the_code_does_not_fit_is_not_ready(client, db, redis, monkeypatch):
    monkeypatch.setattr(health, "newest_revision", lambda: "9999")

    answer = client.get("/health/ready")

    assert (answer.status_code, answer.json["checks"]["postgresql"]) == (503, "unfit")


def test_a_start_with_everything_in_order_is_not_refused(db, redis):
    assert health.refuse_unsafe_start() is None


def test_a_start_says_all_that_is_wrong_at_once(db, redis, monkeypatch):
    monkeypatch.setattr(health, "newest_revision", lambda: "9999")
    redis.config_set("maxmemory-policy", "allkeys-lru")
    try:
        with pytest.raises(ConfigError) as refused:
            health.refuse_unsafe_start()
    finally:
        redis.config_set("maxmemory-policy", "noeviction")

    assert len(refused.value.problems) == 2
    assert "alembic upgrade head" in str(refused.value) and "noeviction" in str(refused.value)


def test_a_start_while_redis_is_away_is_not_refused(db, no_redis):
    assert health.refuse_unsafe_start() is None


# -- figures ----------------------------------------------------------------------------------------


def test_figures_tell_how_old_the_work_is(client, db):
    page = client.get("/metrics").text

    assert "roomwire_database_up 1.0" in page
    for what in ("webhook_events", "inbox", "lanes", "unacknowledged"):
        assert f'roomwire_work_oldest_seconds{{what="{what}"}} 0.0' in page


def test_figures_count_answers_by_route_and_never_by_what_was_typed(client, db):
    client.get("/nowhere/ana@example.test")
    client.get("/sign-in")

    page = client.get("/metrics").text

    assert 'roomwire_http_requests_total{endpoint="auth.sign_in",method="GET",status="200"}' in page
    assert 'endpoint="none",method="GET",status="404"' in page
    assert "ana@example" not in page


def test_figures_come_without_the_database_too(client, no_database):
    page = client.get("/metrics")

    assert page.status_code == 200
    assert "roomwire_database_up 0.0" in page.text


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
def test_what_a_proxy_on_this_machine_passes_on_is_not_this_machine(client, db, header):
    assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 404


def test_from_elsewhere_figures_need_the_token_or_a_platform_admin(client, app, db):
    token = metrics.scrape_token(app.config["SECRET_KEY"])
    alice, admin = alices_house(), make_admin()

    def asked(**headers):
        return client.get("/metrics", environ_base=ELSEWHERE, headers=headers).status_code

    assert asked() == 404
    assert asked(Authorization=f"Bearer {token}") == 200
    assert asked(Authorization="Bearer nonsense-é") == 404
    sign_in(client, alice.owner)
    assert asked() == 404
    sign_in(client, admin)
    assert asked() == 200


def test_figures_of_several_processes_are_added_up(tmp_path):
    count = "from portal import metrics; [metrics.WEBHOOK_ANSWERS.labels('channex', '200').inc() for _ in range(7)]"
    env = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for _ in range(3):
        subprocess.run([sys.executable, "-c", count], env=env, check=True, cwd=health.MIGRATIONS.parent)

    page = metrics.exposition([], str(tmp_path)).decode()

    assert 'roomwire_webhook_answers_total{provider="channex",status="200"} 21.0' in page


# -- logs -------------------------------------------------------------------------------------------


@pytest.fixture
def written(settings):
    """What is logged, as a list of JSON objects, while the test runs."""
    before, level, processors = logging.getLogger().handlers[:], logging.getLogger().level, structlog.get_config()
    stream = io.StringIO()
    logs.configure(settings, stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    structlog.configure(**processors)
    logging.getLogger().handlers, logging.getLogger().level = before, level


def test_every_line_of_a_request_carries_the_same_id_and_nobody_chooses_it(client, db, redis, written):
    client.post("/sign-in", data={"email": "a@b.test", "password": "hunter2 hunter2"},
                headers={"X-Request-Id": "chosen", "X-Correlation-Id": "chosen"})  # fmt: skip

    lines = written()
    assert {line["event"] for line in lines} >= {"sign_in_refused", "answered"}
    ids = {line["correlation_id"] for line in lines}
    assert len(ids) == 1 and "chosen" not in ids
    assert "hunter2" not in json.dumps(lines) and "a@b.test" not in json.dumps(lines)


def test_a_line_names_the_organization_and_ids_only(client, db, written):
    alice = alices_house()
    sign_in(client, alice.owner)

    client.get("/me")

    (line,) = [line for line in written() if line["event"] == "answered"]
    assert line["user"] == str(alice.owner.id) and line["status"] == 200
    assert alice.owner.name not in json.dumps(line)


@pytest.mark.parametrize(
    "name", ["password", "api_key", "user-api-key", "Authorization", "webhook_secret", "set_cookie"]
)
def test_a_secret_that_was_logged_by_mistake_is_not_written(settings, written, name):
    structlog.get_logger().info("called", **{name: "hunter2"})

    assert written()[0][name] == "***"


def test_two_requests_have_two_ids(client, db, written):
    client.get("/sign-in")
    client.get("/sign-in")

    ids = [line["correlation_id"] for line in written()]
    assert len(set(ids)) == 2


# -- commands ---------------------------------------------------------------------------------------


def run(app, *arguments, **more):
    return app.test_cli_runner().invoke(args=list(arguments), **more)


def test_a_platform_admin_is_made_at_the_command_line(app, db, redis, client):
    words = ["create-admin", "--email", "Ada@example.test", "--name", "Ada", "--password", PASSWORD]

    made, again = run(app, *words), run(app, *words)

    assert made.exit_code == 0, made.output
    assert again.exit_code == 1 and "has an account already" in again.output
    assert db.session.query(User).filter_by(email="ada@example.test").one().is_platform_admin
    assert client.post("/sign-in", data={"email": "ada@example.test", "password": PASSWORD}).status_code == 303


def test_a_weak_password_makes_no_admin(app, db):
    done = run(app, "create-admin", "--email", "ada@example.test", "--name", "Ada", "--password", "short")

    assert done.exit_code == 1
    assert db.session.execute(text("select count(*) from users")).scalar() == 0


def test_the_commands_for_keys_and_audit_say_how_it_stands(app, db):
    make_organization()

    assert "Keys under another one: 0." in run(app, "keys", "status").output
    assert "Every key is under the current master key" in run(app, "keys", "rotate").output
    assert "Every audit chain is whole." in run(app, "audit", "verify").output
    assert metrics.scrape_token(app.config["SECRET_KEY"]) in run(app, "metrics-token").output
