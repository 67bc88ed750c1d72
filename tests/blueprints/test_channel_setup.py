"""The page on which an OTA is connected, the settings beside it, and who may use them."""

from __future__ import annotations

import pytest

from portal import tenancy
from portal.models import Role, SetupState
from portal.services import channel_setups
from tests import extranet, factories, wires
from tests.people import sign_in

pytestmark = pytest.mark.usefixtures("db", "redis")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def wired(client, sandbox) -> wires.Wired:
    wired = wires.wire(set_up=True)
    sign_in(client, wires.alice(wired))
    return wired


def page(wired: wires.Wired, path: str = "connect", code: str = "BDC") -> str:
    return wired.url(f"channels/{code}/{path}")


def turn(wired: wires.Wired) -> None:
    extranet.turn(wired.house.organization_id, wired.connection_id)


def setup_of(wired: wires.Wired, code: str = "BDC"):
    with wires.inside(wired) as connection:
        return extranet.setup(connection, code)


def mirror(wired: wires.Wired, sandbox, code: str = "BDC") -> None:
    with wires.inside(wired) as connection:
        extranet.ota(sandbox, code, mirror=connection.external_property_id)


@pytest.mark.parametrize(
    ("code", "name"), [("BDC", "Booking.com"), ("EXP", "Expedia"), ("AGO", "Agoda"), ("ABB", "Airbnb")]
)
def test_every_ota_has_its_numbered_steps(client, wired, code, name):
    text = wires.text(client.get(page(wired, code=code)))

    assert f"In the extranet of {name}" in text
    assert ("Copy “Channex”" in text) == (code != "ABB")


def test_before_a_property_is_connected_its_page_leads_to_the_connection(client):
    house = factories.alices_house()
    sign_in(client, house.owner)

    text = wires.text(client.get(f"/p/{house.property_id}/channels/BDC/connect"))

    assert "First connect the property to the channel manager" in text


def test_the_hotel_id_is_tried_by_a_worker_and_the_page_looks_until_the_ota_says_yes(client, wired, sandbox):
    extranet.ota(sandbox, "BDC", accepted=False)

    client.post(page(wired, "account"), data={"account_id": extranet.HOTEL})
    turn(wired)
    waiting = wires.text(client.get(page(wired, "status") + "?was=waiting", headers=HTMX))
    mirror(wired, sandbox)
    extranet.ota(sandbox, "BDC", accepted=True)
    turn(wired)
    answer = client.get(page(wired, "status") + "?was=waiting", headers=HTMX)

    assert "does not let Channex in" in waiting
    assert "next check in" in waiting
    assert 'hx-trigger="every' in waiting
    assert answer.headers["HX-Redirect"] == page(wired)


def test_what_is_clear_is_connected_with_one_click(client, wired, sandbox):
    mirror(wired, sandbox)
    client.post(page(wired, "account"), data={"account_id": extranet.HOTEL})
    turn(wired)
    offered = wires.text(client.get(page(wired)))
    chosen = {f"product-{key}": plan for key, plan in setup_of(wired).choices.items()}

    client.post(page(wired, "choose"), data=chosen)
    turn(wired)

    assert "Nothing is left to decide." in offered
    assert setup_of(wired).state is SetupState.CONNECTED
    assert "It takes your prices and rooms from here." in wires.text(client.get(page(wired)))


def test_an_undecided_rate_is_named_and_the_choice_is_kept(client, wired, sandbox):
    client.post(page(wired, "account"), data={"account_id": extranet.HOTEL})
    turn(wired)
    first, *others = setup_of(wired).products

    answer = client.post(page(wired, "choose"), data={f"product-{first['key']}": "none"})

    assert answer.status_code == 422
    assert f"{len(others)} rates are not decided" in wires.text(answer)
    assert setup_of(wired).choices == {first["key"]: "none"}


def test_an_empty_hotel_id_is_refused_at_the_field(client, wired):
    answer = client.post(page(wired, "account"), data={"account_id": "  "})

    assert answer.status_code == 422
    assert "This is needed." in wires.text(answer)


def test_i_did_it_is_kept_with_the_name_and_makes_a_worker_look(client, wired, sandbox):
    client.post(page(wired, "account"), data={"account_id": extranet.HOTEL})
    client.post(page(wired, "done"))

    assert "Alice Marques said that it is done" in wires.text(client.get(page(wired)))


def test_a_hotel_with_listings_is_told_how_to_switch_and_gets_its_own_checklist(client, wired):
    before = wires.text(client.get(page(wired)))
    client.post(page(wired, "switching"), data={"switching": "true"})
    client.post(page(wired, "tick"), data={"item": "old_bookings", "done": "true"})
    after = wires.text(client.get(page(wired)))

    assert "You can switch without migrating" in before
    assert "Between two channel managers a room can be sold twice." in after
    assert "Ticked by Alice Marques" in after


def test_a_link_of_airbnb_is_fetched_by_a_worker_and_then_shown(client, wired, sandbox):
    client.post(page(wired, "ask", "ABB"), data={"wish": "consent"})
    asked = wires.text(
        client.get(page(wired, "status", "ABB"), headers=HTMX | {"X": "1"}, query_string={"was": "waiting"})
    )
    turn(wired)
    shown = client.get(page(wired, "status", "ABB") + "?was=waiting", headers=HTMX).get_data(as_text=True)

    sign_in(client, factories.make_bob(wired.house, Role.VIEWER))
    viewers = client.get(page(wired, "connect", "ABB")).get_data(as_text=True)

    assert "A worker is fetching the link" in asked
    assert "/auth/airbnb/" not in viewers
    assert "/auth/airbnb/" in shown


def test_an_ota_connected_at_the_channel_manager_is_told_so(client, wired, sandbox):
    with wires.inside(wired) as connection:
        sandbox.control("POST", f"properties/{connection.external_property_id}/channels", json={"code": "EXP"})
    turn(wired)

    assert "Connected at the channel manager" in wires.text(client.get(page(wired, code="EXP")))


def test_a_strangers_ota_does_not_exist(client, wired):
    charlie = factories.charlies_house()
    with tenancy.of(wired.house.organization_id), wires.inside(wired) as connection:
        channel_setups.start(connection, "BDC")
    sign_in(client, charlie.owner)

    hers = client.get(page(wired))
    nobodys = client.get(f"/p/{charlie.property_id}/channels/XXX/connect")

    assert hers.status_code == nobodys.status_code == 404


def test_a_viewer_sees_the_steps_and_can_change_nothing(client, wired):
    sign_in(client, factories.make_bob(wired.house, Role.VIEWER))

    text = wires.text(client.get(page(wired)))

    assert "Save and try" not in text and "Make a link" not in text
    assert client.post(page(wired, "invite")).status_code == 403


def test_the_cards_offer_what_makes_sense_for_each_ota(client, wired, sandbox):
    with wires.inside(wired) as connection:
        sandbox.control("POST", f"properties/{connection.external_property_id}/channels", json={"code": "BDC"})
    turn(wired)

    text = wires.text(client.get(wired.url()))

    assert "Close all nights at Booking.com and pause it" in text
    assert "Connect Expedia" in text


def test_settings_show_the_webhook_the_masters_and_who_counts(client, wired, sandbox):
    turn(wired)
    text = wires.text(client.get(wired.url("channels/settings")))

    client.post(wired.url(f"channels/settings/{wired.connection_id}/webhook"), data={"register": "true"})
    client.post(wired.url("channels/settings/counting"))

    assert "It is registered as it must be." in text
    assert "Switches of the whole installation" in text
    assert "We do." in text
