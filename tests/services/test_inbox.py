"""Where channel managers post: stored before it is answered, for its owner only, whatever the bytes are."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal import tenancy
from portal.db import end_reading
from portal.extensions import db
from portal.models import EventState, UnroutedMessage, WebhookEvent
from portal.services import connections, drain, inbox
from tests.house import Sandbox
from tests.services import engine
from tests.services.engine import House

SECRET = "X-Channex-Webhook-Secret"


def _events() -> list[WebhookEvent]:
    return engine.fresh(WebhookEvent)


def _own_address(house: House) -> tuple[str, str]:
    """The path and the secret of a connection's own address."""
    connection = house.connection
    return f"/webhooks/{connection.webhook_key}", connection.webhook_secret or ""


def test_a_delivery_is_stored_as_it_came(house: House, client: FlaskClient) -> None:
    body = b'{"event":"booking",  "property_id":"%s" }' % house.external_id.encode()

    assert engine.announce(client, body) == 200

    (event,) = _events()
    assert event.body == body
    assert (event.state, event.connection_id, event.route) == (EventState.RECEIVED, house.connection_id, "global")


def test_a_connection_has_an_address_and_a_secret_of_its_own(house: House, client: FlaskClient) -> None:
    path, secret = _own_address(house)

    assert engine.announce(client, {"event": "booking"}, path=path, secret=secret) == 200
    assert engine.announce(client, {"event": "booking"}, path=path) == 401  # the installation's does not open it

    (event,) = _events()
    assert event.route == "connection"


@pytest.mark.parametrize("secret", ["", "wrong", "é", "ключ", "x" * 10_000])
def test_a_wrong_secret_and_an_unknown_address_get_the_same_answer(
    house: House, client: FlaskClient, secret: str
) -> None:
    path, _ = _own_address(house)
    headers = {SECRET: secret.encode().decode("latin-1")}

    answers = [
        client.post(where, data=b"{}", headers=headers)
        for where in (path, "/webhooks/guessed", "/api/webhooks/channex")
    ]

    assert {(answer.status_code, answer.data) for answer in answers} == {(401, answers[0].data)}
    assert _events() == []


def test_the_secret_of_one_hotel_does_not_open_anothers_address(channex: Sandbox, client: FlaskClient) -> None:
    alice, charlie = engine.found_organization("Alice Hotels"), engine.found_organization("Charlie Inns")
    with tenancy.of(alice):
        hers = engine.open_house(channex)
        her_path, her_secret = _own_address(hers)
    with tenancy.of(charlie):
        his = engine.open_house(channex, name="Mountain")
        _, his_secret = _own_address(his)

    assert engine.announce(client, {"event": "booking"}, path=her_path, secret=his_secret) == 401
    assert engine.announce(client, {"event": "booking"}, path=her_path, secret=her_secret) == 200

    with tenancy.of(charlie):
        assert _events() == []
    with tenancy.of(alice):
        assert len(_events()) == 1


def test_a_body_that_names_anothers_property_through_ones_own_address_changes_nothing_there(
    channex: Sandbox, client: FlaskClient
) -> None:
    alice, charlie = engine.found_organization("Alice Hotels"), engine.found_organization("Charlie Inns")
    with tenancy.of(charlie):
        his = engine.open_house(channex, name="Mountain")
        booking = his.book()
    with tenancy.of(alice):
        hers = engine.open_house(channex)
        path, secret = _own_address(hers)
        event = engine.booking_event(hers.external_id, booking)

        assert engine.announce(client, event, path=path, secret=secret) == 200
        assert drain.drain(hers.connection_id)

        assert hers.messages() == [], "she read a booking of Charlie's by naming it"
        assert hers.reservations() == []
    with tenancy.of(charlie):
        assert his.unacknowledged() == 1, "and took it out of his feed"


def test_a_delivery_for_a_property_nobody_has_is_kept_apart(house: House, client: FlaskClient) -> None:
    event = {"event": "booking", "property_id": "0b7f2d1c-0000-4000-8000-000000000000", "payload": {}}

    assert engine.announce(client, event) == 200
    assert engine.announce(client, event) == 200

    kept = db.session.scalars(select(UnroutedMessage)).all()
    end_reading()
    assert [row.external_property_id for row in kept] == [event["property_id"]]
    assert _events() == []


STRANGE = {
    "nothing": b"",
    "no JSON": b"event=booking",
    "a list": b"[1, 2]",
    "NUL bytes": b"\x00\x00\x00",
    "not a number": b'{"event": NaN}',
    "deep nesting": b"[" * 100_000,
    "an endless number": b'{"event": ' + b"9" * 10_000 + b"}",
    "half a character": b'{"event": "\\ud800", "property_id": "\\udfff"}',
    "a NUL in the property": b'{"event": "booking", "property_id": "\\u0000"}',
    "a property that is a number": b'{"event": "booking", "property_id": 7}',
    "a very long property": b'{"event": "booking", "property_id": "' + b"x" * 5_000 + b'"}',
    "bytes of no alphabet": b"\xff\xfe\xfd",
    "the same field twice": b'{"event": "booking", "event": "ari", "property_id": null}',
}


@pytest.mark.parametrize("case", STRANGE)
def test_no_bytes_make_the_door_fail(house: House, client: FlaskClient, case: str) -> None:
    path, secret = _own_address(house)

    through_the_account = engine.announce(client, STRANGE[case])
    through_its_own = engine.announce(client, STRANGE[case], path=path, secret=secret)

    assert (through_the_account, through_its_own) == (200, 200)
    assert drain.drain(house.connection_id)
    (event,) = _events()
    assert event.state in (EventState.FAILED, EventState.IGNORED, EventState.PROCESSED)
    house.book()
    house.receive()
    assert len(house.reservations()) == 1, "a strange delivery blocked the line"


def test_a_body_that_is_too_large_is_refused_before_it_is_read(house: House, client: FlaskClient) -> None:
    with engine.settings(webhook_body_limit_bytes=2048):
        client.application.extensions["roomwire_settings"], usual = (
            engine.runtime.settings,
            client.application.extensions["roomwire_settings"],
        )
        try:
            assert engine.announce(client, b"x" * 2049) == 413
            assert engine.announce(client, b"x" * 2048) == 200
        finally:
            client.application.extensions["roomwire_settings"] = usual


def test_what_was_not_stored_is_not_accepted(
    house: House, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*arguments: object) -> Iterator[None]:
        raise psycopg.OperationalError("the database is restarting")

    monkeypatch.setattr(inbox, "accept", away)

    answer = client.post(
        "/api/webhooks/channex",
        json={"event": "booking", "property_id": house.external_id},
        headers={SECRET: engine.runtime.settings.channex_webhook_secret or ""},
    )

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"


def test_asking_whether_somebody_is_there_needs_no_secret(house: House, client: FlaskClient) -> None:
    path, _ = _own_address(house)

    answers = [client.get(where) for where in ("/api/webhooks/channex", path, "/webhooks/guessed")]

    assert [answer.status_code for answer in answers] == [200, 200, 200]


def test_a_hotel_that_left_is_no_longer_routed(house: House, client: FlaskClient) -> None:
    event = {"event": "booking", "property_id": house.external_id}
    assert engine.announce(client, event) == 200

    connections.pause(house.connection, "on holiday")
    assert engine.announce(client, event) == 200, "a pause loses nothing"

    assert len(_events()) == 2
