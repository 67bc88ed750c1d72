"""Properties, room types and price slots as they can be mapped."""

from __future__ import annotations

import pytest

from providers.errors import Malformed, NotFound
from providers.types import RemoteProperty, RemoteRatePlan, RemoteRoomType
from tests.providers.beds24 import BASE, PROPERTY, make_beds24, page, recorded

PROPERTIES = f"{BASE}/properties"


def test_properties_are_offered_to_choose_from(wire):
    wire.get(PROPERTIES, json=page(recorded("property"), {"id": "7"}, kind="property"))

    assert make_beds24().fetch_properties() == (
        RemoteProperty("555", "Hotel Prova", "EUR", "PT", "Porto"),
        RemoteProperty("7", "7", None),
    )


def test_a_room_types_price_slots_are_its_rate_plans(wire):
    wire.get(PROPERTIES, json=page(recorded("property"), kind="property"))

    double, dorm = make_beds24().fetch_products(PROPERTY)

    assert double == RemoteRoomType(
        "555001",
        "Double",
        4,
        2,
        (
            RemoteRatePlan("555001:1", "Flexible", "555001", "EUR", 2),
            RemoteRatePlan("555001:2", "Single use", "555001", "EUR", 1),
            # slot 3 follows slot 1, whatever is written into it
        ),
    )
    assert dorm == RemoteRoomType("555002", "Dorm", 8, 1, (RemoteRatePlan("555002:1", "Price 1", "555002", "EUR", 1),))
    assert wire.calls[0].request.params == {"id": "555", "includeAllRooms": "true", "includePriceRules": "true"}


def test_a_property_our_token_does_not_see_is_not_found(wire):
    wire.get(PROPERTIES, json=page(kind="property"))

    with pytest.raises(NotFound, match="555"):
        make_beds24().fetch_products(PROPERTY)


@pytest.mark.parametrize("change", [{"roomTypes": None}, {"roomTypes": ["x"]}, {"roomTypes": [{"id": "x"}]}])
def test_a_property_without_readable_rooms_is_no_empty_hotel(wire, change):
    wire.get(PROPERTIES, json=page(recorded("property") | change, kind="property"))

    with pytest.raises(Malformed):
        make_beds24().fetch_products(PROPERTY)
