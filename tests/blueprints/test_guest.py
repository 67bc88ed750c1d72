"""The magic link: one step, one browser, one hour, one hotel. Everything else is nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from portal import tenancy
from portal.db import unit_of_work
from portal.extensions import db
from portal.models import AuditEntry, MagicLink
from portal.services import audit, channel_setups, magic_links
from portal.services.errors import NotFound
from tests import extranet, factories, wires
from tests.people import sign_in

pytestmark = pytest.mark.usefixtures("db", "redis")


@pytest.fixture
def wired() -> wires.Wired:
    return wires.wire()


def invite(wired: wires.Wired, code: str = "BDC") -> str:
    with tenancy.of(wired.house.organization_id), wires.inside(wired) as connection:
        setup = channel_setups.start(connection, code)
        with audit.acting(audit.Actor(kind="user", name="Alice Marques")):
            return magic_links.invite(setup)


def open_link(client, token: str):
    return client.post(f"/guest/link/{token}")


def change(wired: wires.Wired, **values) -> None:
    with tenancy.of(wired.house.organization_id), unit_of_work():
        db.session.execute(update(MagicLink).values(**values).execution_options(synchronize_session=False))


def test_a_colleague_without_account_sees_the_steps_and_nothing_else(client, wired):
    token = invite(wired)

    before = wires.text(client.get(f"/guest/link/{token}"))
    answer = open_link(client, token)
    page = client.get("/guest")

    assert "A colleague asks you for one step" in before
    assert answer.status_code == 303
    assert "Alice Marques asks you to do these steps" in wires.text(page)
    assert "Connect Booking.com" in wires.text(page)
    assert "/p/" not in page.get_data(as_text=True)


def test_what_a_guest_does_is_written_down_as_the_inviters_guest(client, wired):
    open_link(client, invite(wired))

    client.post("/guest/account", data={"account_id": extranet.HOTEL})
    client.post("/guest/done")

    with tenancy.of(wired.house.organization_id):
        rows = db.session.query(AuditEntry).filter(AuditEntry.actor_kind == "guest").all()
        with wires.inside(wired) as connection:
            setup = extranet.setup(connection)
    assert {row.actor_name for row in rows} == {"guest of Alice Marques"}
    assert {row.action for row in rows} == {"magic_link.opened", "channel.account", "channel.done_there"}
    assert (setup.account_id, setup.done_by) == (extranet.HOTEL, "guest of Alice Marques")


def test_the_first_browser_has_it_and_a_second_gets_nothing(app, client, wired):
    token = invite(wired)
    open_link(client, token)
    second = app.test_client()

    assert open_link(second, token).status_code == 404
    assert second.get(f"/guest/link/{token}").status_code == 404
    assert second.get("/guest").status_code == 404
    assert client.get("/guest").status_code == 200


def test_looking_at_a_link_does_not_use_it_up(app, client, wired):
    token = invite(wired)

    app.test_client().get(f"/guest/link/{token}")

    assert open_link(client, token).status_code == 303


@pytest.mark.parametrize("opened", [False, True], ids=["unopened", "opened"])
def test_a_link_ends_after_its_hour(client, wired, opened):
    token = invite(wired)
    if opened:
        open_link(client, token)

    change(wired, expires_at=MagicLink.created_at)

    assert open_link(client, token).status_code == 404
    assert client.get("/guest").status_code == 404
    assert client.post("/guest/account", data={"account_id": "1"}).status_code == 404


@pytest.mark.parametrize("opened", [False, True], ids=["unopened", "opened"])
def test_a_link_that_was_ended_opens_nothing_more(client, wired, opened):
    token = invite(wired)
    if opened:
        open_link(client, token)

    with tenancy.of(wired.house.organization_id), wires.inside(wired) as connection:
        magic_links.revoke(extranet.setup(connection))

    assert open_link(client, token).status_code == 404
    assert client.get("/guest").status_code == 404


def test_a_new_link_ends_the_one_before(client, wired):
    first = invite(wired)

    invite(wired)

    assert open_link(client, first).status_code == 404


def test_a_link_for_one_purpose_is_none_for_another(wired):
    token = invite(wired)

    with pytest.raises(NotFound):
        magic_links.accept(token, "approve")


def test_a_link_does_not_become_another_hotels_by_its_name(client, wired):
    token, charlie = invite(wired), factories.charlies_house()

    answer = open_link(client, charlie.organization_id.hex + token[32:])

    assert answer.status_code == 404
    assert open_link(client, "nonsense").status_code == 404


def test_a_guest_signs_in_to_nothing(client, wired):
    open_link(client, invite(wired))

    answer = client.get(f"/p/{wired.house.property_id}/connections")

    assert answer.status_code == 303 and answer.location.startswith("/sign-in")


def test_a_guest_gets_airbnbs_link_and_comes_back_to_the_step(client, sandbox):
    wired = wires.wire(set_up=True)
    open_link(client, invite(wired, "ABB"))

    client.post("/guest/consent")
    extranet.turn(wired.house.organization_id, wired.connection_id)
    page = client.get("/guest").get_data(as_text=True)
    back = client.get(f"/guest/back/{wired.house.property_id}/ABB?success=true")

    assert "/auth/airbnb/" in page
    assert back.location == "/guest"


def test_a_link_of_the_channel_managers_own_pages_is_not_a_guests(client, sandbox):
    wired = wires.wire(set_up=True)
    token = invite(wired, "ABB")
    with tenancy.of(wired.house.organization_id), wires.inside(wired) as connection:
        channel_setups.ask(extranet.setup(connection, "ABB"), "frame")
    extranet.turn(wired.house.organization_id, wired.connection_id)
    with tenancy.of(wired.house.organization_id), wires.inside(wired) as connection:
        made = extranet.setup(connection, "ABB").link

    open_link(client, token)

    assert made and "/auth/exchange" in made
    assert "/auth/exchange" not in client.get("/guest").get_data(as_text=True)


def test_the_address_is_shown_once(client, wired):
    sign_in(client, wires.alice(wired))

    made = client.post(wired.url("channels/BDC/invite")).get_data(as_text=True)
    later = client.get(wired.url("channels/BDC/connect")).get_data(as_text=True)

    assert "/guest/link/" in made
    assert "/guest/link/" not in later
    assert "Not opened yet" in later
