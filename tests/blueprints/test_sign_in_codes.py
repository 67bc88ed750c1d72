"""Connecting Beds24 in the browser: a code, a property, rooms, a start; and what is never shown."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from portal import tenancy
from portal.db import unit_of_work
from portal.extensions import db as database
from portal.models import Connection, DutyRow, ProviderLogin
from portal.services import connections, drain, provision
from tests import factories
from tests.house import Sandbox
from tests.people import sign_in
from tests.services import beds
from tests.wires import text

CODE = "an-invite-code-as-people-paste-it"


@pytest.fixture
def hotel(db, redis, sandbox):
    house = factories.alices_house()
    double = factories.make_room_type(house.property)
    factories.make_rate_plan(double)
    return house


@pytest.fixture
def there(hotel, sandbox: Sandbox) -> Any:
    with tenancy.of(hotel.organization_id):
        return beds.build_there(sandbox, hotel.property)


@pytest.fixture
def alice(client, hotel):
    return sign_in(client, hotel.owner)


def _url(hotel: factories.House, act: str = "") -> str:
    return f"/p/{hotel.property_id}/connect/beds24{act}"


def _connection(hotel: factories.House) -> Connection:
    (found,) = connections.of_property(hotel.property_id)
    database.session.refresh(found)
    return found


def _work(hotel: factories.House) -> None:
    """What the workers do: sign in, look around, and after the start apply the bookings."""
    with tenancy.of(hotel.organization_id):
        connection_id: UUID = _connection(hotel).id
        for _ in range(2):
            with unit_of_work():
                for row in database.session.query(DutyRow):
                    row.retry_at = None
            provision.run(connection_id)
            drain.drain(connection_id)
        database.session.commit()
        database.session.expire_all()


def _map(hotel: factories.House, there: Any) -> None:
    with tenancy.of(hotel.organization_id):
        beds.map_everything(_connection(hotel), there["properties"][0])
        database.session.expire_all()


def test_the_page_says_where_the_code_is_made_and_which_rights_it_needs(alice, hotel):
    page = text(alice.get(_url(hotel)))

    assert "Marketplace" in page and "Generate invite code" in page
    for scope in ("bookings-personal", "bookings-financial", "inventory", "properties"):
        assert scope in page


def test_the_channels_page_leads_there(alice, hotel):
    assert _url(hotel) in alice.get(f"/p/{hotel.property_id}/connections").text


def test_without_a_code_nothing_begins_and_the_form_says_so(alice, hotel):
    answer = alice.post(_url(hotel), data={"code": "  "})

    assert answer.status_code == 422
    assert "Paste the code" in text(answer)
    with tenancy.of(hotel.organization_id):
        assert connections.of_property(hotel.property_id) == []


def test_a_code_is_kept_sealed_until_a_worker_uses_it_and_is_never_shown(alice, hotel):
    answer = alice.post(_url(hotel), data={"code": CODE})

    assert answer.status_code == 303
    page = alice.get(_url(hotel)).text
    assert CODE not in page
    assert 'hx-trigger="every' in page
    with tenancy.of(hotel.organization_id):
        login = database.session.query(ProviderLogin).one()
        assert login.code == CODE and CODE.encode() not in login.code_sealed


def test_a_refused_code_is_said_in_words_and_another_may_be_entered(alice, hotel, there):
    alice.post(_url(hotel), data={"code": CODE})
    _work(hotel)
    refused = alice.get(_url(hotel))

    alice.post(_url(hotel), data={"code": there["code"]})
    _work(hotel)

    assert "It was refused" in text(refused) and 'hx-trigger="every' not in refused.text
    assert "Choose the property" in text(alice.get(_url(hotel)))


def test_from_the_code_to_the_first_calendar(alice, hotel, there):
    alice.post(_url(hotel), data={"code": there["code"]})
    _work(hotel)
    external = str(there["properties"][0]["id"])
    assert external in alice.get(_url(hotel)).text
    alice.post(_url(hotel, "/property"), data={"external_property_id": external})
    assert "Map at least one room type first" in text(alice.get(_url(hotel)))
    assert alice.post(_url(hotel, "/start")).status_code == 409
    _map(hotel, there)
    assert alice.post(_url(hotel, "/start")).status_code == 303
    _work(hotel)

    page = alice.get(_url(hotel))

    with tenancy.of(hotel.organization_id):
        login = database.session.query(ProviderLogin).one()
        assert login.access and login.access not in page.text and login.refresh not in page.text
        assert login.external_id in page.text
    assert "all that are needed" in text(page)
    assert "left for" in text(page)
    assert "Account, token and credits" in text(alice.get(f"/p/{hotel.property_id}/connections"))
    assert "Create what is missing" not in text(alice.get(f"/p/{hotel.property_id}/connections"))


def test_a_property_of_another_account_cannot_be_chosen(alice, hotel, there):
    alice.post(_url(hotel), data={"code": there["code"]})
    _work(hotel)

    answer = alice.post(_url(hotel, "/property"), data={"external_property_id": "999999"})

    assert answer.status_code == 409
    assert "Choose one of the properties that the account shows" in text(answer)


def test_a_missing_right_is_named(alice, hotel, there, sandbox):
    code = sandbox.control("POST", "beds24/invite", json={"scopes": ["all:properties", "all:bookings"]})["code"]
    alice.post(_url(hotel), data={"code": code})
    _work(hotel)

    page = text(alice.get(_url(hotel)))

    assert "Missing:" in page and "read:bookings-personal" in page and "write:inventory" in page


def test_a_second_property_may_use_the_account_that_is_signed_in(alice, hotel, there):
    second = f"/p/{factories.make_property(hotel.organization, name='Hilltop').id}/connect/beds24"
    alice.post(_url(hotel), data={"code": there["code"]})
    _work(hotel)
    with tenancy.of(hotel.organization_id):
        login = database.session.query(ProviderLogin).one()
        login_id, number = login.id, login.external_id

    page = alice.get(second)
    answer = alice.post(second, data={"login_id": str(login_id)})

    assert f"Account {number}" in text(page)
    assert answer.status_code == 303


def test_charlie_gets_for_alices_page_what_he_gets_for_none(client, hotel):
    charlie = factories.charlies_house()
    sign_in(client, charlie.owner).get("/me")

    hers = client.get(_url(hotel))
    nobodys = client.get(f"/p/{UUID(int=1)}/connect/beds24")

    assert hers.status_code == nobodys.status_code == 404
    assert hers.data == nobodys.data


def test_a_channel_manager_without_codes_has_no_such_page(alice, hotel):
    assert alice.get(f"/p/{hotel.property_id}/connect/channex").status_code == 404
    assert alice.get(f"/p/{hotel.property_id}/connect/nobody").status_code == 404


def test_how_often_bookings_are_read_is_the_propertys_own(alice, hotel, there):
    alice.post(_url(hotel), data={"code": there["code"]})

    refused = alice.post(_url(hotel, "/pace"), data={"minutes": "100000"})
    alice.post(_url(hotel, "/pace"), data={"minutes": "15"})

    assert refused.status_code == 409
    with tenancy.of(hotel.organization_id):
        assert _connection(hotel).read_minutes == 15


def test_a_code_is_taken_from_somebody_who_showed_lately_who_they_are(alice, hotel, db):
    with unit_of_work():
        db.session.execute(db.text("update user_sessions set proved_at = clock_timestamp() - interval '11 minutes'"))

    asked = alice.post(_url(hotel), data={"code": CODE})
    with tenancy.of(hotel.organization_id):
        before = list(connections.of_property(hotel.property_id))
    right = alice.post(_url(hotel), data={"code": CODE, "proof_password": factories.PASSWORD})

    assert asked.status_code == 403 and before == []
    assert right.status_code == 303
    with tenancy.of(hotel.organization_id):
        assert len(connections.of_property(hotel.property_id)) == 1
