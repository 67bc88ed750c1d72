"""The rooms of the house: housekeeping, blocks with their consequences, rooms and room types."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from portal import tenancy
from portal.models import Role
from portal.schemas.rooms import numbers_of
from portal.services import blocks, rooms
from tests.blueprints.test_overview import sell, today_at
from tests.factories import alices_house, charlies_house, make_bob, make_room_type
from tests.people import sign_in
from tests.wires import text

HTMX = {"HX-Request": "true"}


def url(house, path=""):
    return f"/p/{house.property_id}/rooms{path}"


def rooms_of(house):
    with tenancy.of(house.organization_id):
        return [(room.id, room.number, room.housekeeping.value) for room in rooms.listed(house.property_id)]


def block_form(house, first, nights=2, **more):
    starts = today_at(house) + timedelta(days=first)
    last = starts + timedelta(days=nights - 1)
    return {"starts": str(starts), "last": str(last), "reason": "maintenance", "note": "leak", **more}


def hidden(page, name):
    return re.search(rf'name="{name}" value="([^"]*)"', page).group(1)


def test_an_empty_house_says_how_to_begin(client, db, redis):
    house = alices_house()
    sign_in(client, house.owner)

    assert "Add a room type" in text(client.get(url(house)))


def test_the_house_shows_every_room_with_who_is_there(client, db, redis):
    house = alices_house()
    double = make_room_type(house.property)
    stay = sell(house, double.id, today_at(house))
    sign_in(client, house.owner)

    page = text(client.get(url(house)))

    assert "Arrives today" in page and stay.code in page and "Free tonight" in page
    assert "Every room is clean or out of order." in page


def test_staff_say_with_one_click_that_a_room_is_dirty(client, db, redis):
    house = alices_house()
    make_room_type(house.property)
    sign_in(client, make_bob(house))
    room_id = rooms_of(house)[0][0]

    plain = client.post(url(house, f"/{room_id}/housekeeping"), data={"state": "dirty", "page": "house"})
    part = client.post(url(house, f"/{room_id}/housekeeping"), data={"state": "dirty", "page": "house"}, headers=HTMX)

    assert plain.status_code == 303 and plain.location.endswith(f"#room-{room_id}")
    assert "Room 101: Dirty" in text(part) and 'hx-swap-oob="true"' in part.text
    assert rooms_of(house)[0][2] == "dirty"
    assert client.post(url(house, f"/{room_id}/housekeeping"), data={"state": "haunted"}).status_code == 400
    assert (
        "101" in text(client.get(url(house, "?state=dirty")))
        and ">102<" not in client.get(url(house, "?state=dirty")).text
    )


def test_a_room_is_taken_off_sale_and_sold_again(client, db, redis):
    house = alices_house()
    make_room_type(house.property)
    sign_in(client, make_bob(house))
    room_id = rooms_of(house)[0][0]

    form = block_form(house, 1, key=str(uuid4()))
    for _ in range(2):  # a double click
        assert client.post(url(house, f"/{room_id}/blocks"), data=form).status_code == 303
    assert client.post(url(house, f"/{room_id}/blocks"), data={**form, "key": str(uuid4())}).status_code == 422
    page = text(client.get(url(house, f"/{room_id}")))
    assert "Maintenance" in page and "leak" in page

    with tenancy.of(house.organization_id):
        (block,) = blocks.listed(house.property_id, today_at(house), today_at(house) + timedelta(days=9))
        block_id = block.id
    for _ in range(2):  # a double click
        assert client.post(url(house, f"/blocks/{block_id}/lift")).status_code == 303
    assert "on sale every night ahead" in text(client.get(url(house, f"/{room_id}")))


def test_a_block_over_a_stay_names_it_first_and_is_saved_anyway_on_the_second_click(client, db, redis):
    house = alices_house()
    double = make_room_type(house.property, numbers=("101",))
    code = sell(house, double.id, today_at(house) + timedelta(days=1)).code
    sign_in(client, house.owner)
    room_id = rooms_of(house)[0][0]
    form = block_form(house, 1, key=str(uuid4()))

    asked = client.post(url(house, f"/{room_id}/blocks"), data=form)
    assert asked.status_code == 409
    assert code in asked.text and "2 nights of Double would be sold more often" in text(asked)
    assert hidden(asked.text, "starts") == form["starts"] and hidden(asked.text, "key") == form["key"]

    saved = client.post(url(house, f"/{room_id}/blocks"), data={**form, "agreed": hidden(asked.text, "agreed")})
    assert saved.status_code == 303
    assert "Off sale" in text(client.get(url(house, f"/{room_id}")))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"starts": ""}, "This is needed."),
        ({"last": "soon"}, "This is not a date."),
        ({"last": "2001-01-01"}, "The last night lies before the first."),
        ({"last": "2090-01-01"}, "A block has at most"),
        ({"reason": "ghosts"}, "Choose one of the list."),
    ],
)
def test_a_block_that_cannot_be_keeps_what_was_typed(client, db, redis, change, sentence):
    house = alices_house()
    make_room_type(house.property)
    sign_in(client, house.owner)

    answer = client.post(url(house, f"/{rooms_of(house)[0][0]}/blocks"), data={**block_form(house, 1), **change})

    assert answer.status_code == 422 and sentence in text(answer) and 'value="leak"' in answer.text


def test_a_block_is_changed_and_asks_when_it_grows_over_a_stay(client, db, redis):
    house = alices_house()
    double = make_room_type(house.property, numbers=("101",))
    sign_in(client, house.owner)
    room_id = rooms_of(house)[0][0]
    client.post(url(house, f"/{room_id}/blocks"), data=block_form(house, 1))
    sell(house, double.id, today_at(house) + timedelta(days=5))
    with tenancy.of(house.organization_id):
        today = today_at(house)
        block_id = blocks.listed(house.property_id, today, today + timedelta(days=9))[0].id

    shorter = client.post(url(house, f"/blocks/{block_id}"), data=block_form(house, 2, 1))
    longer = client.post(url(house, f"/blocks/{block_id}"), data=block_form(house, 2, 5))

    assert shorter.status_code == 303 and longer.status_code == 409
    assert "off sale anyway" in longer.text
    assert client.get(url(house, f"/blocks/{block_id}")).status_code == 200


def test_a_room_goes_out_of_use_only_after_its_consequences_were_shown(client, db, redis):
    house = alices_house()
    double = make_room_type(house.property, numbers=("101",))
    sell(house, double.id, today_at(house) + timedelta(days=3))
    sign_in(client, house.owner)
    room_id = rooms_of(house)[0][0]

    asked = client.post(url(house, f"/{room_id}/retire"))
    assert asked.status_code == 409 and "out of use anyway" in asked.text
    assert (
        client.post(url(house, f"/{room_id}/retire"), data={"agreed": hidden(asked.text, "agreed")}).status_code == 303
    )

    assert "This room is out of use" in text(client.get(url(house, f"/{room_id}")))
    assert client.post(url(house, f"/{room_id}/restore")).status_code == 303
    assert len(rooms_of(house)) == 1


def test_a_room_where_somebody_lives_is_not_taken_away(client, db, redis):
    house = alices_house()
    double = make_room_type(house.property, numbers=("101",))
    sell(house, double.id, today_at(house) - timedelta(days=1))
    sign_in(client, house.owner)
    room_id = rooms_of(house)[0][0]

    asked = client.post(url(house, f"/{room_id}/retire"))
    answer = client.post(url(house, f"/{room_id}/retire"), data={"agreed": hidden(asked.text, "agreed")})

    assert answer.status_code == 409 and "Somebody lives in one of these rooms" in text(answer)
    assert len(rooms_of(house)) == 1


def test_a_room_type_is_added_with_its_rooms_and_gets_more(client, db, redis):
    house = alices_house()
    sign_in(client, house.owner)
    form = {"name": "Suite", "max_adults": "2", "default_occupancy": "2", "numbers": "901-903, 910"}

    assert client.post(url(house, "/types"), data={**form, "max_adults": "x"}).status_code == 422
    assert client.post(url(house, "/types"), data={**form, "numbers": "1-900"}).status_code == 422
    assert client.post(url(house, "/types"), data=form).status_code == 303
    assert [number for _, number, _ in rooms_of(house)] == ["901", "902", "903", "910"]

    type_url = re.search(r'href="([^"]*/rooms/types/[0-9a-f-]{36})"', client.get(url(house)).text).group(1)
    assert client.post(type_url + "/rooms", data={"numbers": "901"}).status_code == 422
    assert client.post(type_url + "/rooms", data={"numbers": "911", "floor": "9"}).status_code == 303
    assert client.post(type_url, data={**form, "name": "Big suite", "max_adults": "4"}).status_code == 303
    assert "Big suite" in client.get(type_url).text


def test_a_room_is_renamed_and_a_taken_number_is_refused_at_its_field(client, db, redis):
    house = alices_house()
    make_room_type(house.property)
    sign_in(client, house.owner)
    room_id = rooms_of(house)[0][0]

    taken = client.post(url(house, f"/{room_id}/change"), data={"number": "102", "floor": "1"})
    good = client.post(url(house, f"/{room_id}/change"), data={"number": "111", "floor": "1"})

    assert taken.status_code == 422 and 'id="number-error"' in taken.text
    assert good.status_code == 303 and "Floor" in text(client.get(url(house, f"/{room_id}")))


def test_staff_care_for_rooms_and_a_viewer_only_looks(client, db, redis):
    house = alices_house()
    make_room_type(house.property)
    room_id = rooms_of(house)[0][0]

    sign_in(client, make_bob(house))
    page = client.get(url(house, f"/{room_id}")).text
    assert "Take room 101 off sale" in page and "out of use" not in page
    assert client.post(url(house, f"/{room_id}/retire")).status_code == 403

    sign_in(client, make_bob(house, Role.VIEWER))
    page = client.get(url(house, f"/{room_id}")).text
    assert '<button class="btn btn-secondary is-' not in page and "off sale</button>" not in page


def test_a_room_of_alices_is_for_charlie_what_no_room_is(client, db, redis):
    alice, charlie = alices_house(), charlies_house()
    make_room_type(alice.property)
    make_room_type(charlie.property)
    room_id = rooms_of(alice)[0][0]
    data = {**block_form(charlie, 1), "state": "dirty", "number": "1"}
    sign_in(client, charlie.owner)

    for path in (f"/{room_id}", f"/{uuid4()}", f"/blocks/{room_id}", f"/types/{room_id}"):
        assert client.get(url(charlie, path)).status_code == 404
    for path in ("housekeeping", "blocks", "change", "retire", "restore"):
        assert client.post(url(charlie, f"/{room_id}/{path}"), data=data).status_code == 404, path
    assert rooms_of(alice)[0][2] == "clean"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("101, 102;103 104", ["101", "102", "103", "104"]),
        ("009-011", ["009", "010", "011"]),
        ("A1 - B2", ["A1", "-", "B2"]),
        ("", []),
    ],
)
def test_room_numbers_are_read_as_people_write_them(typed, meant):
    assert numbers_of(typed) == meant
