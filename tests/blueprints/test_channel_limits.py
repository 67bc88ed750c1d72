"""The page of limits per channel: what it says, what it refuses, and to whom it does not exist."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from portal import tenancy
from portal.db import unit_of_work
from portal.extensions import db as database
from portal.models import Channel, ChannelState, Role
from portal.services import channel_limits, connections, mappings
from tests.blueprints.test_overview import today_at
from tests.factories import alices_house, charlies_house, make_bob, make_room_type
from tests.people import sign_in
from tests.wires import text


@pytest.fixture
def hotel(db, redis):
    """Alice's hotel with a room type known at Channex, and Booking.com behind it."""
    house = alices_house()
    kind = make_room_type(house.property)
    with tenancy.of(house.organization_id):
        connection = connections.create(house.property, "channex")
        with unit_of_work():
            mappings.map_room_type(connection, kind, "rt-1", "Double")
            channel = Channel(
                connection_id=connection.id,
                external_id="ch-1",
                code="BDC",
                title="Seaview",
                state=ChannelState.CONNECTED,
            )
            database.session.add(channel)
    return house, kind, channel


def url(house, path=""):
    return f"/p/{house.property_id}/channel-limits{path}"


def form(house, room_type, channel, **more):
    return {
        "key": str(uuid4()), "channel_id": str(channel.id), "kind": "at_most", "units": "2",
        "first": str(today_at(house)), "last": str(today_at(house) + timedelta(days=3)),
        "weekdays": ["4", "5"], "room_types": [str(room_type.id)], **more,
    }  # fmt: skip


def limits_of(house):
    with tenancy.of(house.organization_id):
        return list(channel_limits.listed(house.property_id))


def test_a_manager_sets_a_limit_and_sees_that_it_is_on_its_way(client, hotel):
    house, kind, channel = hotel
    sign_in(client, house.owner)

    answer = client.post(url(house), data=form(house, kind, channel))
    page = text(client.get(url(house)))

    assert answer.status_code == 303
    assert "Never more than 2" in page and "Fri, Sat" in page and "still sells everything that is free" in page
    assert "every 2s" in client.get(url(house)).text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"room_types": []}, "Choose at least one room type."), ({"weekdays": []}, "Choose at least one weekday."),
     ({"last": "2020-01-01"}, "lies before the first"), ({"kind": "fewer", "units": "0"}, "how many fewer"),
     ({"channel_id": str(uuid4())}, "not connected any more"), ({"room_types": [str(uuid4())]}, "Map it first")],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_words_and_the_input_is_kept(client, hotel, wrong, said):
    house, kind, channel = hotel
    sign_in(client, house.owner)

    answer = client.post(url(house), data=form(house, kind, channel, **wrong))

    assert answer.status_code == 422 and said in text(answer)
    assert limits_of(house) == []


def test_a_limit_is_ended_with_one_click(client, hotel):
    house, kind, channel = hotel
    sign_in(client, house.owner)
    client.post(url(house), data=form(house, kind, channel))

    client.post(url(house, f"/{limits_of(house)[0].id}/end"))

    assert "Until that is accepted the channel is still limited" in text(client.get(url(house)))


def test_staff_look_and_may_not_touch(client, hotel):
    house, kind, channel = hotel
    sign_in(client, make_bob(house, Role.STAFF))

    page, post = client.get(url(house)), client.post(url(house), data=form(house, kind, channel))

    assert page.status_code == 200 and "Set this limit" not in text(page)
    assert post.status_code == 403 and limits_of(house) == []


def test_a_stranger_finds_nothing(client, hotel):
    house, kind, channel = hotel
    sign_in(client, house.owner)
    client.post(url(house), data=form(house, kind, channel))
    charlie = charlies_house()
    sign_in(client, charlie.owner)

    there = client.post(url(house, f"/{limits_of(house)[0].id}/end"))
    own = client.post(url(charlie, f"/{limits_of(house)[0].id}/end"))
    missing = client.post(url(charlie, f"/{uuid4()}/end"))

    assert there.status_code == own.status_code == missing.status_code == 404
    assert there.data == missing.data
