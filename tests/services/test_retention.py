"""What is kept only so long, and what is kept."""

from __future__ import annotations

from sqlalchemy import func, text

from portal import tenancy
from portal.db import unit_of_work
from portal.extensions import db
from portal.models import (
    ApiCall,
    ChannelSetup,
    InboxMessage,
    MagicLink,
    Onboarding,
    RateEdit,
    RateEditState,
    Reservation,
    WebhookEvent,
)
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


def _sweep() -> dict[str, int]:
    with tenancy.of(None):
        return retention.sweep()


def test_a_change_of_many_nights_that_was_never_made_goes_and_one_that_was_made_stays(house: House) -> None:
    with unit_of_work():
        for state in ("draft", "discarded", "applied"):
            db.session.add(RateEdit(property_id=house.property_id, state=RateEditState(state)))
    _age("rate_edits", "created_at", 89)
    assert _sweep()["rate_edits"] == 0

    _age("rate_edits", "created_at", 91)
    _sweep()

    assert [edit.state for edit in engine.fresh(RateEdit)] == [RateEditState.APPLIED]


def test_what_was_typed_on_the_way_to_a_finished_hotel_goes_and_a_draft_in_hand_stays(house: House) -> None:
    typed = {"answers": {"property": {"name": "Sea"}}, "answered": ["property"]}
    with unit_of_work():
        db.session.add(Onboarding(property_id=house.property_id, closed_at=func.clock_timestamp(), **typed))
        db.session.add(Onboarding(closed_at=func.clock_timestamp(), **typed))
    _age("onboardings", "closed_at", 91)
    with unit_of_work():
        db.session.add(Onboarding(**typed))
    _age("onboardings", "created_at", 400)

    counts = _sweep()

    assert counts["onboardings"] == 1, "the one that was put away before there was a hotel"
    assert [(row.property_id, row.answers) for row in engine.fresh(Onboarding)] == [
        (house.property_id, {}),
        (None, typed["answers"]),
    ]


def test_the_products_of_a_connection_that_ended_go_and_those_of_a_living_one_stay(house: House) -> None:
    assert _count("remote_snapshots") == 1
    _age("remote_snapshots", "fetched_at", 400)
    assert _sweep()["remote_snapshots"] == 0

    with unit_of_work():
        db.session.execute(text("update connections set state = 'disconnected'"))
    _age("connections", "disconnected_at", 91)
    _sweep()

    assert _count("remote_snapshots") == 0


def test_a_colleagues_link_goes_a_month_after_it_ended(house: House) -> None:
    with unit_of_work():
        setup = ChannelSetup(connection_id=house.connection_id, property_id=house.property_id, code="BDC")
        db.session.add(setup)
        db.session.flush()
        db.session.add(
            MagicLink(
                property_id=house.property_id, setup_id=setup.id, purpose="look", token_hash=b"x" * 32,
                invited_by="Alice", expires_at=func.clock_timestamp(),
            )
        )  # fmt: skip
    _age("magic_links", "expires_at", 29)
    assert _sweep()["magic_links"] == 0

    _age("magic_links", "expires_at", 31)

    assert _sweep()["magic_links"] == 1


def _count(table: str) -> int:
    with unit_of_work():
        return int(db.session.execute(text(f"select count(*) from {table}")).scalar_one())
