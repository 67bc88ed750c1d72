"""Guests: found, opened, merged after a look, unmerged."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import select

from portal import tenancy
from portal.db import unit_of_work
from portal.extensions import db as database
from portal.models import AuditEntry, Guest, GuestMerge, Membership, MembershipProperty, Reservation, Role
from portal.services import guests
from providers.types import Person
from tests.blueprints.test_overview import sell, today_at
from tests.factories import alices_house, charlies_house, make_bob, make_property, make_room_type
from tests.people import sign_in
from tests.wires import text


def url(house, path=""):
    return f"/p/{house.property_id}/guests{path}"


def meet(house, **person) -> UUID:
    with tenancy.of(house.organization_id), unit_of_work():
        return guests.find_or_create(Person(**person), provider="channex", country="PT").id


def stay(house, guest_id, double, days=1):
    """A stay of this very guest; the reservation's id."""
    reservation_id = sell(house, double, today_at(house) + timedelta(days=days)).id
    with tenancy.of(house.organization_id), unit_of_work():
        database.session.get(Reservation, (house.organization_id, reservation_id)).guest_id = guest_id
    return reservation_id


def ana_twice(house):
    """Ana under two made-up addresses, with stays one after the other."""
    double = make_room_type(house.property).id
    first = meet(house, name="Ana", surname="Silva", email="x1@guest.booking.com", city="Faro")
    second = meet(house, name="Ana", surname="Silva", phone="+351912345678", city="Porto")
    stay(house, first, double, 1)
    stay(house, second, double, 3)
    return first, second


def rows(house, query):
    with tenancy.of(house.organization_id):
        return database.session.scalars(query).all()


def test_a_guest_is_found_by_name_address_or_number_and_the_search_is_written_down(client, db, redis):
    house = alices_house()
    guest_id = meet(house, name="Ana", surname="Silva", email="ana@example.test", phone="+351912345678")
    meet(house, name="Rui", surname="Mota")
    sign_in(client, house.owner)

    for words in ("ana silva", "ana@example.test", "912 345 678"):
        page = client.get(url(house), query_string={"q": words}).text
        assert str(guest_id) in page and "Rui" not in page, words
    assert "Nobody found" in client.get(url(house, "?q=sil")).text
    assert "Rui" in client.get(url(house)).text

    assert len(rows(house, select(AuditEntry).where(AuditEntry.action == "guest.searched"))) == 4


def test_a_guests_page_shows_stays_contact_and_where_it_comes_from_and_is_written_down(client, db, redis):
    house = alices_house()
    first, _ = ana_twice(house)
    sign_in(client, house.owner)

    page = text(client.get(url(house, f"/{first}")))

    assert "made up by the OTA for one booking" in page and "from the OTA, by way of Channex" in page
    assert "This may be the same person as" in page and "here in the same nights, or right after" in page
    assert house.property.name in page and "1 stay<" in page
    viewed = rows(house, select(AuditEntry).where(AuditEntry.action == "guest.viewed"))
    assert [entry.subject_id for entry in viewed] == [first]


def test_two_guests_are_compared_made_one_and_made_two_again(client, db, redis):
    house = alices_house()
    double = make_room_type(house.property, "Suite", numbers=("901",)).id
    first, second = ana_twice(house)
    sign_in(client, make_bob(house))

    asked = client.get(url(house, f"/{first}/merge/{second}"))
    assert "Nothing has happened yet" in asked.text and 'name="wins_city" value="gone" checked' in asked.text
    answer = client.post(url(house, f"/{first}/merge"), data={"other": second, "wins_city": "kept"})
    assert answer.status_code == 303
    page = text(client.get(answer.location))
    assert "Faro" in page and "+351912345678" in page and "2 stays" in page and "Made one with this guest" in page
    assert client.get(url(house, f"/{second}")).location.endswith(str(first))
    assert client.post(url(house, f"/{first}/merge"), data={"other": second}).status_code == 303  # a second click

    stay(house, first, double, 6)
    (merge_id,) = rows(house, select(GuestMerge.id))
    undone = client.post(url(house, f"/merges/{merge_id}/undo"))
    page = text(client.get(undone.location))

    assert "These are two guests again. 1 stay made since the merge stays here" in page and "2 stays<" in page
    assert "Porto" in client.get(url(house, f"/{second}")).text


def test_a_guest_is_not_merged_with_itself(client, db, redis):
    house = alices_house()
    first, _ = ana_twice(house)
    sign_in(client, house.owner)

    assert client.get(url(house, f"/{first}/merge/{first}")).status_code == 409
    assert client.post(url(house, f"/{first}/merge"), data={"other": first}).status_code == 409
    assert client.post(url(house, f"/{first}/merge"), data={"other": uuid4()}).status_code == 404
    assert client.post(url(house, f"/{first}/merge"), data={}).status_code == 303


def test_the_other_one_is_looked_for_from_a_guests_page(client, db, redis):
    house = alices_house()
    first, second = ana_twice(house)
    sign_in(client, house.owner)

    page = client.get(url(house), query_string={"q": "ana silva", "same_as": str(first)}).text

    assert f"/{first}/merge/{second}" in page and f"/{first}/merge/{first}" not in page


def test_notes_are_kept_as_ciphertext_and_as_they_were_typed(client, db, redis):
    house = alices_house()
    guest_id = meet(house, name="Ana", surname="Silva")
    sign_in(client, make_bob(house))

    assert (
        client.post(url(house, f"/{guest_id}/notes"), data={"notes": "Quiet room.\r\n<b>No</b> nuts"}).status_code
        == 303
    )
    assert client.post(url(house, f"/{guest_id}/notes"), data={"notes": "x\x00"}).status_code == 422

    page = client.get(url(house, f"/{guest_id}")).text
    assert "Quiet room.\n&lt;b&gt;No&lt;/b&gt; nuts" in page
    assert b"Quiet" not in rows(house, select(Guest.notes_sealed).where(Guest.id == guest_id))[0]


def test_a_viewer_sees_no_guest(client, db, redis):
    house = alices_house()
    guest_id = meet(house, name="Ana", surname="Silva")
    sign_in(client, make_bob(house, Role.VIEWER))

    assert client.get(url(house)).status_code == client.get(url(house, f"/{guest_id}")).status_code == 403
    assert f'href="{url(house)}"' not in client.get(f"/p/{house.property_id}/").text


def test_who_works_at_one_property_sees_the_guests_of_that_one(client, db, redis):
    house = alices_house()
    first, second = ana_twice(house)
    other = make_property(house.organization, "Seaview Porto")
    other_id = other.id
    stranger = meet(house, name="Eva", surname="Reis")
    bob = make_bob(house)
    with tenancy.of(house.organization_id):
        membership = database.session.scalars(select(Membership).where(Membership.user_id == bob.id)).one()
        membership.all_properties = False
        for property_id in (house.property_id, other_id):
            database.session.add(MembershipProperty(membership_id=membership.id, property_id=property_id))
        database.session.commit()
    sign_in(client, bob)

    assert "Eva Reis" not in client.get(url(house)).text and "Ana Silva" in client.get(url(house)).text
    assert client.get(url(house, f"/{first}")).status_code == 200
    assert client.get(url(house, f"/{stranger}")).status_code == 404
    assert client.get(f"/p/{other_id}/guests/{first}").status_code == 404
    assert client.get(url(house, f"/{first}/merge/{stranger}")).status_code == 404
    assert client.post(url(house, f"/{first}/merge"), data={"other": second}).status_code == 303
    assert re.search(str(first), client.get(url(house, f"/{second}")).location)


def test_a_guest_of_alices_is_nobody_to_charlie(client, db, redis):
    alice, charlie = alices_house(), charlies_house()
    first, second = ana_twice(alice)
    own = meet(charlie, name="Ana", surname="Silva")
    sign_in(client, charlie.owner)

    assert str(first) not in client.get(url(charlie, "?q=ana+silva")).text
    for path in (f"/{first}", f"/{own}/merge/{first}", f"/{first}/merge/{own}"):
        assert client.get(url(charlie, path)).status_code == 404, path
    assert client.get(url(charlie), query_string={"same_as": first}).status_code == 404
    assert client.post(url(charlie, f"/{own}/merge"), data={"other": first}).status_code == 404
    assert client.post(url(charlie, f"/{first}/merge"), data={"other": second}).status_code == 404
    assert client.post(url(charlie, f"/{first}/notes"), data={"notes": "x"}).status_code == 404
