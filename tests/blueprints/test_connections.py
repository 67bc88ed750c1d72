"""The connections page: what a card says, what its buttons do, who may press them."""

from __future__ import annotations

import dataclasses

import pytest

from portal.extensions import runtime
from portal.models import ConnectionState
from portal.services import switches
from tests import factories, wires
from tests.people import sign_in
from tests.statements import counted

pytestmark = pytest.mark.usefixtures("db", "redis")
HTMX = {"HX-Request": "true"}


def test_a_hotel_without_connection_is_told_what_one_does_and_the_owner_can_make_one(client):
    house = factories.alices_house()
    sign_in(client, house.owner)

    before = wires.text(client.get(f"/p/{house.property_id}/connections"))
    answer = client.post(f"/p/{house.property_id}/connections/connect")

    assert "This property is not connected yet" in before
    assert answer.status_code == 303
    assert "Setting up" in wires.text(client.get(answer.location))


def test_a_second_connection_to_the_same_provider_is_refused_in_words(client):
    wired = wires.wire()
    sign_in(client, wires.alice(wired))

    answer = client.post(wired.url("connections/connect"))

    assert answer.status_code == 409
    assert "connected already" in wires.text(answer)


def test_a_card_shows_proof_cost_and_products_of_a_connection_that_works(client, sandbox):
    wired = wires.wire(set_up=True)
    sign_in(client, wires.alice(wired))

    page = wires.text(client.get(wired.url()))

    assert "Mapped: 1 of 1 room types, 1 of 1 rate plans." in page
    assert "2 calls, 500 nights of 2 calendars" in page
    assert "/api/webhooks/channex" in page
    assert "simulated" in page


def test_no_page_shows_a_webhook_secret(client, sandbox, settings):
    wired = wires.wire(set_up=True)
    sign_in(client, wires.alice(wired))
    with wires.inside(wired) as connection:
        own = connection.webhook_secret

    page = client.get(wired.url()).get_data(as_text=True)

    assert settings.channex_webhook_secret not in page
    assert own not in page


def test_a_switch_is_turned_with_the_name_of_who_did_it(client):
    wired = wires.wire()
    sign_in(client, wires.alice(wired))

    answer = client.post(wired.card("switch"), data={"name": "push_enabled", "on": "false"}, headers=HTMX)

    assert "The OTAs sell what they hold." in wires.text(answer)
    assert "Last turned by Alice Marques" in wires.text(answer)
    with wires.inside(wired) as connection:
        assert connection.push_enabled is False


def test_a_switch_that_does_not_exist_turns_nothing(client):
    wired = wires.wire()
    sign_in(client, wires.alice(wired))

    answer = client.post(wired.card("switch"), data={"name": "organization_id", "on": "true"})

    assert answer.status_code == 400


def test_a_test_is_asked_of_a_worker_and_its_result_ends_the_polling(client, sandbox):
    wired = wires.wire(set_up=True)
    sign_in(client, wires.alice(wired))

    asked = wires.text(client.post(wired.card("test"), headers=HTMX))
    wires.work(wired, "channels")
    done = wires.text(client.get(wired.card("work?was=active"), headers=HTMX))

    assert "a worker is asking" in asked
    assert 'hx-trigger="every' in asked
    assert "it answered, and accepts our key" in done
    assert 'hx-trigger="every' not in done


def test_a_full_sync_is_followed_until_everything_is_accepted(client, sandbox):
    wired = wires.wire(set_up=True)
    sign_in(client, wires.alice(wired))

    asked = wires.text(client.post(wired.card("full-sync"), headers=HTMX))
    wires.work(wired, "push")
    done = wires.text(client.get(wired.card("work?was=active"), headers=HTMX))

    assert "waits for a worker." in asked
    assert 'hx-trigger="every' in asked
    assert "1,000 values of 1 room type and 1 rate plan" in done
    assert "all accepted" in done
    assert 'hx-trigger="every' not in done


def test_asking_twice_for_a_full_sync_makes_one(client, sandbox):
    wired = wires.wire(set_up=True)
    sign_in(client, wires.alice(wired))

    client.post(wired.card("full-sync"))
    client.post(wired.card("full-sync"))

    history = wires.text(client.get(wired.url("history?type=FULL_SYNC")))
    assert history.count("Everything is on its way to Channex.") == 1


def test_bookings_are_read_on_request(client, sandbox):
    wired = wires.wire(set_up=True)
    sign_in(client, wires.alice(wired))

    asked = wires.text(client.post(wired.card("read"), headers=HTMX))
    wires.work(wired, "drain")
    done = wires.text(client.get(wired.card("work?was=active"), headers=HTMX))

    assert "a worker is reading them" in asked
    assert "Read bookings from Channex: nothing new" in done


def test_a_paused_connection_says_what_that_means_and_sends_nothing_until_it_is_resumed(client, sandbox):
    wired = wires.wire(set_up=True)
    sign_in(client, wires.alice(wired))

    paused = wires.text(client.post(wired.card("pause"), data={"reason": "Rebuilding the lobby"}, headers=HTMX))
    refused = client.post(wired.card("full-sync"))
    resumed = client.post(wired.card("resume"))

    assert "Rebuilding the lobby" in paused
    assert "It is paused: resume it first." in paused
    assert refused.status_code == 409
    assert resumed.status_code == 303
    with wires.inside(wired) as connection:
        assert connection.state is ConnectionState.ACTIVE


def test_a_connection_is_ended_after_its_nights_are_closed_and_can_be_made_again(client, sandbox):
    wired = wires.wire(set_up=True)
    sign_in(client, wires.alice(wired))

    closing = wires.text(client.post(wired.card("disconnect"), headers=HTMX))
    wires.work(wired, "push")
    ended = wires.text(client.get(wired.url("connections")))
    client.post(wired.card("reconnect"))
    wires.work(wired, "provision")
    wires.work(wired, "push")
    again = wires.text(client.get(wired.url("connections")))

    assert "Closing: its last nights are being taken off sale" in closing
    assert "Connect again" in ended
    assert "Connect again" not in again and "Active" in again


def test_a_connection_that_is_being_ended_is_not_ended_twice(client, sandbox):
    wired = wires.wire(set_up=True)
    sign_in(client, wires.alice(wired))
    client.post(wired.card("disconnect"))

    refused = client.post(wired.card("disconnect"))

    assert refused.status_code in (409, 422)


def test_a_reason_that_cannot_be_stored_is_said_at_its_field(client, sandbox):
    wired = wires.wire(set_up=True)
    sign_in(client, wires.alice(wired))

    answer = client.post(wired.card("pause"), data={"reason": "x" * 300})

    assert answer.status_code == 422
    assert "This is too long." in wires.text(answer)


def test_a_card_drawn_for_another_state_is_drawn_anew(client, sandbox):
    wired = wires.wire(set_up=True)
    sign_in(client, wires.alice(wired))

    answer = client.get(wired.card("work?was=setting_up"), headers=HTMX)

    assert answer.status_code == 204
    assert wired.url() in answer.headers["HX-Redirect"]


ACTS = ("switch", "test", "full-sync", "read", "pause", "resume", "disconnect", "reconnect", "repair")


@pytest.mark.parametrize("act", ACTS)
def test_who_may_only_look_changes_nothing(client, act):
    wired = wires.wire()
    sign_in(client, wires.viewer(wired))

    assert client.get(wired.url()).status_code == 200
    assert client.post(wired.card(act)).status_code == 403


def test_somebody_elses_connection_is_not_there(client):
    wired = wires.wire()
    charlie = factories.charlies_house()
    sign_in(client, charlie.owner)

    own_address = f"/p/{charlie.property_id}/connections/{wired.connection_id}/full-sync"

    assert client.get(wired.url()).status_code == 404
    assert client.post(own_address).status_code == 404
    assert client.get(wired.card("work")).status_code == 404


def test_the_page_asks_the_database_little(client, sandbox):
    wired = wires.wire(set_up=True)
    sign_in(client, wires.alice(wired))

    with counted() as statements:
        client.get(wired.url())

    assert 0 < len(statements) <= 20


def test_a_master_switch_that_is_off_is_told_with_who_and_when(client, sandbox):
    wired = wires.wire(set_up=True)
    sign_in(client, wires.alice(wired))
    switches.turn("channex", "push", False, "Olivia Operator")

    page = wires.text(client.get(wired.url()))

    assert "Sending is switched off for Channex on the whole installation, by Olivia Operator" in page
    switches.turn("channex", "push", True, "Olivia Operator")
    assert "Olivia Operator" not in wires.text(client.get(wired.url()))


def test_a_master_switch_of_the_settings_is_told_on_the_card_and_among_all_four(client, sandbox, monkeypatch):
    wired = wires.wire(set_up=True)
    sign_in(client, wires.alice(wired))
    off = dataclasses.replace(runtime.settings, channex_pull_enabled=False)
    monkeypatch.setattr(runtime, "settings", off)
    switches.turn("channex", "webhook", False, "Olivia Operator")

    card = wires.text(client.get(wired.url()))
    settings = wires.text(client.get(f"/p/{wired.house.property_id}/channels/settings"))

    assert "Reading bookings is switched off for Channex by the settings of this installation." in card
    assert "Switched off by the settings of this installation." in settings
    assert "Switched off by Olivia Operator" in settings
