"""Beds24 at the engine: asked by time, told by unsigned webhooks, restrictions that belong to the room."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient
from sqlalchemy import text, update

from chaos import reconciler
from portal import tenancy
from portal.db import end_reading, now, unit_of_work
from portal.domain.reservations import Status
from portal.extensions import db
from portal.models import Connection, ConnectionState, Duty, EventState, Guest, InboxState, WebhookEvent
from portal.services import (
    connections,
    connectors,
    drain,
    duties,
    full_sync,
    inbox,
    own_bookings,
    parity,
    poll,
    rate_days,
    reservations,
    stays,
    switches,
)
from providers.types import Person
from tests.house import Sandbox
from tests.services import beds, engine
from tests.services.beds import BedsHouse

INTEGRATION = "/api/integrations/beds24/webhook"


def _clean(house: BedsHouse) -> None:
    assert [str(each) for each in reconciler.differences(house.sandbox.url, nights=house.nights)] == []


def _body(house: BedsHouse, booking_id: int, **booking: Any) -> bytes:
    """What Beds24 posts about a booking: no event, no id, no signature."""
    held = house.sim("GET", f"panel/{booking_id}")
    told = {
        name: held[name] for name in ("id", "propertyId", "roomId", "status", "arrival", "departure", "modifiedTime")
    }
    return json.dumps({"timeStamp": "2027-01-10T09:17:02Z", "booking": {**told, **booking}, "retries": 0}).encode()


def _post(client: FlaskClient, house: BedsHouse, body: bytes, path: str = "", **headers: str) -> int:
    connection = house.connection
    shown = {"X-Webhook-Secret": connection.webhook_secret or "", **headers}
    path = path or f"/webhooks/{connection.webhook_key}"
    return client.post(path, data=body, content_type="application/json", headers=shown).status_code


def _wait_for_the_schedule(house: BedsHouse) -> None:
    """Let the minutes between two readings pass."""
    with unit_of_work():
        db.session.execute(
            update(Connection)
            .where(Connection.id == house.connection_id)
            .values(read_until=Connection.read_until - timedelta(minutes=6))
        )


def _poll(house: BedsHouse) -> None:
    _wait_for_the_schedule(house)
    house.due()
    assert drain.drain(house.connection_id)


# -- connecting --------------------------------------------------------------------------------------


def test_a_property_is_connected_by_a_code_and_its_calendar_arrives(beds_house: BedsHouse) -> None:
    assert beds_house.connection.state is ConnectionState.ACTIVE
    assert beds_house.left(beds_house.day(7)) == 3
    assert beds_house.price(beds_house.day(7))["rate"] == "100.00"
    _clean(beds_house)


def test_what_was_sold_before_the_start_stays_sold(beds24: Sandbox) -> None:
    with tenancy.of(engine.found_organization("Alice Hotels")):
        property = engine.build_property()
        built = beds.build_there(beds24, property)
        room = built["properties"][0]["room_types"][0]["id"]
        beds24.control("POST", "beds24/panel", json={"roomId": room, "status": "confirmed", "days_ahead": 7})
        connection = connections.create(property, "beds24", code=built["code"])
        beds.provision.run(connection.id)
        connections.choose_property(connection, str(built["properties"][0]["id"]))
        beds.map_everything(connection, built["properties"][0])

        beds.begin(connection)
        house = beds.house_of(beds24, connection)
        house.push()

        assert house.left(house.day(7)) == 2
        assert house.reservation().status == Status.CONFIRMED
        _clean(house)


# -- asked by time -----------------------------------------------------------------------------------


def test_a_booking_nobody_announced_comes_with_the_schedule(beds_house: BedsHouse) -> None:
    booking = beds_house.book()
    assert drain.drain(beds_house.connection_id)
    assert beds_house.reservations() == []

    _poll(beds_house)

    assert beds_house.reservation().code == booking["code"]
    assert beds_house.duty(Duty.DRAIN).due_at <= now() + timedelta(minutes=5)
    beds_house.push()
    _clean(beds_house)


def test_a_schedule_that_finds_nothing_is_one_call_and_no_line_in_the_history(beds_house: BedsHouse) -> None:
    before = len(beds_house.runs())
    beds_house.forget_calls()

    _poll(beds_house)

    assert [call["endpoint"] for call in beds_house.calls()] == ["GET /bookings"]
    assert len(beds_house.runs()) == before


def test_what_is_read_twice_is_recognised(beds_house: BedsHouse) -> None:
    beds_house.book()
    _poll(beds_house)
    _poll(beds_house)
    _poll(beds_house)

    assert len(beds_house.messages()) == 1
    assert beds_house.reservation().version == 1


def test_a_reading_that_failed_begins_where_the_last_good_one_did(beds_house: BedsHouse) -> None:
    reached = beds_house.connection.read_until
    booking = beds_house.book()
    beds_house.fault("status", status=500, match={"path_prefix": "/bookings"}, times=1)
    beds_house.receive()
    assert beds_house.connection.read_until == reached

    beds_house.due()
    beds_house.receive()

    assert beds_house.connection.read_until > reached
    assert beds_house.reservation().code == booking["code"]


@pytest.mark.parametrize("kind", ["garbage", "html", "truncated", "reset"])
def test_an_answer_nobody_understands_loses_no_booking(beds_house: BedsHouse, kind: str) -> None:
    booking = beds_house.book()
    beds_house.fault(kind, match={"path_prefix": "/bookings"}, times=1)
    beds_house.receive()

    beds_house.due()
    beds_house.receive()
    beds_house.push()

    assert beds_house.reservation().code == booking["code"]
    _clean(beds_house)


def test_a_property_may_be_read_at_its_own_pace(beds_house: BedsHouse) -> None:
    connections.read_every(beds_house.connection, 30)
    beds_house.book()

    _poll(beds_house)
    assert beds_house.reservations() == []

    connections.read_every(beds_house.connection, None)
    assert poll.is_due(beds_house.connection, now())
    end_reading()


def test_a_paused_connection_is_not_read(beds_house: BedsHouse) -> None:
    connections.pause(beds_house.connection, "season is over")
    beds_house.forget_calls()

    _poll(beds_house)

    assert beds_house.calls() == []


def test_after_a_pause_what_was_sold_is_read_before_its_nights_are_opened(beds_house: BedsHouse) -> None:
    connections.pause(beds_house.connection, "a storm")
    booking = beds_house.book()
    with unit_of_work():
        db.session.execute(update(Connection).values(read_until=now() - timedelta(hours=2)))

    connections.resume(beds_house.connection)
    too_early = engine.push.push(beds_house.connection_id)
    left = beds_house.left(beds_house.day(5))
    assert drain.drain(beds_house.connection_id)
    beds_house.push()

    assert (too_early, left) == (False, 2)
    assert beds_house.reservation().code == booking["code"]
    _clean(beds_house)


def test_where_reading_fails_a_closing_does_not_wait_for_it(beds_house: BedsHouse) -> None:
    with unit_of_work():
        db.session.execute(update(Connection).values(read_until=now() - timedelta(hours=2)))
    beds_house.fault("status", status=500, match={"path_prefix": "/bookings"})
    beds_house.set_price("133", 7)
    beds_house.due()
    assert drain.drain(beds_house.connection_id)

    beds_house.push()

    assert beds_house.price(beds_house.day(7))["rate"] == "133.00"


# -- the daily reading ---------------------------------------------------------------------------------


def test_the_daily_reading_finds_what_everybody_missed(beds_house: BedsHouse) -> None:
    booking = beds_house.book()
    with unit_of_work():  # a mark that went too far, as after a restored backup
        db.session.execute(update(Connection).values(read_until=now() + timedelta(days=1)))

    assert stays.check(beds_house.connection_id)
    assert drain.drain(beds_house.connection_id)

    assert beds_house.reservation().code == booking["code"]
    assert beds_house.duty(Duty.STAYS).due_at > now() + timedelta(hours=1)
    end_reading()


def test_a_booking_that_is_gone_twice_is_told_and_keeps_its_room(beds_house: BedsHouse) -> None:
    booking = beds_house.book()
    beds_house.pull()
    beds_house.sim("DELETE", f"panel/{booking['booking_id']}")

    assert stays.check(beds_house.connection_id)
    assert "booking_gone" not in beds_house.incidents()
    assert stays.check(beds_house.connection_id)

    assert "booking_gone" in beds_house.incidents()
    assert beds_house.reservation().status == Status.CONFIRMED


def test_prices_are_compared_every_hour_and_nothing_is_said_when_nothing_differs(beds_house: BedsHouse) -> None:
    assert full_sync.look_for_differences(beds_house.connection_id)

    beds_house.push()

    assert beds_house.ari_calls() == 0
    assert beds_house.lane(beds_house.plans[0]).due_at is None
    assert beds_house.duty(Duty.RATES).due_at > now() + timedelta(minutes=59)
    end_reading()


# -- told by webhooks ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", INTEGRATION])
def test_a_delivery_makes_us_read_the_booking(beds_house: BedsHouse, client: FlaskClient, path: str) -> None:
    booking = beds_house.book()

    status = _post(client, beds_house, _body(beds_house, booking["booking_id"]), path)
    assert drain.drain(beds_house.connection_id)

    assert status == 200
    assert beds_house.reservation().code == booking["code"]
    (event,) = engine.fresh(WebhookEvent)
    assert (event.state, event.did["did"]) == (EventState.PROCESSED, "created")
    assert event.did["reservation_id"] == str(beds_house.reservation().id)


def test_deliveries_late_unordered_and_twice_end_in_the_latest_state(
    beds_house: BedsHouse, client: FlaskClient
) -> None:
    booking = beds_house.book()
    new = _body(beds_house, booking["booking_id"])
    beds_house.modify(booking, check_in=beds_house.day(20).isoformat(), nights=3)
    changed = _body(beds_house, booking["booking_id"])
    beds_house.cancel(booking)
    cancelled = _body(beds_house, booking["booking_id"])

    for body in (cancelled, new, changed, new, cancelled):
        assert _post(client, beds_house, body) == 200
        assert drain.drain(beds_house.connection_id)
    beds_house.push()

    assert [row.status for row in beds_house.reservations()] in ([], [Status.CANCELLED])
    assert beds_house.left(beds_house.day(5)) == beds_house.left(beds_house.day(20)) == 3
    states = [event.state for event in engine.fresh(WebhookEvent)]
    assert states.count(EventState.IGNORED) == 2
    _clean(beds_house)


def test_ten_deliveries_of_one_booking_are_one_call(beds_house: BedsHouse, client: FlaskClient) -> None:
    booking = beds_house.book()
    beds_house.forget_calls()
    for number in range(10):
        _post(client, beds_house, _body(beds_house, booking["booking_id"], flagText=f"{number}"))

    assert drain.drain(beds_house.connection_id)

    assert len(beds_house.calls("GET /bookings")) == 1


def test_a_wrong_secret_and_a_property_of_nobody_get_the_same_answer(
    beds_house: BedsHouse, client: FlaskClient
) -> None:
    body = _body(beds_house, beds_house.book()["booking_id"])
    strange = body.replace(beds_house.external_id.encode(), b"999999")

    for path in ("", INTEGRATION):
        assert _post(client, beds_house, body, path, **{"X-Webhook-Secret": "guessed"}) == 401
    assert _post(client, beds_house, strange, INTEGRATION) == 401
    assert _post(client, beds_house, b"nonsense", INTEGRATION) == 401
    assert engine.fresh(WebhookEvent) == []


def test_behind_a_relay_that_signs_only_its_signature_counts(beds_house: BedsHouse, client: FlaskClient) -> None:
    body = _body(beds_house, beds_house.book()["booking_id"])
    secret = "the relay in front of us signs with this"
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()

    with engine.settings(beds24_webhook_signature_secret=secret):
        assert _post(client, beds_house, body, INTEGRATION) == 401
        assert _post(client, beds_house, body, INTEGRATION, **{"X-Beds24-Signature": signature}) == 200
    assert (
        _post(client, beds_house, body, INTEGRATION, **{"X-Webhook-Secret": "", "X-Beds24-Signature": signature}) == 401
    )


def test_our_webhook_is_registered_with_a_secret_and_read_back(beds_house: BedsHouse) -> None:
    assert beds_house.connection.settings["webhook"]["faults"] == []

    held = next(each for each in _properties_there(beds_house) if str(each["id"]) == beds_house.external_id)["webhooks"]
    secret = beds_house.connection.webhook_secret
    assert held["customHeader"] == f"X-Webhook-Secret: {secret}"
    assert (held["version"], held["additionalData"]) == ("twoNoPersonalData", "none")


def test_a_webhook_somebody_changed_there_is_seen(beds_house: BedsHouse) -> None:
    connectors.line_for(beds_house.connection).connector.register_webhook(
        "https://elsewhere.example", beds_house.external_id, "another secret"
    )
    with unit_of_work():
        duties.request(beds_house.connection_id, Duty.CHANNELS, {"webhook": "read"})

    assert connections.check(beds_house.connection_id)

    assert beds_house.connection.settings["webhook"]["faults"] == ["our secret header is missing or different"]


def _properties_there(house: BedsHouse) -> list[dict[str, Any]]:
    token = house.login.access or ""
    answer = requests.get(f"{house.sandbox.url}/v2/properties", headers={"token": token}, timeout=10)
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


# -- kinds of bookings ---------------------------------------------------------------------------------


def test_a_room_closed_at_the_panel_is_closed_here_and_nobodys_guest(beds_house: BedsHouse) -> None:
    beds_house.sim("POST", "panel", json=_entry(beds_house, "black"))

    beds_house.pull()

    reservation = beds_house.reservation()
    assert (reservation.guest_id, reservation.details["kind"]) == (None, "block")
    assert beds_house.left(beds_house.day(7)) == 2
    assert engine.fresh(Guest) == []
    _clean(beds_house)


def test_a_request_holds_its_nights_and_a_question_does_not(beds_house: BedsHouse) -> None:
    beds_house.sim("POST", "panel", json=_entry(beds_house, "request"))
    beds_house.sim("POST", "panel", json=_entry(beds_house, "inquiry"))

    beds_house.pull()

    assert beds_house.reservation().status == Status.PENDING
    assert beds_house.left(beds_house.day(7)) == 2
    _clean(beds_house)


def test_a_label_at_the_panel_says_where_the_guest_is(beds_house: BedsHouse) -> None:
    booking = beds_house.book()
    beds_house.pull()
    beds_house.sim("POST", f"panel/{booking['booking_id']}", json={"flagText": "Checked in"})

    beds_house.pull()

    assert beds_house.reservation().status == Status.IN_HOUSE


def test_our_own_booking_comes_back_and_is_recognised(beds_house: BedsHouse) -> None:
    ours = _sell(beds_house)
    (room,) = beds_house.rooms(ours)
    entry = _entry(beds_house, "confirmed", custom10=f"chp:{own_bookings.room_key(room)}", firstName="Ada", price=200)
    beds_house.sim("POST", "panel", json=entry)

    beds_house.pull()

    assert [row.id for row in beds_house.reservations()] == [ours.id]
    (room,) = beds_house.rooms(ours)
    assert room.external_id is not None
    assert [message.state for message in beds_house.messages()][0] in (InboxState.HISTORY, InboxState.APPLIED)
    assert beds_house.conflicts() == []


def _entry(house: BedsHouse, status: str, **more: Any) -> dict[str, Any]:
    """Two nights from a week on, as somebody enters them at the panel."""
    external = house.lane(house.types[0]).external_id
    return {"roomId": int(external), "status": status, "days_ahead": 7, "nights": 2, **more}


def _sell(house: BedsHouse) -> Any:
    """A stay of the same two nights, sold at the desk."""
    room = reservations.RoomRequest(
        room_type_id=house.types[0], check_in=house.day(7), check_out=house.day(9), rate_plan_id=house.plans[0]
    )
    request = reservations.SaleRequest(rooms=(room,), guest=Person(name="Ada", surname="Prova"))
    return reservations.create(house.property_id, request)


# -- what goes out -------------------------------------------------------------------------------------


def test_thirty_of_fifty_rooms_refused_are_sent_again_and_the_others_are_not(beds24: Sandbox) -> None:
    with tenancy.of(engine.found_organization("Large Hotels")):
        house = beds.connect(beds24, engine.build_property(types=50, rooms=1))
        failing = [int(house.lane(kind).external_id) for kind in house.types[:30]]
        house.sim("POST", "quirks", json={"kind": "refuse", "path": "/inventory/rooms/calendar", "room_ids": failing,
                                          "field": "numAvail", "message": "try later", "times": 30})  # fmt: skip
        full_sync.request(house.connection)
        house.push()
        lost = [kind for kind in house.types if house.lane(kind).refused]
        house.forget_calls()

        house.heal()
        assert full_sync.look_for_differences(house.connection_id)
        house.push()

        assert len(lost) == 30
        (call,) = house.calls("POST /inventory/rooms/calendar")
        assert {room["roomId"] for room in json.loads(call["request_body"])} == set(failing)
        assert all(house.lane(kind).refused == [] for kind in house.types)
        _clean(house)


def test_the_strictest_plan_of_a_room_type_is_what_is_read_back_and_no_drift(beds24: Sandbox) -> None:
    with tenancy.of(engine.found_organization("Two Plans")):
        house = beds.connect(beds24, engine.build_property(plans=2))
        edit = rate_days.DayEdit(house.plans[0], [house.day(7)], {"min_stay_arrival": 3, "min_stay_through": 3})
        rate_days.set_days(house.property_id, [edit])
        house.push()

        with unit_of_work():
            db.session.execute(text("update duties set retry_at = null"))
        assert parity.check(house.connection_id)

        assert house.price(house.day(7), plan=1)["minStay"] == 3
        assert house.price(house.day(7), plan=1)["rate"] == "110.00"
        assert "calendar_drift" not in house.incidents()


def test_a_night_all_plans_close_is_closed_and_opens_with_its_units(beds24: Sandbox) -> None:
    with tenancy.of(engine.found_organization("Two Plans")):
        house = beds.connect(beds24, engine.build_property(plans=2))
        close = [rate_days.DayEdit(plan, [house.day(7)], {"stop_sell": True}) for plan in house.plans]
        rate_days.set_days(house.property_id, close)
        house.push()
        shut = house.price(house.day(7))["override"]

        rate_days.set_days(
            house.property_id, [rate_days.DayEdit(plan, [house.day(7)], {"stop_sell": False}) for plan in house.plans]
        )
        house.push()

        assert shut == "blackout"
        assert house.price(house.day(7))["override"] == "none"
        assert house.left(house.day(7)) == 3
        _clean(house)


def test_drift_there_is_found_and_healed(beds_house: BedsHouse) -> None:
    external = int(beds_house.lane(beds_house.types[0]).external_id)
    night = beds_house.day(9).isoformat()
    changed = {"roomId": external, "from": night, "to": night, "numAvail": 9, "price1": 7}
    beds_house.sim("POST", f"calendar/{beds_house.external_id}", json={"ranges": [changed]})

    assert parity.check(beds_house.connection_id)
    assert "calendar_drift" in beds_house.incidents()
    beds_house.push()

    _clean(beds_house)


def test_a_night_sold_there_and_not_read_yet_is_no_drift_and_is_not_opened_again(beds_house: BedsHouse) -> None:
    booking = beds_house.book()

    assert parity.check(beds_house.connection_id)
    beds_house.push()

    assert "calendar_drift" not in beds_house.incidents()
    assert beds_house.left(beds_house.day(5)) == 2
    assert drain.drain(beds_house.connection_id)
    assert beds_house.reservation().code == booking["code"]
    beds_house.due()
    assert parity.check(beds_house.connection_id)
    assert "calendar_drift" not in beds_house.incidents()


# -- switches ------------------------------------------------------------------------------------------


def test_a_master_switch_is_turned_while_everything_runs(beds_house: BedsHouse, client: FlaskClient) -> None:
    beds_house.set_price("133", 7)
    switches.turn("beds24", "push", False, "Olivia Operator")
    beds_house.due()
    assert not engine.push.push(beds_house.connection_id)

    (off,) = switches.turned_off("beds24")
    assert (off.name, off.turned_by) == ("push", "Olivia Operator")
    assert switches.installation_may("channex", "push")
    switches.turn("beds24", "push", True, "Olivia Operator")
    beds_house.push()
    assert beds_house.price(beds_house.day(7))["rate"] == "133.00"


def test_webhooks_switched_off_are_sent_away_and_bookings_come_with_the_schedule(
    beds_house: BedsHouse, client: FlaskClient
) -> None:
    booking = beds_house.book()
    body = _body(beds_house, booking["booking_id"])
    switches.turn("beds24", "webhook", False, "Olivia Operator")
    inbox.forget_routes()

    assert _post(client, beds_house, body) == 503
    _poll(beds_house)

    assert beds_house.reservation().code == booking["code"]


def test_nothing_is_left_to_do_after_an_ordinary_day(beds_house: BedsHouse, client: FlaskClient) -> None:
    first = beds_house.book()
    for booking in (first, beds_house.book()):
        _post(client, beds_house, _body(beds_house, booking["booking_id"]))
        assert drain.drain(beds_house.connection_id)
    beds_house.cancel(first)
    _post(client, beds_house, _body(beds_house, first["booking_id"]))
    assert drain.drain(beds_house.connection_id)

    beds_house.push()

    assert [each for each in duties.due() if each[2] not in ("channels", "parity")] == []
    end_reading()
    _clean(beds_house)
