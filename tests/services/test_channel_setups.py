"""Connecting an OTA: asked, accepted after its time, mapped, switched on; taken off sale before it ends."""

from __future__ import annotations

import pytest
import requests
from flask.testing import FlaskClient

from portal.models import ApiCall, AuditEntry, Channel, ChannelState, Incident, SetupState, SyncRun, SyncType
from portal.services import channel_checklist, channel_readback, channel_setups, drain, incidents, provider_groups
from portal.services.errors import NotFound, Refused
from providers.channex.client import Channex
from providers.errors import Malformed
from tests import extranet
from tests.services import engine
from tests.services.engine import House

TWO_DAYS = 2 * 86400


def begin(house: House, code: str = "EXP", hotel_id: str = extranet.HOTEL) -> None:
    setup = channel_setups.start(house.connection, code)
    channel_setups.save_account(setup, hotel_id)


def turn(house: House) -> None:
    extranet.turn(house.organization_id, house.connection_id)


def state(house: House, code: str = "EXP") -> SetupState:
    return extranet.setup(house.connection, code).state


def said(house: House) -> tuple[SetupState, str]:
    setup = extranet.setup(house.connection, "EXP")
    return setup.state, setup.error


def connected(house: House, code: str = "EXP") -> None:
    extranet.ota(house.sandbox, code, mirror=house.external_id)
    begin(house, code)
    turn(house)
    setup = extranet.setup(house.connection, code)
    assert channel_setups.choose(setup, setup.choices) == {}
    turn(house)


def sells(house: House, ota: str, night: int = 9) -> bool:
    return extranet.sells(house.sandbox, house.external_id, ota, house.day(night))


def test_an_ota_that_answers_after_two_days_is_noticed_by_itself(house: House) -> None:
    extranet.ota(house.sandbox, "EXP", after_seconds=TWO_DAYS, mirror=house.external_id)
    begin(house)

    turn(house)
    before = said(house)
    house.sandbox.control("POST", "clock", json={"advance": TWO_DAYS + 60})
    turn(house)
    after = extranet.setup(house.connection, "EXP")

    assert before == (SetupState.WAITING, "hotel_has_not_accepted_connection")
    assert after.state is SetupState.CHOOSING
    assert after.accepted_at is not None
    assert after.products[0]["room_name"] == "Type 0"


def test_what_matches_without_doubt_is_connected_with_one_click_and_sent_whole(house: House) -> None:
    connected(house)

    setup = extranet.setup(house.connection, "EXP")
    (channel,) = [row for row in engine.fresh(Channel) if row.code == "EXP"]
    runs = [run.trigger for run in engine.fresh(SyncRun, SyncRun.type == SyncType.FULL_SYNC)]
    assert setup.state is SetupState.CONNECTED
    assert channel.state is ChannelState.CONNECTED
    assert "connect" in runs


def test_names_that_differ_are_left_to_a_person(house: House) -> None:
    begin(house)
    turn(house)
    setup = extranet.setup(house.connection, "EXP")

    proposed = dict(setup.choices)
    wrong = channel_setups.choose(setup, {})
    everything_off = channel_setups.choose(setup, {each["key"]: "none" for each in setup.products})

    assert proposed == {}
    assert set(wrong.values()) == {"undecided"}
    assert everything_off == {"": "nothing_sold"}
    assert state(house) is SetupState.CHOOSING


def test_a_product_for_more_people_than_the_room_holds_is_refused(house: House) -> None:
    rate = {"id": 7, "title": "Plan 0", "max_persons": 5, "readonly": False, "pricing": "Standard"}
    extranet.ota(house.sandbox, "EXP", rooms=[{"id": 1, "title": "Type 0", "rates": [rate]}])
    begin(house)
    turn(house)
    plan = channel_setups.plans_of(house.connection_id)[0].id

    assert channel_setups.choose(extranet.setup(house.connection, "EXP"), {"1/7": plan}) == {"1/7": "too_many_people"}


def test_nothing_is_switched_on_while_channex_counts_as_well(house: House) -> None:
    counting = {"settings": {"allow_availability_autoupdate_on_cancellation": True}}
    extranet.api(house.sandbox, "PUT", f"/properties/{house.external_id}", {"property": counting})
    connected(house)
    refused = said(house)

    channel_readback.leave_counting_to_us(house.connection)
    turn(house)

    assert refused == (SetupState.CHOOSING, "counting")
    assert channel_readback.counting(house.connection) == ()
    assert state(house) is SetupState.CONNECTED


def test_a_disconnected_ota_is_taken_off_sale_first_and_the_others_sell_on(house: House) -> None:
    connected(house)
    house.push()
    assert sells(house, "EXP") and sells(house, "BDC")

    channel_setups.ask(extranet.setup(house.connection, "EXP"), "disconnect")
    turn(house)
    closing, while_closing = state(house), (sells(house, "EXP"), sells(house, "BDC"))
    turn(house)

    assert closing is SetupState.CLOSING
    assert while_closing == (False, True)
    assert state(house) is SetupState.DISCONNECTED
    assert sells(house, "BDC", 11)
    assert "EXP" not in engine_codes(house)
    assert plans_at_channex(house) == {"Plan 0"}


def test_a_paused_ota_keeps_its_mapping_and_is_resumed(house: House) -> None:
    connected(house)
    setup = extranet.setup(house.connection, "EXP")
    before = mapping(house, setup.external_id)

    channel_setups.ask(setup, "pause")
    turn(house)
    turn(house)
    paused, kept = state(house), mapping(house, setup.external_id)
    channel_setups.ask(extranet.setup(house.connection, "EXP"), "resume")
    turn(house)

    assert paused is SetupState.PAUSED
    assert kept == before
    assert state(house) is SetupState.CONNECTED


def test_another_id_repairs_an_ota_and_its_mapping_stays(house: House) -> None:
    connected(house)
    setup = extranet.setup(house.connection, "EXP")
    before = mapping(house, setup.external_id)

    channel_setups.save_account(setup, "bad-id", repair=True)
    turn(house)
    wrong = said(house)
    channel_setups.save_account(setup, "4711999", repair=True)
    turn(house)

    after = extranet.setup(house.connection, "EXP")
    assert wrong == (SetupState.ERROR, "invalid_credentials")
    assert (after.state, after.external_id) == (SetupState.CONNECTED, setup.external_id)
    assert mapping(house, setup.external_id) == before


def test_an_ota_switched_off_at_the_channel_manager_is_shown_so(house: House) -> None:
    connected(house)
    setup = extranet.setup(house.connection, "EXP")

    house.sandbox.control("POST", f"channels/{setup.external_id}/deactivate")
    turn(house)

    after = extranet.setup(house.connection, "EXP")
    assert (after.state, after.error) == (SetupState.PAUSED, "switched_off_there")


def test_what_an_event_says_an_ota_could_not_take_stands_at_the_ota_until_it_is_solved(
    house: House, client: FlaskClient
) -> None:
    connected(house)
    channel_id = extranet.setup(house.connection, "EXP").external_id
    said = {"channel_id": channel_id, "channel_name": "Expedia", "error_type": "wrong room", "channel": "Expedia"}
    engine.announce(client, {"event": "sync_error", "property_id": house.external_id, "payload": said})
    drain.drain(house.connection_id)
    turn(house)
    (troubled,) = [(row.state, row.error) for row in engine.fresh(Channel) if row.code == "EXP"]

    (incident,) = engine.fresh(Incident, Incident.message == "ota_sync_error")
    incidents.resolve(house.property_id, incident.id)
    turn(house)

    assert troubled == (ChannelState.ERROR, "wrong room")
    assert [row.state for row in engine.fresh(Channel) if row.code == "EXP"] == [ChannelState.CONNECTED]


def test_a_property_is_put_into_its_group_and_stays_in_its_last_one(house: House) -> None:
    provider_groups.request_move(house.connection, "associate")
    turn(house)
    status = provider_groups.status()
    there = provider_groups.property_status(house.property_id)

    provider_groups.request_move(house.connection, "remove")
    turn(house)
    after = provider_groups.property_status(house.property_id)

    assert status.is_connected and status.group_id
    assert there is not None and (there.in_group, there.group_error) == (True, "")
    assert after is not None and after.in_group is True and after.group_error


def test_airbnb_is_connected_by_a_link_that_is_in_no_log(house: House) -> None:
    setup = channel_setups.start(house.connection, "ABB")
    channel_setups.ask(setup, "consent")
    turn(house)
    asked = extranet.setup(house.connection, "ABB")
    link = channel_setups.live_link(asked, channel_setups.moment())

    requests.post(link, data={"answer": "yes"}, allow_redirects=False, timeout=10)
    turn(house)

    bodies = [f"{call.path} {call.response}" for call in engine.fresh(ApiCall)]
    assert "/auth/airbnb/" in link
    assert not any(link in body for body in bodies)
    assert state(house, "ABB") is SetupState.CHOOSING


def test_what_a_person_ticked_is_kept_with_the_name(house: House) -> None:
    setup = channel_setups.start(house.connection, "BDC")

    channel_checklist.tick(setup, "auto_replenishment", True)
    with pytest.raises(Refused):
        channel_checklist.tick(setup, "old_off", True)
    channel_checklist.set_switching(setup, True)
    channel_checklist.tick(setup, "old_off", True)

    assert set(channel_checklist.ticked(setup)) == {"auto_replenishment", "old_off"}
    assert [entry.action for entry in engine.fresh(AuditEntry)].count("channel.ticked") == 2


def test_an_ota_without_steps_of_ours_cannot_be_begun(house: House) -> None:
    with pytest.raises(NotFound):
        channel_setups.start(house.connection, "XXX")


def test_the_webhook_is_read_back_and_registered_anew(house: House) -> None:
    turn(house)
    before = channel_readback.webhook(house.connection)
    for row in extranet.api(house.sandbox, "GET", "/webhooks")["data"]:
        extranet.api(house.sandbox, "DELETE", f"/webhooks/{row['id']}")

    channel_readback.webhook_wish(house.connection, register=False)
    turn(house)
    gone = channel_readback.webhook(house.connection)
    channel_readback.webhook_wish(house.connection, register=True)
    turn(house)

    assert before["faults"] == []
    assert gone["faults"] == ["it is not registered"]
    assert channel_readback.webhook(house.connection)["faults"] == []


def mapping(house: House, channel_id: str | None) -> list[dict[str, object]]:
    rows = extranet.api(house.sandbox, "GET", f"/channels/{channel_id}")["data"]["attributes"]["rate_plans"]
    return [{"rate_plan_id": row["rate_plan_id"], **row["settings"]} for row in rows]


def engine_codes(house: House) -> set[str]:
    rows = extranet.api(house.sandbox, "GET", f"/channels?filter[property_id]={house.external_id}")["data"]
    return {row["attributes"]["channel"][:3].upper() for row in rows}


def plans_at_channex(house: House) -> set[str]:
    rows = extranet.api(house.sandbox, "GET", f"/rate_plans?filter[property_id]={house.external_id}")["data"]
    return {row["attributes"]["title"] for row in rows}


def test_an_answer_nobody_understands_stops_that_ota_only(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def nonsense(*wanted: str) -> None:
        raise Malformed("Channex answered without an object", field="data")

    monkeypatch.setattr(Channex, "channel_products", nonsense)
    begin(house)

    turn(house)

    assert state(house) is SetupState.ERROR
    assert house.connection.state == "active"
