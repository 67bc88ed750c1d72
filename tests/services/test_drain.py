"""Reading what came in: one bad message never delays the next, and none is lost to Redis, killers or nonsense."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import text, update

from chaos import reconciler
from portal import queue, tenancy
from portal.db import end_reading, unit_of_work
from portal.domain.reservations import Status
from portal.extensions import db
from portal.extensions import redis as portal_redis
from portal.models import ApiCall, EventState, InboxMessage, InboxState, Reservation, WebhookEvent
from portal.services import bookings, drain, duties, sweep
from tests.house import Sandbox
from tests.services import engine
from tests.services.engine import House

CARD = "4111111111111111"
SPACED = "4111 1111 1111 1111"


def _stay(house: House, **attributes: Any) -> dict[str, Any]:
    """What an ordinary booking says, with some of it replaced."""
    arrival, departure = house.day(5).isoformat(), house.day(7).isoformat()
    room = {
        "booking_room_id": "5c2f9d0e-0000-4000-8000-000000000001",
        "room_type_id": house.lane(house.types[0]).external_id,
        "rate_plan_id": house.lane(house.plans[0]).external_id,
        "checkin_date": arrival,
        "checkout_date": departure,
        "amount": "200.00",
        "days": {arrival: "100.00", house.day(6).isoformat(): "100.00"},
        "occupancy": {"adults": 2, "children": 0, "infants": 0, "ages": []},
    }
    return {
        "unique_id": "BDC-77",
        "ota_reservation_code": "77",
        "ota_name": "BookingCom",
        "arrival_date": arrival,
        "departure_date": departure,
        "amount": "200.00",
        "currency": "EUR",
        "customer": {"name": "Ana", "surname": "Prova", "mail": "ana@example.test"},
        "rooms": [{**room, **attributes.pop("room", {})}],
        **attributes,
    }


def _receive_beside_a_good_one(house: House) -> InboxMessage:
    """Read the feed with one ordinary booking behind the strange one; returns the strange one."""
    good = house.book(check_in=house.day(40).isoformat())
    house.receive()
    strange, ordinary = house.messages()
    assert ordinary.event_key == good["revision_id"]
    assert ordinary.state is InboxState.APPLIED, "a strange message delayed the next one"
    assert house.unacknowledged() == 0
    return strange


# -- nonsense -------------------------------------------------------------------------------------

UNREADABLE: dict[str, dict[str, Any]] = {
    "departure on the day of arrival": {"departure_date": "=arrival", "room": {"checkout_date": "=arrival"}},
    "departure before arrival": {"departure_date": "2026-01-01", "room": {"checkout_date": "2026-01-01"}},
    "a stay of years": {"departure_date": "2036-01-01", "room": {"checkout_date": "2036-01-01"}},
    "the year one": {"arrival_date": "0001-01-01", "room": {"checkin_date": "0001-01-01"}},
    "the end of time": {"departure_date": "9999-12-31", "room": {"checkout_date": "9999-12-31"}},
    "a leap day in no leap year": {"arrival_date": "2027-02-29", "room": {"checkin_date": "2027-02-29"}},
    "a week date": {"arrival_date": "2026-W05-1", "room": {"checkin_date": "2026-W05-1"}},
    "arabic digits": {"arrival_date": "٢٠٢٦-١١-١٠", "room": {"checkin_date": "٢٠٢٦-١١-١٠"}},
    "a moment instead of a date": {
        "arrival_date": "2026-11-10T00:00:00Z",
        "room": {"checkin_date": "2026-11-10T00:00"},
    },
    "an amount that is no number": {"amount": "NaN"},
    "an infinite amount": {"amount": "Infinity"},
    "an amount beyond measure": {"amount": "1e400"},
    "an amount of five thousand digits": {"amount": "9" * 5000},
    "true for an amount": {"amount": True},
    "a negative amount": {"amount": "-5.00"},
    "no currency of this world": {"currency": "€€"},
    "rooms that are no list": {"rooms": {"0": {}}},
    "a room that is no object": {"rooms": ["suite"]},
    "a million rooms": {"rooms": [{}] * 1_001},
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_booking_that_makes_no_sense_is_kept_and_shown(house: House, case: str) -> None:
    wrong = {name: value for name, value in UNREADABLE[case].items()}
    if wrong.get("departure_date") == "=arrival":
        wrong = {"departure_date": house.day(5).isoformat(), "room": {"checkout_date": house.day(5).isoformat()}}
    house.revision(_stay(house, **wrong))

    strange = _receive_beside_a_good_one(house)

    assert strange.state is InboxState.QUARANTINED
    assert strange.error
    assert strange.acknowledged_at is not None
    assert "message_unreadable" in house.incidents()
    assert len(house.reservations()) == 1


STRANGE_WORDS = {
    "a NUL": "Ana\x00Maria",
    "right to left": "‮Prova",
    "a family of emoji": "👩‍👩‍👧‍👦 Prova",
    "a megabyte": "A" * 1_000_000,
    "a formula": "=HYPERLINK(0)",
    "markup": "<script>alert(1)</script>",
}


@pytest.mark.parametrize("case", STRANGE_WORDS)
def test_strange_words_are_no_reason_to_lose_a_booking(house: House, case: str) -> None:
    words = STRANGE_WORDS[case]
    house.revision(_stay(house, customer={"name": words, "surname": words}, notes=words))

    strange = _receive_beside_a_good_one(house)

    assert strange.state is InboxState.APPLIED
    assert engine.fresh(Reservation)[0].status == Status.CONFIRMED


def test_half_a_character_is_no_reason_to_lose_a_booking(house: House, client: FlaskClient) -> None:
    booking = house.book()
    event = json.dumps(engine.booking_event(house.external_id, booking)).replace("2026-11-01", "\\ud800")

    assert engine.announce(client, event.encode()) == 200
    assert drain.drain(house.connection_id)

    assert house.reservation().code == booking["code"]


@pytest.mark.parametrize("number", [CARD, SPACED, "4111-1111-1111-1111"])
def test_a_card_number_is_nowhere(
    house: House, client: FlaskClient, capsys: pytest.CaptureFixture[str], number: str
) -> None:
    guarantee = {"card_number": number, "cvv": "737", "card_type": "VI", "cardholder_name": "Ana Prova"}
    stay = _stay(house, notes=f"card {number} cvv 737", guarantee=guarantee, raw_message=json.dumps({"pan": number}))
    house.revision({**stay, "meta": {"payment": {"number": number}}})
    engine.announce(
        client, {"event": "booking", "property_id": house.external_id, "payload": {"notes": f"card {number}"}}
    )

    house.receive()

    (message,) = house.messages()
    assert message.state is InboxState.APPLIED
    (event,) = engine.fresh(WebhookEvent)
    held = [message.raw, json.dumps(message.effect), event.body, json.dumps(house.reservation().details)]
    held += [run.error for run in house.runs()]
    held += [call.response or "" for call in engine.fresh(ApiCall)]
    plain = " ".join(each.decode("utf-8", "replace") if isinstance(each, bytes) else each for each in held)
    everything = plain + capsys.readouterr().out + " ".join(_redis_words())
    for digits in {number, CARD}:
        assert digits not in everything
    assert "cvv 737" not in everything


def _redis_words() -> list[str]:
    client = portal_redis.client
    found = []
    for key in client.scan_iter():
        found.append(repr(key) + repr(client.dump(key)))
    return found


# -- webhooks, Redis, killers -----------------------------------------------------------------------


def test_an_announced_booking_is_fetched_acknowledged_and_applied(house: House, client: FlaskClient) -> None:
    booking = house.book()

    status = engine.announce(client, engine.booking_event(house.external_id, booking))
    assert drain.drain(house.connection_id)

    assert status == 200
    assert house.reservation().code == booking["code"]
    assert house.unacknowledged() == 0
    (event,) = engine.fresh(WebhookEvent)
    assert event.state is EventState.PROCESSED
    assert event.did["did"] == "created"
    assert event.did["reservation_id"] == str(house.reservation().id)


def test_a_delivery_that_comes_twice_is_known(house: House, client: FlaskClient) -> None:
    event = engine.booking_event(house.external_id, house.book())
    for _ in range(3):
        assert engine.announce(client, event) == 200
        assert drain.drain(house.connection_id)

    first, *others = engine.fresh(WebhookEvent)

    assert first.state is EventState.PROCESSED
    assert {(other.state, other.repeat_of) for other in others} == {(EventState.IGNORED, first.id)}
    assert house.reservation().version == 1


def test_while_redis_is_away_deliveries_are_stored_and_found_later(
    house: House, client: FlaskClient, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking = house.book()
    away = Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2)
    monkeypatch.setattr(portal_redis, "client", away)

    status = engine.announce(client, engine.booking_event(house.external_id, booking))
    monkeypatch.undo()
    redis.flushdb()

    assert status == 200
    with tenancy.of(None):
        assert sweep.ring_due() >= 1
    assert redis.exists(queue.bell_name("drain", house.connection_id))
    assert drain.drain(house.connection_id)
    assert house.reservation().code == booking["code"]


def test_while_the_provider_is_away_a_delivery_waits(house: House, client: FlaskClient) -> None:
    booking = house.book()
    house.fault("status", status=503)
    engine.announce(client, engine.booking_event(house.external_id, booking))

    assert drain.drain(house.connection_id)
    (event,) = engine.fresh(WebhookEvent)
    assert (event.state, event.kind) == (EventState.RECEIVED, "booking")

    house.heal()
    house.due()
    assert drain.drain(house.connection_id)
    assert engine.fresh(WebhookEvent)[0].state is EventState.PROCESSED
    assert house.reservation().code == booking["code"]


def test_a_message_that_kills_its_worker_is_set_aside_and_delays_nobody(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.revision(_stay(house, unique_id="BDC-KILLER", ota_reservation_code="KILLER"))
    house.book()
    house.book()
    apply = bookings.apply

    def deadly(desk: bookings.Desk, revision: Any, inbox_id: Any) -> bookings.Effect:
        if revision.code == "KILLER":
            raise SystemExit  # as dead as an exception can make it
        return apply(desk, revision, inbox_id)

    monkeypatch.setattr(bookings, "apply", deadly)
    deaths = 0
    for _ in range(8):
        drain.request_pull(house.connection_id)
        try:
            drain.drain(house.connection_id)
        except SystemExit:
            deaths += 1
        with unit_of_work():
            db.session.execute(text("update duties set leased_until = null"))

    assert deaths == drain.MOST_STARTS
    killer = next(row for row in house.messages() if row.state is not InboxState.APPLIED)
    assert killer.state is InboxState.QUARANTINED
    assert len(house.reservations()) == 2
    assert "message_poison" in house.incidents()
    assert duties.due() == [] or all(duty != "drain" for _, _, duty in duties.due())


def test_those_behind_a_message_that_kills_its_worker_bear_no_blame(
    any_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        any_house.book()

    def die(*arguments: object) -> bookings.Effect:
        raise SystemExit

    monkeypatch.setattr(bookings, "apply", die)
    for _ in range(2):
        drain.request_pull(any_house.connection_id)
        with pytest.raises(SystemExit):
            drain.drain(any_house.connection_id)
        with unit_of_work():
            db.session.execute(text("update duties set leased_until = null"))

    assert [message.starts for message in any_house.messages()] == [2, 0, 0]


def test_a_message_set_aside_can_be_replayed(any_house: House) -> None:
    any_house.book()
    any_house.receive()
    (message,) = any_house.messages()
    with unit_of_work():
        db.session.execute(update(InboxMessage).values(state=InboxState.QUARANTINED, starts=3, error="poison"))

    drain.replay(any_house.connection_id, message.id)
    assert drain.drain(any_house.connection_id)

    assert any_house.messages()[0].state is InboxState.HISTORY
    assert any_house.messages()[0].error == ""


def test_a_message_with_an_endless_name_does_not_stop_its_page(house: House) -> None:
    house.revision({**_stay(house), "id": "x" * 150, "unique_id": "BDC-LONG"}, booking_id="y" * 150)

    strange = _receive_beside_a_good_one(house)

    assert strange.state is InboxState.QUARANTINED


def test_a_mistake_in_one_booking_does_not_stop_the_others(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.revision(_stay(house, unique_id="BDC-ODD", ota_reservation_code="ODD"))
    apply = bookings.apply

    def clumsy(desk: bookings.Desk, revision: Any, inbox_id: Any) -> bookings.Effect:
        if revision.code == "ODD":
            raise KeyError("nobody thought of this")
        return apply(desk, revision, inbox_id)

    monkeypatch.setattr(bookings, "apply", clumsy)

    strange = _receive_beside_a_good_one(house)

    assert (strange.state, strange.error) == (InboxState.QUARANTINED, "KeyError")


def test_a_booking_of_another_property_is_not_ours(channex: Sandbox) -> None:
    alice, charlie = engine.found_organization("Alice Hotels"), engine.found_organization("Charlie Inns")
    with tenancy.of(charlie):
        his = engine.open_house(channex, name="Mountain")
        booking = his.book()
        raw = drain.connectors.line_for(his.connection).connector.fetch_message(booking["revision_id"])
    with tenancy.of(alice):
        hers = engine.open_house(channex)
        with unit_of_work():
            drain.feed.inbox.store(hers.connection_id, [raw], "feed")

        assert drain.drain(hers.connection_id)

        assert hers.reservations() == []
        assert hers.messages()[0].state is InboxState.QUARANTINED


def test_nothing_is_left_to_do_after_an_ordinary_day(house: House, client: FlaskClient) -> None:
    first = house.book()
    for booking in (first, house.book(), house.cancel(first)):
        engine.announce(client, engine.booking_event(house.external_id, booking))
        assert drain.drain(house.connection_id)

    house.push()

    assert [each for each in duties.due() if each[2] != "channels"] == []
    end_reading()
    assert reconciler.differences(house.sandbox.url) == []
