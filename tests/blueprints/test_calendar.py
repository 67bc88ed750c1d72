"""The tape chart and moving a stay."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from portal import tenancy
from portal.extensions import db as database
from portal.models import ReservationRoom, Role
from portal.services import blocks, rooms
from tests.blueprints.test_overview import sell, store_unplaced, today_at
from tests.factories import alices_house, charlies_house, make_bob, make_room_type
from tests.people import sign_in
from tests.wires import text

HTMX = {"HX-Request": "true"}


def url(house, path=""):
    return f"/p/{house.property_id}/calendar{path}"


def opened(client, who=None):
    """Alice's house with two doubles; she, or `who`, is signed in. Returns the house, the type and the room ids."""
    house = alices_house()
    double_id = make_room_type(house.property).id
    with tenancy.of(house.organization_id):
        ids = [room.id for room in rooms.listed(house.property_id)]
    sign_in(client, make_bob(house, who) if who else house.owner)
    return house, double_id, ids


def stay_of(house, reservation_id):
    """The ids of the first room of a reservation and of the room it has, as the database has them."""
    with tenancy.of(house.organization_id):
        query = select(ReservationRoom.id, ReservationRoom.room_id).where(
            ReservationRoom.reservation_id == reservation_id
        )
        return tuple(database.session.execute(query).first())


def other_than(ids, room_id):
    return next(each for each in ids if each != room_id)


def test_a_stay_is_a_bar_with_guest_channel_and_status_over_its_nights(client, db, redis):
    house, double, _ = opened(client)
    sell(house, double, today_at(house) + timedelta(days=2), nights=3)

    page = client.get(url(house)).text

    assert re.search(r'<td class="has-bar [^"]*" colspan="3">', page)
    assert 'aria-label="Ana Silva, Direct, Confirmed, ' in page and "ota-green" in page
    assert "Every stay in these nights has a room." in page


def test_a_free_night_leads_to_a_sale_for_who_may_sell(client, db, redis):
    house, _, ids = opened(client)
    tomorrow = today_at(house) + timedelta(days=1)
    link = f"/p/{house.property_id}/reservations/new?check_in={tomorrow}&amp;room_id={ids[0]}"

    assert link in client.get(url(house)).text
    sign_in(client, make_bob(house, Role.VIEWER))
    page = client.get(url(house)).text
    assert "reservations/new" not in page and "bar-move" not in page and "move-form" not in page


def test_stays_without_a_room_stand_on_top_and_in_the_head(client, db, redis):
    house, double, _ = opened(client)
    store_unplaced(house, double, today_at(house), "7700")
    store_unplaced(house, None, today_at(house), "8800")

    page = client.get(url(house)).text

    assert "2 stays in these nights have no room yet." in page
    assert page.index("Not mapped") < page.index("8800") < page.index("7700") < page.index(">101<")


def test_blocks_and_housekeeping_are_part_of_the_chart(client, db, redis):
    house, _, ids = opened(client)
    today = today_at(house)
    with tenancy.of(house.organization_id):
        blocks.create(house.property_id, ids[0], today, today + timedelta(days=2), note="paint")

    page = client.get(url(house)).text

    assert "bar-block" in page and "paint" in page and 'class="hk hk-clean"' in page


@pytest.mark.parametrize(
    "query", ["nights=0", "nights=900", "first=soon", "channel=XXX", "status=cancelled", "room_type=1"]
)
def test_a_filter_that_cannot_be_read_says_so_and_still_shows_the_chart(client, db, redis, query):
    house, _, _ = opened(client)

    answer = client.get(url(house, f"?{query}"))

    assert answer.status_code == 422 and "There is a problem" in answer.text and "tape-frame" in answer.text


@pytest.mark.parametrize(
    "query", ["first=1901-01-01&nights=62", "first=2999-12-31&nights=30", "nights=1", "unplaced=1"]
)
def test_the_chart_can_be_looked_at_anywhere(client, db, redis, query):
    house, _, _ = opened(client)

    assert client.get(url(house, f"?{query}")).status_code == 200


def test_a_day_lists_who_leaves_stays_and_arrives(client, db, redis):
    house, double, _ = opened(client)
    today = today_at(house)
    sell(house, double, today - timedelta(days=2), guest="Eva Reis")
    sell(house, double, today, guest="Rui Mota")
    sell(house, double, today - timedelta(days=1), nights=3, guest="Ben Cruz")

    page = text(client.get(url(house, "?nights=1")))

    for when, guest in (("Leaves", "Eva Reis"), ("Arrives", "Rui Mota"), ("Stays", "Ben Cruz")):
        assert re.search(rf"<b>{when}</b> <a [^>]*>{guest}<", page), guest


def test_without_scripts_a_stay_is_moved_by_a_form_and_the_chart_says_where_it_is(client, db, redis):
    house, double, ids = opened(client)
    reservation_id = sell(house, double, today_at(house)).id
    stay_id, room_id = stay_of(house, reservation_id)
    target = other_than(ids, room_id)

    form = client.get(url(house, f"/stays/{stay_id}/move?nights=7")).text
    assert str(target) in form and str(room_id) not in form and 'name="nights" value="7"' in form
    version = re.search(r'name="version" value="(\d+)"', form).group(1)
    answer = client.post(url(house, "/move"), data={"stay": stay_id, "room": target, "version": version, "nights": "7"})

    assert answer.status_code == 303 and "nights=7" in answer.location
    assert stay_of(house, reservation_id)[1] == target
    assert "Ana Silva is in room" in client.get(answer.location).text


def test_a_move_from_the_chart_gives_the_chart_back_with_the_focus_on_the_stay(client, db, redis):
    house, double, ids = opened(client)
    stay_id, room_id = stay_of(house, sell(house, double, today_at(house)).id)
    wish = {"stay": stay_id, "room": other_than(ids, room_id), "version": 1, "chart": "1"}

    answer = client.post(url(house, "/move"), data=wish, headers=HTMX)

    assert answer.status_code == 200 and "<html" not in answer.text
    assert re.search(rf'data-stay="{stay_id}"[^>]* data-focus', answer.text)
    assert "Ana Silva is in room 10" in answer.text


def test_a_taken_room_is_refused_in_words_and_nothing_moves(client, db, redis):
    house, double, ids = opened(client)
    sell(house, double, today_at(house), guest="Ben Cruz")
    reservation_id = sell(house, double, today_at(house)).id
    stay_id, room_id = stay_of(house, reservation_id)
    wish = {"stay": stay_id, "room": other_than(ids, room_id), "version": 1}

    chart = client.post(url(house, "/move"), data={**wish, "chart": "1"}, headers=HTMX)
    page = client.post(url(house, "/move"), data=wish)

    for answer, status in ((chart, 422), (page, 409)):
        assert answer.status_code == status
        assert "Ana Silva was not moved." in text(answer) and "is not free for all nights" in text(answer)
    assert stay_of(house, reservation_id)[1] == room_id


def test_who_looked_at_an_older_version_does_not_move_over_it(client, db, redis):
    house, double, ids = opened(client)
    reservation_id = sell(house, double, today_at(house)).id
    stay_id, room_id = stay_of(house, reservation_id)
    wish = {"stay": stay_id, "room": other_than(ids, room_id), "version": 1}
    client.post(url(house, "/move"), data=wish)

    answer = client.post(url(house, "/move"), data={**wish, "room": room_id, "chart": "1"}, headers=HTMX)

    assert answer.status_code == 422 and "changed since you opened it" in text(answer)


def test_a_double_click_moves_once(client, db, redis):
    house, double, ids = opened(client)
    stay_id, room_id = stay_of(house, sell(house, double, today_at(house)).id)
    wish = {"stay": stay_id, "room": other_than(ids, room_id), "version": 1}

    assert [client.post(url(house, "/move"), data=wish).status_code for _ in range(2)] == [303, 303]


def test_a_move_of_nonsense_is_refused(client, db, redis):
    house, _, ids = opened(client)

    assert client.post(url(house, "/move"), data={"stay": "x", "room": ids[0]}).status_code == 400
    assert client.post(url(house, "/move"), data={"stay": uuid4(), "room": ids[0]}).status_code == 404


def test_charlie_moves_none_of_alices_stays_and_none_of_his_into_her_rooms(client, db, redis):
    alice, double, ids = opened(client)
    stay_id, _ = stay_of(alice, sell(alice, double, today_at(alice)).id)
    charlie = charlies_house()
    own = make_room_type(charlie.property).id
    his, _ = stay_of(charlie, sell(charlie, own, today_at(charlie)).id)
    sign_in(client, charlie.owner)

    assert client.get(url(charlie, f"/stays/{stay_id}/move")).status_code == 404
    assert client.post(url(charlie, "/move"), data={"stay": stay_id, "room": ids[0]}).status_code == 404
    assert client.post(url(charlie, "/move"), data={"stay": his, "room": ids[0]}).status_code == 404
