"""The receiving door beside what `tests/services/test_inbox.py` proves: lengths, absences, and what it never says."""

from __future__ import annotations

import dataclasses
import io

import pytest
import redis as redis_client
from flask.testing import FlaskClient

from portal import extensions
from portal.models import WebhookEvent
from portal.services import inbox
from tests import wires

SECRET = "X-Channex-Webhook-Secret"
DOOR = "/api/webhooks/channex"


@pytest.fixture
def wired(fresh_database, redis) -> wires.Wired:
    """A connection that Channex knows by the name "here"."""
    wired = wires.wire()
    with wires.inside(wired) as connection:
        connection.external_property_id = "here"
        wires.keep(connection)
    inbox.forget_routes()
    return wired


def post(client: FlaskClient, body: bytes = b'{"event":"booking","property_id":"here"}', **facts):
    secret = extensions.runtime.settings.channex_webhook_secret
    return client.post(
        facts.pop("path", DOOR), data=body, headers={SECRET: secret, **facts.pop("headers", {})}, **facts
    )


def stored(wired: wires.Wired) -> int:
    with wires.inside(wired):
        return extensions.db.session.query(WebhookEvent).count()


def test_a_delivery_with_the_right_secret_is_kept(client, wired):
    assert post(client).status_code == 200
    assert stored(wired) == 1


@pytest.mark.parametrize("secret", ["", "wrong", "\u00e9\u00e8", "x" * 10_240])
def test_a_wrong_secret_keeps_nothing_and_says_the_same_everywhere(client, wired, secret):
    with wires.inside(wired) as connection:
        key = connection.webhook_key

    answers = [
        client.post(path, data=b"{}", headers={SECRET: secret.encode().decode("latin-1")})
        for path in (DOOR, f"/webhooks/{key}", "/webhooks/guessed", "/api/webhooks/no-such-provider")
    ]

    assert {(answer.status_code, answer.data) for answer in answers} == {(401, b'{"status":"unauthorized"}\n')}
    assert stored(wired) == 0


@pytest.mark.parametrize("announced", [True, False], ids=["with a length", "without a length"])
def test_a_body_over_the_limit_is_refused_whether_or_not_it_says_its_length(client, wired, settings, announced):
    body = b"x" * (settings.webhook_body_limit_bytes + 1)
    more = {} if announced else {"input_stream": io.BytesIO(body), "environ_overrides": {"wsgi.input_terminated": True}}

    answer = post(client, body if announced else b"", **more)

    assert answer.status_code == 413
    assert stored(wired) == 0


def test_nothing_is_accepted_while_the_database_is_away(client, wired, monkeypatch):
    assert post(client).status_code == 200  # the route is known from here on
    away = dataclasses.replace(
        extensions.runtime.settings, database_url="postgresql://nobody:nothing@127.0.0.1:1/nowhere?connect_timeout=1"
    )
    monkeypatch.setattr(extensions.runtime, "settings", away)

    answer = post(client)

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    monkeypatch.undo()
    inbox.pool.close()
    assert stored(wired) == 1


def test_a_delivery_is_kept_while_redis_is_away(client, wired, monkeypatch):
    gone = redis_client.Redis(port=1, socket_connect_timeout=0.2)
    monkeypatch.setattr(extensions.redis, "client", gone, raising=False)

    answer = post(client)

    assert answer.status_code == 200
    assert stored(wired) == 1


def test_a_health_check_says_the_same_for_every_key(client, wired):
    with wires.inside(wired) as connection:
        key = connection.webhook_key

    answers = [client.get(path) for path in (DOOR, f"/webhooks/{key}", "/webhooks/guessed")]

    assert {(answer.status_code, answer.data) for answer in answers} == {(200, answers[0].data)}


def test_a_body_nobody_understands_is_kept_and_answered(client, wired):
    with wires.inside(wired) as connection:
        key, secret = connection.webhook_key, connection.webhook_secret

    answer = post(client, b"\xff not JSON", path=f"/webhooks/{key}", headers={SECRET: secret})

    assert answer.status_code == 200
    assert stored(wired) == 1
