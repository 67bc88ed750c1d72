"""What is kept only so long, and what is kept."""

from __future__ import annotations

from sqlalchemy import text

from portal import tenancy
from portal.db import unit_of_work
from portal.extensions import db
from portal.models import ApiCall, InboxMessage, Reservation, WebhookEvent
from portal.services import drain, retention
from tests.services import engine
from tests.services.engine import House


def _age(table: str, column: str, days: int) -> None:
    with unit_of_work():
        db.session.execute(text(f"update {table} set {column} = clock_timestamp() - make_interval(days => {days})"))


def test_old_calls_go_and_bookings_stay(house: House) -> None:
    house.book()
    house.pull()
    _age("api_calls", "at", 31)
    house.set_price("133", 7)
    house.push()

    with tenancy.of(None):
        counts = retention.sweep()

    assert counts["api_calls"] > 0
    assert len(engine.fresh(ApiCall)) == 1
    assert len(engine.fresh(InboxMessage)) == 1
    assert len(engine.fresh(Reservation)) == 1


def test_a_delivery_is_kept_for_its_time(house: House, client: engine.FlaskClient) -> None:
    engine.announce(client, engine.booking_event(house.external_id, house.book()))
    assert drain.drain(house.connection_id)
    _age("webhook_events", "received_at", 89)
    with tenancy.of(None):
        retention.sweep()
    assert len(engine.fresh(WebhookEvent)) == 1

    _age("webhook_events", "received_at", 91)
    with tenancy.of(None):
        retention.sweep()

    assert engine.fresh(WebhookEvent) == []


def test_a_delivery_nobody_read_yet_is_never_thrown_away(house: House, client: engine.FlaskClient) -> None:
    engine.announce(client, engine.booking_event(house.external_id, house.book()))
    _age("webhook_events", "received_at", 400)

    with tenancy.of(None):
        retention.sweep()

    assert len(engine.fresh(WebhookEvent)) == 1
